from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textinsight.errors import UsageError
from textinsight.link import LinkConfig, build, edge_pairs
from textinsight.link.downstream import find_edges
from textinsight.link.follow import Starts
from textinsight.link.pairs import PAIRS
from textinsight.store.derived import DERIVED

DAY_US = 86_400_000_000
TIME = pa.timestamp("us", tz="UTC")
AS_OF = 100

OPENINGS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 99), st.integers(-1, 3), st.integers(0, 1)), max_size=60, unique=True
)


def starts_of(rows):
    rows = sorted(rows)
    customer, day, topic, company = (
        (np.array(c, np.int64) for c in zip(*rows, strict=True)) if rows else [np.zeros(0, np.int64)] * 4
    )
    us = day * DAY_US
    return Starts(customer, us, us, topic.astype(np.int32), company.astype(np.int32), 4)


def edges_of(rows, window):
    return find_edges(starts_of(rows), windows=[window], as_of_us=AS_OF * DAY_US, config=LinkConfig())[window]


def counted(edges):
    keys = zip(edges.topic_a.tolist(), edges.topic_b.tolist(), strict=True)
    return dict(zip(keys, zip(edges.n_starts.tolist(), edges.n_followed.tolist(), strict=True), strict=True))


@settings(max_examples=80, deadline=None)
@given(OPENINGS)
def test_edges_hold_together(rows):
    edges = edges_of(rows, 14)
    assert (edges.n_followed <= edges.n_starts).all() and (edges.n_followed >= 1).all()
    assert (edges.topic_a != edges.topic_b).all()
    assert ((edges.rate > 0) & (edges.rate <= 1)).all()
    assert ((edges.base_rate > 0) & (edges.base_rate <= 1)).all()
    assert ((edges.q_value >= 0) & (edges.q_value <= 1)).all()
    assert ((edges.lift_low <= edges.lift) & (edges.lift <= edges.lift_high)).all()
    assert ((edges.median_gap_days >= 0) & (edges.median_gap_days <= 14)).all()
    assert (edges.q_value[edges.n_starts < LinkConfig().min_starts] == 1).all()


@settings(max_examples=60, deadline=None)
@given(OPENINGS)
def test_a_longer_window_never_holds_fewer_follow_ups_of_the_same_starts(rows):
    rows = [row for row in rows if row[1] < AS_OF - 30]  # every window is over
    by_window = [counted(edges_of(rows, window)) for window in (7, 14, 30)]
    for short, long in itertools.pairwise(by_window):
        for key, (n_starts, n_followed) in short.items():
            assert long[key][0] == n_starts
            assert long[key][1] >= n_followed


def world(n=1500, seed=2):
    """Some threads of several contacts, unclear topics, missing ends; "card" brings on "pin"."""
    rng = np.random.default_rng(seed)
    names = np.array(["card", "pin", "loan", "fee"])
    topic, customer, day = rng.integers(0, 4, n), rng.integers(0, n // 3, n), rng.uniform(0, 110, n)
    caused = np.flatnonzero((topic == 0) & (rng.random(n) < 0.4))
    topic = np.concatenate([topic, np.ones(len(caused), np.int64)])
    customer = np.concatenate([customer, customer[caused]])
    day = np.concatenate([day, day[caused] + rng.uniform(1, 6, len(caused))])
    start = (day * DAY_US).astype(np.int64)
    vectors = np.eye(4, dtype=np.float32)[topic]
    contacts = pa.table(
        {
            "conversation_id": [f"c{i:05}" for i in range(len(topic))],
            "customer_id": pa.array([f"k{c:04}" for c in customer], mask=rng.random(len(topic)) < 0.02),
            "topic_id": pa.array(names[topic], mask=rng.random(len(topic)) < 0.03),
            "company": pa.array(np.array(["acme", "bolt"])[customer % 2]),
            "started_at": pa.array(start, TIME, mask=rng.random(len(topic)) < 0.02),
            "ended_at": pa.array(start + 600_000_000, TIME, mask=rng.random(len(topic)) < 0.3),
        }
    )
    return contacts, vectors


def test_every_edge_has_as_many_pairs_as_it_counts():
    contacts, vectors = world()
    result = build(contacts, vectors)
    contacts = contacts.append_column("thread_id", result.thread_of)
    links = result.links.filter(pa.compute.equal(result.links["relation"], "downstream"))
    assert links.num_rows > 20
    linked = 0
    for window in (7, 14, 30):
        pairs = edge_pairs(contacts, result.threads, result.links, window_days=window)
        assert pairs.schema == PAIRS
        got = Counter(zip(pairs["topic_a"].to_pylist(), pairs["topic_b"].to_pylist(), strict=True))
        edges = [e for e in result.edges.to_pylist() if e["window_days"] == window]
        assert got == {(e["topic_a"], e["topic_b"]): e["n_followed"] for e in edges}
        for e in edges[:3]:
            of = edge_pairs(
                contacts, result.threads, result.links, window_days=window, topic_a=e["topic_a"], topic_b=e["topic_b"]
            )
            assert np.median(of["gap_days"].to_pylist()) == pytest.approx(e["median_gap_days"])
        linked = max(linked, pairs.num_rows - pairs["probability"].null_count)
        assert max(pairs["gap_days"].to_pylist()) <= window
    assert linked > 0.6 * links.num_rows
    card = edge_pairs(contacts, result.threads, result.links, topic_a="card", topic_b="pin")
    assert card["probability"].null_count < card.num_rows / 2


def test_pairs_by_hand():
    rows = [
        ("a1", "kim", "ta", 0), ("b1", "kim", "tb", 5), ("b2", "kim", "tb", 6),  # the later issue has two contacts
        ("a2", "lee", "tc", 0), ("b3", "lee", "td", 20),  # after the window
        ("a3", "ada", "te", 55), ("b4", "ada", "tf", 56),  # its window is open
    ]  # fmt: skip
    topic = {"ta": "A", "tb": "B", "tc": "A", "td": "B", "te": "A", "tf": "B"}
    contacts = pa.table(
        {
            "conversation_id": [r[0] for r in rows],
            "thread_id": [r[2] for r in rows],
            "started_at": pa.array([r[3] * DAY_US for r in rows], TIME),
        }
    )
    threads = pa.Table.from_pylist(
        [
            {"thread_id": t, "customer_id": next(r[1] for r in rows if r[2] == t), "topic_id": topic[t],
             "n_contacts": sum(r[2] == t for r in rows)}
            for t in topic
        ],
        schema=DERIVED["threads"],
    )  # fmt: skip
    link = {"conversation_id": "b1", "earlier_id": "a1", "relation": "downstream", "probability": 0.75}
    links = pa.Table.from_pylist([link], schema=DERIVED["links"])
    as_of = datetime(1970, 3, 2, tzinfo=UTC)  # day 60
    found = edge_pairs(contacts, threads, links, window_days=14, as_of=as_of).to_pylist()
    assert found == [
        {"topic_a": "A", "topic_b": "B", "conversation_id": "b1", "earlier_id": "a1", "customer_id": "kim",
         "gap_days": 5.0, "probability": 0.75, "n_contacts": 2}
    ]  # fmt: skip
    rejected = links.set_column(6, "reviewed", [["rejected"]])
    assert edge_pairs(contacts, threads, rejected, as_of=as_of)["probability"].to_pylist() == [None]


def test_order_changes_nothing_and_nothing_gives_nothing():
    contacts, vectors = world(300)
    result = build(contacts, vectors)
    contacts = contacts.append_column("thread_id", result.thread_of)
    order = np.random.default_rng(0).permutation(contacts.num_rows)
    one = edge_pairs(contacts, result.threads, result.links)
    assert one.equals(edge_pairs(contacts.take(pa.array(order)), result.threads, result.links))
    none = edge_pairs(contacts.slice(0, 0), result.threads.slice(0, 0), result.links.slice(0, 0))
    assert none.num_rows == 0 and none.schema == PAIRS
    with pytest.raises(UsageError, match="thread_id"):
        edge_pairs(contacts.drop_columns(["thread_id"]), result.threads, result.links)


def test_one_customer_and_untimed_contacts():
    contacts = pa.table(
        {
            "conversation_id": ["a", "b", "c"],
            "customer_id": ["kim"] * 3,
            "topic_id": ["A", "B", "A"],
            "started_at": pa.array([0, 2 * DAY_US, None], TIME),
        }
    )
    result = build(contacts, np.eye(3, dtype=np.float32))
    with_threads = contacts.append_column("thread_id", result.thread_of)
    assert edge_pairs(with_threads, result.threads, result.links).num_rows == 0  # the only window is open
    assert result.edges.num_rows == 0
    untimed = contacts.set_column(3, "started_at", pa.nulls(3, TIME))
    result = build(untimed, np.eye(3, dtype=np.float32))
    assert result.edges.num_rows == 0
    with_threads = untimed.append_column("thread_id", result.thread_of)
    assert edge_pairs(with_threads, result.threads, result.links).num_rows == 0
