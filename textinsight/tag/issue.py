"""The customer's own words that say why they make contact."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from spacy.language import Language

from textinsight.conversation import Conversation
from textinsight.findings import Tag
from textinsight.tag.hub import ISSUE, model_of, shares
from textinsight.tag.marks import ReadConfig
from textinsight.tag.reading import READ, Component, Reading
from textinsight.tag.stating import Word, stating_model, words_of

MODEL = "issue-static@1"

_END = re.compile(r"(?<=[.!?])\s+|\n+")
_SUBJECT = re.compile(r"\s*subject\s*:\s*(?:(?:re|fwd?)\s*:\s*)?")
_SUBJECT_BONUS = 1.0  # what a mail's subject line is worth in log odds
_LATER = 0.7  # log odds lost a turn: what a contact is about is said early
_MOST_WORDS = 1500  # of a turn
_LONG = {False: 8, True: 16}  # words from which a sentence is looked through for joints: without punctuation, with it
_SHORT = 60  # characters
_FEW = 3  # words; each one less costs a log odd
_ASIDE = -1.0  # log odds up to which a part of a sentence is an aside
_CERTAIN = 1.5  # log odds of a joint inside a sentence of a text with punctuation
_HEARD = -0.5  # log odds of a joint in speech without punctuation
_PUNCTUATED = re.compile(r"[.!?]\s|[.!?]$|,\s|\n")


# Words that alone state nothing, however little the model has seen of them.
_CIVIL = frozenset(
    """
    hi hello hey hiya dear good morning afternoon evening day there sir madam maam thanks thank you thx cheers ok
    okay yes yeah yep no nope sure right alright fine great bye goodbye please help me
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class IssueConfig:
    """most_characters: length limit of the issue text. first_turns: customer turns that are looked at.

    floor: log odds of stating a reason under which nothing counts as an issue; near: log odds behind the best
    statement within which others join it.
    """

    most_characters: int = 250
    first_turns: int = 6
    floor: float = -2.5
    near: float = 4.0

    def __post_init__(self) -> None:
        for name in ("most_characters", "first_turns"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.near < 0:
            raise ValueError(f"near must be 0 or more, got {self.near}")


@dataclass(frozen=True, slots=True)
class Issue:
    """text: the statements joined by a blank; empty where the customer states nothing."""

    text: str
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """Characters [start, end) of a turn and the log odds that they state a reason, later turns discounted."""

    turn: int
    start: int
    end: int
    points: float


class Piece(NamedTuple):
    """Characters [start, end) of a turn said in one go, their words; joins: whether it continues a sentence."""

    start: int
    end: int
    words: list[str]
    joins: bool


def tag_issue(reading: Reading, *, config: IssueConfig = IssueConfig()) -> Issue:
    """The likeliest statement of a reason and those nearly as likely, in the order said.

    Of what a model in its place says, only what it calls an issue counts.
    """
    conversation = reading.conversation
    turns = conversation.customer_turns[: config.first_turns]
    spec = reading.taggers.get(ISSUE)
    if spec:
        stating = [s for s in _weighed(reading, turns, spec) if s.points > max(config.floor, 0.0)]
    else:
        stating = [
            statement
            for order, turn in enumerate(turns)
            for statement in _statements(turn, reading.spoken[turn].folded, _LATER * order)
            if statement.points > config.floor
        ]
    if not stating:
        return Issue("", ())
    chosen = _chosen(stating, config)
    tags = tuple(_tag(conversation, statement, model_of(spec) if spec else MODEL) for statement in chosen)
    text = " ".join(" ".join(tag.quote.split()) for tag in tags)
    return Issue(text[: config.most_characters], tags)


def _statements(turn: int, folded: str, discount: float) -> Iterator[Statement]:
    scored = _scored_short(folded) if len(folded) <= _SHORT else _scored(folded)
    for start, end, points in scored:
        yield Statement(turn, start, end, points - discount)


def _weighed(reading: Reading, turns: Sequence[int], spec: str) -> list[Statement]:
    """The pieces with the log odds that a model in the tagger's place gives them, whatever their turn."""
    places = [(turn, p.start, p.end) for turn in turns for p in _joined(_pieces(reading.spoken[turn].folded))]
    texts = [reading.conversation.turns[turn].text[start:end] for turn, start, end in places]
    yes = np.clip(shares(ISSUE, spec, texts)[:, 1].astype(float), 1e-6, 1 - 1e-6)
    return [Statement(*place, float(odds)) for place, odds in zip(places, np.log(yes / (1 - yes)), strict=True)]


def _scored(folded: str) -> tuple[tuple[int, int, float], ...]:
    """[start, end) and log odds of each piece that is more than a greeting."""
    model = stating_model()
    found = []
    for start, end, words, _ in _joined(_pieces(folded)):
        subject = _SUBJECT.match(folded, start, end)
        if subject:
            found.append((subject.end(), end, model.score(words) + _SUBJECT_BONUS))
        elif not _CIVIL.issuperset(words):
            found.append((start, end, model.score(words) - max(0, _FEW - len(words))))
    return tuple(found)


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces, those of one sentence put together again unless one of the two is an aside."""
    model = stating_model()
    held: Piece | None = None
    for piece in pieces:
        both = (held, piece)
        if held and piece.joins and all(p and model.score(p.words) > _ASIDE for p in both):
            held = Piece(held.start, piece.end, held.words + piece.words, held.joins)
            continue
        if held:
            yield held
        held = piece
    if held:
        yield held


_scored_short = lru_cache(maxsize=20_000)(_scored)  # short turns are said again and again


def _pieces(folded: str) -> Iterator[Piece]:
    """[start, end) and words of what is said in one go: sentences, cut where the model hears a new statement."""
    words = words_of(folded)[:_MOST_WORDS]
    punctuated = _PUNCTUATED.search(folded) is not None
    first = 0
    for start, end in _sentences(folded):
        last = bisect_left(words, end, lo=first, key=lambda word: word.start)
        yield from _cut(folded, words[first:last], start, end, punctuated=punctuated)
        first = last


def _cut(folded: str, words: list[Word], start: int, end: int, *, punctuated: bool) -> Iterator[Piece]:
    texts = [word.text for word in words]
    above = _CERTAIN if punctuated else _HEARD
    cuts = stating_model().joints(texts, above=above) if len(words) >= _LONG[punctuated] else []
    edges = [0, *cuts, len(words)] if words else []
    for a, b in pairwise(edges):
        begin = words[a].start if a else start
        stop = words[b].start if b < len(words) else end
        yield Piece(begin, begin + len(folded[begin:stop].rstrip()), texts[a:b], joins=a > 0)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in [*_END.finditer(text), None]:
        end = match.start() if match else len(text)
        if end > start:
            yield start, end
        start = match.end() if match else end


def _chosen(stating: Sequence[Statement], config: IssueConfig) -> list[Statement]:
    ranked = sorted(stating, key=lambda s: (-s.points, s.turn, s.start))
    best, left = ranked[0], config.most_characters - (ranked[0].end - ranked[0].start)
    chosen = [best]
    for statement in ranked[1:]:
        length = statement.end - statement.start + 1
        if statement.points >= max(0.0, best.points - config.near) and length <= left:
            chosen.append(statement)
            left -= length
    return sorted(chosen, key=lambda s: (s.turn, s.start))


def _tag(conversation: Conversation, statement: Statement, model: str) -> Tag:
    quote = conversation.turns[statement.turn].text[statement.start : statement.end]
    score = round(1 / (1 + math.exp(-statement.points)), 4)
    return Tag(statement.turn, statement.start, statement.end, "issue", "stated", score, quote, model)


@Language.factory(  # type: ignore[untyped-decorator]
    "textinsight_issue", default_config=asdict(IssueConfig()) | READ, assigns=["doc._.ti_issue"]
)
def make_issue(
    nlp: Language,  # noqa: ARG001
    name: str,  # noqa: ARG001
    most_characters: int,
    first_turns: int,
    floor: float,
    near: float,
    doubt: float,
    taggers: dict[str, str],
) -> Component:
    """The issue tagger as a pipe."""
    config = IssueConfig(most_characters, first_turns, floor, near)
    return Component("ti_issue", partial(tag_issue, config=config), ReadConfig(doubt, taggers))
