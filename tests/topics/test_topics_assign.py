"""Assignment by hand-set centroids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textinsight.encode import unit_rows
from textinsight.errors import UsageError
from textinsight.topics import AssignConfig, Topic, TopicModel, assign

MODEL = TopicModel(
    (Topic("t001", "x", parent_id="g001"), Topic("t002", "y", parent_id="g001"), Topic("g001", "all")),
    unit_rows(np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0]])),
    "tiny@1",
)


def test_nearest_topic_never_the_theme() -> None:
    vectors = unit_rows(np.array([[1, 0.1, 0], [0.1, 1, 0], [1, 1.01, 0], [0, 0, 1], [0, 0, 0], [-1, 0, 0]]))
    found = assign(MODEL, vectors)
    assert found.index.tolist() == [0, 1, 1, -1, -1, -1]
    assert found.unclear_share == 0.5
    assert found.confidence[0] > 0.99
    assert 0.5 < found.confidence[2] < 0.6
    assert found.confidence[3:].tolist() == [0, 0, 0]


def test_confidence_by_hand() -> None:
    # cosines 0.8 and 0.6: 1 / (1 + exp((0.6 - 0.8) / 0.1)) = 0.8808
    found = assign(MODEL, np.array([[0.8, 0.6, 0]], np.float32), config=AssignConfig(temperature=0.1))
    assert found.confidence[0] == pytest.approx(0.8808, abs=1e-4)


def test_no_topics_leaves_all_unclear() -> None:
    empty = TopicModel((), np.zeros((0, 3), np.float32), "")
    assert assign(empty, np.ones((2, 3), np.float32)).index.tolist() == [-1, -1]


def test_vectors_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="4 columns, centroids 3"):
        assign(MODEL, np.ones((1, 4), np.float32))


@given(st.permutations(range(6)))
def test_a_row_does_not_depend_on_the_others(order: list[int]) -> None:
    vectors = unit_rows(np.random.default_rng(0).standard_normal((6, 3)))
    whole, part = assign(MODEL, vectors), assign(MODEL, vectors[order])
    np.testing.assert_array_equal(whole.index[order], part.index)


@pytest.mark.parametrize("wrong", [{"floor": 1.0}, {"temperature": 0.0}])
def test_config_is_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        AssignConfig(**wrong)
