"""The filter bar's choice, and what it means in SQL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from textinsight.explore import follows
from textinsight.explore.words import UNCLEAR, UNKNOWN

NEUTRAL = 0.1  # a contact's mean sentiment this far from 0 is negative or positive
EFFORT = ("1.0–1.5", "1.5–2.0", "2.0–2.5", "2.5–3.0", "3.0–3.5", "3.5–4.0", "4.0–4.5", "4.5–5.0")  # half points
REPEAT = "yes"
QUARTERS = ("Shortest quarter", "Second quarter", "Third quarter", "Longest quarter")  # of handle time
FIRST = {  # what first contact resolution counts a contact as, as `queries.facts` counts it
    "Solved at once": "fcr_observed = 1",
    "Came back": "fcr_observed = 0",
    "Window still open": "fcr_observed IS NULL AND opens_issue",
    "Not measurable": "opens_issue IS NULL",
}
EFFORT_BIN = f"least(floor((effort_score - 1) * 2), {len(EFFORT) - 1})::INTEGER"  # which of these, from 0

# What each dimension's value is in SQL, over `contact_facts`.
COLUMNS = {
    "channel": f"coalesce(channel, '{UNKNOWN}')",
    "company": f"coalesce(company, '{UNKNOWN}')",
    "topic": f"coalesce(topic_label, '{UNCLEAR}')",
    "sentiment": f"CASE WHEN sentiment <= -{NEUTRAL} THEN 'negative' WHEN sentiment < {NEUTRAL} THEN 'neutral' "
    f"WHEN sentiment IS NOT NULL THEN 'positive' ELSE '{UNKNOWN}' END",
    "resolution": "coalesce(resolution, 'unclear')",
    "tenure": "CASE WHEN tenure_days <= 90 THEN '0-90 days' WHEN tenure_days <= 120 THEN '91-120 days' "
    f"WHEN tenure_days IS NOT NULL THEN 'over 120 days' ELSE '{UNKNOWN}' END",
    "agent": f"coalesce(agent_id, '{UNKNOWN}')",
    "effort": f"coalesce({list(EFFORT)}[{EFFORT_BIN} + 1], '{UNKNOWN}')",
    "repeat": f"CASE WHEN is_repeat THEN '{REPEAT}' WHEN is_repeat IS NOT NULL THEN 'no' ELSE '{UNKNOWN}' END",
    "handle": f"coalesce({list(QUARTERS)}[handle_quartile], '{UNKNOWN}')",
    "first": "CASE " + " ".join(f"WHEN {test} THEN '{name}'" for name, test in FIRST.items()) + " ELSE 'none' END",
}
DIMENSIONS = (*COLUMNS, "follows")  # whose values are sets that overlap: see `follows.FOLLOWS`
# Without a list to choose from: a click elsewhere chooses one, which is then shown.
BY_CLICK = ("agent", "effort", "repeat", "handle", "first", "follows")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which contacts are meant: days in [start, end), None for no bound; an empty tuple means all values."""

    start: date | None = None
    end: date | None = None
    channel: tuple[str, ...] = ()
    company: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    sentiment: tuple[str, ...] = ()
    resolution: tuple[str, ...] = ()
    tenure: tuple[str, ...] = ()
    agent: tuple[str, ...] = ()
    effort: tuple[str, ...] = ()
    repeat: tuple[str, ...] = ()
    handle: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()

    @property
    def chosen(self) -> dict[str, tuple[str, ...]]:
        """The dimensions that are narrowed, and to what."""
        return {name: getattr(self, name) for name in DIMENSIONS if getattr(self, name)}

    def over(self, start: date | None, end: date | None) -> Filters:
        """The same choice over other days."""
        return replace(self, start=start, end=end)

    def narrowed(self, dimension: str, *values: str) -> Filters:
        """The same, but with these values of one dimension alone; none: all of them."""
        return replace(self, **{dimension: values})  # type: ignore[arg-type]

    def where(self) -> tuple[str, tuple[Any, ...]]:
        """(SQL condition over the view contact_facts, its bound values)."""
        parts: list[str] = ["true"]
        values: list[Any] = []
        for bound, operator in ((self.start, ">="), (self.end, "<")):
            if bound is not None:
                parts.append(f"started_at {operator} CAST(? AS TIMESTAMP) AT TIME ZONE 'UTC'")
                values.append(bound.isoformat())
        for name, chosen in self.chosen.items():
            if name == "follows":
                parts.append(f"({follows.where(chosen)})")
                continue
            parts.append(f"{COLUMNS[name]} IN ({', '.join('?' * len(chosen))})")
            values += chosen
        return " AND ".join(parts), tuple(values)
