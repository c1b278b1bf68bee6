from __future__ import annotations

import time
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textinsight.link import LinkConfig, build

DAY_US = 86_400_000_000
TIME = pa.timestamp("us", tz="UTC")

CONTACTS = st.lists(
    st.fixed_dictionaries(
        {
            "customer_id": st.sampled_from(["kim", "lee", "ada", None]),
            "day": st.one_of(st.none(), st.floats(0, 60)),
            "hours": st.one_of(st.none(), st.floats(0, 30)),
            "topic_id": st.sampled_from(["card", "loan", None]),
            "resolution": st.sampled_from(["resolved", "unresolved", "moved", "unclear", None]),
            "stated_repeat": st.sampled_from([True, False, None]),
            "channel": st.sampled_from(["chat", "voice", "unknown", None]),
            "issue": st.integers(-1, 3),
        }
    ),
    max_size=25,
)


def as_table(rows, prefix="c"):
    start = [None if r["day"] is None else int(r["day"] * DAY_US) for r in rows]
    end = [
        None if s is None or r["hours"] is None else s + int(r["hours"] * DAY_US / 24)
        for s, r in zip(start, rows, strict=True)
    ]
    texts = {
        n: pa.array([r[n] for r in rows], pa.string()) for n in ("customer_id", "topic_id", "resolution", "channel")
    }
    return pa.table(
        {
            "conversation_id": pa.array([f"{prefix}{i:03}" for i in range(len(rows))], pa.string()),
            **texts,
            "started_at": pa.array(start, TIME),
            "ended_at": pa.array(end, TIME),
            "stated_repeat": pa.array([r["stated_repeat"] for r in rows], pa.bool_()),
        }
    )


def as_vectors(rows):
    basis = np.concatenate([np.eye(4, dtype=np.float32), np.zeros((1, 4), np.float32)])
    return basis[[r["issue"] for r in rows]].reshape(len(rows), 4)


@settings(max_examples=60, deadline=None)
@given(CONTACTS)
def test_links_point_back_within_a_customer_and_window_and_threads_are_a_partition(rows):
    contacts = as_table(rows)
    result = build(contacts, as_vectors(rows))
    by_id = {c["conversation_id"]: c for c in contacts.to_pylist()}
    thread = dict(zip(contacts["conversation_id"].to_pylist(), result.thread_of.to_pylist(), strict=True))
    for link in result.links.to_pylist():
        later, earlier = by_id[link["conversation_id"]], by_id[link["earlier_id"]]
        assert earlier["started_at"] <= later["started_at"]
        assert later["customer_id"] == earlier["customer_id"] is not None
        assert 0 <= link["gap_days"] <= 14
        assert (thread[link["conversation_id"]] == thread[link["earlier_id"]]) == (link["relation"] == "same_issue")
    assert all((thread[c] is None) == (by_id[c]["customer_id"] is None) for c in thread)
    sizes = Counter(t for t in thread.values() if t)
    assert sizes == {t["thread_id"]: t["n_contacts"] for t in result.threads.to_pylist()}
    customers = {(t, by_id[c]["customer_id"]) for c, t in thread.items() if t}
    assert len(customers) == len(sizes)
    assert result.links.filter(pa.compute.equal(result.links["relation"], "same_issue")).num_rows == sum(
        n - 1 for n in sizes.values()
    )


@settings(max_examples=40, deadline=None)
@given(CONTACTS, st.randoms(use_true_random=False))
def test_input_order_changes_nothing(rows, random):
    contacts, vectors = as_table(rows), as_vectors(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    one, other = build(contacts, vectors), build(contacts.take(pa.array(order, pa.int64())), vectors[order])
    assert one.links.equals(other.links)
    assert one.threads.equals(other.threads)
    assert one.edges.equals(other.edges)
    assert [one.thread_of.to_pylist()[i] for i in order] == other.thread_of.to_pylist()


@settings(max_examples=40, deadline=None)
@given(CONTACTS)
def test_an_unrelated_customer_changes_no_link(rows):
    stranger = [{**r, "customer_id": "stranger"} for r in rows[:5] if r["customer_id"]]
    both = pa.concat_tables([as_table(rows), as_table(stranger, "s")])
    alone = build(as_table(rows), as_vectors(rows)).links
    links = build(both, np.concatenate([as_vectors(rows), as_vectors(stranger)])).links
    assert links.filter(pa.compute.starts_with(links["conversation_id"], "c")).equals(alone)


def synthetic(n, n_customers, seed=0, days=120):
    rng = np.random.default_rng(seed)
    topics = np.array([f"topic{i}" for i in range(12)])
    return pa.table(
        {
            "conversation_id": pa.array([f"c{i:07}" for i in range(n)]),
            "customer_id": pa.array([f"k{c}" for c in rng.integers(0, n_customers, n)]),
            "topic_id": pa.array(topics[rng.integers(0, 12, n)]),
            "started_at": pa.array(rng.integers(0, days * DAY_US, n), TIME),
            "resolution": pa.array(np.array(["resolved", "unresolved"])[rng.integers(0, 2, n)]),
        }
    )


@pytest.mark.slow
def test_one_busy_customer_neither_blows_up_nor_becomes_one_thread():
    n = 100_000
    contacts = synthetic(n, 1)
    vectors = np.tile(np.eye(4, dtype=np.float16)[:1], (n, 1))  # all say the same
    began = time.process_time()
    result = build(contacts, vectors)
    assert time.process_time() - began < 90
    assert max(result.threads["n_contacts"].to_pylist()) <= LinkConfig().max_thread_contacts
    assert result.threads.num_rows > n / 2
    assert result.counts.pairs <= 30 * n
    assert result.counts.pairs_capped > 100 * n


def test_journeys_shuffled_over_customers_give_hardly_any_edge_or_downstream_link():
    edges, downstream = 0, 0
    for seed in range(2):
        contacts = synthetic(6_000, 2_000, seed)
        vectors = np.eye(12, dtype=np.float32)[[int(t[5:]) for t in contacts["topic_id"].to_pylist()]]
        result = build(contacts, vectors)
        edges += sum(e["q_value"] <= 0.05 for e in result.edges.to_pylist())
        downstream += result.links["relation"].to_pylist().count("downstream")
    assert edges <= 3  # of 2 × 3 windows × 132 pairs of topics
    assert downstream <= 24  # of 12,000 contacts
