"""Rougher spelling changes texts, never labels."""

from __future__ import annotations

import math
import random

import pytest

pytest.importorskip("torch")

from textinsight.learn.labels import written_talks
from textinsight.learn.rough import roughened
from textinsight.learn.turn_data import Example, talk_example
from textinsight.tag.labels import LABELS, WHOLE

TALK = next(talk for talk in written_talks() if len(talk.turns) > 4)
EXAMPLE = talk_example(TALK)


def drawn(seed: int) -> Example:
    return roughened(EXAMPLE, random.Random(seed))


def test_every_turn_keeps_its_labels() -> None:
    for seed in range(200):
        found = drawn(seed)
        first = next(i for i in range(len(EXAMPLE.texts)) if EXAMPLE.targets[i:][: len(found.targets)] == found.targets)
        assert found.speakers == EXAMPLE.speakers[first:][: len(found.speakers)]
        assert len(found.texts) == len(found.targets)
        assert all(text.strip() for text in found.texts)


def test_a_part_says_nothing_of_the_whole() -> None:
    parts = [found for found in map(drawn, range(200)) if len(found.texts) < len(EXAMPLE.texts)]
    assert 10 < len(parts) < 80
    assert all(math.isnan(value) for found in parts for value in found.whole)


def test_the_same_seed_writes_alike() -> None:
    assert drawn(3) == drawn(3)
    assert len({drawn(seed).texts for seed in range(50)}) > 20


def test_an_example_knows_every_label() -> None:
    assert all(len(target) == len(LABELS) for target in EXAMPLE.targets)
    assert len(EXAMPLE.whole) == len(WHOLE)
    assert sum(EXAMPLE.whole[:4]) == 1
