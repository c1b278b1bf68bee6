"""What kind of world to generate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from textinsight.errors import UsageError

DAY = 86_400.0
CONTACTS_PER_ISSUE = 1.5  # repeats and what the issue brings on, as measured on the default world
FURTHER_ISSUES = 0.42  # independent issues of a customer in half a year, beyond the first
HALF_YEAR = 184  # days


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthConfig:
    """Size, time span and seed of a world; the same config gives the same contacts.

    contacts: about how many. start, end: half-open.
    order: "time" over all customers, or "customer" after customer (fastest).
    shard, shards: only the customers with index % shards == shard, for several processes.
    spike_at, promotion_at: first day of the billing failure and of the sale (None: 62% and 35% of the span).
    missing_customer, missing_time, surveyed: shares of contacts. Raises UsageError for an impossible value.
    """

    contacts: int = 7000
    seed: int = 7
    start: date = date(2026, 5, 1)
    end: date = date(2026, 11, 1)
    order: Literal["time", "customer"] = "time"
    shard: int = 0
    shards: int = 1
    agents_per_company: int = 24
    spike_at: date | None = None
    promotion_at: date | None = None
    missing_customer: float = 0.04
    missing_time: float = 0.015
    surveyed: float = 0.18

    def __post_init__(self) -> None:
        checks: tuple[tuple[bool, str], ...] = (
            (self.contacts >= 1, f"contacts must be at least 1, got {self.contacts}"),
            ((self.end - self.start).days >= 28, f"the span must be 28 days or more: {self.start}..{self.end}"),
            (self.order in ("time", "customer"), f"order must be 'time' or 'customer', got {self.order!r}"),
            (0 <= self.shard < self.shards, f"shard must lie in [0, {self.shards}), got {self.shard}"),
            (self.agents_per_company >= 2, f"agents_per_company must be 2 or more: {self.agents_per_company}"),
        )
        for name in ("missing_customer", "missing_time", "surveyed"):
            share = getattr(self, name)
            checks += ((0.0 <= share <= 1.0, f"{name} must lie in [0, 1], got {share}"),)
        for fine, problem in checks:
            if not fine:
                raise UsageError(problem, hint="see textinsight.synth.SynthConfig for the fields and defaults")

    @property
    def customers(self) -> int:
        """How many customers give about so many contacts in the span."""
        issues = 1.0 + FURTHER_ISSUES * self.days / HALF_YEAR
        return max(1, round(self.contacts / (CONTACTS_PER_ISSUE * issues)))

    @property
    def start_s(self) -> float:
        """Start of the span in seconds since the epoch (UTC)."""
        return _seconds(self.start)

    @property
    def end_s(self) -> float:
        """End of the span (exclusive) in seconds since the epoch (UTC)."""
        return _seconds(self.end)

    @property
    def days(self) -> int:
        """Length of the span in days."""
        return (self.end - self.start).days

    @property
    def spike_day(self) -> date:
        """First day of the billing failure."""
        return self.spike_at or self.start + timedelta(days=int(self.days * 0.62))

    @property
    def promotion_day(self) -> date:
        """First day of the sale."""
        return self.promotion_at or self.start + timedelta(days=int(self.days * 0.35))


@lru_cache(maxsize=64)
def _seconds(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
