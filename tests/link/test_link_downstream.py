from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from textinsight.link import LinkConfig, build
from textinsight.link.downstream import find_edges
from textinsight.link.follow import Starts
from textinsight.link.rates import false_discovery

DAY_US = 86_400_000_000
TIME = pa.timestamp("us", tz="UTC")


def starts_of(rows, n_topics, companies=None):
    customer, day, topic = (np.array(column) for column in zip(*sorted(rows), strict=True))
    us = (day * DAY_US).astype(np.int64)
    company = np.zeros(len(us), np.int32) if companies is None else companies[customer]
    return Starts(customer.astype(np.int64), us, us, topic.astype(np.int32), company, n_topics)


def test_rates_are_counted_by_hand():
    # topic 0 opens at day 40 for ten customers; four of them open topic 1 two days later.
    # twenty other customers open topic 2 at day 40; one of them opens topic 1 four days later.
    rows = [(c, 40, 0) for c in range(10)] + [(c, 42, 1) for c in range(4)]
    rows += [(c, 40, 2) for c in range(10, 30)] + [(10, 44, 1)]
    rows += [(99, 0, 3), (98, 100, 3)]  # what is before and after, so that every window is over
    edges = find_edges(starts_of(rows, 4), windows=[14], as_of_us=120 * DAY_US, config=LinkConfig())[14]
    ab = np.flatnonzero((edges.topic_a == 0) & (edges.topic_b == 1))[0]
    assert (edges.n_starts[ab], edges.n_followed[ab]) == (10, 4)
    assert edges.rate[ab] == pytest.approx(0.4)
    # same months, neither of topic 0 nor 1: the 20 starts of topic 2, one of them followed by topic 1
    assert edges.base_rate[ab] == pytest.approx((0.05 * 20 + 0.5) / 21, rel=0.1)
    assert edges.lift[ab] == pytest.approx(edges.rate[ab] / edges.base_rate[ab])
    assert edges.lift_low[ab] < edges.lift[ab] < edges.lift_high[ab]
    assert edges.median_gap_days[ab] == pytest.approx(2.0)
    assert edges.attributable[ab] == pytest.approx(1 - edges.base_rate[ab] / 0.4)


def test_other_companies_are_no_comparison():
    # company 0: topic 0 is followed by topic 1 in 4 of 10 cases, topic 2 in 4 of 10; company 1: never.
    rows = [(c, 40, c // 10 * 2) for c in range(20)] + [(c, 42, 1) for c in (0, 1, 2, 3, 10, 11, 12, 13)]
    rows += [(c, 40, 3) for c in range(20, 200)] + [(200, 0, 4), (201, 100, 4)]
    companies = np.array([0] * 20 + [1] * 182)
    one = find_edges(starts_of(rows, 5, companies), windows=[14], as_of_us=120 * DAY_US, config=LinkConfig())[14]
    ab = np.flatnonzero((one.topic_a == 0) & (one.topic_b == 1))[0]
    assert one.base_rate[ab] == pytest.approx((0.4 * 10 + 0.5) / 11)
    assert one.lift[ab] < 1.1
    mixed = find_edges(starts_of(rows, 5), windows=[14], as_of_us=120 * DAY_US, config=LinkConfig())[14]
    assert mixed.lift[ab] > 5


def test_starts_whose_window_is_open_are_left_out_and_counted():
    rows = [(c, 10, 0) for c in range(12)] + [(c, 50, 0) for c in range(20, 25)] + [(c, 12, 1) for c in range(6)]
    edges = find_edges(starts_of(rows, 2), windows=[14], as_of_us=60 * DAY_US, config=LinkConfig())[14]
    assert (edges.n_starts[0], edges.n_followed[0], edges.n_open_excluded[0]) == (12, 6, 5)


def test_customers_who_always_have_to_do_with_b_are_no_edge():
    # 30 customers ask about topic 1 every five days, whether topic 0 was in between or not
    rows = [(c, day, 1) for c in range(30) for day in range(0, 100, 5)] + [(c, 51, 0) for c in range(30)]
    rows += [(c, day, 2) for c in range(100, 400) for day in (20, 60)]
    edges = find_edges(starts_of(rows, 3), windows=[7], as_of_us=200 * DAY_US, config=LinkConfig())[7]
    ab = np.flatnonzero((edges.topic_a == 0) & (edges.topic_b == 1))[0]
    assert edges.rate[ab] == 1.0
    assert edges.q_value[ab] > 0.05


def test_false_discovery_by_hand():
    # sorted p: .01 .02 .03 .5 of 4 tests: .04 .04 .04 .5
    q = false_discovery(np.array([0.03, 0.01, 0.5, 0.02]), 4)
    assert q == pytest.approx([0.04, 0.04, 0.5, 0.04])
    assert false_discovery(np.array([0.01]), 10) == pytest.approx([0.1])
    assert len(false_discovery(np.empty(0), 0)) == 0


def planted(n=400, seed=1):
    """Topic "card" brings on "pin" for 40% of customers within some days; "loan" comes and goes by itself."""
    rng = np.random.default_rng(seed)
    rows = [("card", i, 10 + 80 * i / n) for i in range(n)]
    rows += [("pin", i, 10 + 80 * i / n + 1 + 5 * rng.random()) for i in range(n) if rng.random() < 0.4]
    rows += [("loan", int(rng.integers(0, n)), 100 * rng.random()) for _ in range(n)]
    rows += [("pin", n + i, 100 * i / 50) for i in range(50)] + [("loan", 2 * n + i, 100 * i / n) for i in range(n)]
    names = ["card", "pin", "loan"]
    contacts = pa.table(
        {
            "conversation_id": [f"{t}-{c}-{i}" for i, (t, c, _) in enumerate(rows)],
            "customer_id": [f"k{c}" for _, c, _ in rows],
            "topic_id": [t for t, _, _ in rows],
            "resolution": ["resolved"] * len(rows),
            "started_at": pa.array([int(d * DAY_US) for _, _, d in rows], TIME),
        }
    )
    return contacts, np.eye(3, dtype=np.float32)[[names.index(t) for t, _, _ in rows]]


def test_planted_edge_is_found_and_its_contacts_are_linked():
    contacts, vectors = planted()
    result = build(contacts, vectors)
    real = [e for e in result.edges.to_pylist() if e["q_value"] < 0.05 and e["lift_low"] > 1]
    assert {(e["topic_a"], e["topic_b"]) for e in real} == {("card", "pin")}
    assert {e["window_days"] for e in real} == {7, 14, 30}
    downstream = [link for link in result.links.to_pylist() if link["relation"] == "downstream"]
    assert len(downstream) > 100
    for link in downstream:
        assert link["conversation_id"].startswith("pin") and link["earlier_id"].startswith("card")
        assert [e["signal"] for e in link["evidence"]] == ["attributable_share", "gap", "rivals"]
        log_odds = sum(e["weight"] for e in link["evidence"])
        assert link["probability"] == pytest.approx(1 / (1 + np.exp(-log_odds)), abs=1e-5)
        assert link["probability"] >= LinkConfig().min_downstream_probability


def test_what_may_be_the_same_issue_after_all_is_less_probably_brought_on():
    """Every other contact says that it is a repeat, whatever it is about: that alone tells them apart."""
    contacts, vectors = planted()
    ids = contacts["conversation_id"].to_pylist()
    says = {conversation_id: n % 2 == 0 for n, conversation_id in enumerate(ids)}
    column = pa.array([says[conversation_id] for conversation_id in ids])
    links = build(contacts.append_column("stated_repeat", column), vectors).links.to_pylist()
    chances: dict[bool, list[float]] = {True: [], False: []}
    for link in links:
        if link["relation"] == "downstream":
            chances[says[link["conversation_id"]]].append(link["probability"])
    assert np.mean(chances[True]) < np.mean(chances[False])
