"""Every measure's value of every contact, once a state of the archive; filters then only choose rows of it.

Who came back is decided by the whole history, so a filter never turns a repeat into a first contact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.explore.filters import Filters
from textinsight.explore.words import UNCLEAR, UNKNOWN
from textinsight.measure import MEASURES, Measure, Observed
from textinsight.measure.facts import Facts
from textinsight.measure.summary import Summary, summarise

if TYPE_CHECKING:
    import pandas as pd

    from textinsight.store import Archive

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

_SHOWN = (
    "contacts", "customers", "repeat_share", "fcr_observed", "fcr_stated", "effort", "sentiment", "csat_top_two_box",
)  # fmt: skip
_COLUMNS = (
    "conversation_id, customer_id, channel, company, started_at, ended_at, sentiment, resolution, effort_score, "
    "topic_id, topic_label, thread_id, csat"
)
_NULLS = {"channel": UNKNOWN, "company": UNKNOWN, "topic_label": UNCLEAR, "resolution": "unclear"}
_DAY_S = 86_400
_WEEKLY_DAYS = 190  # half a year and a week


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
    """facts: all contacts. observed: measure name → values. codes: column → (codes, names)."""

    facts: Facts
    observed: dict[str, Observed]
    codes: dict[str, tuple[Ints, tuple[str, ...]]]
    brought_on: npt.NDArray[np.float64]

    @classmethod
    def load(cls, archive: Archive, *, window_days: int) -> Panel:
        """Read the archive's contacts, links and threads."""
        contacts = archive.query(f"SELECT {_COLUMNS} FROM conversations ORDER BY conversation_id")
        links = archive.table("links", columns=("conversation_id", "earlier_id", "relation", "probability", "reviewed"))
        threads = archive.table("threads", columns=("thread_id", "open", "n_contacts"))
        facts = Facts(contacts, links, threads, window_days, None)
        observed = {name: catalogue()[name].observe(facts) for name in _SHOWN}
        codes = {name: _codes(facts, name) for name in _NULLS}
        return cls(facts, observed, codes, _brought_on(contacts, links))

    @property
    def days(self) -> tuple[date, date] | None:
        """The first day with a contact and the day after the last one; None if no contact has a time."""
        known = self.facts.start[~np.isnan(self.facts.start)]
        if not len(known):
            return None
        return _day(known.min()), _day(known.max()) + timedelta(days=1)

    @property
    def is_related(self) -> bool:
        """Whether contacts were linked and given topics yet; not so while the first run goes on or after a stop."""
        return bool((self.facts.thread >= 0).any() or (self.codes["topic_label"][1] != (UNCLEAR,)))

    def names(self, column: str) -> tuple[str, ...]:
        """The values of channel, company, topic_label or resolution, most frequent first."""
        codes, names = self.codes[column]
        counts = np.bincount(codes, minlength=len(names))
        return tuple(names[i] for i in np.lexsort((np.array(names), -counts)) if counts[i])

    def chosen(self, filters: Filters) -> Mask:
        """(n,) the contacts that the filters let through."""
        mask = np.ones(len(self.facts), bool)
        with np.errstate(invalid="ignore"):
            if filters.start is not None:
                mask &= self.facts.start >= _seconds(filters.start)
            if filters.end is not None:
                mask &= self.facts.start < _seconds(filters.end)
        for dimension, wanted in filters.chosen.items():
            codes, names = self.codes["topic_label" if dimension == "topic" else dimension]
            mask &= np.isin(names, wanted)[codes]
        return mask

    def figure(self, name: str, mask: Mask) -> Figure:
        """The measure over the chosen contacts, with its 95% interval."""
        s = self.groups(name, mask, np.zeros(len(mask), np.int64), 1)
        value, low, high = (None if np.isnan(v[0]) else float(v[0]) for v in (s.value, s.low, s.high))
        return Figure(catalogue()[name], value, low, high, int(s.n[0]), int(s.n_unknown[0]))

    def groups(self, name: str, mask: Mask, group: Ints, n_groups: int) -> Summary:
        """The measure over each group of the chosen contacts; group: (n,) codes, read where mask holds."""
        whole = self.observed[name]
        observed = Observed(whole.value[mask], whole.applies[mask])
        return summarise(observed, group[mask], n_groups, kind=catalogue()[name].kind)

    def trend(self, name: str, filters: Filters) -> pd.DataFrame:
        """The measure by week (month above half a year): period (its start), contacts, value, low, high, n."""
        import pandas as pd

        mask = self.chosen(filters) & ~np.isnan(self.facts.start)
        period = self._periods(mask)
        seen, code = np.unique(period[mask], return_inverse=True)
        group = np.zeros(len(mask), np.int64)
        group[mask] = code
        s = self.groups(name, mask, group, len(seen))
        columns = {"contacts": np.bincount(code, minlength=len(seen)), "value": s.value, "low": s.low, "high": s.high}
        form = "%-d %b" if self.is_weekly(mask) else "%b %Y"
        names = [day.strftime(form) for day in seen.astype("datetime64[D]").tolist()]
        return pd.DataFrame({"period": names, **columns, "n": s.n})

    def is_weekly(self, mask: Mask) -> bool:
        """Whether the chosen contacts span at most half a year."""
        start = self.facts.start[mask & ~np.isnan(self.facts.start)]
        return bool(len(start) == 0 or np.ptp(start) <= _WEEKLY_DAYS * _DAY_S)

    def fix_list(self, mask: Mask) -> pd.DataFrame:
        """One row a topic, most avoidable contacts first: contacts, repeats, downstream, effort, sentiment.

        Counted as `measure.rank_topics` counts, over the chosen contacts.
        """
        import pandas as pd

        codes, names = self.codes["topic_label"]
        n, group = len(names), codes[mask]
        contacts = np.bincount(group, minlength=n)
        repeats = np.bincount(group[self.facts.is_repeat[mask]], minlength=n)
        downstream = np.bincount(group, weights=self.brought_on[mask], minlength=n)
        avoidable = repeats + downstream
        means = {name: self.groups(name, mask, codes, n).value for name in ("effort", "sentiment", "fcr_observed")}
        counts = {"contacts": contacts, "repeats": repeats, "downstream": downstream, "avoidable": avoidable}
        order = np.lexsort((np.array(names), -contacts, -avoidable))
        frame = pd.DataFrame({"topic": names, **counts, **means}).iloc[order]
        return frame[frame["contacts"] > 0].reset_index(drop=True)

    def _periods(self, mask: Mask) -> Ints:
        """(n,) the first day of each contact's week or month, as days since 1970."""
        day = np.nan_to_num(self.facts.start // _DAY_S).astype(np.int64)
        if self.is_weekly(mask):  # weeks begin on Monday; 1970-01-01 was a Thursday
            return day - (day + 3) % 7
        return day.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def catalogue() -> dict[str, Measure]:
    """All measures by name."""
    return {measure.name: measure for measure in MEASURES}


def _codes(facts: Facts, column: str) -> tuple[Ints, tuple[str, ...]]:
    codes, names = facts.codes(column)
    null = _NULLS[column]
    own = names.index(null) if null in names else len(names)
    return np.where(codes < 0, own, codes), names if own < len(names) else (*names, null)


def _brought_on(contacts: pa.Table, links: pa.Table) -> npt.NDArray[np.float64]:
    """(n,) expected later contacts that each contact brought on: the probabilities of its downstream links."""
    kept = pc.and_(
        pc.equal(links["relation"], "downstream"), pc.not_equal(pc.fill_null(links["reviewed"], ""), "rejected")
    )
    links = links.filter(kept)
    at = pc.index_in(links["earlier_id"], value_set=contacts["conversation_id"].combine_chunks())
    known = pc.is_valid(at)
    rows, p = at.filter(known).to_numpy(), links["probability"].filter(known).to_numpy()
    return np.bincount(rows.astype(np.int64), weights=p, minlength=contacts.num_rows).astype(np.float64)


def _day(seconds: float) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()


def _seconds(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
