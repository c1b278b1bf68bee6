"""Figures with their intervals, out of sums that DuckDB made: a row a day, never a row a contact.

Who came back is decided by the whole history, so a filter never turns a repeat into a first contact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from textinsight.explore.filters import Filters
from textinsight.explore.queries import Rows, facts
from textinsight.measure import MEASURES, Measure
from textinsight.measure.summary import mean_of, share_of

if TYPE_CHECKING:
    import pandas as pd

Ints = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

_WEEKLY_DAYS = 190  # half a year and a week
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of some contacts; None where it cannot be computed."""

    measure: Measure
    value: float | None
    low: float | None
    high: float | None
    n: int
    n_unknown: int

    @property
    def half(self) -> float | None:
        """Half the width of the interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2

    def differs_from(self, other: Figure) -> bool:
        """Whether the difference is more than both 95% intervals' chance; False where a figure has no interval."""
        if self.value is None or other.value is None or self.half is None or other.half is None:
            return False
        return abs(self.value - other.value) > math.hypot(self.half, other.half)


@dataclass(frozen=True, slots=True)
class Panel:
    """What the archive holds. days: the first day with a contact and the day after the last one, None without times.

    is_related: linking made the figures. was_related: a linking did, be it that of an older version.
    """

    rows: Rows
    total: int
    days: tuple[date, date] | None
    is_related: bool
    was_related: bool

    @classmethod
    def of(cls, rows: Rows) -> Panel:
        """Look at the archive as a whole."""
        found = facts.extent(rows)
        days = None if found["first"] is None else (_date(found["first"]), _date(found["last"]) + timedelta(days=1))
        return cls(rows, int(found["contacts"]), days, bool(found["is_related"]), bool(found["was_related"]))

    def names(self, dimension: str) -> tuple[str, ...]:
        """The values of one of the filters' dimensions, most frequent first."""
        return facts.values(self.rows, dimension)

    def days_of(self, filters: Filters) -> Days:
        """The chosen contacts, day by day."""
        return Days(facts.daily(self.rows, filters), filters, self.rows)

    def step(self, filters: Filters) -> str:
        """What a trend over the filters' days goes by: "week" up to half a year, else "month"."""
        if self.days is None:
            return "week"
        first, last = max(self.days[0], filters.start or self.days[0]), min(self.days[1], filters.end or self.days[1])
        return "week" if (last - first).days <= _WEEKLY_DAYS + 1 else "month"

    def fix_list(self, filters: Filters) -> pd.DataFrame:
        """One row a topic, most avoidable contacts first; see `queries.facts.fix_list`."""
        return facts.fix_list(self.rows, filters)


@dataclass(frozen=True, slots=True)
class Days:
    """The contacts that `filters` let through. frame: see `queries.facts.daily`."""

    frame: pd.DataFrame
    filters: Filters
    rows: Rows

    @property
    def contacts(self) -> int:
        """How many contacts there are."""
        return int(self.frame["contacts"].sum())

    def within(self, filters: Filters) -> Days:
        """Those of the filters' days, which must lie in these; the other filters are the same."""
        day, inside = self.frame["day"], self.frame["day"].notna()
        if filters.start is not None:
            inside &= day >= (filters.start - _EPOCH).days
        if filters.end is not None:
            inside &= day < (filters.end - _EPOCH).days
        return Days(self.frame[inside], filters, self.rows)

    def figure(self, name: str) -> Figure:
        """The measure with its 95% interval, by the formulas of `textinsight.measure`."""
        measure = catalogue()[name]
        if name == "contacts":
            return Figure(measure, float(self.contacts), None, None, self.contacts, 0)
        if name == "customers":
            n, without = facts.customers(self.rows, self.filters)
            return Figure(measure, float(n), None, None, self.contacts - without, without)
        n, *found = (v[0] for v in self._summed(name, np.zeros(len(self.frame), np.int64), 1))
        value, low, high = (None if np.isnan(v) else float(v) for v in found)
        return Figure(measure, value, low, high, int(n), int(self.frame[f"{name}_unknown"].sum()))

    @property
    def step(self) -> str:
        """What a trend goes by: "week" up to half a year, else "month"."""
        day = self.frame["day"].dropna()
        return "week" if day.empty or day.max() - day.min() <= _WEEKLY_DAYS else "month"

    def trend(self, name: str) -> pd.DataFrame:
        """The measure by week or month: period (its start in words), contacts, value, low, high, n."""
        import pandas as pd

        timed = Days(self.frame[self.frame["day"].notna()], self.filters, self.rows)
        first = _first_days(timed.frame["day"].to_numpy(np.int64), self.step)
        seen = _without_gaps(first, self.step)  # periods without contacts too: time is not to be skipped in a picture
        code = np.searchsorted(seen, first)
        contacts = np.bincount(code, timed.frame["contacts"], minlength=len(seen)).astype(np.int64)
        none = np.full(len(seen), np.nan)
        if name == "contacts":
            n, value, low, high = contacts, contacts.astype(float), none, none
        elif name == "customers":
            n, value, low, high = contacts, timed._customers(seen), none, none
        else:
            n, value, low, high = timed._summed(name, code, len(seen))
        form = "%-d %b" if self.step == "week" else "%b %Y"
        names = [_date(day).strftime(form) for day in seen]
        return pd.DataFrame({"period": names, "contacts": contacts, "value": value, "low": low, "high": high, "n": n})

    def _customers(self, seen: Ints) -> Reals:
        found = facts.customers_by(self.rows, self.filters, self.step)
        by_day = dict(zip(found["day"].astype(int), found["n"].astype(float), strict=True))
        return np.array([by_day.get(int(day), 0.0) for day in seen])

    def _summed(self, name: str, group: Ints, n_groups: int) -> tuple[Ints, Reals, Reals, Reals]:
        """(n, value, low, high) of each group of days."""
        columns = (self.frame[f"{name}_{part}"].fillna(0).to_numpy(float) for part in ("n", "total", "squares"))
        n, total, squares = (np.bincount(group, column, minlength=n_groups) for column in columns)
        found = share_of(n, total) if catalogue()[name].kind == "share" else mean_of(n, total, squares)
        return n.astype(np.int64), *found


def catalogue() -> dict[str, Measure]:
    """All measures by name."""
    return {measure.name: measure for measure in MEASURES}


def _first_days(day: Ints, step: str) -> Ints:
    """(n,) the first day of each day's week or month, as days since 1970."""
    if step == "week":  # weeks begin on Monday; 1970-01-01 was a Thursday
        return day - (day + 3) % 7
    return day.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _without_gaps(first: Ints, step: str) -> Ints:
    """The first days of all weeks or months from the first one to the last one."""
    if not len(first):
        return first
    if step == "week":
        return np.arange(first.min(), first.max() + 1, 7)
    months = first.astype("datetime64[D]").astype("datetime64[M]")
    every = np.arange(months.min(), months.max() + np.timedelta64(1, "M"))
    return every.astype("datetime64[D]").astype(np.int64)


def _date(days: float) -> date:
    return _EPOCH + timedelta(days=int(days))
