"""What the readers of speech recognisers' JSON share: one document one call, its speakers numbered, not named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from textinsight.conversation import Conversation
from textinsight.ingest import contact
from textinsight.ingest.contact import Facts
from textinsight.ingest.files import DamagedError, whole
from textinsight.ingest.reader import Limits, Reject
from textinsight.ingest.turns import RawTurn, text_of

Phrases = Callable[[dict[str, Any]], Iterable[RawTurn]]


def read_call(path: Path, limits: Limits, phrases: Phrases) -> Iterator[Conversation | Reject]:
    """The document's call, its id the file's name; a document of another form becomes a reject."""
    try:
        document = json.loads(whole(path, limits))
        said = sorted(phrases(document), key=lambda turn: turn.offset_s or 0.0)
        facts = Facts(conversation_id=path.name.split(".")[0] or path.name)
        yield contact.build(facts, joined(said), fallback_id=path.name.__str__, line=1, limits=limits)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, DamagedError) as error:
        reason = str(error) if isinstance(error, (ValueError, DamagedError)) else f"{type(error).__name__}: {error}"
        yield Reject(path.name, None, f"not the recogniser's form: {reason[:200]}")


def joined(said: Iterable[RawTurn]) -> list[RawTurn]:
    """Phrases of one speaker that follow one another are one turn; those without any speaker stay apart."""
    turns: list[RawTurn] = []
    for label, group in groupby((turn for turn in said if turn.text), key=lambda turn: turn.label):
        pieces = list(group)
        if label:
            text = " ".join(piece.text for piece in pieces)
            pieces = [RawTurn(label, text, offset_s=pieces[0].offset_s)]
        turns += pieces
    return turns


def phrase(text: Any, *, offset_s: float | None, channel: Any, speaker: Any, channels: int) -> RawTurn:
    """One phrase; on a recording of several channels each has its own speaker."""
    label = f"Channel {channel}" if channels > 1 else None if speaker is None else f"Speaker {speaker}"
    return RawTurn(label, text_of(text), offset_s=offset_s)
