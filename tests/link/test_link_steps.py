from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from textinsight.link.blocking import Pairs
from textinsight.link.frame import make_frame
from textinsight.link.steps import fit_surplus, thread_vectors

DAY_US = 86_400_000_000
N_ISSUES = 12


def journeys(steps, seed=0):
    """A frame of customers with two contacts each, (first issue, second issue) a customer, texts a little blurred."""
    rng = np.random.default_rng(seed)
    issues = np.array(steps).reshape(-1)
    vectors = np.eye(24, dtype=np.float32)[issues] + 0.1 * rng.standard_normal((len(issues), 24)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    day = np.repeat(rng.uniform(0, 100, len(steps)), 2) + np.tile([0, 3], len(steps))
    contacts = pa.table(
        {
            "conversation_id": [f"c{i:05}" for i in range(len(issues))],
            "customer_id": [f"k{i // 2:05}" for i in range(len(issues))],
            "started_at": pa.array((day * DAY_US).astype(np.int64), pa.timestamp("us", tz="UTC")),
        }
    )
    frame = make_frame(contacts, vectors)
    later = np.arange(1, len(issues), 2)
    return frame, Pairs(later, later - 1), np.arange(len(issues))


def by_chance(n, seed=1):
    return np.random.default_rng(seed).integers(0, N_ISSUES, (n, 2)).tolist()


def surplus(steps, explained=None):
    return fit_surplus(*journeys(steps), explained=explained)[1]


def test_a_planted_step_stands_out_and_chance_does_not():
    steps = by_chance(600) + [[3, 7]] * 80
    found = surplus(steps)
    assert found.probability[600:].mean() > 0.7
    assert found.times[600:].mean() > 2
    other = [i for i, step in enumerate(steps[:600]) if step != [3, 7]]
    assert np.mean(found.probability[other] >= 0.5) < 0.02


def test_a_step_as_frequent_the_other_way_round_is_a_habit():
    found = surplus(by_chance(600) + [[3, 7]] * 40 + [[7, 3]] * 40)
    assert np.mean(found.probability[600:] >= 0.5) < 0.05


def test_what_an_edge_explains_does_not_make_chance_look_like_more():
    steps = by_chance(600, seed=3) + [[3, 7]] * 300
    told = np.array([step == [3, 7] for step in steps])
    beside, plain = (surplus(steps, explained=e).probability[~told] for e in (told, None))
    assert np.mean(beside >= 0.4) < 0.01
    assert beside.sum() < plain.sum() / 2


def test_chance_alone_few_steps_or_few_issues_tell_nothing():
    assert np.mean(surplus(by_chance(800)).probability >= 0.5) < 0.01
    assert surplus([[3, 7]] * 150).probability.max() == 0  # too few steps
    two_issues = np.random.default_rng(2).integers(0, 2, (400, 2)).tolist()
    assert surplus(two_issues).probability.max() == 0


def test_thread_vectors_are_unit_means():
    frame, _, opener = journeys([[0, 1], [2, 2]])
    opener = np.array([0, 0, 2, 3])
    got = thread_vectors(frame, opener, np.array([0, 3, 0]))
    both = frame.vectors[frame.row[0]] + frame.vectors[frame.row[1]]
    assert got[0] == pytest.approx(both / np.linalg.norm(both), abs=1e-6)
    assert got[1] == pytest.approx(frame.vectors[frame.row[3]], abs=1e-6)
    assert got[2] == pytest.approx(got[0])
