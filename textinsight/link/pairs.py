"""The conversations behind the edges: which contact opened A, which one opened B after it, and how far apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.errors import UsageError
from textinsight.link.config import DAY_US
from textinsight.link.follow import Starts, followed
from textinsight.link.frame import MISSING, Ints, microseconds, sorted_codes

Reals = npt.NDArray[np.float64]

PAIRS = pa.schema(
    [
        ("topic_a", pa.string()),
        ("topic_b", pa.string()),
        ("conversation_id", pa.string()),  # opens the issue of topic_b …
        ("earlier_id", pa.string()),  # … after this one had opened an issue of topic_a
        ("customer_id", pa.string()),
        ("gap_days", pa.float64()),
        ("probability", pa.float64()),  # of the downstream link between both issues, null where there is none
        ("n_contacts", pa.int64()),  # of the later issue, repeats included
    ]
)
_NEEDED = ("conversation_id", "thread_id", "started_at")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def edge_pairs(
    contacts: pa.Table,
    threads: pa.Table,
    links: pa.Table,
    *,
    window_days: int = 14,
    as_of: datetime | None = None,
    topic_a: str | None = None,
    topic_b: str | None = None,
) -> pa.Table:
    """Every pair that the edges of this window count, as `PAIRS`; those of one edge if its topics are given.

    contacts: the conversations table. An edge has `n_followed` pairs here: starts whose window is over, each with the
    nearest issue of the other topic. probability: what linking gave the pair, rejected links left out; without a link
    it lay below the cut of downstream links. as_of: end of the observed time, None for the last start.
    Sorted by topics, then gap, then ids. UsageError if a column is missing.
    """
    _check(contacts)
    openers = _Openers.of(contacts, threads)
    last = pc.max(contacts["started_at"]).as_py() if as_of is None else as_of
    as_of_us = 0 if last is None else (last - _EPOCH) // timedelta(microseconds=1)
    found = followed(openers.starts, window_days=window_days, as_of_us=as_of_us)
    names = pa.array(openers.topics, pa.string())
    table = pa.table(
        {
            "topic_a": names.take(pa.array(openers.starts.topic[found.start])),
            "topic_b": names.take(pa.array(found.topic)),
            "conversation_id": openers.ids.take(pa.array(found.met)),
            "earlier_id": openers.ids.take(pa.array(found.start)),
            "customer_id": openers.customers.take(pa.array(found.start)),
            "gap_days": pa.array(found.gap_us / DAY_US),
            "probability": openers.probabilities(contacts, links, found.met, found.start),
            "n_contacts": pa.array(openers.size[found.met]),
        },
        schema=PAIRS,
    )
    for name, wanted in (("topic_a", topic_a), ("topic_b", topic_b)):
        table = table if wanted is None else table.filter(pc.equal(table[name], wanted))
    return table.sort_by([(name, "ascending") for name in _ORDER])


_ORDER = ("topic_a", "topic_b", "gap_days", "conversation_id", "earlier_id")


class _Openers:
    """The opening contacts of all threads, sorted by customer, time, id, as the edges see them."""

    def __init__(self, contacts: pa.Table, threads: pa.Table, row: Ints, thread: Ints) -> None:
        """row: of each opener in the contacts, thread: its row in the threads."""
        at = pa.array(thread)
        start, end = microseconds(contacts, "started_at")[row], microseconds(contacts, "ended_at")[row]
        customer = sorted_codes(threads["customer_id"])[0]
        topic, self.topics = sorted_codes(threads["topic_id"])
        company = (
            sorted_codes(contacts["company"])[0][row] if "company" in contacts.column_names else np.full(len(row), -1)
        )
        self.starts = Starts(
            customer=customer[thread].astype(np.int64),
            start=start,
            end=np.maximum(end, start),
            topic=topic[thread],
            company=company.astype(np.int32),
            n_topics=max(len(self.topics), 1),
        )
        self.thread = thread
        self.ids = contacts["conversation_id"].combine_chunks().take(pa.array(row))
        self.customers = threads["customer_id"].combine_chunks().take(at)
        self.size = threads["n_contacts"].combine_chunks().take(at).to_numpy().astype(np.int64)
        self._threads = threads

    @classmethod
    def of(cls, contacts: pa.Table, threads: pa.Table) -> _Openers:
        """The earliest timed contact of every thread; ids decide between equal times."""
        thread = _thread_rows(contacts["thread_id"], threads)
        start = microseconds(contacts, "started_at")
        ids, _ = sorted_codes(contacts["conversation_id"])
        row = np.flatnonzero((thread >= 0) & (start != MISSING))
        row = row[np.lexsort((ids[row], start[row], thread[row]))]
        row = row[np.flatnonzero(np.diff(thread[row], prepend=-1))]
        customer = sorted_codes(threads["customer_id"])[0][thread[row]]
        row = row[np.lexsort((ids[row], start[row], customer))]
        return cls(contacts, threads, row, thread[row])

    def probabilities(self, contacts: pa.Table, links: pa.Table, later: Ints, earlier: Ints) -> pa.Array:
        """(n_pairs,) of the downstream link from the later opener to a contact of the earlier one's thread."""
        kept = pc.and_(
            pc.equal(links["relation"], "downstream"),
            pc.not_equal(pc.fill_null(links["reviewed"], ""), "rejected"),
        )
        links = links.filter(kept)
        met = _positions(links["conversation_id"], self.ids)
        of = _positions(links["earlier_id"], contacts["conversation_id"].combine_chunks())
        thread = np.append(_thread_rows(contacts["thread_id"], self._threads), -1)[of]
        n = self._threads.num_rows + 1
        key, order = np.unique(met * n + thread + 1, return_index=True)
        wanted = later * n + self.thread[earlier] + 1
        at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        hit = key[at] == wanted if len(key) else np.zeros(len(wanted), bool)
        chance = links["probability"].combine_chunks().to_numpy(zero_copy_only=False).astype(np.float64)
        value = chance[order[at]] if len(key) else np.zeros(len(wanted))
        return pa.array(value, mask=~hit)


def _thread_rows(thread_id: pa.ChunkedArray, threads: pa.Table) -> Ints:
    """(n,) row of each id in the threads table, -1 where it has none."""
    return _positions(thread_id, threads["thread_id"].combine_chunks())


def _positions(ids: pa.ChunkedArray, among: pa.Array) -> Ints:
    found = pc.index_in(ids.combine_chunks(), value_set=among, skip_nulls=True)
    return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), np.int64)


def _check(contacts: pa.Table) -> None:
    missing = [name for name in _NEEDED if name not in contacts.column_names]
    if missing:
        raise UsageError(f"contacts lack {', '.join(missing)}", hint="pass the conversations table of an archive")
