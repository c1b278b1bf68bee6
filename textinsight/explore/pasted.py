"""A pasted conversation, masked and tagged as a run would; nothing is stored."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass

from textinsight.conversation import Conversation
from textinsight.errors import InputError
from textinsight.findings import Analysis
from textinsight.ingest import Limits, contact, speech, turns
from textinsight.ingest.redact import Kind, mask_conversation
from textinsight.ingest.text import clean
from textinsight.ingest.turns import RawTurn
from textinsight.tag import analyse

MOST = 20_000  # characters
_LIMITS = Limits(max_turns=400, max_turn_chars=MOST)


@dataclass(frozen=True, slots=True)
class Pasted:
    """The masked conversation, what the taggers say of it, and how many placeholders of each kind it holds."""

    conversation: Conversation
    analysis: Analysis
    masked: Counter[Kind]


def read_pasted(text: str) -> Pasted:
    """Read "Customer: … / Agent: …" lines, or free text as one customer turn; InputError if that cannot be."""
    if len(text) > MOST:
        raise InputError(f"{len(text):,} characters, expected at most {MOST:,}", hint="paste a part of it")
    try:
        said = _said(clean(text))
        conversation = contact.build(contact.Facts(), said, fallback_id=lambda: "pasted", line=None, limits=_LIMITS)
    except ValueError as error:
        raise InputError(str(error), hint="write 'Customer: …' and 'Agent: …' on lines of their own") from error
    masked, kinds = mask_conversation(conversation, key=secrets.token_bytes(32))
    return Pasted(masked, analyse(masked), kinds)


def _said(text: str) -> list[RawTurn]:
    """One line that names its speaker is a dialogue too: here somebody typed it so."""
    lines = text.split("\n")
    return turns.from_lines(lines) if any(map(speech.is_speaker, speech.labelled(lines))) else turns.from_text(text)
