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
    value = np.where(facts.is_opener & facts.is_window_over, solved, np.nan)
    return Observed(value, facts.is_opener | facts.is_unmeasurable)


def fcr_window_open_share(facts: Facts) -> Observed:
    """Thread openers whose W days are not over / thread openers: what `fcr_observed` cannot say yet. No direction."""
    open_still = np.where(facts.is_opener, ~facts.is_window_over, np.nan)
    return Observed(open_still, facts.is_opener)


def fcr_not_measurable_share(facts: Facts) -> Observed:
    """Contacts without customer id or time / all contacts that open an issue or may do so. Share, lower is better.

    Whether anybody came back after them cannot be seen; they are in no figure of first contact resolution.
    """
    return Observed(facts.is_unmeasurable.astype(float), facts.is_opener | facts.is_unmeasurable)


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
    linked = facts.is_later_in("same_issue") | facts.is_later_in("downstream")
    return Observed(np.where(unknown, np.nan, linked), facts.is_follow_up | unknown)


def downstream_share_of_linked(facts: Facts) -> Observed:
    """Downstream / (same-issue + downstream contacts) within W days, no hand-overs. Share; no direction in itself.

    The other reading of "how much of later contact is brought on by the first issue": show both.
    """
    same, downstream = facts.is_later_in("same_issue"), facts.is_later_in("downstream")
    return Observed((downstream & ~same).astype(float), (same | downstream) & ~facts.is_transfer)
