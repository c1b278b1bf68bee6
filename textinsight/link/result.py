"""What linking returns, and the threads table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.link.frame import Codes, Frame, Ints, sorted_codes
from textinsight.link.state import LinkState
from textinsight.store.derived import DERIVED, TIME


@dataclass(frozen=True, slots=True)
class LinkCounts:
    """How much was seen and how much could not be.

    without_customer, without_time: contacts left out. pairs: compared now; pairs_capped: beyond the cap among them.
    by_key, by_reference: contacts without customer id that a key or a reference told. ids_joined: customer ids that
    share a person with another. keys_shared: keys of too many customers. relinked: contacts looked at now.
    """

    contacts: int
    without_customer: int
    without_time: int
    pairs: int
    pairs_capped: int
    by_key: int = 0
    by_reference: int = 0
    ids_joined: int = 0
    keys_shared: int = 0
    relinked: int = 0

    @property
    def linkable(self) -> int:
        """Contacts with a person and a time."""
        return self.contacts - self.without_customer - self.without_time


@dataclass(frozen=True, slots=True)
class LinkResult:
    """links, threads, edges: as store.derived.DERIVED.

    thread_of, person_id: (n,) of each input row, null where nobody is known. state: what later contacts can be linked
    with. as_of: end of the observed time, None if no contact has a time.
    """

    links: pa.Table
    threads: pa.Table
    edges: pa.Table
    thread_of: pa.Array
    person_id: pa.Array
    counts: LinkCounts
    state: LinkState
    as_of: datetime | None

    @property
    def model(self) -> str:
        """name@version of the log-odds table."""
        return self.state.model.name


def thread_topics(frame: Frame, opener: Ints) -> Codes:
    """(n,) topic of each contact's thread: its most frequent one, the earliest on a tie; -1 if all are unclear."""
    known = np.flatnonzero(frame.topic >= 0)
    key = opener[known] * (len(frame.topics) + 1) + frame.topic[known]
    keys, first, counts = np.unique(key, return_index=True, return_counts=True)
    thread = keys // (len(frame.topics) + 1)
    order = np.lexsort((-known[first], counts, thread))  # the last of each thread is its winner
    last = np.flatnonzero(np.diff(np.append(thread[order], -1)))
    topic = np.full(len(frame), -1, np.int32)
    topic[thread[order][last]] = frame.topic[known[first]][order][last]
    return topic[opener]


def thread_of(contacts: pa.Table, frame: Frame, opener: Ints) -> pa.Array:
    """(n_input,) thread id: "t-" and the id of the contact that opened it; null where nobody is known."""
    first = np.arange(contacts.num_rows)
    first[frame.row] = frame.row[opener]
    ids = contacts["conversation_id"].combine_chunks().take(pa.array(first))
    named = pc.binary_join_element_wise("t", ids, "-")
    return _flat(pc.if_else(pc.is_valid(contacts["person_id"]), named, None))


def openers_of(contacts: pa.Table, frame: Frame, thread_of: pa.Array) -> Ints:
    """(n,) as `ThreadBuilder.opener`, back from the thread ids of the contacts."""
    ids = pc.utf8_slice_codeunits(_flat(thread_of), start=2)
    row = pc.index_in(ids, value_set=_flat(contacts["conversation_id"])).fill_null(-1).to_numpy()
    place = np.arange(contacts.num_rows)
    place[frame.row] = np.arange(len(frame))
    return np.asarray(place[row[frame.row]], np.int64)


def threads_table(
    contacts: pa.Table, frame: Frame, opener: Ints, topic: Codes, *, window_us: int, as_of_us: int | None
) -> pa.Table:
    """The threads table, by thread id. open: the last contact's follow-up window is not over; null without time."""
    opening = np.flatnonzero(opener == np.arange(len(frame)))
    size = np.bincount(opener, minlength=len(frame))[opening]
    last = np.zeros(len(frame), np.int64)
    np.maximum.at(last, opener, np.arange(len(frame)))
    last = last[opening]
    untimed = _untimed_rows(contacts, frame)
    row = pa.array(np.concatenate([frame.row[opening], untimed]))
    none = pa.nulls(len(untimed))
    still = frame.end[last] + window_us > as_of_us if as_of_us is not None else np.zeros(0, bool)
    names = pa.array([*frame.topics, None], pa.string())
    topic_id = names.take(pa.array(topic[opening] % len(names)))
    table = pa.table(
        {
            "thread_id": pc.binary_join_element_wise("t", _flat(contacts["conversation_id"]).take(row), "-"),
            "customer_id": _flat(contacts["person_id"]).take(row),
            "topic_id": pa.concat_arrays([topic_id, _own_topics(contacts, untimed)]),
            "first_at": pa.concat_arrays([pa.array(frame.start[opening]).cast(TIME), none.cast(TIME)]),
            "last_at": pa.concat_arrays([pa.array(frame.start[last]).cast(TIME), none.cast(TIME)]),
            "n_contacts": pa.array(np.concatenate([size, np.ones(len(untimed), np.int64)]).astype(np.int32)),
            "channels": _channels(contacts, frame, opener, opening, untimed),
            "open": pa.concat_arrays([pa.array(still), none.cast(pa.bool_())]),
        },
        schema=DERIVED["threads"],
    )
    return table.sort_by("thread_id")


def _untimed_rows(contacts: pa.Table, frame: Frame) -> Ints:
    """Input rows with a person but no time: each is a thread of its own."""
    known = pc.is_valid(contacts["person_id"]).to_numpy().astype(bool)
    known[frame.row] = False
    return np.flatnonzero(known)


def _own_topics(contacts: pa.Table, rows: Ints) -> pa.Array:
    if "topic_id" not in contacts.column_names:
        return pa.nulls(len(rows), pa.string())
    return _flat(contacts["topic_id"].cast(pa.string())).take(pa.array(rows))


def _channels(contacts: pa.Table, frame: Frame, opener: Ints, opening: Ints, untimed: Ints) -> pa.ListArray:
    """The distinct channels of each thread, sorted; an unknown channel is left out."""
    thread = np.empty(len(frame), np.int64)
    thread[opening] = np.arange(len(opening))
    thread = np.concatenate([thread[opener], len(opening) + np.arange(len(untimed))])
    code, names = _channel_codes(contacts)
    code = code[np.concatenate([frame.row, untimed])]
    keys = np.unique((thread * (len(names) + 1) + code)[code >= 0])
    counts = np.bincount(keys // (len(names) + 1), minlength=len(opening) + len(untimed))
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))
    return pa.ListArray.from_arrays(offsets, pa.array(names, pa.string()).take(pa.array(keys % (len(names) + 1))))


def _channel_codes(contacts: pa.Table) -> tuple[Codes, tuple[str, ...]]:
    if "channel" not in contacts.column_names:
        return np.full(contacts.num_rows, -1, np.int32), ()
    return sorted_codes(contacts["channel"])


def _flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
