"""Where a belief becomes a yes, and how sure it is: set on real conversations.

Most conversations that the models learn from are written or calm; in public support posts a push elsewhere or a
question asked again is commoner. So all log odds of a tag are shifted and scaled by the same numbers to fit
`corpora/labels/borders.jsonl`, conversations read for this alone: their licence is no ground to train weights on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.conversation import Conversation, Role, Turn
from textinsight.findings import EFFORT_DRIVERS
from textinsight.learn.evaluate import Labelled
from textinsight.learn.labels import records
from textinsight.learn.scores import macro_f1, macro_recall
from textinsight.learn.sentiment_data import NAMES, semeval_posts
from textinsight.resources import data_path
from textinsight.tag.labels import MOOD, OUTCOMES

_STEPS = np.linspace(-1, 2, 31)  # tried for the border of what is rare
_MOVES, _NEIGHBOURS, _TIE = np.linspace(-1, 1, 21), 5, 1e-6  # of two moods at once
_EVERY = 7  # of the posts of SemEval and to airlines one is looked at, the others are left to measure on
_FLAG_PRIOR, _OUTCOME_PRIOR, _MOOD_PRIOR = 0.5, 1.0, 5.0  # what holds a shift at 0
_SLOPE_PRIOR = 10.0  # what holds a slope at 1

Array = npt.NDArray[np.float64]


def border_talks(data: Path, *, name: str = "borders") -> list[Labelled]:
    """The conversations of corpora/labels/<name>.jsonl with what holds for them; those of `measured` set nothing.

    InputError if `data` lacks them.
    """
    path = data_path("corpora", "labels", f"{name}.jsonl")
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    return [Labelled(_conversation(data, row), row["gold"]) for row in rows]


def _conversation(data: Path, row: dict[str, Any]) -> Conversation:
    turns = records(data / row["file"])[row["row"]]["turns"]
    return Conversation(f"{row['file']}:{row['row']}", tuple(Turn(Role(turn["role"]), turn["text"]) for turn in turns))


def holds(row: Labelled, flag: str) -> bool:
    """Whether `flag` holds for a conversation."""
    return flag in row.gold["effort"] if flag in EFFORT_DRIVERS else bool(row.gold[flag])


def flag_border(odds: Array, wanted: Sequence[bool]) -> tuple[float, float]:
    """Slope and shift of the (n,) log odds that fit best (Platt scaling)."""
    from scipy.optimize import minimize

    gold = np.array(wanted, float)

    def loss(x: Array) -> float:
        moved = x[0] * odds + x[1]
        held = _SLOPE_PRIOR * (x[0] - 1) ** 2 + _FLAG_PRIOR * x[1] ** 2
        return float((np.logaddexp(0, moved) - gold * moved).sum() + held)

    slope, shift = minimize(loss, np.array([1.0, 0.0]), bounds=((0.2, 2.0), (-3.0, 3.0))).x
    return float(slope), float(shift)


def outcome_border(logits: Array, wanted: Sequence[str]) -> tuple[float, Array]:
    """Slope and shifts of the (n, outcomes) logits that fit best; "unclear" is rare and set as `_raised` says."""
    from scipy.optimize import minimize_scalar

    gold = np.array([OUTCOMES.index(name) for name in wanted])

    def loss(slope: float) -> float:
        fit = _log_chances(slope * logits + _class_shift(slope * logits, gold, _OUTCOME_PRIOR), gold)
        return float(-fit.sum() + _SLOPE_PRIOR * (slope - 1) ** 2)

    slope = float(minimize_scalar(loss, bounds=(0.2, 2.0), method="bounded").x)
    moved = slope * logits
    shift = _class_shift(moved, gold, _OUTCOME_PRIOR)
    return slope, _raised(moved, gold, shift, OUTCOMES.index("unclear"))


def mood_shift(logits: Array, wanted: Sequence[int]) -> Array:
    """What to add to the (turns, moods) logits so that they fit best; the neutral stays where it is.

    Joy is rare and set as `_raised` says.
    """
    gold = np.array(wanted) + 1
    shift = _class_shift(logits, gold, _MOOD_PRIOR)
    return _raised(logits, gold, shift - shift[1], MOOD.index("positive"))


def _raised(logits: Array, gold: npt.NDArray[np.int64], shift: Array, rare: int) -> Array:
    """What is rare is never the likeliest: its border is where the mean F1 of the classes is highest, smoothed over
    neighbours.
    """
    moves = np.outer(_STEPS, np.arange(logits.shape[1]) == rare)
    found = [macro_f1(gold, (logits + shift + move).argmax(axis=1)) for move in moves]
    return np.asarray(shift + moves[int(np.convolve(found, np.ones(5) / 5, mode="valid").argmax()) + 2])


def alone_shift(logits: Array, wanted: Sequence[int]) -> Array:
    """The same for texts without a conversation, each mood counting as much as the others: where their mean recall is
    highest, smoothed over neighbours; of equals what is next to the best fit.
    """
    from scipy.ndimage import uniform_filter

    gold = np.array(wanted) + 1
    weights = (len(gold) / 3 / np.bincount(gold, minlength=3))[gold]
    shift = _class_shift(logits, gold, _MOOD_PRIOR, weights)
    moves = np.array([[(negative, 0.0, positive) for positive in _MOVES] for negative in _MOVES])
    found = [[macro_recall(gold, (logits + shift + move).argmax(axis=1)) for move in row] for row in moves]
    smooth = uniform_filter(found, _NEIGHBOURS, mode="nearest") - _TIE * (moves**2).sum(axis=2)
    return np.asarray(shift - shift[1] + moves.reshape(-1, 3)[int(smooth.argmax())])


def addressed_shift(logits: Array, wanted: Sequence[int]) -> Array:
    """The same for posts to somebody, the moods as common as they are: most complain."""
    shift = _class_shift(logits, np.array(wanted) + 1, _MOOD_PRIOR)
    return np.asarray(shift - shift[1])


def border_texts(data: Path) -> tuple[list[str], list[int]]:
    """Every seventh post of SemEval 2016 and to an airline with its mood, -1, 0, 1.

    InputError or FileNotFoundError if `data` lacks them.
    """
    rows = records(data / "airline" / "tweets.jsonl")[::_EVERY]
    airline = [(row["text"], NAMES[row["sentiment"]]) for row in rows]
    found = [*islice(semeval_posts(data), 0, None, _EVERY), *airline]
    return [text for text, _ in found], [mood for _, mood in found]


def _class_shift(logits: Array, gold: npt.NDArray[np.int64], prior: float, weights: Array | float = 1.0) -> Array:
    from scipy.optimize import minimize

    def loss(shift: Array) -> float:
        return float(-(weights * _log_chances(logits + shift, gold)).sum() + prior * (shift**2).sum())

    return np.asarray(minimize(loss, np.zeros(logits.shape[1])).x)


def _log_chances(logits: Array, gold: npt.NDArray[np.int64]) -> Array:
    """(n,): of the right class of each row."""
    return np.asarray(logits[np.arange(len(gold)), gold] - np.logaddexp.reduce(logits, axis=1))
