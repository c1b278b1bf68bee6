"""Linking what is new: only people with new contacts, new keys or new reviews are linked again.

A person's links hang on that person's contacts alone once the measure is kept (`LinkState`), so the outcome is that of
linking everybody by that measure. Threads and edges are then counted over everybody.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.link.blocking import earlier_in_window
from textinsight.link.build import count
from textinsight.link.config import LinkConfig
from textinsight.link.frame import check, make_frame
from textinsight.link.people import find_people
from textinsight.link.result import LinkResult, openers_of, thread_of, thread_topics
from textinsight.link.reviews import reviewed_pairs
from textinsight.link.rows import in_order, links_table
from textinsight.link.scorer import Scorer, find_threads
from textinsight.link.state import LinkState
from textinsight.link.whole import Whole, with_person

Mask = npt.NDArray[np.bool_]

_DEFAULT = LinkConfig()
_FOR_THE_WHOLE = ("conversation_id", "customer_id", "started_at", "ended_at", "topic_id", "channel", "company")


@dataclass(frozen=True, slots=True)
class Known:
    """What the linking before left: person_id and thread_of of each row, and the links.

    is_new: (n,) rows that were not there. reviewed: conversation ids of reviews that were not there.
    """

    person_id: pa.Array
    thread_of: pa.Array
    is_new: Mask
    links: pa.Table
    reviewed: frozenset[str] = frozenset()


def update(
    contacts: pa.Table,
    vectors: npt.NDArray[np.floating],
    known: Known,
    state: LinkState,
    *,
    config: LinkConfig = _DEFAULT,
    reviews: pa.Table | None = None,
) -> LinkResult:
    """As `build` over all contacts with this state, in the time that the changed people take.

    contacts, vectors, reviews: all of them, old and new. UsageError as in `build`.
    """
    check(contacts, vectors)
    people = find_people(contacts, config)
    contacts = with_person(contacts, people.person_id)
    changed = _changed(contacts, known)
    part = _link(contacts.filter(pa.array(changed)), vectors[changed], state, config, reviews)
    threads = _merged(known.thread_of, part.thread_of, changed)
    frame = make_frame(contacts.select([*_present(contacts), "person_id"]), vectors)
    whole = Whole.of(contacts, frame, openers_of(contacts, frame, threads), config)
    kept = known.links.filter(pc.invert(_is_in(known.links["conversation_id"], contacts, changed)))
    counts = count(contacts, people, frame, earlier_in_window(frame, config.window_us), part.n_pairs, config)
    return LinkResult(
        links=in_order(pa.concat_tables([kept, part.links])),
        threads=whole.threads,
        edges=whole.edges_table(),
        thread_of=threads,
        person_id=people.person_id,
        counts=replace(counts, relinked=part.n),
        state=state,
        as_of=whole.as_of,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """Some people, linked. n: their linkable contacts."""

    links: pa.Table
    thread_of: pa.Array
    n: int
    n_pairs: int


def _link(
    contacts: pa.Table,
    vectors: npt.NDArray[np.floating],
    state: LinkState,
    config: LinkConfig,
    reviews: pa.Table | None,
) -> _Part:
    """All contacts of some people, with their person_id."""
    frame = make_frame(contacts, vectors)
    scorer, reviewed = Scorer.kept(frame, state, config), reviewed_pairs(frame, contacts, reviews)
    threads, n_pairs = find_threads(scorer, reviewed)
    topic = thread_topics(frame, threads.opener)
    links = links_table(contacts, scorer, threads, state.causes, reviewed=reviewed, topic=topic)
    return _Part(links, thread_of(contacts, frame, threads.opener), len(frame), n_pairs)


def _present(contacts: pa.Table) -> list[str]:
    return [name for name in _FOR_THE_WHOLE if name in contacts.column_names]


def _changed(contacts: pa.Table, known: Known) -> Mask:
    """(n,) contacts of people, as they are or as they were, of whom anything is new."""
    person = contacts["person_id"].combine_chunks()
    reviewed = pc.is_in(contacts["conversation_id"], value_set=pa.array(sorted(known.reviewed), pa.string()))
    moved = ~_mask(pc.equal(pc.fill_null(person, ""), pc.fill_null(known.person_id, "")))
    changed = known.is_new | moved | _mask(reviewed)
    at = pa.array(changed)
    people, before = person.filter(at), known.person_id.filter(pa.array(changed & ~known.is_new))
    named = _mask(pc.is_in(person, value_set=people.drop_null()))
    was = _mask(pc.is_in(known.person_id, value_set=before.drop_null()))
    return np.asarray(changed | named | was)


def _merged(before: pa.Array, part: pa.Array, changed: Mask) -> pa.Array:
    place = np.full(len(changed), -1, np.int64)
    place[changed] = np.arange(int(changed.sum()))
    new = part.take(pa.array(np.maximum(place, 0), mask=place < 0))
    return pc.if_else(pa.array(changed), new, before)


def _is_in(ids: pa.ChunkedArray, contacts: pa.Table, changed: Mask) -> pa.ChunkedArray:
    return pc.is_in(ids, value_set=contacts["conversation_id"].filter(pa.array(changed)).combine_chunks())


def _mask(values: pa.Array | pa.ChunkedArray) -> Mask:
    return np.asarray(
        values.to_numpy(zero_copy_only=False) if isinstance(values, pa.Array) else values.to_numpy(), bool
    )
