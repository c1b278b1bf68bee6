"""What follows from links and edges: clusters, avoidable contacts, and handle time against repeats."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight import link, measure
from textinsight.store import DERIVED

Tables = dict[str, pa.Table]


def longer_windows(
    contacts: pa.Table, vectors: npt.NDArray[np.floating], *, window_days: int
) -> dict[int, measure.Linked]:
    """Contacts linked anew for the shown windows that are longer than this one: only then can they be measured."""
    longer = [days for days in measure.WINDOWS if days > window_days]
    configs = [link.LinkConfig(window_days=days, edge_windows=()) for days in longer]
    found = [link.build(contacts, vectors, config=config) for config in configs]
    return {days: measure.Linked(f.thread_of, f.links, f.threads) for days, f in zip(longer, found, strict=True)}


def consequences(
    contacts: pa.Table,
    linked: link.LinkResult,
    *,
    window_days: int,
    wider: dict[int, measure.Linked] | None = None,
    cost_per_contact: float = link.COST_PER_CONTACT,
) -> Tables:
    """The tables clusters, avoidable and handle_time. contacts: with topic_id, topic_label and thread_id."""
    times = measure.handle_time(contacts, linked.links, linked.threads, window_days=window_days, wider=wider)
    return {"handle_time": times} | costs(
        contacts, linked.edges, linked.threads, linked.links, cost_per_contact=cost_per_contact
    )


def costs(
    contacts: pa.Table, edges: pa.Table, threads: pa.Table, links: pa.Table, *, cost_per_contact: float
) -> Tables:
    """The tables clusters and avoidable for every window of the edges, at this cost of a contact."""
    labels = _labels(contacts)
    found: dict[str, list[pa.Table]] = {"clusters": [], "avoidable": []}
    for window_days in sorted(set(edges["window_days"].to_pylist())):
        pairs = link.edge_pairs(contacts, threads, links, window_days=window_days)
        asked = {"window_days": window_days, "cost_per_contact": cost_per_contact}
        found["clusters"].append(link.find_clusters(edges, pairs, labels, **asked))
        found["avoidable"].append(link.find_avoidable(edges, pairs, labels, **asked))
    return {name: pa.concat_tables([DERIVED[name].empty_table(), *parts]) for name, parts in found.items()}


def _labels(contacts: pa.Table) -> dict[str, str]:
    named = contacts.select(["topic_id", "topic_label"]).group_by("topic_id").aggregate([("topic_label", "max")])
    known = named.filter(pc.is_valid(named["topic_id"]))
    return dict(zip(known["topic_id"].to_pylist(), known["topic_label_max"].to_pylist(), strict=True))
