"""Edges that are more than chance, over all windows at once; two steps are no third edge."""

from __future__ import annotations

import numpy as np
import pytest

from textinsight.link import LinkConfig
from textinsight.link.config import DAY_US
from textinsight.link.downstream import find_edges
from textinsight.link.follow import Starts

A, B, C, OTHER = range(4)
AS_OF = 200


def edges_of(rows, windows=(14,)):
    """rows: (customer, day, topic); windows in days → edges."""
    customer, day, topic = (np.array(column) for column in zip(*sorted(rows), strict=True))
    us = (day * DAY_US).astype(np.int64)
    starts = Starts(customer.astype(np.int64), us, us, topic.astype(np.int32), np.zeros(len(us), np.int32), 4)
    return find_edges(starts, windows=windows, as_of_us=AS_OF * DAY_US, config=LinkConfig())


def significant(edges):
    real = edges.significant(LinkConfig())
    return set(zip(edges.topic_a[real].tolist(), edges.topic_b[real].tolist(), strict=True))


def beside(n, seed=0):
    """Customers of one contact each, mostly of another topic, through the time."""
    rng = np.random.default_rng(seed)
    return [
        (1000 + i, day, int(rng.choice(4, p=(0.05, 0.05, 0.05, 0.85)))) for i, day in enumerate(rng.uniform(0, 150, n))
    ]


def chains(n, *, direct):
    """A, then B, then C for n customers; A, then C at once for so many others."""
    day = np.linspace(20, 140, n)
    rows = [(i, d + gap, topic) for i, d in enumerate(day) for gap, topic in ((0, A), (2, B), (5, C))]
    return rows + [(500 + i, d + gap, t) for i, d in enumerate(day[:direct]) for gap, t in ((0, A), (4, C))]


def test_two_steps_are_no_third_edge():
    found = edges_of([*chains(40, direct=0), *beside(600)])[14]
    assert significant(found) == {(A, B), (B, C)}
    ac = np.flatnonzero((found.topic_a == A) & (found.topic_b == C))[0]
    assert found.n_followed[ac] == 40  # it is counted all the same


def test_an_edge_of_its_own_stays_beside_two_steps():
    assert significant(edges_of([*chains(40, direct=25), *beside(600)])[14]) == {(A, B), (B, C), (A, C)}


def test_what_an_earlier_start_brought_on_is_no_control():
    """Customers come with A again after A brought on B: that B stood before the second A, and is no habit."""
    rows = [(i, d + gap, t) for i, d in enumerate(np.linspace(30, 140, 40)) for gap, t in ((0, A), (2, B), (6, A))]
    found = edges_of([*rows, *beside(600)])[14]
    ab = np.flatnonzero((found.topic_a == A) & (found.topic_b == B))[0]
    assert found.base_rate[ab] < 0.05
    assert (A, B) in significant(found)


def test_more_windows_cost_no_false_edges():
    rng, any_edge = np.random.default_rng(1), 0
    for _ in range(40):
        rows = [(int(c), d, int(t)) for c, d, t in zip(
            rng.integers(0, 150, 900), rng.uniform(0, 190, 900), rng.integers(0, 4, 900), strict=True
        )]  # fmt: skip
        found = edges_of(rows, windows=(7, 14, 30))
        any_edge += any(significant(e) for e in found.values())
    assert any_edge <= 2


def test_one_window_alone_and_among_others_differ_in_q_alone():
    rows = [*chains(20, direct=0), *beside(300)]
    alone, among = edges_of(rows)[14], edges_of(rows, windows=(7, 14))[14]
    assert among.rate == pytest.approx(alone.rate)
    assert among.base_rate == pytest.approx(alone.base_rate)
    assert significant(among) == significant(alone)
