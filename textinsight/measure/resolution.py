"""Was it solved, and at once: what later contacts show beside what the conversation says. Never merged."""

from __future__ import annotations

import numpy as np

from textinsight.measure.base import Observed
from textinsight.measure.facts import Facts


def repeat_share(facts: Facts) -> Observed:
    """Repeat contacts / contacts: same issue within W days after the contact before ended. Share, lower is better.

    Hand-overs are part of the contact before and are left out; without customer id or time a contact is unknown.
    """
    unknown = np.isnan(facts.since_previous_in_thread)
    return Observed(np.where(unknown, np.nan, facts.is_repeat), ~facts.is_transfer)


def fcr_observed(facts: Facts) -> Observed:
    """First contact resolution: thread openers without a same-issue contact within W days / openers. Higher is better.

    Unknown: openers whose W days are not over (also if a repeat was already seen: counting failures early and
    successes late would bias the share) and contacts without customer id. Hand-overs are no failures. A share.
    """
    solved = np.where(facts.first_repeat_in > facts.window_s, 1.0, 0.0)
    closed = facts.end + facts.window_s <= facts.now
    unmeasurable = np.isnan(facts.since_previous_in_thread)
    value = np.where(facts.is_opener & closed, solved, np.nan)
    return Observed(value, facts.is_opener | unmeasurable)


def fcr_stated(facts: Facts) -> Observed:
    """Contacts whose conversation shows the issue resolved / contacts where it can be told. Share, higher is better.

    "moved" (passed on elsewhere) counts as not resolved; "unclear" is unknown.
    """
    resolved = facts.is_value("resolution", ("resolved",))
    told = resolved | facts.is_value("resolution", ("unresolved", "moved"))
    return Observed.of_all(np.where(told, resolved, np.nan))


def related_share_of_followups(facts: Facts) -> Observed:
    """Follow-ups that are same-issue or downstream / all follow-up contacts within W days. Share, lower is better.

    A follow-up starts within W days after any contact of the customer ended; hand-overs are left out.
    """
    unknown = np.isnan(facts.since_previous)
    follow_up = (facts.since_previous <= facts.window_s) & ~facts.is_transfer
    linked = facts.is_later_in("same_issue") | facts.is_later_in("downstream")
    return Observed(np.where(unknown, np.nan, linked), follow_up | unknown)


def downstream_share_of_linked(facts: Facts) -> Observed:
    """Downstream contacts / (same-issue + downstream contacts), hand-overs left out. Share; no direction in itself.

    The other reading of "how much of later contact is brought on by the first issue": show both.
    """
    same, downstream = facts.is_later_in("same_issue"), facts.is_later_in("downstream")
    return Observed((downstream & ~same).astype(float), (same | downstream) & ~facts.is_transfer)
