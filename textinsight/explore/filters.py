"""The filter bar's choice, and what it means in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from textinsight.explore.words import UNCLEAR, UNKNOWN

_COLUMNS = {
    "channel": f"coalesce(channel, '{UNKNOWN}')",
    "company": f"coalesce(company, '{UNKNOWN}')",
    "topic": f"coalesce(topic_label, '{UNCLEAR}')",
    "resolution": "coalesce(resolution, 'unclear')",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which contacts are meant: days in [start, end), None for no bound; an empty tuple means all values."""

    start: date | None = None
    end: date | None = None
    channel: tuple[str, ...] = ()
    company: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    resolution: tuple[str, ...] = ()

    @property
    def chosen(self) -> dict[str, tuple[str, ...]]:
        """The dimensions that are narrowed, and to what."""
        return {name: getattr(self, name) for name in _COLUMNS if getattr(self, name)}

    def where(self, *, search: str = "") -> tuple[str, tuple[Any, ...]]:
        """(SQL condition over the conversations view, its bound values); `search`: words in the issue text."""
        parts: list[str] = ["true"]
        values: list[Any] = []
        for bound, operator in ((self.start, ">="), (self.end, "<")):
            if bound is not None:
                parts.append(f"started_at {operator} CAST(? AS TIMESTAMP) AT TIME ZONE 'UTC'")
                values.append(bound.isoformat())
        for name, chosen in self.chosen.items():
            parts.append(f"{_COLUMNS[name]} IN ({', '.join('?' * len(chosen))})")
            values += chosen
        for word in search.lower().split():
            parts.append("contains(lower(issue_text), ?)")
            values.append(word)
        return " AND ".join(parts), tuple(values)
