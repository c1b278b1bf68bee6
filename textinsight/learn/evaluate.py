"""The accuracy card of the taggers over labelled conversations: python -m textinsight.learn.evaluate FILE.

FILE is JSON Lines: {conversation_id, turns: [{role, text}], gold: {turn_sentiment: {turn: label}, resolution,
stated_repeat, escalation, churn_risk, effort: [driver], effort_score}}; a key that is absent is not measured.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.conversation import Conversation, Role, Turn
from textinsight.errors import InputError
from textinsight.findings import EFFORT_DRIVERS, Analysis
from textinsight.tag import TagConfig, analyse_batch

_DRAWS = 1000
_LEVEL = (2.5, 97.5)
_MACRO, _ACCURACY, _MICRO, _RANKS = "macro-F1", "accuracy", "micro-F1", "Spearman"

Array = npt.NDArray[Any]
Score = Callable[[Array, Array], float]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A conversation with what a reader says of it."""

    conversation: Conversation
    gold: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the card. [low, high]: 95% bootstrap over conversations; baseline: always the commonest answer."""

    tag: str
    measure: str
    value: float
    low: float
    high: float
    baseline: float
    n: int


@dataclass(frozen=True, slots=True)
class Answers:
    """Gold and predicted values of one tag; `group`: the conversation each belongs to."""

    tag: str
    gold: Array
    predicted: Array
    group: Array


def evaluate(path: Path, *, config: TagConfig | None = None) -> list[Line]:
    """The accuracy card of the taggers on a labelled file. InputError if it cannot be read."""
    rows = read_labelled(path)
    analyses = analyse_batch([row.conversation for row in rows], config=config or TagConfig())
    return [line for answers in _answers(rows, analyses) for line in _card(answers)]


def read_labelled(path: Path) -> list[Labelled]:
    """The labelled conversations of a JSON Lines file. InputError names the line that cannot be used."""
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            rows.append(_labelled(json.loads(line)))
        except (KeyError, ValueError, TypeError) as error:
            raise InputError(
                f"{path}, line {number}: expected conversation_id, turns and gold, got {type(error).__name__}: {error}",
                hint="python -m textinsight.learn.evaluate FILE.jsonl",
            ) from error
    if not rows:
        raise InputError(f"{path} is empty", hint="python -m textinsight.learn.evaluate FILE.jsonl")
    return rows


def _labelled(row: dict[str, Any]) -> Labelled:
    turns = tuple(Turn(Role(turn["role"]), turn["text"]) for turn in row["turns"])
    return Labelled(Conversation(str(row["conversation_id"]), turns), dict(row["gold"]))


def _answers(rows: Sequence[Labelled], analyses: Sequence[Analysis]) -> Iterator[Answers]:
    pairs = list(zip(rows, analyses, strict=True))
    yield _collect("turn_sentiment", pairs, _turn_pairs)
    for name in ("sentiment_start", "sentiment_end", "resolution", "stated_repeat", "escalation", "churn_risk"):
        yield _collect(name, pairs, partial(_pair, name))
    yield _collect("effort_drivers", pairs, _driver_pairs)
    yield _collect("effort_score", pairs, partial(_pair, "effort_score"))


def _collect(
    tag: str,
    pairs: Sequence[tuple[Labelled, Analysis]],
    take: Callable[[dict[str, Any], Analysis], list[tuple[Any, Any]]],
) -> Answers:
    needed = {"effort_drivers": "effort"}.get(tag, tag)
    taken = [
        (group, *values)
        for group, (row, analysis) in enumerate(pairs)
        if needed in row.gold
        for values in take(row.gold, analysis)
    ]
    columns = [np.array([values[i] for values in taken]) for i in range(3)]
    return Answers(tag, columns[1], columns[2], columns[0])


def _pair(name: str, gold: dict[str, Any], got: Analysis) -> list[tuple[Any, Any]]:
    return [(gold[name], getattr(got, name))]


def _turn_pairs(gold: dict[str, Any], got: Analysis) -> list[tuple[Any, Any]]:
    return [(label, got.turns[int(turn)].label) for turn, label in gold["turn_sentiment"].items()]


def _driver_pairs(gold: dict[str, Any], got: Analysis) -> list[tuple[Any, Any]]:
    return [(driver in gold["effort"], driver in got.effort_drivers) for driver in EFFORT_DRIVERS]


def _card(answers: Answers) -> Iterator[Line]:
    if not len(answers.gold):
        return
    for name, score in _MEASURES.get(answers.tag, _CLASSES):
        low, high = _interval(answers, score)
        value = score(answers.gold, answers.predicted)
        yield Line(answers.tag, name, value, low, high, _baseline(answers, score), len(answers.gold))


def _baseline(answers: Answers, score: Score) -> float:
    common = Counter(answers.gold.tolist()).most_common(1)[0][0]
    return score(answers.gold, np.full_like(answers.gold, common))


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


def macro_f1(gold: Array, predicted: Array) -> float:
    """Mean over the gold labels of 2·TP / (2·TP + FP + FN); higher is better."""
    return float(np.mean([_f1(gold == label, predicted == label) for label in np.unique(gold)]))


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
    "effort_drivers": ((_MICRO, micro_f1),),
    "effort_score": ((_RANKS, spearman),),
}


def as_markdown(card: Sequence[Line]) -> str:
    """The card as a table."""
    head = "| tag | measure | value | 95% interval | most frequent answer | n |\n|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| {c.tag} | {c.measure} | {c.value:.3f} | {c.low:.3f} to {c.high:.3f} | {c.baseline:.3f} | {c.n} |\n"
        for c in card
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the card of a labelled file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    sys.stdout.write(as_markdown(evaluate(parser.parse_args(arguments).file)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
