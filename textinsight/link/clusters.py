"""Groups of topics that bring one another on: communities over the significant edges.

The weight between two topics is the number of follow-ups beyond the base rate, either way. Starting with every topic
by itself, the two groups whose union raises modularity most are joined until none does (Clauset, Newman and Moore).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.link.config import LinkConfig
from textinsight.link.costs import COST_PER_CONTACT, check_cost
from textinsight.store.derived import DERIVED

Ints = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Labels = Mapping[str, str]

_DEFAULT = LinkConfig()
_LEAST_GAIN = 1e-12


@dataclass(frozen=True, slots=True)
class RealEdge:
    """A significant edge, its figures as in the edges table."""

    topic_a: str
    topic_b: str
    n_starts: int
    n_followed: int
    rate: float
    base_rate: float
    lift: float
    lift_low: float
    lift_high: float

    @property
    def share(self) -> float:
        """Attributable share of the follow-ups: (rate − base) / rate, 0..1."""
        return max(1 - self.base_rate / self.rate, 0.0)

    @property
    def attributable(self) -> float:
        """Follow-ups beyond the base rate."""
        return self.n_followed * self.share

    @property
    def key(self) -> tuple[str, str]:
        """Its topics."""
        return self.topic_a, self.topic_b


def real_edges(edges: pa.Table, *, window_days: int, config: LinkConfig = _DEFAULT) -> list[RealEdge]:
    """The significant edges of one window: enough starts, lift above one, a small false-discovery rate; by topics."""
    kept = edges.filter(
        (pc.field("window_days") == window_days)
        & (pc.field("n_starts") >= config.min_starts)
        & (pc.field("lift_low") > 1)
        & (pc.field("q_value") <= config.max_q)
    )
    rows = kept.select([field.name for field in fields(RealEdge)]).to_pylist()
    return sorted((RealEdge(**row) for row in rows), key=lambda edge: edge.key)


def find_clusters(
    edges: pa.Table,
    pairs: pa.Table,
    labels: Labels,
    *,
    window_days: int = 14,
    cost_per_contact: float = COST_PER_CONTACT,
    config: LinkConfig = _DEFAULT,
) -> pa.Table:
    """The clusters table of one window, dearest first. pairs: `edge_pairs` of the window. labels: topic id → name.

    contacts: of the issues that followed along the cluster's edges, repeats included, each once. customers: who had
    them. attributable: those contacts times the attributable share of their edge (the largest, if several lead to
    them). cost: contacts × cost_per_contact. label: the cluster's strongest edge. cluster_id: "d-" and the id of the
    topic with most to do. Raises UsageError for a negative cost.
    """
    check_cost(cost_per_contact)
    by_edge = _pairs_by_edge(pairs)
    groups = _groups(real_edges(edges, window_days=window_days, config=config))
    rows = [_row(group, by_edge, labels, cost_per_contact) for group in groups]
    named = [row | {"window_days": window_days, "cost_per_contact": cost_per_contact} for row in rows]
    table = pa.Table.from_pylist(named, schema=DERIVED["clusters"])
    return table.take(pc.sort_indices(table, [("attributable", "descending"), ("cluster_id", "ascending")]))


def communities(weight: Reals) -> Ints:
    """(n,) group of each node: the smallest node in it. weight: (n, n) symmetric, 0 on the diagonal.

    The same groups whatever else is in the graph's order: ties go to the smallest nodes.
    """
    n = len(weight)
    group = np.arange(n)
    total = weight.sum()
    if total <= 0:
        return group
    share = weight / total
    ends = share.sum(axis=1)
    alive = ends > 0
    while True:
        gain = np.where(share > 0, share - np.outer(ends, ends), -np.inf)
        gain[np.tril_indices(n)] = -np.inf
        one, other = np.unravel_index(int(np.argmax(np.round(gain, 12))), gain.shape) if n else (0, 0)
        if not alive.any() or not gain[one, other] > _LEAST_GAIN:
            return group
        group[group == other] = one
        share[one] += share[other]
        share[:, one] += share[:, other]
        share[one, one] = share[other] = share[:, other] = 0
        ends[one] += ends[other]
        ends[other] = 0


@dataclass(frozen=True, slots=True)
class _Group:
    """Topics, heaviest first, and the edges between them, strongest first."""

    topics: tuple[str, ...]
    edges: tuple[RealEdge, ...]


def _groups(edges: Sequence[RealEdge]) -> Iterator[_Group]:
    topics = sorted({topic for edge in edges for topic in edge.key})
    place = {topic: at for at, topic in enumerate(topics)}
    weight = np.zeros((len(topics), len(topics)))
    for edge in edges:
        a, b = place[edge.topic_a], place[edge.topic_b]
        weight[a, b] += edge.attributable
        weight[b, a] += edge.attributable
    group = communities(weight)
    for code in np.unique(group):
        inside = [e for e in edges if group[place[e.topic_a]] == group[place[e.topic_b]] == code]
        members = sorted(np.flatnonzero(group == code).tolist(), key=lambda at: (-weight[at].sum(), at))
        strongest = sorted(inside, key=lambda edge: (-edge.attributable, edge.key))
        yield _Group(tuple(topics[at] for at in members), tuple(strongest))


def _row(group: _Group, by_edge: Mapping[tuple[str, str], pa.Table], labels: Labels, cost: float) -> dict[str, object]:
    """A row of the table, without what all rows share."""
    issues: dict[str, tuple[int, float]] = {}
    customers: set[str] = set()
    for edge in group.edges:
        pairs = by_edge[edge.key]
        customers.update(pairs["customer_id"].to_pylist())
        for issue, size in zip(pairs["conversation_id"].to_pylist(), pairs["n_contacts"].to_pylist(), strict=True):
            issues[issue] = size, max(edge.share, issues.get(issue, (0, 0.0))[1])
    contacts = sum(size for size, _ in issues.values())
    attributable = sum(size * share for size, share in issues.values())
    return {
        "cluster_id": f"d-{group.topics[0]}",
        "label": _label(group, labels),
        "topics": list(group.topics),
        "topic_labels": [labels.get(topic, topic) for topic in group.topics],
        "n_edges": len(group.edges),
        "contacts": contacts,
        "customers": len(customers),
        "attributable": attributable,
        "cost": contacts * cost,
        "attributable_cost": attributable * cost,
    }


def _label(group: _Group, labels: Labels) -> str:
    strongest = group.edges[0]
    a, b = (labels.get(topic, topic) for topic in strongest.key)
    more = len(group.topics) - 2
    return f"{a} → {b}" + (f" and {more} more" if more else "")


def _pairs_by_edge(pairs: pa.Table) -> dict[tuple[str, str], pa.Table]:
    """(topic_a, topic_b) → its rows; pairs are sorted by topics."""
    a, b = pairs["topic_a"].to_pylist(), pairs["topic_b"].to_pylist()
    cuts = [i for i in range(len(a)) if i == 0 or (a[i], b[i]) != (a[i - 1], b[i - 1])]
    ends = [*cuts, len(a)][1:]
    return {(a[i], b[i]): pairs.slice(i, end - i) for i, end in zip(cuts, ends, strict=True)}
