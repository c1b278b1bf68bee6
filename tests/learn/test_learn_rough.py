"""Rougher spelling changes texts, never labels."""

from __future__ import annotations

import math
import random
import re

import pytest

pytest.importorskip("torch")

from textinsight.learn import rough
from textinsight.learn.labels import written_talks
from textinsight.learn.rough import exchanges, framed, roughened
from textinsight.learn.turn_data import Example, mood_examples_written, talk_example
from textinsight.tag.labels import LABELS, WHOLE

TALK = next(talk for talk in written_talks() if len(talk.turns) > 4)
EXAMPLE = talk_example(TALK)


def drawn(seed: int) -> Example:
    return roughened(EXAMPLE, random.Random(seed))


def held(example: Example) -> set[tuple[int, int]]:
    """(speaker, label) of every label that a turn is known to carry."""
    rows = zip(example.speakers, example.targets, strict=True)
    return {(who, label) for who, target in rows for label, value in enumerate(target) if value == 1}


def test_no_turn_gains_a_label() -> None:
    for seed in range(200):
        found = drawn(seed)
        assert held(found) <= held(EXAMPLE)
        assert len(found.texts) == len(found.targets) == len(found.speakers)
        assert all(text.strip() for text in found.texts)


def test_turns_are_cut_in_two(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, share in (("_PART", 0.0), ("_ROUGH", 0.0), ("_CUT", 1.0)):
        monkeypatch.setattr(rough, name, share)
    cut = [found for found in map(drawn, range(50)) if len(found.texts) > len(EXAMPLE.texts)]
    assert cut
    for found in cut:
        assert re.sub(r" [12]/2(?= |$)", "", " ".join(found.texts)) == " ".join(EXAMPLE.texts)
        assert found.whole == EXAMPLE.whole


def test_exchanges_without_a_label_are_put_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, share in (("_PART", 0.0), ("_ROUGH", 0.0), ("_CUT", 0.0), ("_LONGER", 1.0)):
        monkeypatch.setattr(rough, name, share)
    spare = exchanges([talk_example(talk) for talk in written_talks()])
    found = roughened(EXAMPLE, random.Random(0), spare)
    added = len(found.texts) - len(EXAMPLE.texts)
    assert added > 0
    assert added % 2 == 0
    assert held(found) - {(0, LABELS.index("neutral"))} == held(EXAMPLE) - {(0, LABELS.index("neutral"))}
    assert found.whole == EXAMPLE.whole


def test_a_remark_stands_at_an_end_of_a_conversation() -> None:
    remark = mood_examples_written(["remark"])[0]
    spare = exchanges([talk_example(talk) for talk in written_talks()])
    draw, places = random.Random(0), set()
    for _ in range(20):
        found = framed(remark, draw, spare)
        place = found.texts.index(remark.texts[0])
        places.add("first" if place == 0 else "last" if place == len(found.texts) - 1 else "between")
        assert found.targets[place] is remark.targets[0]
        assert found.speakers == tuple(int((i - place) % 2) for i in range(len(found.texts)))
        assert len(found.texts) == len(found.targets) > 2
        assert all(math.isnan(value) for value in found.whole)
    assert places == {"first", "last"}


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
