"""What each turn carries: the student's answers where it is sure of all, the turn model's where it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from textinsight.conversation import CLERKS, Role
from textinsight.encode.turns import turn_reader
from textinsight.errors import ModelError, UsageError
from textinsight.tag.hub import check_taggers, labels_of, model_of, overrule
from textinsight.tag.labels import AGENT, CUSTOMER, LABELS, MOOD, WHOLE
from textinsight.tag.scan import Hits
from textinsight.tag.student import student
from textinsight.tag.talk import speaker, talk_model
from textinsight.tag.words import Spoken

_OF_CUSTOMER = tuple(LABELS.index(label) for label in CUSTOMER)
_OF_AGENT = tuple(LABELS.index(label) for label in AGENT)
_MOODS = len(MOOD)
_NUMBER = {label: number for number, label in enumerate(LABELS)}
QUICK_SHARE = 0.3  # of the quick reader in what is said of a turn that both have read: the two err differently
_NAMED = {"repeat_contact": "stated_repeat", "transfers": "hands_over"}  # cue → label, where they differ

Chances = npt.NDArray[np.float32]
Alone = Literal["no", "private", "public", "addressed"]  # a text without an answer: told in private, a post, one to @…


@dataclass(frozen=True, slots=True)
class ReadConfig:
    """doubt: the student's answers count if in no turn a label of the speaker is further from certain than this, in a
    text that stands alone than its square.

    0: the turn model reads everything. 1: it reads nothing. See docs/tags.md for what each costs and gains.
    taggers: a name of `tag.hub.NAMES` → "torch:MODEL", a classifier of yours that decides it instead.
    """

    doubt: float = 0.35
    taggers: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        check_taggers(self.taggers)
        if not 0.0 <= self.doubt <= 1.0:
            raise UsageError(f"ReadConfig.doubt must lie in [0, 1], got {self.doubt}", hint="ReadConfig(doubt=0.35)")


@dataclass(frozen=True, slots=True)
class Marks:
    """One turn's chances, (labels,) in [0, 1], and who gave them."""

    said: Spoken
    chances: npt.NDArray[np.float32]
    model: str
    spans: dict[int, tuple[int, int]] | None  # None: the student's evidence is found when asked for
    cues: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # label → where a known way of saying it stands
    replaced: Mapping[str, str] = field(default_factory=dict)  # label → the model of yours that gave its chance

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
        """These marks with the greater chance of both for each of `labels` that no model of yours decides; the evidence
        stays this turn's words.
        """
        columns = [LABELS.index(label) for label in labels if label not in self.replaced]
        chances = self.chances.copy()
        chances[columns] = np.maximum(chances[columns], other.chances[columns])
        return replace(self, chances=chances)

    def evidence(self, label: str) -> tuple[int, int]:
        """Characters [start, end) of the words that decided; the whole turn where none stands out."""
        whole = (0, len(self.said.text.rstrip()))
        if label in self.replaced:
            return whole
        if label in self.cues:
            return self.cues[label]
        number = LABELS.index(label)
        span = student().evidence(self.said, label) if self.spans is None else self.spans.get(number, (0, 0))
        return span if span[1] > span[0] else whole

    def model_of(self, label: str) -> str:
        """Who gave the label's chance."""
        return self.replaced.get(label, self.model)


@dataclass(frozen=True, slots=True)
class TalkMarks:
    """turns: one `Marks` a turn. whole: the turn model's logits for the conversation, None where it was not asked."""

    turns: tuple[Marks, ...]
    whole: Chances | None


def mark(
    said: Sequence[Sequence[Spoken]],
    roles: Sequence[Sequence[Role]],
    found: Sequence[Sequence[Hits]],
    *,
    alone: Sequence[Alone] = (),
    config: ReadConfig = ReadConfig(),
) -> list[TalkMarks]:
    """One `TalkMarks` a conversation; said, roles, found: texts, speakers and cues turn by turn.

    alone: whether each is a text without an answer, none if empty; where a mood begins differs in these.
    ModelError if a model is missing, altered or made for other labels.
    """
    boosts = [(cue_weights(hits) * talk_model().cue_gain).astype(np.float32) for hits in found]
    lone = alone or ["no"] * len(said)
    marks = [
        _with_cues(_read(texts, who, boost, answers, config.doubt, where), hits)
        for texts, who, boost, answers, hits, where in zip(
            said, roles, boosts, quick_chances(said), found, lone, strict=True
        )
    ]
    return _overruled(marks, config.taggers) if config.taggers else marks


def quick_chances(said: Sequence[Sequence[Spoken]]) -> list[Chances]:
    """(turns, labels) of every conversation: the quick reader's answers; all turns go through it together."""
    flat = [text for texts in said for text in texts]
    rows = student().read(flat) if flat else np.zeros((0, len(LABELS)), np.float32)
    ends = np.cumsum([len(texts) for texts in said])[:-1]
    return np.split(rows, ends) if said else []


def as_alone(chances: Chances, alone: Alone) -> Chances:
    """(n, labels): the moods' chances moved to where they begin in a text that stands alone.

    Joy without a conversation is seldom meant, to somebody's face least. A problem told in private is no complaint yet,
    in public it is.
    """
    if alone == "no":
        return chances
    shift = _reader().addressed if alone == "addressed" else _reader().alone
    if alone == "private":
        shift = np.minimum(shift, 0)
    out = chances.copy()
    moods = chances[:, :_MOODS] * np.exp(shift)
    out[:, :_MOODS] = moods / moods.sum(axis=1, keepdims=True)
    return out


def _read(
    said: Sequence[Spoken], roles: Sequence[Role], boost: Chances, quick: Chances, doubt: float, alone: Alone
) -> TalkMarks:
    """The turn model's answers if any turn is in doubt, in all windows that hold one and in the last."""
    at_once = lifted(as_alone(quick, alone), boost)
    marks = [Marks(text, row, student().name, None) for text, row in zip(said, at_once, strict=True)]
    let_pass = doubt if alone == "no" else doubt**2  # without neighbours the words are all there is to go by
    open_ = _doubt(at_once, roles) > let_pass if doubt > 0 else np.ones(len(said), bool)
    if not open_.any():
        return TalkMarks(tuple(marks), None)
    wanted = set(np.flatnonzero(open_).tolist())
    reader = _reader()
    talk = reader.read_talk([text.text for text in said], [speaker(role) for role in roles], wanted)
    rows = sorted(talk.turns)
    careful = np.array([talk.turns[turn].chances for turn in rows])
    chances = lifted(as_alone(blended(careful, quick[rows]), alone), boost[rows])
    for turn, row in zip(rows, chances, strict=True):
        marks[turn] = Marks(said[turn], row, reader.name, talk.turns[turn].spans)
    return TalkMarks(tuple(marks), talk.whole)


def blended(careful: Chances, quick: Chances) -> Chances:
    """(n, labels): the mean of both readers' log odds, the turn model's counting most; the moods are shares of one."""
    a, b = (np.clip(chances, 1e-6, 1 - 1e-6) for chances in (careful, quick))
    odds = (1 - QUICK_SHARE) * np.log(a / (1 - a)) + QUICK_SHARE * np.log(b / (1 - b))
    out = 1 / (1 + np.exp(-odds))
    moods = a[:, :_MOODS] ** (1 - QUICK_SHARE) * b[:, :_MOODS] ** QUICK_SHARE
    out[:, :_MOODS] = moods / moods.sum(axis=1, keepdims=True)
    return np.asarray(out, np.float32)


def _with_cues(talk: TalkMarks, found: Sequence[Hits]) -> TalkMarks:
    turns = tuple(
        replace(mark, cues=_places(hits)) if hits else mark for mark, hits in zip(talk.turns, found, strict=True)
    )
    return replace(talk, turns=turns)


def _overruled(talks: Sequence[TalkMarks], taggers: Mapping[str, str]) -> list[TalkMarks]:
    marks = [mark for talk in talks for mark in talk.turns]
    if not marks:
        return list(talks)
    others = overrule(np.array([mark.chances for mark in marks]), [mark.said.text for mark in marks], taggers)
    rows = iter(others)
    models = {label: model_of(spec) for name, spec in taggers.items() for label in labels_of(name)}
    return [
        replace(talk, turns=tuple(replace(mark, chances=next(rows), replaced=models) for mark in talk.turns))
        for talk in talks
    ]


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
    if (reader.labels, reader.whole) != (LABELS, WHOLE):
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
    is_clerk = np.array([role in CLERKS for role in roles])
    return np.where(is_customer, customer, np.where(is_clerk, agent, 0.0)).astype(np.float32)


def model_names() -> tuple[str, ...]:
    """name@version of both readers."""
    return student().name, _reader().name
