"""What each turn carries: the student's answer where it is sure, the turn model's where it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from textinsight.conversation import Role
from textinsight.encode.turns import turn_reader
from textinsight.errors import ModelError, UsageError
from textinsight.tag.hub import check_taggers, overrule
from textinsight.tag.labels import AGENT, CUSTOMER, LABELS, MOOD
from textinsight.tag.scan import Hits
from textinsight.tag.student import student
from textinsight.tag.talk import talk_model
from textinsight.tag.words import Spoken

_CLERKS = (Role.AGENT, Role.BOT)
_OF_CUSTOMER = tuple(LABELS.index(label) for label in CUSTOMER)
_OF_AGENT = tuple(LABELS.index(label) for label in AGENT)
_MOODS = len(MOOD)
_NUMBER = {label: number for number, label in enumerate(LABELS)}
_NAMED = {"repeat_contact": "stated_repeat", "transfers": "hands_over"}  # cue → label, where they differ

Chances = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ReadConfig:
    """doubt: the student's answer counts if no label of the speaker is further from certain than this.

    0: the turn model reads every turn. 1: it reads none. See docs/tags.md for what each costs and gains.
    taggers: "sentiment" or a label → "torch:MODEL", a classifier of yours that decides it instead.
    """

    doubt: float = 0.2
    taggers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_taggers(self.taggers)
        if not 0.0 <= self.doubt <= 1.0:
            raise UsageError(f"ReadConfig.doubt must lie in [0, 1], got {self.doubt}", hint="ReadConfig(doubt=0.2)")


@dataclass(frozen=True, slots=True)
class Marks:
    """One turn's chances, (labels,) in [0, 1], and who gave them."""

    said: Spoken
    chances: npt.NDArray[np.float32]
    model: str
    spans: dict[int, tuple[int, int]] | None  # None: the student's evidence is found when asked for
    cues: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # label → where a known way of saying it stands

    def chance(self, label: str) -> float:
        """The probability that the turn carries the label."""
        return float(self.chances[LABELS.index(label)])

    @property
    def mood(self) -> int:
        """-1, 0, 1."""
        return int(self.chances[:_MOODS].argmax()) - 1

    @property
    def score(self) -> float:
        """P(positive) - P(negative), in [-1, 1]."""
        return round(float(self.chances[2] - self.chances[0]), 4)

    def with_flags_of(self, other: Marks, labels: Sequence[str]) -> Marks:
        """These marks with the greater chance of both for each of `labels`; the evidence stays this turn's words."""
        columns = [LABELS.index(label) for label in labels]
        chances = self.chances.copy()
        chances[columns] = np.maximum(chances[columns], other.chances[columns])
        return replace(self, chances=chances)

    def evidence(self, label: str) -> tuple[int, int]:
        """Characters [start, end) of the words that decided; the whole turn where none stands out."""
        if label in self.cues:
            return self.cues[label]
        number = LABELS.index(label)
        span = student().evidence(self.said, label) if self.spans is None else self.spans.get(number, (0, 0))
        return span if span[1] > span[0] else (0, len(self.said.text.rstrip()))


def mark(
    said: Sequence[Spoken],
    roles: Sequence[Role],
    found: Sequence[Hits],
    *,
    config: ReadConfig = ReadConfig(),
) -> list[Marks]:
    """One `Marks` a turn; `found`: its cues. ModelError if a model is missing, altered or made for other labels."""
    if not said:
        return []
    boost = (cue_weights(found) * talk_model().cue_gain).astype(np.float32)
    marks = _read_all(said, boost) if config.doubt <= 0 else _read_both(said, roles, boost, config.doubt)
    marks = [replace(mark, cues=_places(hits)) if hits else mark for mark, hits in zip(marks, found, strict=True)]
    if not config.taggers:
        return marks
    others = overrule(np.array([mark.chances for mark in marks]), [text.text for text in said], config.taggers)
    return [replace(mark, chances=row) for mark, row in zip(marks, others, strict=True)]


def _read_both(said: Sequence[Spoken], roles: Sequence[Role], boost: Chances, doubt: float) -> list[Marks]:
    quick = student()
    chances = lifted(quick.read(said), boost)
    marks = [Marks(text, row, quick.name, None) for text, row in zip(said, chances, strict=True)]
    open_ = np.flatnonzero(_doubt(chances, roles) > doubt).tolist()
    for turn, careful in zip(open_, _read_all([said[turn] for turn in open_], boost[open_]), strict=True):
        marks[turn] = careful
    return marks


def _read_all(said: Sequence[Spoken], boost: Chances) -> list[Marks]:
    if not said:
        return []
    reader = _reader()
    reads = reader.read([text.text for text in said])
    chances = lifted(np.array([read.chances for read in reads]), boost)
    return [Marks(text, row, reader.name, read.spans) for text, row, read in zip(said, chances, reads, strict=True)]


def cue_weights(found: Sequence[Hits]) -> Chances:
    """(n, labels): of each label's cues in a turn the greatest weight, 0 without one."""
    out = np.zeros((len(found), len(LABELS)), np.float32)
    for row, hits in zip(out, found, strict=True):
        for hit in hits:
            label = _NAMED.get(hit.label, hit.label)
            if label in _NUMBER:
                row[_NUMBER[label]] = max(row[_NUMBER[label]], hit.weight)
    return out


def lifted(chances: Chances, boost: Chances) -> Chances:
    """(n, labels): the chances with `boost` added to their log odds; the moods stay."""
    p = np.clip(chances, 1e-6, 1 - 1e-6)
    out = 1 / (1 + (1 - p) / p * np.exp(-boost))
    out[:, :_MOODS] = chances[:, :_MOODS]
    return out.astype(np.float32)


def _places(hits: Hits) -> dict[str, tuple[int, int]]:
    best = {_NAMED.get(hit.label, hit.label): hit for hit in sorted(hits, key=lambda hit: hit.weight)}
    return {label: (hit.start, hit.end) for label, hit in best.items() if label in _NUMBER}


@lru_cache(maxsize=1)
def _reader():  # type: ignore[no-untyped-def]  # see turn_reader
    reader = turn_reader()
    if reader.labels != LABELS:
        raise ModelError(
            f"{reader.name} gives other labels than the taggers know", hint="unset TEXTINSIGHT_MODEL_DIR, or retrain"
        )
    return reader


def _doubt(chances: npt.NDArray[np.float32], roles: Sequence[Role]) -> npt.NDArray[np.float32]:
    """(n,): the distance from certainty of the least certain answer that counts for the speaker."""
    flags = np.minimum(chances, 1 - chances)
    customer = np.maximum(flags[:, _OF_CUSTOMER].max(axis=1), 1 - chances[:, :_MOODS].max(axis=1))
    agent = flags[:, _OF_AGENT].max(axis=1)
    is_customer = np.array([role is Role.CUSTOMER for role in roles])
    is_clerk = np.array([role in _CLERKS for role in roles])
    return np.where(is_customer, customer, np.where(is_clerk, agent, 0.0)).astype(np.float32)


def model_names() -> tuple[str, ...]:
    """name@version of both readers."""
    return student().name, _reader().name
