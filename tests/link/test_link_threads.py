from __future__ import annotations

import numpy as np
import pytest

from textinsight.link import LinkConfig
from textinsight.link.blocking import Pairs
from textinsight.link.threads import ThreadBuilder


def built(n, scored, **settings):
    """scored: {(later, earlier): probability}."""
    builder = ThreadBuilder(n, LinkConfig(**settings))
    keys = sorted(scored, key=lambda k: (k[0], -k[1]))
    pairs = Pairs(*(np.array([k[i] for k in keys]) for i in (0, 1)))
    builder.add(pairs, np.array([scored[k] for k in keys]))
    return builder


def test_a_contact_joins_the_thread_it_fits_as_a_whole():
    builder = built(3, {(1, 0): 0.9, (2, 1): 0.8, (2, 0): 0.4})
    assert builder.opener.tolist() == [0, 0, 0]
    assert builder.previous.tolist() == [-1, 0, 1]


def test_one_probable_pair_does_not_chain_two_issues():
    # 2 fits 1 with .8 but 0 with .1: on average .45 with their thread
    builder = built(3, {(1, 0): 0.9, (2, 1): 0.8, (2, 0): 0.1})
    assert builder.opener.tolist() == [0, 0, 2]


def test_of_two_threads_the_better_on_average_wins():
    # 3 fits thread {0, 1} with .9 and .2 (.55) and thread {2} with .7
    builder = built(4, {(1, 0): 0.9, (2, 0): 0.1, (2, 1): 0.1, (3, 0): 0.9, (3, 1): 0.2, (3, 2): 0.7})
    assert builder.opener.tolist() == [0, 0, 2, 2]
    assert builder.previous.tolist() == [-1, 0, -1, 2]


def test_a_full_thread_takes_no_more():
    builder = built(3, {(1, 0): 0.9, (2, 1): 0.9, (2, 0): 0.9}, max_thread_contacts=2)
    assert builder.opener.tolist() == [0, 0, 2]


@pytest.mark.parametrize("p", [0.0, 0.49])
def test_improbable_pairs_open_threads(p):
    assert built(2, {(1, 0): p}).opener.tolist() == [0, 1]
