"""The accuracy card of the taggers over a labelled file (see `gold`): textinsight evaluate FILE."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.conversation import Role
from textinsight.errors import InputError
from textinsight.findings import EFFORT_DRIVERS
from textinsight.learn.card import Calibration, Card, Confusion, Driver, Line, Share, Slice, as_markdown
from textinsight.learn.gold import HINT, KEYS, Labelled, read_labelled
from textinsight.learn.scores import accuracy, macro_f1, macro_recall, micro_f1, spearman
from textinsight.link.precision import wilson
from textinsight.tag import TagConfig
from textinsight.tag.marks import ReadConfig
from textinsight.tag.reading import Reading, read
from textinsight.tag.resolution import tag_resolution
from textinsight.tag.risk import chance

_DRAWS = 1000
_LEVEL = (2.5, 97.5)
_BINS = 10
_FEWEST_YES = 10  # of a slice
_MACRO, _ACCURACY, _F1, _MICRO, _RANKS = "macro-F1", "accuracy", "F1", "micro-F1", "Spearman"
_WORDS = ((5, "1-5 words"), (15, "6-15 words"), (10**9, "over 15 words"))
_TURNS = ((4, "1-4 turns"), (8, "5-8 turns"), (10**9, "over 8 turns"))
_FLAGS = ("stated_repeat", "escalation", "churn_risk")
__all__ = ["Card", "Labelled", "accuracy", "as_markdown", "evaluate", "macro_f1", "macro_recall", "read_labelled"]

Array = npt.NDArray[Any]
Score = Callable[[Array, Array], float]


@dataclass(frozen=True, slots=True)
class Answers:
    """Gold and predicted values of one tag. group: the conversation; part: (channel, length) of each."""

    tag: str
    gold: Array
    predicted: Array
    confidence: Array
    group: Array
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    gold: Any
    predicted: Any
    confidence: float
    length: str


def evaluate(path: Path, *, config: TagConfig | None = None) -> Card:
    """The accuracy card of the taggers on a labelled file. InputError if it cannot be read, or labels nothing that is
    measured.
    """
    card = card_of(read_labelled(path), config=config)
    if not card.lines:
        measured = ", ".join(key for key in KEYS if key != "turn_labels")
        raise InputError(f"{path} labels nothing that is measured; gold may hold {measured}", hint=HINT)
    return card


def card_of(rows: Sequence[Labelled], *, config: TagConfig | None = None) -> Card:
    """The accuracy card of the taggers on labelled conversations; without a line where nothing measured is labelled."""
    settings = config or TagConfig()
    talks = [row.conversation for row in rows]
    answers = _all_answers(rows, read(talks, config=settings.read), settings)
    quick = _all_answers(rows, read(talks, config=ReadConfig(doubt=1.0)), settings)
    return Card(
        lines=tuple(line for tag, found in answers.items() for line in _lines(found, quick[tag])),
        confusions=tuple(_confusion(found) for tag, found in answers.items() if not tag.startswith("effort")),
        calibrations=tuple(_calibration(found) for tag, found in answers.items() if found.confidence.any()),
        slices=tuple(row for tag in _SLICED if tag in answers for row in _slices(answers[tag])),
        drivers=tuple(_driver_rows(answers["effort_drivers"])) if "effort_drivers" in answers else (),
    )


def _all_answers(rows: Sequence[Labelled], readings: Sequence[Reading], config: TagConfig) -> dict[str, Answers]:
    takers: dict[str, Callable[[dict[str, Any], Reading], list[_Answer]]] = {
        "turn_sentiment": _turns,
        "resolution": lambda gold, reading: _resolution(gold, reading, config),
        **{flag: _flag_taker(flag, config) for flag in _FLAGS},
        "effort_drivers": lambda gold, reading: _drivers(gold, reading, config),
        "effort_score": _effort,
    }
    needed = {"effort_drivers": "effort"}
    found = {}
    for tag, take in takers.items():
        taken = [
            (group, row.conversation.channel, answer)
            for group, (row, reading) in enumerate(zip(rows, readings, strict=True))
            if needed.get(tag, tag) in row.gold
            for answer in take(row.gold, reading)
        ]
        if taken:
            found[tag] = _collected(tag, taken)
    return found


def _collected(tag: str, taken: Sequence[tuple[int, str, _Answer]]) -> Answers:
    return Answers(
        tag,
        gold=np.array([answer.gold for _, _, answer in taken]),
        predicted=np.array([answer.predicted for _, _, answer in taken]),
        confidence=np.array([answer.confidence for _, _, answer in taken]),
        group=np.array([group for group, _, _ in taken]),
        parts=tuple((channel, answer.length) for _, channel, answer in taken),
    )


def _length(size: int, names: Sequence[tuple[int, str]]) -> str:
    return next(name for most, name in names if size <= most)


def _turns_of(reading: Reading) -> str:
    return _length(len(reading.marks), _TURNS)


def _turns(gold: dict[str, Any], reading: Reading) -> list[_Answer]:
    """Of the customer's turns alone: a mood labelled on another turn is left out."""
    answers = []
    for turn, label in gold["turn_sentiment"].items():
        if reading.roles[int(turn)] is not Role.CUSTOMER:
            continue
        marks = reading.marks[int(turn)]
        confidence = float(marks.chances[marks.mood + 1])
        answers.append(_Answer(label, marks.mood, confidence, _length(len(marks.said.words), _WORDS)))
    return answers


def _resolution(gold: dict[str, Any], reading: Reading, config: TagConfig) -> list[_Answer]:
    found = tag_resolution(reading, config=config.resolution)
    return [_Answer(gold["resolution"], found.resolution, found.confidence, _turns_of(reading))]


def _flag_taker(flag: str, config: TagConfig) -> Callable[[dict[str, Any], Reading], list[_Answer]]:
    def take(gold: dict[str, Any], reading: Reading) -> list[_Answer]:
        if flag == "stated_repeat":
            return [
                _yes(gold[flag], reading.belief(flag), reading.least(flag, config.repeat.threshold), _turns_of(reading))
            ]
        return [_yes(gold[flag], chance(reading, flag), reading.least(flag, config.risk.threshold), _turns_of(reading))]

    return take


def _drivers(gold: dict[str, Any], reading: Reading, config: TagConfig) -> list[_Answer]:
    return [
        _yes(
            driver in gold["effort"],
            reading.belief(driver),
            reading.least(driver, config.effort.threshold),
            _turns_of(reading),
        )
        for driver in EFFORT_DRIVERS
    ]


def _yes(gold: bool, belief: float, threshold: float, length: str) -> _Answer:
    """The confidence is the probability of the answer given, which is below .5 where the threshold is."""
    said = belief >= threshold
    return _Answer(gold, said, belief if said else 1 - belief, length)


def _effort(gold: dict[str, Any], reading: Reading) -> list[_Answer]:
    return [_Answer(float(gold["effort_score"]), reading.effort, 0.0, _turns_of(reading))]


def _lines(answers: Answers, quick: Answers) -> Iterator[Line]:
    for name, score in _MEASURES.get(answers.tag, _CLASSES):
        yield Line(
            answers.tag, name, *_scored(answers, score), _known(score(quick.gold, quick.predicted)), len(answers.gold)
        )


def _scored(answers: Answers, score: Score) -> tuple[float | None, float | None, float | None, float | None]:
    """(value, low, high, what always giving the commonest answer would reach)."""
    common = Counter(answers.gold.tolist()).most_common(1)[0][0]
    value, majority = (
        _known(score(answers.gold, said)) for said in (answers.predicted, np.full_like(answers.gold, common))
    )
    return value, *_interval(answers, score), majority


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _interval(answers: Answers, score: Score) -> tuple[float, float] | tuple[None, None]:
    """Conversations are drawn with replacement, their turns stay together; draws without a value are left out.

    None where there is but one conversation, or no value.
    """
    draw = np.random.default_rng(0)
    order = np.argsort(answers.group, kind="stable")
    members = np.split(order, np.unique(answers.group[order], return_index=True)[1][1:])
    if len(members) == 1:
        return None, None
    values = []
    for _ in range(_DRAWS):
        rows = np.concatenate([members[i] for i in draw.integers(0, len(members), len(members))])
        values.append(score(answers.gold[rows], answers.predicted[rows]))
    if np.isnan(values).all():
        return None, None
    low, high = np.nanpercentile(values, _LEVEL)
    return float(low), float(high)


def _confusion(answers: Answers) -> Confusion:
    labels = sorted({*answers.gold.tolist(), *answers.predicted.tolist()})
    counts = tuple(
        tuple(int(((answers.gold == gold) & (answers.predicted == got)).sum()) for got in labels) for gold in labels
    )
    return Confusion(answers.tag, tuple(str(label) for label in labels), counts)


def _calibration(answers: Answers) -> Calibration:
    right = (answers.gold == answers.predicted).astype(float)
    place = np.minimum((answers.confidence * _BINS).astype(int), _BINS - 1)
    bins = [rows for rows in (np.flatnonzero(place == i) for i in range(_BINS)) if len(rows)]
    draw = np.random.default_rng(0)
    lucky = [_gap(answers.confidence, draw.random(len(right)) < answers.confidence, bins) for _ in range(_DRAWS)]
    table = tuple((float(answers.confidence[rows].mean()), float(right[rows].mean()), len(rows)) for rows in bins)
    return Calibration(answers.tag, _gap(answers.confidence, right, bins), float(np.mean(lucky)), table)


def _gap(confidence: Array, right: Array, bins: Sequence[Array]) -> float:
    """Expected calibration error: mean over answers of |mean confidence - share right| of their bin (Naeini 2015)."""
    return float(sum(abs((confidence[rows] - right[rows]).sum()) for rows in bins) / len(right))


def _slices(answers: Answers) -> Iterator[Slice]:
    """By channel and length. Of yes or no only where readers said yes often enough for the figure to mean something."""
    name, score = _SLICED[answers.tag]
    for kind, place in (("channel", 0), ("length", 1)):
        for part in sorted({parts[place] for parts in answers.parts}, key=_in_order):
            rows = np.flatnonzero([parts[place] == part for parts in answers.parts])
            found = _part(answers, rows)
            if found.gold.dtype != bool or found.gold.sum() >= _FEWEST_YES:
                yield Slice(answers.tag, kind, part, name, *_scored(found, score), len(rows))


def _part(answers: Answers, rows: Array) -> Answers:
    return Answers(
        answers.tag,
        answers.gold[rows],
        answers.predicted[rows],
        answers.confidence[rows],
        answers.group[rows],
        tuple(answers.parts[row] for row in rows),
    )


def _in_order(part: str) -> tuple[int, str]:
    """Lengths from the shortest, channels by name."""
    lengths = [name for _, name in (*_WORDS, *_TURNS)]
    return lengths.index(part) if part in lengths else 0, part


def _driver_rows(answers: Answers) -> Iterator[Driver]:
    gold, predicted = (part.reshape(-1, len(EFFORT_DRIVERS)) for part in (answers.gold, answers.predicted))
    for column, driver in enumerate(EFFORT_DRIVERS):
        hit = int((gold[:, column] & predicted[:, column]).sum())
        said, there = int(predicted[:, column].sum()), int(gold[:, column].sum())
        yield Driver(driver, _share(hit, said), _share(hit, there))


def _share(hit: int, n: int) -> Share:
    return Share(hit / n, *wilson(hit, n), n) if n else Share(None, None, None, 0)


_CLASSES: tuple[tuple[str, Score], ...] = ((_MACRO, macro_f1), (_ACCURACY, accuracy))
_MEASURES: dict[str, tuple[tuple[str, Score], ...]] = {
    "turn_sentiment": ((_MACRO, macro_f1), ("macro-recall", macro_recall), (_ACCURACY, accuracy)),
    "stated_repeat": ((_MACRO, macro_f1), (_F1, micro_f1), (_ACCURACY, accuracy)),
    "effort_drivers": ((_MICRO, micro_f1),),
    "effort_score": ((_RANKS, spearman),),
}
_SLICED: dict[str, tuple[str, Score]] = {
    "turn_sentiment": (_MACRO, macro_f1),
    "resolution": (_ACCURACY, accuracy),
    "stated_repeat": (_F1, micro_f1),
    "effort_drivers": (_MICRO, micro_f1),
}
