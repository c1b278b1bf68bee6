from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textinsight.errors import UsageError
from textinsight.link import find_avoidable, find_clusters
from textinsight.link.avoidable import excess_interval
from textinsight.link.clusters import RealEdge, communities
from textinsight.link.pairs import PAIRS
from textinsight.store.derived import DERIVED


def edge(a, b, *, starts=200, followed=50, base=0.05, q=0.001, window=14):
    rate = followed / starts
    lift = rate / base
    return {
        "topic_a": a, "topic_b": b, "window_days": window, "n_starts": starts, "n_followed": followed, "rate": rate,
        "base_rate": base, "lift": lift, "lift_low": lift * 0.7, "lift_high": lift * 2, "q_value": q,
        "median_gap_days": 3.0, "n_open_excluded": 0,
    }  # fmt: skip


def edges_of(*rows):
    return pa.Table.from_pylist(list(rows), schema=DERIVED["edges"])


def pairs_of(*rows):
    """(topic_a, topic_b, later id, customer, contacts of the later issue)."""
    named = [
        {"topic_a": a, "topic_b": b, "conversation_id": c, "earlier_id": f"of-{c}", "customer_id": k, "n_contacts": n}
        for a, b, c, k, n in rows
    ]
    return pa.Table.from_pylist(named, schema=PAIRS)


LABELS = {"a": "Card order", "b": "Activation", "c": "PIN", "x": "Move", "y": "Old address"}


def test_clusters_counted_by_hand():
    edges = edges_of(edge("a", "b"), edge("c", "b", followed=20), edge("x", "y", followed=20), edge("a", "y", q=0.5))
    pairs = pairs_of(
        ("a", "b", "b1", "kim", 1),
        ("a", "b", "b2", "lee", 3),
        ("a", "y", "y9", "zoe", 1),  # not significant: in no cluster
        ("c", "b", "b2", "lee", 3),  # brought on by both: counted once
        ("x", "y", "y1", "ada", 2),
    )
    rows = find_clusters(edges, pairs, LABELS, cost_per_contact=10).to_pylist()
    assert [(r["label"], r["topics"]) for r in rows] == [
        ("Card order → Activation and 1 more", ["b", "a", "c"]),
        ("Move → Old address", ["x", "y"]),
    ]
    first = rows[0]
    assert (first["cluster_id"], first["n_edges"], first["contacts"], first["customers"]) == ("d-b", 2, 4, 2)
    assert first["attributable"] == pytest.approx(4 * 0.8)  # (.25 − .05) / .25, the larger share for b2
    assert (first["cost"], first["attributable_cost"]) == (40, pytest.approx(32))
    assert rows[1]["attributable"] == pytest.approx(2 * 0.5)
    assert first["topic_labels"][0] == "Activation"


def test_avoidable_counted_by_hand():
    edges = edges_of(edge("a", "b"), edge("x", "y", followed=20), edge("a", "y", q=0.5), edge("a", "b", window=7))
    pairs = pairs_of(
        ("a", "b", "b1", "kim", 1), ("a", "b", "b2", "lee", 4), ("x", "y", "y1", "ada", 2), ("a", "y", "y2", "joe", 1)
    )
    rows = find_avoidable(edges, pairs, LABELS, cost_per_contact=2).to_pylist()
    assert [(r["label_a"], r["label_b"]) for r in rows] == [("Card order", "Activation"), ("Move", "Old address")]
    first = rows[0]
    assert (first["contacts"], first["n_starts"], first["n_followed"]) == (5, 200, 50)
    assert first["avoidable"] == pytest.approx(5 * 0.8)
    assert first["low"] < first["avoidable"] < first["high"]
    assert first["per_100_starts"] == pytest.approx(2.0)
    assert first["cost"] == pytest.approx(8.0)


def test_the_interval_of_the_excess_holds_both_rates():
    sure = RealEdge("a", "b", 200, 50, 0.25, 0.05, 5.0, 4.9, 5.1)  # as if the base were known
    wide = RealEdge("a", "b", 200, 50, 0.25, 0.05, 5.0, 1.5, 16.7)
    low, high = excess_interval(sure)
    assert (low, high) == (pytest.approx(0.145, abs=0.002), pytest.approx(0.264, abs=0.002))  # Wilson .195–.314, − .05
    assert excess_interval(wide)[0] < low and excess_interval(wide)[1] > high


def test_nothing_significant_gives_empty_tables():
    edges, none = edges_of(edge("a", "b", q=0.4), edge("a", "c", starts=5, followed=4)), pairs_of()
    for find, name in ((find_clusters, "clusters"), (find_avoidable, "avoidable")):
        assert find(edges, none, {}).equals(DERIVED[name].empty_table())
        assert find(edges_of(), none, {}).equals(DERIVED[name].empty_table())
        with pytest.raises(UsageError, match="-1"):
            find(edges, none, {}, cost_per_contact=-1)


def test_two_cliques_with_a_thin_bridge_are_two_communities():
    weight = np.zeros((6, 6))
    for group in ((0, 1, 2), (3, 4, 5)):
        weight[np.ix_(group, group)] = 10
    weight[2, 3] = weight[3, 2] = 1
    np.fill_diagonal(weight, 0)
    assert communities(weight).tolist() == [0, 0, 0, 3, 3, 3]
    assert communities(np.zeros((3, 3))).tolist() == [0, 1, 2]
    assert communities(np.zeros((0, 0))).tolist() == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(1, 50)), max_size=15))
def test_communities_keep_to_connected_parts(rows):
    weight = np.zeros((8, 8))
    for a, b, w in rows:
        if a != b:
            weight[a, b] += w
            weight[b, a] += w
    group = communities(weight)
    reach = np.linalg.matrix_power((weight > 0) + np.eye(8), 8) > 0
    assert all(group[g] == g for g in group)
    assert all(reach[node, g] for node, g in enumerate(group))
    assert all(group[node] == node for node in range(8) if not weight[node].any())
