"""Grouping on a few made-up vectors."""

from __future__ import annotations

import numpy as np
import pytest

from textinsight.encode import unit_rows
from textinsight.topics.cluster import even_cuts, evenness, linkage_cuts, smoothed


def test_evenness_is_one_for_equal_groups_and_less_for_others() -> None:
    assert evenness(np.array([0, 0, 1, 1, 2, 2])) == pytest.approx(1)
    assert evenness(np.zeros(4, np.int64)) == pytest.approx(1)
    assert evenness(np.array([0] * 8 + [1])) < evenness(np.array([0] * 6 + [1] * 3)) < 1


def test_smoothing_draws_a_group_together() -> None:
    rng = np.random.default_rng(0)
    gold = np.repeat([0, 1, 2], 20)
    vectors = unit_rows(np.eye(16)[gold] + 0.2 * rng.standard_normal((60, 16)))
    near = smoothed(vectors, 5)
    same = gold[:, None] == gold
    assert np.linalg.norm(near, axis=1) == pytest.approx(1, abs=1e-5)
    assert (near @ near.T)[same].mean() > (vectors @ vectors.T)[same].mean() + 0.05
    assert (near @ near.T)[~same].mean() < 0.1
    np.testing.assert_array_equal(smoothed(vectors[:1], 5), vectors[:1])


def test_cuts_give_the_groups_of_every_level() -> None:
    vectors = unit_rows(np.array([[1, 0, 0], [1, 0.1, 0], [0, 1, 0], [0, 1, 0.1], [0, 0, 1]]))
    assert [group.max() + 1 for group in linkage_cuts(vectors, [0.001, 0.1, 1.0])] == [5, 3, 1]
    assert [group.max() + 1 for group in even_cuts(vectors, [5, 3, 2])] == [5, 3, 2]
    assert [group.tolist() for group in even_cuts(vectors[:1], [3])] == [[0]]
