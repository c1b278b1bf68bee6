"""What every tagger reads: the conversation, what its turns carry, and what follows for the whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from spacy.tokens import Doc

from textinsight.conversation import CLERKS, Conversation, Role
from textinsight.doc import ensure_extensions, to_conversation
from textinsight.findings import Tag
from textinsight.tag.echo import echo
from textinsight.tag.hub import RESOLUTION, shares
from textinsight.tag.labels import AGENT, CUSTOMER
from textinsight.tag.marks import Alone, Chances, Marks, ReadConfig, mark
from textinsight.tag.scan import Hits, scan
from textinsight.tag.talk import FLAGS, Array, effort_inputs, features, flag_inputs, outcome_inputs, talk_model
from textinsight.tag.words import Spoken, spoken

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_YES = frozenset(("yes", "yeah", "yep", "yup", "yea", "correct", "indeed", "exactly"))
_BARE = 4  # words of an answer that says no more than yes
_PUBLIC = ("social", "unknown")  # channels whose lone texts may be public posts
_ADDRESSED = re.compile(r"\W*@\w")  # a post to somebody
_POSTED = re.compile(r"[@#]\w|https?://|<LINK>|<URL>")  # what shows that a text of an unknown channel is a post
_EVEN = 0.5  # chance from which a model in a tagger's place says yes
READ = asdict(ReadConfig())  # what every factory takes beside its own config


@dataclass(frozen=True)
class Reading:
    """A conversation with one entry a turn: its words (`spoken`), cues (`found`) and what it carries (`marks`).

    taggers: see `ReadConfig`. outcome: the chances of OUTCOMES by a model in resolution's place, None without one.
    """

    conversation: Conversation
    spoken: tuple[Spoken, ...]
    found: tuple[Hits, ...]
    marks: tuple[Marks, ...]
    whole: Array | None  # the turn model's logits for the conversation, None where it was not asked
    taggers: Mapping[str, str] = field(default_factory=dict)
    outcome: Array | None = None

    @property
    def roles(self) -> list[Role]:
        """Who speaks, turn by turn."""
        return [turn.role for turn in self.conversation.turns]

    @cached_property
    def chances(self) -> Array:
        """(turns, labels)."""
        return np.array([marks.chances for marks in self.marks], float)

    @cached_property
    def features(self) -> Array:
        """What the conversation's linear models weigh."""
        return features(self.chances, self.roles)

    @cached_property
    def echo(self) -> float:
        """How much agents say again."""
        return echo(self.spoken, self.roles)

    def belief(self, flag: str) -> float:
        """The probability that `flag` holds for the conversation; of a model in its place the highest of any turn."""
        if self.is_replaced(flag):
            (label,) = self.labels(flag)
            return max((self.marks[turn].chance(label) for turn in self.carriers(label)), default=0.0)
        inputs = flag_inputs(self.chances, self.roles, flag, self.whole, echo=self.echo)
        return talk_model().of(self.whole).chance(flag, inputs)

    def is_replaced(self, flag: str) -> bool:
        """Whether a model in its place decides the flag alone."""
        return FLAGS[flag][0] in self.taggers

    def labels(self, flag: str) -> tuple[str, ...]:
        """The turn labels that show the flag."""
        return FLAGS[flag][:1] if self.is_replaced(flag) else FLAGS[flag]

    def least(self, flag: str, threshold: float) -> float:
        """The probability from which the flag holds: `threshold`, but not less than even of a model in its place."""
        return max(threshold, _EVEN) if self.is_replaced(flag) else threshold

    @property
    def effort(self) -> float:
        """1 very low .. 5 very high effort."""
        return talk_model().of(self.whole).effort_score(effort_inputs(self.features, self.whole))

    def outcomes(self, points: Array) -> Array:
        """The probability of each of OUTCOMES; points: what the cues count for each."""
        if self.outcome is not None:
            return self.outcome
        return talk_model().of(self.whole).outcomes(outcome_inputs(points, self.features, self.whole))

    def carriers(self, label: str, *, least: float = 0.5) -> list[int]:
        """Turns of the right speaker that carry `label`; failing any, the one that comes closest."""
        roles = CLERKS if label in AGENT else (Role.CUSTOMER,)
        own = [i for i, role in enumerate(self.roles) if role in roles]
        found = [i for i in own if self.marks[i].chance(label) >= least]
        return found or sorted(own, key=lambda i: -self.marks[i].chance(label))[:1]

    def best(self, labels: Iterable[str]) -> dict[int, str]:
        """Of every turn that carries one of `labels`, the one that it carries most surely."""
        found: dict[int, str] = {}
        for label in labels:
            for turn in self.carriers(label):
                if turn not in found or self.marks[turn].chance(label) > self.marks[turn].chance(found[turn]):
                    found[turn] = label
        return found

    def tag(self, turn: int, label: str, *, tag: str, value: str) -> Tag:
        """The tag with the words of `turn` that decided for `label`."""
        marks = self.marks[turn]
        start, end = marks.evidence(label)
        quote = self.conversation.turns[turn].text[start:end]
        return Tag(turn, start, end, tag, value, round(marks.chance(label), 4), quote, marks.model_of(label))


def read(conversations: Sequence[Conversation], *, config: ReadConfig | None = None) -> list[Reading]:
    """One reading a conversation; all turns go through the models together. A yes takes over what was asked."""
    said = [tuple(spoken(turn.text) for turn in conversation.turns) for conversation in conversations]
    roles = [[turn.role for turn in conversation.turns] for conversation in conversations]
    found = [tuple(scan(talk, texts)) for talk, texts in zip(conversations, said, strict=True)]
    config = config or ReadConfig()
    marked = mark(said, roles, found, alone=[_alone(talk) for talk in conversations], config=config)
    outcomes = _outcomes(conversations, config)
    return [
        Reading(
            conversation,
            texts,
            hits,
            _answered(conversation, list(marks.turns)),
            _floats(marks.whole),
            config.taggers,
            outcome,
        )
        for conversation, texts, hits, marks, outcome in zip(conversations, said, found, marked, outcomes, strict=True)
    ]


def is_addressed(text: str) -> bool:
    """Whether a post begins with somebody's handle."""
    return _ADDRESSED.match(text) is not None


def _alone(conversation: Conversation) -> Alone:
    if len(conversation.turns) > 1:
        return "no"
    text = conversation.turns[0].text if conversation.turns else ""
    if conversation.channel not in _PUBLIC or (conversation.channel == "unknown" and not _POSTED.search(text)):
        return "private"
    return "addressed" if is_addressed(text) else "public"


def _outcomes(conversations: Sequence[Conversation], config: ReadConfig) -> Sequence[Array | None]:
    """What a model in resolution's place says of each, a line a turn: "customer: …"."""
    if RESOLUTION not in config.taggers:
        return [None] * len(conversations)
    texts = ["\n".join(f"{turn.role}: {turn.text}" for turn in talk.turns) for talk in conversations]
    return list(shares(RESOLUTION, config.taggers[RESOLUTION], texts).astype(float))


def _floats(whole: Chances | None) -> Array | None:
    return None if whole is None else whole.astype(float)


def _answered(conversation: Conversation, marks: list[Marks]) -> tuple[Marks, ...]:
    """A customer's bare yes carries what the agent's question before it asks: "Did you call before?" "Yes"."""
    turns = conversation.turns
    for answer in range(1, len(turns)):
        asked = turns[answer - 1]
        if asked.role in CLERKS and turns[answer].role is Role.CUSTOMER and asked.text.rstrip().endswith("?"):
            words = marks[answer].said.words
            if words and words[0] in _YES and len(words) <= _BARE:
                marks[answer] = marks[answer].with_flags_of(marks[answer - 1], CUSTOMER[1:])
    return tuple(marks)


@lru_cache(maxsize=4)
def _read_one(conversation: Conversation, config: ReadConfig) -> Reading:
    """The pipes of one Doc come one after the other: they share its reading."""
    return read([conversation], config=config)[0]


@dataclass(frozen=True)
class Component:
    """A tagger as a spaCy pipe: sets `doc._.<attribute>` to the finding as plain JSON values."""

    attribute: str
    find: Callable[[Reading], DataclassInstance]
    config: ReadConfig

    def __post_init__(self) -> None:
        ensure_extensions()

    def __call__(self, doc: Doc) -> Doc:
        """The doc with its finding."""
        finding = self.find(_read_one(to_conversation(doc), self.config))
        doc._.set(self.attribute, json.loads(json.dumps(asdict(finding))))
        return doc


def share(name: str, value: float) -> None:
    """ValueError unless `value` lies in [0, 1]."""
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} must lie in [0, 1], got {value}")
