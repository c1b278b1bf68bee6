"""Examples whose targets are a teacher's chances, kept as JSON Lines: {texts, speakers, targets, whole, weight}."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from textinsight.conversation import Role
from textinsight.learn.labels import allowed
from textinsight.learn.turn_data import Example
from textinsight.tag.labels import LABELS

_SHARE = 0.5  # of the teacher where a label is known too
_OF = tuple(
    tuple(LABELS.index(label) for label in allowed(role)) for role in (Role.CUSTOMER, Role.AGENT)
)  # labels by speaker


def mixed(target: Sequence[float], chances: Sequence[float], speaker: int) -> tuple[float, ...]:
    """One value a label that the speaker's turns may carry, NaN for the others: the mean of what is known and of what
    the teacher says, the teacher's alone where nothing is known.
    """
    found = [math.nan] * len(LABELS)
    for label in _OF[speaker]:
        found[label] = _mean(target[label], chances[label])
    return tuple(found)


def mixed_whole(target: Sequence[float], chances: Sequence[float]) -> tuple[float, ...]:
    """The same for what holds for a conversation."""
    return tuple(_mean(known, said) for known, said in zip(target, chances, strict=True))


def _mean(known: float, said: float) -> float:
    return round(float(said if math.isnan(known) else known + _SHARE * (said - known)), 4)


def save_examples(path: Path, examples: Iterable[Example]) -> None:
    """One a line."""
    with path.open("w", encoding="utf-8") as file:
        for example in examples:
            file.write(json.dumps(asdict(example)) + "\n")


def load_examples(path: Path) -> Iterator[Example]:
    """What `save_examples` wrote."""
    with path.open(encoding="utf-8") as file:
        for row in map(json.loads, file):
            targets = tuple(tuple(target) for target in row["targets"])
            yield Example(
                tuple(row["texts"]), tuple(row["speakers"]), targets, tuple(row["whole"]), weight=row["weight"]
            )
