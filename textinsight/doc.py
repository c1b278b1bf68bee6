"""The only bridge between a Conversation and a spaCy Doc.

The turns are joined with a line break and marked as `doc.spans["turns"]`, each span's label being the role.
What a Doc cannot carry (times, ids, survey, exact turn borders) lies JSON-able in `doc._.ti_conversation`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from textinsight.conversation import Conversation, Role, Survey, Turn

TURNS = "turns"
EXTENSIONS = (
    "ti_conversation",
    "ti_sentiment",
    "ti_effort",
    "ti_resolution",
    "ti_repeat",
    "ti_risk",
    "ti_issue",
)

_BREAK = "\n"
_PLAIN_ID = "doc"
_WORD = re.compile(r"\S+|\s")
_FACTS = ("conversation_id", "customer_id", "agent_id", "channel", "company", "language", "tenure_days")
_TIMES = ("started_at", "ended_at")
_ROLES = frozenset(role.value for role in Role)

Words = list[tuple[str, bool]]


def ensure_extensions() -> None:
    """Declare `doc._.ti_*` (all None until set); calling it again changes nothing."""
    for name in EXTENSIONS:
        if not Doc.has_extension(name):
            Doc.set_extension(name, default=None)


def to_doc(conversation: Conversation, nlp: Language | Vocab) -> Doc:
    """The conversation as a Doc, tokenised turn by turn so that `nlp.max_length` does not bind.

    A bare Vocab has no tokenizer: words are then split at white space.
    """
    ensure_extensions()
    vocab, split = (nlp, _split_plain) if isinstance(nlp, Vocab) else (nlp.vocab, _splitter(nlp))
    words: Words = []
    borders: list[tuple[int, int]] = []
    for turn in conversation.turns:
        if borders:
            words.append((_BREAK, False))
        first = len(words)
        words.extend(split(turn.text))
        borders.append((first, len(words)))
    doc = Doc(vocab, words=[word for word, _ in words], spaces=[space for _, space in words])
    roles = [turn.role.value for turn in conversation.turns]
    doc.spans[TURNS] = [Span(doc, *border, label=role) for border, role in zip(borders, roles, strict=True)]
    doc._.ti_conversation = _pack(conversation)
    return doc


def to_conversation(doc: Doc) -> Conversation:
    """The conversation a Doc came from; a Doc without turns is one customer turn."""
    ensure_extensions()
    packed = doc._.ti_conversation
    if packed is not None:
        return _unpack(packed, doc.text)
    spans = doc.spans.get(TURNS)
    turns = tuple(Turn(_role(span.label_), span.text) for span in spans or ())
    return Conversation(_PLAIN_ID, turns or (Turn(Role.CUSTOMER, doc.text),))


def _splitter(nlp: Language) -> Callable[[str], Words]:
    def split(text: str) -> Words:
        return [(token.text, bool(token.whitespace_)) for token in nlp.tokenizer(text)]

    return split


def _split_plain(text: str) -> Words:
    return [(word, False) for word in _WORD.findall(text)]


def _role(label: str) -> Role:
    return Role(label) if label in _ROLES else Role.UNKNOWN


def _pack(conversation: Conversation) -> dict[str, Any]:
    facts: dict[str, Any] = {name: getattr(conversation, name) for name in _FACTS}
    times = {name: getattr(conversation, name) for name in _TIMES}
    return {
        **facts,
        **{name: time.isoformat() if time else None for name, time in times.items()},
        "survey": asdict(conversation.survey),
        "turns": [
            [turn.role.value, len(turn.text), turn.offset_s, turn.role_confidence] for turn in conversation.turns
        ],
    }


def _unpack(packed: dict[str, Any], text: str) -> Conversation:
    times: dict[str, Any] = {name: datetime.fromisoformat(packed[name]) if packed[name] else None for name in _TIMES}
    return Conversation(
        turns=tuple(_turns(packed["turns"], text)),
        survey=Survey(**packed["survey"]),
        **{name: packed[name] for name in _FACTS},
        **times,
    )


def _turns(rows: list[list[Any]], text: str) -> Iterator[Turn]:
    start = 0
    for role, length, offset_s, confidence in rows:
        yield Turn(Role(role), text[start : start + length], offset_s, confidence)
        start += length + len(_BREAK)
