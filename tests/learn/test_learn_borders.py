"""Borders move log odds by the same numbers for all."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from textinsight.errors import InputError
from textinsight.learn.borders import addressed_shift, alone_shift, border_texts, flag_border
from textinsight.tag.reading import is_addressed

MOODS = [-1] * 60 + [0] * 30 + [1] * 10


def test_posts_to_somebody_are_as_negative_as_they_are() -> None:
    silent = np.zeros((len(MOODS), 3))  # log odds that say nothing
    common, even = addressed_shift(silent, MOODS), alone_shift(silent, MOODS)
    assert common[0] > 0.4  # towards log(60/30), held back
    assert common[1] == even[1] == 0
    assert common[2] < -0.4
    assert even == pytest.approx([0, 0, 0], abs=1e-3)  # each mood counts as much as the others


def test_each_mood_of_a_lone_text_is_found_as_often_as_can_be() -> None:
    """Four in ten of the joyful look like nothing: to fit these best would call all neutral texts joyful."""
    moods = np.repeat([-1, 0, 1], 100)
    logits = np.zeros((300, 3))
    logits[:100, 0], logits[100:, 0] = 3, -3
    logits[100:200, 2], logits[200:260, 2], logits[260:, 2] = -0.05, 0.4, -9
    got = (logits + alone_shift(logits, moods.tolist())).argmax(axis=1) - 1
    assert [(got[moods == mood] == mood).mean() for mood in (-1, 0, 1)] == [1, 1, 0.6]


def test_every_seventh_post_of_what_is_measured_sets_borders(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        border_texts(tmp_path)
    for folder in ("sentiment", "airline"):
        (tmp_path / folder).mkdir()
    semeval = "".join(f'{i}\tneutral\t"s{i}"\n' for i in range(9))
    (tmp_path / "sentiment/semeval2016_test.tsv").write_text(semeval)
    airline = "".join(json.dumps({"text": f"a{i}", "sentiment": "negative"}) + "\n" for i in range(8))
    (tmp_path / "airline/tweets.jsonl").write_text(airline)
    assert border_texts(tmp_path) == (["s0", "s7", "a0", "a7"], [0, 0, -1, -1])


def test_a_flag_that_is_believed_too_seldom_is_shifted_up() -> None:
    odds = np.linspace(-3, 1, 200)
    slope, shift = flag_border(odds, [value > -1 for value in odds])
    assert shift > 0
    assert slope > 1


@pytest.mark.parametrize(
    ("text", "to_somebody"),
    [
        ("@acme where is my parcel", True),
        ('"@acme hello', True),
        ("where is it @acme", False),
        ("mail a@b.example", False),
    ],
)
def test_a_post_to_somebody_begins_with_a_handle(text: str, to_somebody: bool) -> None:
    assert is_addressed(text) is to_somebody
