"""What follows from links and edges: clusters, avoidable contacts, and handle time against repeats."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textinsight import link, measure
from textinsight.store import DERIVED

Tables = dict[str, pa.Table]


def longer_windows(linked: link.LinkResult, longer: Mapping[int, link.LinkResult]) -> dict[int, measure.Linked]:
    """Window in days → what linking within it found: only then can a window longer than the run's be measured.

    What was one issue within the shorter window stays one, so that nobody comes back less often in a longer one.
    """
    return {days: _joined(linked, more) for days, more in longer.items()}


def _joined(one: link.LinkResult, more: link.LinkResult) -> measure.Linked:
    """Threads that either linking put together, under the smallest of their names; the links of both."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    known = pc.is_valid(one.thread_of)
    names = pc.unique(pa.concat_arrays([one.thread_of.filter(known), more.thread_of.filter(known)])).sort()
    a, b = (pc.index_in(r.thread_of.filter(known), value_set=names).to_numpy() for r in (one, more))
    graph = coo_array((np.ones(len(a), bool), (a, b)), shape=(len(names), len(names)))
    group = connected_components(graph, directed=False)[1]
    first = np.unique(group, return_index=True)[1]
    joined = names.take(pa.array(first[group[a]]))
    place = pa.array(np.cumsum(known.to_numpy(zero_copy_only=False)) - 1, mask=~known.to_numpy(zero_copy_only=False))
    return measure.Linked(joined.take(place), pa.concat_tables([one.links, more.links]), one.threads)


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
