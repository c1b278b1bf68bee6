"""What needs all contacts once everybody's threads are known: the threads table and the edges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from textinsight.link.config import LinkConfig
from textinsight.link.downstream import Edges, edges_table, find_edges
from textinsight.link.follow import Starts
from textinsight.link.frame import Codes, Frame, Ints
from textinsight.link.kin import kin_of
from textinsight.link.result import thread_topics, threads_table

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Whole:
    """What needs all contacts, given everybody's threads. topic: (n,) of each contact's thread."""

    topics: tuple[str, ...]
    topic: Codes
    threads: pa.Table
    edges: dict[int, Edges]
    as_of: datetime | None
    config: LinkConfig

    @classmethod
    def of(cls, contacts: pa.Table, frame: Frame, opener: Ints, config: LinkConfig) -> Whole:
        """From the contacts with their person_id, their frame, and the opener of each contact's thread."""
        as_of, topic = _as_of_us(frame, config), thread_topics(frame, opener)
        threads = threads_table(contacts, frame, opener, topic, window_us=config.window_us, as_of_us=as_of)
        edges = _edges(frame, opener, topic, as_of, config)
        end = None if as_of is None else _EPOCH + timedelta(microseconds=as_of)
        return cls(frame.topics, topic, threads, edges, end, config)

    def edges_table(self) -> pa.Table:
        """The edges of every window as a table."""
        return edges_table([self.edges[w] for w in sorted(set(self.config.edge_windows))], self.topics)


def with_person(contacts: pa.Table, person_id: pa.Array) -> pa.Table:
    """The contacts with column person_id."""
    if "person_id" in contacts.column_names:
        contacts = contacts.drop_columns(["person_id"])
    return contacts.append_column("person_id", person_id)


def _as_of_us(frame: Frame, config: LinkConfig) -> int | None:
    if config.as_of is not None:
        return (config.as_of - _EPOCH) // timedelta(microseconds=1)
    return int(frame.start.max()) if len(frame) else None


def _edges(frame: Frame, opener: Ints, topic: Codes, as_of: int | None, config: LinkConfig) -> dict[int, Edges]:
    """Window in days → edges; the linking window is always among them."""
    opening = np.flatnonzero(opener == np.arange(len(frame)))
    starts = Starts(
        customer=frame.customer[opening],
        start=frame.start[opening],
        end=frame.end[opening],
        topic=topic[opening],
        company=frame.company[opening],
        n_topics=max(len(frame.topics), 1),
        kin=kin_of(frame.topic, opener, max(len(frame.topics), 1)),
    )
    windows = {*config.edge_windows, config.window_days}
    return find_edges(starts, windows=windows, as_of_us=as_of or 0, config=config)
