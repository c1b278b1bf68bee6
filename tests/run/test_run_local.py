"""The local runner: order, laziness, survival of crashes."""

from __future__ import annotations

import importlib
import sys

import pytest

from textinsight.run import local_runner, run_alone

JOBS = """
import os
import signal


def square(number):
    return number * number


def deadly(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number
"""


@pytest.fixture(autouse=True)
def jobs(tmp_path, monkeypatch):
    """What the workers do, in a module that they can import wherever the tests run."""
    (tmp_path / "runner_jobs.py").write_text(JOBS)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("runner_jobs")
    del sys.modules["runner_jobs"]


def lost(number: int) -> int:
    return -number


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order(workers, jobs):
    assert list(local_runner(workers).map(jobs.square, range(7), on_crash=lost)) == [0, 1, 4, 9, 16, 25, 36]


@pytest.mark.parametrize("items", [[], [5]])
def test_nothing_and_one_item(items, jobs):
    assert list(local_runner(2).map(jobs.square, items, on_crash=lost)) == [n * n for n in items]


def test_items_are_taken_as_needed(jobs):
    taken = []

    def endless():
        number = 0
        while True:
            taken.append(number)
            yield number
            number += 1

    results = local_runner(2).map(jobs.square, endless(), on_crash=lost)
    assert [next(results) for _ in range(3)] == [0, 1, 4]
    results.close()
    assert len(taken) < 12


def test_a_deadly_item_is_given_up_and_the_rest_is_done(jobs):
    assert list(local_runner(2).map(jobs.deadly, range(6), on_crash=lost)) == [0, 1, 2, -3, 4, 5]


def test_run_alone_survives(jobs):
    assert run_alone(jobs.deadly, 3, lost) == -3
    assert run_alone(jobs.deadly, 4, lost) == 4


def test_no_workers_is_an_error():
    with pytest.raises(ValueError, match="at least 1"):
        local_runner(0)
