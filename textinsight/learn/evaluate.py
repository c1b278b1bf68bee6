"""The accuracy card of the taggers over a labelled file: textinsight evaluate FILE.

FILE is JSON Lines of conversations, {conversation_id, channel?, turns: [{role, text}], gold: {turn_sentiment: {turn:
-1|0|1}, resolution, stated_repeat, escalation, churn_risk, effort: [driver], effort_score}} where a gold key that is
absent is not measured; or of single texts, {text, sentiment}; or a CSV or TSV with the columns text and sentiment.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.conversation import Conversation, Role, Turn
from textinsight.errors import InputError
from textinsight.findings import EFFORT_DRIVERS
from textinsight.tag import TagConfig
from textinsight.tag.marks import ReadConfig
from textinsight.tag.reading import Reading, read
from textinsight.tag.resolution import tag_resolution
from textinsight.tag.risk import chance
from textinsight.tag.talk import talk_model

_DRAWS = 1000
_LEVEL = (2.5, 97.5)
_BINS = 10
_MACRO, _ACCURACY, _MICRO, _RANKS = "macro-F1", "accuracy", "micro-F1", "Spearman"
_MOODS = {"negative": -1, "neutral": 0, "positive": 1, "-1": -1, "0": 0, "1": 1}
_LENGTHS = ((5, "1-5 words"), (15, "6-15 words"), (10**9, "over 15 words"))
_FLAGS = ("stated_repeat", "escalation", "churn_risk")
_HINT = "textinsight evaluate FILE.jsonl; see docs/tags.md for the format"

Array = npt.NDArray[Any]
Score = Callable[[Array, Array], float]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A conversation with what a reader says of it."""

    conversation: Conversation
    gold: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. [low, high]: 95% bootstrap over conversations. majority: always the commonest answer; quick: the
    student alone, None where it was not asked.
    """

    tag: str
    measure: str
    value: float
    low: float
    high: float
    majority: float
    quick: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """counts[i][j]: readers said labels[i], the tagger labels[j]."""

    tag: str
    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """error: expected calibration error over ten equal-width bins. bins: (mean confidence, share right, n)."""

    tag: str
    error: float
    bins: tuple[tuple[float, float, int], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """All that is known of the taggers' accuracy on one file. slices: macro-F1 by channel and by length."""

    lines: tuple[Line, ...]
    confusions: tuple[Confusion, ...]
    calibrations: tuple[Calibration, ...]
    slices: tuple[tuple[str, str, float, int], ...]


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
    words: int


def evaluate(path: Path, *, config: TagConfig | None = None) -> Card:
    """The accuracy card of the taggers on a labelled file. InputError if it cannot be read."""
    settings = config or TagConfig()
    rows = read_labelled(path)
    talks = [row.conversation for row in rows]
    answers = _all_answers(rows, read(talks, config=settings.read), settings)
    quick = _all_answers(rows, read(talks, config=ReadConfig(doubt=1.0)), settings)
    return Card(
        lines=tuple(line for tag, found in answers.items() for line in _lines(found, quick[tag])),
        confusions=tuple(_confusion(answers[tag]) for tag in ("turn_sentiment", "resolution") if tag in answers),
        calibrations=tuple(_calibration(found) for tag, found in answers.items() if found.confidence.any()),
        slices=tuple(_slices(answers.get("turn_sentiment"))),
    )


def read_labelled(path: Path) -> list[Labelled]:
    """The labelled conversations or texts of a file. InputError names the line that cannot be used."""
    rows = []
    for number, record in _records(path):
        try:
            rows.append(_labelled(record, number))
        except (KeyError, ValueError, TypeError) as error:
            raise InputError(
                f"{path}, line {number}: expected turns and gold, or text and sentiment, got "
                f"{type(error).__name__}: {error}",
                hint=_HINT,
            ) from error
    if not rows:
        raise InputError(f"{path} is empty", hint=_HINT)
    return rows


def _records(path: Path) -> Iterator[tuple[int, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix.lower() in (".csv", ".tsv"):
                yield from enumerate(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","), 2)
                return
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, json.loads(line)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}", hint=_HINT) from error


def _labelled(row: dict[str, Any], number: int) -> Labelled:
    name = str(row.get("conversation_id", number))
    if "gold" in row:
        turns = tuple(Turn(Role(turn["role"]), turn["text"]) for turn in row["turns"])
        return Labelled(Conversation(name, turns, channel=row.get("channel") or "unknown"), dict(row["gold"]))
    mood = _MOODS[str(row["sentiment"]).strip().lower()]
    talk = Conversation(name, (Turn(Role.CUSTOMER, row["text"]),), channel=row.get("channel") or "unknown")
    return Labelled(talk, {"turn_sentiment": {"0": mood}})


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
        parts=tuple((channel, _length(answer.words)) for _, channel, answer in taken),
    )


def _length(words: int) -> str:
    return next(name for most, name in _LENGTHS if words <= most)


def _turns(gold: dict[str, Any], reading: Reading) -> list[_Answer]:
    answers = []
    for turn, label in gold["turn_sentiment"].items():
        marks = reading.marks[int(turn)]
        confidence = float(marks.chances[marks.mood + 1])
        answers.append(_Answer(label, marks.mood, confidence, len(marks.said.words)))
    return answers


def _resolution(gold: dict[str, Any], reading: Reading, config: TagConfig) -> list[_Answer]:
    found = tag_resolution(reading, config=config.resolution)
    return [_Answer(gold["resolution"], found.resolution, found.confidence, len(reading.marks))]


def _flag_taker(flag: str, config: TagConfig) -> Callable[[dict[str, Any], Reading], list[_Answer]]:
    def take(gold: dict[str, Any], reading: Reading) -> list[_Answer]:
        if flag == "stated_repeat":
            return [_yes(bool(gold[flag]), reading.belief(flag), config.repeat.threshold, len(reading.marks))]
        return [_yes(bool(gold[flag]), chance(reading, flag), config.risk.threshold, len(reading.marks))]

    return take


def _drivers(gold: dict[str, Any], reading: Reading, config: TagConfig) -> list[_Answer]:
    return [
        _yes(driver in gold["effort"], reading.belief(driver), config.effort.threshold, len(reading.marks))
        for driver in EFFORT_DRIVERS
    ]


def _yes(gold: bool, belief: float, threshold: float, size: int) -> _Answer:
    return _Answer(gold, belief >= threshold, max(belief, 1 - belief), size)


def _effort(gold: dict[str, Any], reading: Reading) -> list[_Answer]:
    return [_Answer(float(gold["effort_score"]), talk_model().effort_score(reading.features), 0.0, len(reading.marks))]


def _lines(answers: Answers, quick: Answers) -> Iterator[Line]:
    common = Counter(answers.gold.tolist()).most_common(1)[0][0]
    for name, score in _MEASURES.get(answers.tag, _CLASSES):
        low, high = _interval(answers, score)
        yield Line(
            answers.tag,
            name,
            score(answers.gold, answers.predicted),
            low,
            high,
            score(answers.gold, np.full_like(answers.gold, common)),
            score(quick.gold, quick.predicted),
            len(answers.gold),
        )


def _interval(answers: Answers, score: Score) -> tuple[float, float]:
    """Conversations are drawn with replacement, their turns stay together."""
    draw = np.random.default_rng(0)
    order = np.argsort(answers.group, kind="stable")
    members = np.split(order, np.unique(answers.group[order], return_index=True)[1][1:])
    values = []
    for _ in range(_DRAWS):
        rows = np.concatenate([members[i] for i in draw.integers(0, len(members), len(members))])
        values.append(score(answers.gold[rows], answers.predicted[rows]))
    low, high = np.percentile(values, _LEVEL)
    return float(low), float(high)


def _confusion(answers: Answers) -> Confusion:
    labels = sorted({*answers.gold.tolist(), *answers.predicted.tolist()})
    counts = tuple(
        tuple(int(((answers.gold == gold) & (answers.predicted == got)).sum()) for got in labels) for gold in labels
    )
    return Confusion(answers.tag, tuple(str(label) for label in labels), counts)


def _calibration(answers: Answers) -> Calibration:
    right = answers.gold == answers.predicted
    place = np.minimum((answers.confidence * _BINS).astype(int), _BINS - 1)
    bins = [(answers.confidence[place == i], right[place == i]) for i in range(_BINS) if (place == i).any()]
    error = sum(len(hit) * abs(float(sure.mean() - hit.mean())) for sure, hit in bins) / len(right)
    return Calibration(
        answers.tag, float(error), tuple((float(sure.mean()), float(hit.mean()), len(hit)) for sure, hit in bins)
    )


def _slices(answers: Answers | None) -> Iterator[tuple[str, str, float, int]]:
    if answers is None:
        return
    for kind, place in (("channel", 0), ("length", 1)):
        for part in sorted({parts[place] for parts in answers.parts}):
            rows = np.array([parts[place] == part for parts in answers.parts])
            yield kind, part, macro_f1(answers.gold[rows], answers.predicted[rows]), int(rows.sum())


def macro_f1(gold: Array, predicted: Array) -> float:
    """Mean over the gold labels of 2·TP / (2·TP + FP + FN); higher is better."""
    return float(np.mean([_f1(gold == label, predicted == label) for label in np.unique(gold)]))


def macro_recall(gold: Array, predicted: Array) -> float:
    """Mean over the gold labels of TP / (TP + FN); higher is better."""
    return float(np.mean([(predicted[gold == label] == label).mean() for label in np.unique(gold)]))


def micro_f1(gold: Array, predicted: Array) -> float:
    """F1 of the yes answers; higher is better."""
    return _f1(gold.astype(bool), predicted.astype(bool))


def accuracy(gold: Array, predicted: Array) -> float:
    """Share of equal answers; higher is better."""
    return float(np.mean(gold == predicted))


def spearman(gold: Array, predicted: Array) -> float:
    """Rank correlation, ties at their mean rank; 0 where one side is constant; higher is better."""
    from scipy.stats import rankdata

    ranks = [rankdata(values) for values in (gold, predicted)]
    if min(float(rank.std()) for rank in ranks) == 0:
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _f1(gold: Array, predicted: Array) -> float:
    hit = int(np.sum(gold & predicted))
    return 2 * hit / max(1, int(gold.sum()) + int(predicted.sum()))


_CLASSES: tuple[tuple[str, Score], ...] = ((_MACRO, macro_f1), (_ACCURACY, accuracy))
_MEASURES: dict[str, tuple[tuple[str, Score], ...]] = {
    "turn_sentiment": ((_MACRO, macro_f1), ("macro-recall", macro_recall), (_ACCURACY, accuracy)),
    "stated_repeat": ((_MACRO, macro_f1), ("F1", micro_f1), (_ACCURACY, accuracy)),
    "effort_drivers": ((_MICRO, micro_f1),),
    "effort_score": ((_RANKS, spearman),),
}


def as_markdown(card: Card) -> str:
    """The card as tables."""
    out = ["| tag | measure | value | 95% interval | commonest answer | quick reader alone | n |"]
    out.append("|---|---|---|---|---|---|---|")
    for c in card.lines:
        quick = "" if c.quick is None else f"{c.quick:.3f}"
        interval = f"{c.low:.3f} to {c.high:.3f}"
        out.append(f"| {c.tag} | {c.measure} | {c.value:.3f} | {interval} | {c.majority:.3f} | {quick} | {c.n} |")
    out += ["", "| tag | calibration error | mean confidence → share right (n) |", "|---|---|---|"]
    for found in card.calibrations:
        bins = ", ".join(f"{sure:.2f} → {right:.2f} ({n})" for sure, right, n in found.bins)
        out.append(f"| {found.tag} | {found.error:.3f} | {bins} |")
    for table in card.confusions:
        out += ["", f"| {table.tag}: readers ↓ tagger → | {' | '.join(table.labels)} |"]
        out.append("|---" * (len(table.labels) + 1) + "|")
        rows = zip(table.labels, table.counts, strict=True)
        out += [f"| {label} | {' | '.join(str(count) for count in counts)} |" for label, counts in rows]
    if card.slices:
        out += ["", "| sentiment by | | macro-F1 | n |", "|---|---|---|---|"]
        out += [f"| {kind} | {part} | {value:.3f} | {n} |" for kind, part, value, n in card.slices]
    return "\n".join(out) + "\n"
