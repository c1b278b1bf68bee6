"""Flat messages of one customer → contacts: a new contact begins after a silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from textinsight.errors import UsageError


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """gap_hours: a silence at least this long ends a contact. UsageError if not above 0."""

    gap_hours: float = 24.0

    def __post_init__(self) -> None:
        if not self.gap_hours > 0:
            raise UsageError(f"gap_hours must be above 0, got {self.gap_hours}")


def split(times: Sequence[datetime], *, config: SessionConfig | None = None) -> list[range]:
    """The positions of each contact's messages; `times` in ascending order."""
    if not times:
        return []
    gap = timedelta(hours=(config or SessionConfig()).gap_hours)
    starts = [i for i in range(len(times)) if i == 0 or times[i] - times[i - 1] >= gap]
    return [range(a, b) for a, b in zip(starts, [*starts[1:], len(times)], strict=True)]
