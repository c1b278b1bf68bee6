"""The contacts as arrays, with what several measures need: who called before, threads, hand-overs, links."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.errors import UsageError
from textinsight.measure.base import Mask, Reals

Ints = npt.NDArray[np.int64]

DAY_S = 86_400.0
TRANSFER_S = 15 * 60.0  # a hand-over: the same contact goes on (measure definitions)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIMELESS = (
    "start", "end", "now", "customer", "thread", "since_previous", "since_previous_in_thread", "first_repeat_in",
    "_ids", "_by_thread", "_kept_links",
)  # fmt: skip


@dataclass(frozen=True)  # no slots: cached_property needs a dict
class Facts:
    """One row a contact, as in the contacts table. Times are seconds since 1970, NaN where unknown."""

    contacts: pa.Table
    links: pa.Table
    threads: pa.Table
    window_days: int
    as_of: datetime | None

    def __post_init__(self) -> None:
        if self.window_days < 1:
            raise UsageError(f"window_days must be at least 1, got {self.window_days}", hint="window_days=14")
        if "conversation_id" not in self.contacts.column_names:
            raise UsageError("contacts lack conversation_id", hint="pass the conversations table")

    def __len__(self) -> int:
        return int(self.contacts.num_rows)

    def at(self, window_days: int) -> Facts:
        """The same contacts under another window; what does not depend on it is computed once."""
        other = replace(self, window_days=window_days)
        vars(other).update({name: getattr(self, name) for name in _TIMELESS})
        return other

    @property
    def window_s(self) -> float:
        """The follow-up window in seconds."""
        return self.window_days * DAY_S

    def numbers(self, name: str) -> Reals:
        """A column as floats, NaN where null or absent; booleans as 0 and 1."""
        if name not in self.contacts.column_names:
            return np.full(len(self), np.nan)
        return as_floats(self.contacts[name])

    def codes(self, name: str) -> tuple[Ints, tuple[str, ...]]:
        """A text column as codes into its sorted values, -1 where null or absent."""
        if name not in self.contacts.column_names:
            return np.full(len(self), -1), ()
        return sorted_codes(self.contacts[name])

    def is_value(self, name: str, values: tuple[str, ...]) -> Mask:
        """(n,) whether the column holds one of the values."""
        codes, names = self.codes(name)
        wanted = np.array([value in values for value in names] + [False])
        return np.asarray(wanted[codes], bool)

    @cached_property
    def start(self) -> Reals:
        """(n,) when the contact started."""
        return self._seconds("started_at")

    @cached_property
    def end(self) -> Reals:
        """(n,) when it ended; its start if the end is unknown."""
        end = self._seconds("ended_at")
        return np.where(np.isnan(end), self.start, np.maximum(end, self.start))

    @cached_property
    def duration(self) -> Reals:
        """(n,) seconds from start to end, NaN unless both are known."""
        duration = self._seconds("ended_at") - self.start
        return np.where(duration >= 0, duration, np.nan)

    @cached_property
    def now(self) -> float:
        """End of the observed time: as_of, or the last start; -inf if no contact has a time."""
        if self.as_of is not None:
            return (self.as_of - _EPOCH) / timedelta(seconds=1)
        return float(np.nanmax(self.start)) if not np.isnan(self.start).all() else -np.inf

    @cached_property
    def customer(self) -> Ints:
        """(n,) customer codes, -1 without customer."""
        return self.codes("customer_id")[0]

    @cached_property
    def thread(self) -> Ints:
        """(n,) thread codes, -1 without thread."""
        return self.codes("thread_id")[0]

    @cached_property
    def since_previous(self) -> Reals:
        """(n,) seconds since the same customer's contact before ended (0 if it still ran), inf if none, NaN unknown."""
        return self._since(self.customer, self._order(self.customer))

    @cached_property
    def since_previous_in_thread(self) -> Reals:
        """(n,) seconds since the same thread's contact before ended, inf for its first, NaN if unknown."""
        return self._since(self.thread, self._by_thread)

    @property
    def is_window_over(self) -> Mask:
        """(n,) contacts whose W days had passed when the data ends."""
        return np.asarray(self.end + self.window_s <= self.now)

    @property
    def is_unmeasurable(self) -> Mask:
        """(n,) contacts without customer id or time: nobody can say whether they came back."""
        return np.isnan(self.since_previous_in_thread)

    @property
    def is_transfer(self) -> Mask:
        """(n,) hand-overs: they start within 15 minutes after the same thread's contact before."""
        return np.asarray(self.since_previous_in_thread <= TRANSFER_S)

    @property
    def is_opener(self) -> Mask:
        """(n,) contacts that open a thread."""
        return np.isposinf(self.since_previous_in_thread)

    @property
    def is_repeat(self) -> Mask:
        """(n,) same issue again within the window after the contact before, and no hand-over."""
        return ~self.is_transfer & (self.since_previous_in_thread <= self.window_s)

    @cached_property
    def _kept_links(self) -> pa.Table:
        return self.links.filter(pc.not_equal(pc.fill_null(self.links["reviewed"], ""), "rejected"))

    @property
    def is_follow_up(self) -> Mask:
        """(n,) contacts that start within W days after any contact of the customer ended, and are no hand-over."""
        return ~self.is_transfer & (self.since_previous <= self.window_s)

    def is_later_in(self, relation: str) -> Mask:
        """(n,) contacts that are the later one of a link of this relation within W that no reviewer rejected."""
        near = pc.fill_null(pc.less_equal(self._kept_links["gap_days"], float(self.window_days)), True)
        wanted = pc.and_(pc.equal(self._kept_links["relation"], relation), near)
        ids = self._kept_links.filter(wanted)["conversation_id"]
        return np.asarray(pc.is_in(self.contacts["conversation_id"], value_set=ids.combine_chunks()), bool)

    @cached_property
    def first_repeat_in(self) -> Reals:
        """(n,) for openers: seconds from the end of the contact (its hand-overs included) to the next of the thread.

        inf if there is none; NaN for contacts that open no thread or have no time.
        """
        gap, order = self.since_previous_in_thread, self._by_thread
        opener = self.is_opener[order]
        later = (~self.is_transfer & ~self.is_opener)[order]
        first = np.flatnonzero(opener)
        run = np.cumsum(opener) - 1
        out = np.full(len(self), np.nan)
        out[order[first]] = np.inf
        follow = np.flatnonzero(later)
        _, at = np.unique(run[follow], return_index=True)
        out[order[first[run[follow[at]]]]] = gap[order[follow[at]]]
        return out

    @cached_property
    def handle_time(self) -> Reals:
        """(n,) seconds of an opener and its hand-overs together; NaN for others or where a part's is unknown."""
        order = self._by_thread
        first = np.flatnonzero(self.is_opener[order])
        run = np.cumsum(self.is_opener[order]) - 1
        part = np.cumsum(~self.is_transfer[order])
        counted = np.flatnonzero(part == part[first][run])
        out = np.full(len(self), np.nan)
        out[order[first]] = np.bincount(run[counted], self.duration[order[counted]], minlength=len(first))
        return out

    @cached_property
    def _ids(self) -> Ints:
        return self.codes("conversation_id")[0]

    @cached_property
    def _by_thread(self) -> Ints:
        return self._order(self.thread)

    def _order(self, group: Ints) -> Ints:
        """Rows with a group and a time, by group, start, then id."""
        rows = np.flatnonzero((group >= 0) & ~np.isnan(self.start))
        return rows[np.lexsort((self._ids[rows], self.start[rows], group[rows]))]

    def _since(self, group: Ints, order: Ints) -> Reals:
        gap = np.full(len(order), np.inf)
        same = group[order[1:]] == group[order[:-1]]
        gap[1:][same] = np.maximum(self.start[order[1:]] - self.end[order[:-1]], 0)[same]
        out = np.full(len(self), np.nan)
        out[order] = gap
        return out

    def _seconds(self, name: str) -> Reals:
        if name not in self.contacts.column_names:
            return np.full(len(self), np.nan)
        time = pc.cast(self.contacts[name], pa.timestamp("us", tz="UTC"))
        return as_floats(pc.cast(time, pa.int64())) / 1e6


def as_floats(column: pa.ChunkedArray) -> Reals:
    """(n,) floats, NaN where null."""
    floats = pc.cast(column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column, pa.float64())
    return np.array(pc.fill_null(floats, float("nan")).to_numpy(), np.float64)


def sorted_codes(column: pa.ChunkedArray) -> tuple[Ints, tuple[str, ...]]:
    """(n,) codes into the sorted distinct texts, -1 where null; and those texts."""
    encoded = pc.dictionary_encode(column.combine_chunks().cast(pa.string()))
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.full(len(order) + 1, -1)
    rank[order] = np.arange(len(order))
    indices = pc.fill_null(encoded.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
    return rank[indices], tuple(encoded.dictionary.take(pa.array(order)).to_pylist())
