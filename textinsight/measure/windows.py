"""One set of contacts under several follow-up windows; a window longer than the linking's needs links of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from textinsight.measure.base import Measure, Observed
from textinsight.measure.facts import Facts


@dataclass(frozen=True, slots=True)
class Linked:
    """What linking within one window found. thread_of: (n,) thread ids, in the order of the contacts."""

    thread_of: pa.Array
    links: pa.Table
    threads: pa.Table


@dataclass(frozen=True, slots=True)
class Windows:
    """facts: under the window of the linking. wider: window in days → facts linked within that longer window."""

    facts: Facts
    wider: Mapping[int, Facts]

    @classmethod
    def of(cls, facts: Facts, wider: Mapping[int, Linked]) -> Windows:
        """The facts and those of the longer windows."""
        return cls(facts, {days: _linked_within(facts, days, linked) for days, linked in wider.items()})

    def at(self, window_days: int) -> Facts | None:
        """The facts under a window, None if later contacts were not looked for so long."""
        known = self.wider.get(window_days)
        if known is None and window_days <= self.facts.window_days:
            return self.facts.at(window_days)
        return known

    def observe(self, measure: Measure) -> Observed:
        """What the measure observes under its window; all unknown if that window is longer than what was linked."""
        if measure.window_days is None:
            return measure.observe(self.facts)
        facts = self.at(measure.window_days)
        if facts is not None:
            return measure.observe(facts)
        about = measure.observe(self.facts).applies
        return Observed(np.full(len(about), np.nan), about)


def _linked_within(facts: Facts, window_days: int, linked: Linked) -> Facts:
    contacts = facts.contacts
    if "thread_id" in contacts.column_names:
        contacts = contacts.drop_columns(["thread_id"])
    contacts = contacts.append_column("thread_id", linked.thread_of)
    return replace(facts, contacts=contacts, links=linked.links, threads=linked.threads, window_days=window_days)
