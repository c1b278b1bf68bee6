from __future__ import annotations

import numpy as np
import pytest

from textinsight.link import LinkConfig
from textinsight.link.downstream import find_edges
from textinsight.link.follow import Starts
from textinsight.link.kin import kin_of

DAY_US = 86_400_000_000
N_TOPICS = 40
SPLINTERS = 5  # topics 0..4 are one issue, 5..9 another, each of the rest is its own


def topic_of(issue, rng):
    """A topic of each issue: 0 and 1 are splintered over five topics each, issue i is topic i + 8."""
    return np.where(issue < 2, issue * SPLINTERS + rng.integers(0, SPLINTERS, len(issue)), issue + 8)


def threads(n=12_000, seed=0):
    """(topic, opener) of n contacts: threads of two, one in ten of which joins two issues by mistake."""
    rng = np.random.default_rng(seed)
    issue = rng.integers(0, N_TOPICS - 8, n // 2)
    second = np.where(rng.random(n // 2) < 0.1, rng.integers(0, N_TOPICS - 8, n // 2), issue)
    topic = np.stack([topic_of(issue, rng), topic_of(second, rng)], axis=1).reshape(-1)
    return topic.astype(np.int32), np.arange(n) // 2 * 2


def openings(n=1500, caused=0.3, seed=0):
    """Customers with two issues, and with a second splintered one that the first splintered one brings on."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(n):
        for issue in rng.integers(0, N_TOPICS - 8, 2):
            day = rng.uniform(0, 150)
            rows.append((customer, day, issue))
            if issue == 0 and rng.random() < caused:
                rows.append((customer, day + rng.uniform(1, 8), 1))
    customer, day, issue = (np.array(column) for column in zip(*sorted(rows), strict=True))
    topic = topic_of(issue.astype(np.int64), rng).astype(np.int32)
    us = (day * DAY_US).astype(np.int64)
    return customer.astype(np.int64), us, topic


def significant(kin, *, caused, seed=0):
    customer, us, topic = openings(caused=caused, seed=seed)
    starts = Starts(customer, us, us, topic, np.zeros(len(us), np.int32), N_TOPICS, kin)
    edges = find_edges(starts, windows=[14], as_of_us=200 * DAY_US, config=LinkConfig())[14]
    kept = np.flatnonzero(edges.significant(LinkConfig()))
    return set(zip(edges.topic_a[kept].tolist(), edges.topic_b[kept].tolist(), strict=True))


def test_splinters_are_kin_and_others_are_not():
    kin = kin_of(*threads(), N_TOPICS)
    assert len(set(kin[:5].tolist())) == 1 and len(set(kin[5:10].tolist())) == 1
    assert len(set(kin.tolist())) == N_TOPICS - 8


def test_kin_does_not_depend_on_the_order_of_threads():
    topic, opener = threads()
    order = np.random.default_rng(1).permutation(len(topic) // 2)
    turned = topic.reshape(-1, 2)[order].reshape(-1)
    one, other = kin_of(topic, opener, N_TOPICS), kin_of(turned, opener, N_TOPICS)
    assert (one[:, None] == one[None]).tolist() == (other[:, None] == other[None]).tolist()


def test_no_threads_and_few_topics_have_no_kin():
    alone = np.arange(50)
    assert len(set(kin_of((alone % 5).astype(np.int32), alone, 5).tolist())) == 5
    assert kin_of(np.empty(0, np.int32), np.empty(0, np.int64), 1).tolist() == [0]
    assert len(set(kin_of(np.full(9, -1, np.int32), np.zeros(9, np.int64), 4).tolist())) == 4


def test_an_edge_between_splinters_is_found_through_their_groups():
    kin = kin_of(*threads(), N_TOPICS)
    between = {(a, b) for a in range(5) for b in range(5, 10)}
    alone = [significant(None, caused=0.2, seed=seed) for seed in range(3)]
    together = [significant(kin, caused=0.2, seed=seed) for seed in range(3)]
    assert sum(len(found & between) for found in together) > sum(len(found & between) for found in alone) + 3
    assert sum(len(found - between) for found in together) <= 1


def test_groups_bring_no_false_edges():
    kin = kin_of(*threads(), N_TOPICS)
    assert sum(bool(significant(kin, caused=0.0, seed=seed)) for seed in range(12)) <= 2


def test_kin_of_their_own_change_nothing():
    customer, us, topic = openings()
    edges = [
        find_edges(
            Starts(customer, us, us, topic, np.zeros(len(us), np.int32), N_TOPICS, kin),
            windows=[14], as_of_us=200 * DAY_US, config=LinkConfig(),
        )[14]
        for kin in (None, np.arange(N_TOPICS))
    ]  # fmt: skip
    assert edges[0].q_value == pytest.approx(edges[1].q_value)
