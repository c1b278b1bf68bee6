"""How much: contacts, customers, issues, hand-overs, and how long contacts take."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.measure.base import Observed
from textinsight.measure.facts import Facts, as_floats


def contacts(facts: Facts) -> Observed:
    """Number of conversations, hand-overs included. Unit: contacts. No direction."""
    return Observed.of_all(np.ones(len(facts)))


def customers(facts: Facts) -> Observed:
    """Number of different customers; contacts without customer id are unknown. Unit: customers. No direction."""
    return Observed.of_all(np.where(facts.customer >= 0, facts.customer, np.nan))


def issues(facts: Facts) -> Observed:
    """Number of contacts that open an issue thread. Unit: issues. Lower is better."""
    unknown = np.isnan(facts.since_previous_in_thread)
    return Observed(np.where(unknown, np.nan, 1.0), facts.is_opener | unknown)


def contacts_per_issue(facts: Facts) -> Observed:
    """Mean contacts of the thread that a contact opens; a thread that may still grow is unknown. Lower is better."""
    codes, names = facts.codes("thread_id")
    at = pc.index_in(pa.array(names, pa.string()), value_set=facts.threads["thread_id"].combine_chunks())
    whole = facts.threads.take(at)
    size = np.where(as_floats(whole["open"]) == 0, as_floats(whole["n_contacts"]), np.nan)
    return Observed(np.append(size, np.nan)[codes], facts.is_opener | np.isnan(facts.since_previous_in_thread))


def transfer_share(facts: Facts) -> Observed:
    """Share of contacts that are hand-overs: same thread, start ≤ 15 minutes after the one before. Lower is better."""
    unknown = np.isnan(facts.since_previous_in_thread)
    return Observed.of_all(np.where(unknown, np.nan, facts.is_transfer))


def handle_time(facts: Facts) -> Observed:
    """Average handle time: end − start, which holds talk, hold and what was recorded after it. Unit: seconds.

    Neither direction is good in itself: read it beside the repeat share of the topic.
    """
    return Observed.of_all(facts.duration)
