"""Borders move log odds by the same numbers for all."""

from __future__ import annotations

import numpy as np
import pytest

from textinsight.learn.borders import addressed_shift, alone_shift, flag_border
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
    """Of the neutral a third looks like joy and is as common as all else: fitting best would leave joy where it is."""
    draw = np.random.default_rng(0)
    moods = np.repeat([-1, 0, 1], [100, 300, 100])
    logits = draw.normal(0, 0.1, (500, 3)) + 3 * np.eye(3)[moods + 1]
    logits[150:250] = draw.normal(0, 0.1, (100, 3)) + [0, 0.0, 0.5]
    shift = alone_shift(logits, moods.tolist())
    got = (logits + shift).argmax(axis=1) - 1
    assert shift[1] == 0
    assert all((got[moods == mood] == mood).mean() > 0.95 for mood in (-1, 0, 1))


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
