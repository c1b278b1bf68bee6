"""What every tagger reads: the conversation, its cues and its turns' polarity, each found once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from spacy.tokens import Doc

from textinsight.conversation import Conversation
from textinsight.doc import ensure_extensions, to_conversation
from textinsight.tag.polarity import Polarity, polarity_model
from textinsight.tag.scan import Hits, names, scan
from textinsight.tag.words import Spoken, spoken

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True, slots=True)
class Reading:
    """A conversation with one entry a turn: its words (`spoken`), cues (`found`) and `polarity`."""

    conversation: Conversation
    spoken: tuple[Spoken, ...]
    found: tuple[Hits, ...]
    polarity: tuple[Polarity, ...]


def read(conversations: Sequence[Conversation]) -> list[Reading]:
    """One reading a conversation; all turns go through the polarity model together."""
    said = [tuple(spoken(turn.text) for turn in conversation.turns) for conversation in conversations]
    found = [scan(conversation, texts) for conversation, texts in zip(conversations, said, strict=True)]
    cues = [names(hits) for turns in found for hits in turns]
    scored = iter(polarity_model().predict([text for texts in said for text in texts], cues))
    return [
        Reading(conversation, texts, hits, tuple(next(scored) for _ in texts))
        for conversation, texts, hits in zip(conversations, said, found, strict=True)
    ]


@lru_cache(maxsize=4)
def _read_one(conversation: Conversation) -> Reading:
    """The pipes of one Doc come one after the other: they share its reading."""
    return read([conversation])[0]


@dataclass(frozen=True)
class Component:
    """A tagger as a spaCy pipe: sets `doc._.<attribute>` to the finding as plain JSON values."""

    attribute: str
    find: Callable[[Reading], DataclassInstance]

    def __post_init__(self) -> None:
        ensure_extensions()

    def __call__(self, doc: Doc) -> Doc:
        """The doc with its finding."""
        finding = self.find(_read_one(to_conversation(doc)))
        doc._.set(self.attribute, json.loads(json.dumps(asdict(finding))))
        return doc


def share(name: str, value: float) -> None:
    """ValueError unless `value` lies in [0, 1]."""
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} must lie in [0, 1], got {value}")
