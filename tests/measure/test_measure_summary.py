from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textinsight.measure.base import Observed
from textinsight.measure.summary import summarise, wilson


def test_wilson_by_the_book():
    # 11 of 50: 22%, 12.75% to 35.24%
    low, high = wilson(np.array([0.22]), np.array([50]))
    assert (low[0], high[0]) == (pytest.approx(0.1275, abs=1e-3), pytest.approx(0.3524, abs=1e-3))


def test_a_mean_has_its_normal_interval():
    # mean 3, standard deviation 1 (n − 1), error 1.96 / sqrt(3)
    s = summarise(Observed.of_all(np.array([2.0, 3.0, 4.0])), np.zeros(3, int), 1, kind="mean")
    assert s.value[0] == 3
    assert s.high[0] - 3 == pytest.approx(1.959964 / 3**0.5)
    assert 3 - s.low[0] == pytest.approx(1.959964 / 3**0.5)


def test_one_value_has_no_interval_and_none_has_no_mean():
    s = summarise(Observed.of_all(np.array([2.0, np.nan])), np.array([0, 1]), 2, kind="mean")
    assert s.value[0] == 2 and np.isnan(s.low[0]) and np.isnan(s.value[1])
    assert s.n.tolist() == [1, 0]
    assert s.n_unknown.tolist() == [0, 1]


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=60), st.integers(1, 4))
def test_medians_agree_with_numpy_and_lie_in_their_interval(values, n_groups):
    array, group = np.array(values), np.arange(len(values)) % n_groups
    s = summarise(Observed.of_all(array), group, n_groups, kind="median")
    for g in range(min(n_groups, len(values))):
        assert s.value[g] == pytest.approx(np.median(array[group == g]))
        if not np.isnan(s.low[g]):
            assert s.low[g] <= s.value[g] <= s.high[g]


def test_distinct_counts_each_once_a_group():
    s = summarise(Observed.of_all(np.array([1.0, 1, 2, 1])), np.array([0, 0, 0, 1]), 2, kind="distinct")
    assert s.value.tolist() == [2, 1]
