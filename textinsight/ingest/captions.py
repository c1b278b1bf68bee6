"""WebVTT and SRT through webvtt-py: one file one conversation, speakers from <v Name> voices or "Name: text"."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import Any

from textinsight.conversation import Conversation
from textinsight.ingest import contact, speech
from textinsight.ingest.contact import Facts
from textinsight.ingest.files import DamagedError, decode, whole
from textinsight.ingest.reader import Limits, Reader, Reject
from textinsight.ingest.text import clean
from textinsight.ingest.turns import RawTurn

_TIME = r"(?:\d{1,4}:)?\d{1,2}:\d{1,2}[.,]\d{1,3}"
_TIMING = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}")
_NEARLY = re.compile(r"-->|\d[ \t]?->[ \t]?\d")
_VOICE = re.compile(r"<v(?:\.[\w.-]{1,60})?[ \t]+([^<>]{1,100})>")
_TAG = re.compile(r"<[^<>]{0,200}>")
_LEADING = re.compile(r"^(?:>>|&gt;&gt;|-)[ \t]*")
_FIRST_LINES = 40


def sniff(head: bytes, path: Path) -> bool:  # noqa: ARG001  one signature for all
    """WEBVTT stands first, or a line of cue times comes soon."""
    text = decode(head)
    return text.lstrip().startswith("WEBVTT") or (
        not text.lstrip().startswith(("{", "[")) and any(map(_TIMING.match, text.splitlines()[:_FIRST_LINES]))
    )


def read(
    path: Path,
    *,
    mapping: Mapping[str, str],  # noqa: ARG001  captions have no columns
    limits: Limits,
) -> Iterator[Conversation | Reject]:
    """The file's conversation, its id the file's name; a file that breaks the format becomes a reject."""
    try:
        text, bad = _without_bad_cues(whole(path, limits), path)
        yield from bad
        said = _turns(_captions(text))
        facts = Facts(conversation_id=_stem(path))
        yield contact.build(facts, said, fallback_id=path.name.__str__, line=1, limits=limits)
    except (ValueError, DamagedError) as error:
        yield Reject(path.name, None, str(error))


def _stem(path: Path) -> str:
    return path.name.split(".")[0] or path.name


def _captions(text: str) -> list[Any]:
    """The cues; ValueError saying what the first line should have been."""
    from webvtt import WebVTT
    from webvtt.errors import MalformedCaptionError, MalformedFileError

    text = text.lstrip()
    is_vtt = text.startswith("WEBVTT")
    if not is_vtt and not re.search(r"\d,\d{1,3}[ \t]*-->", text[:4000]):
        raise ValueError(f"not valid WebVTT: the first line must be WEBVTT, got {text.partition(chr(10))[0][:40]!r}")
    try:
        found = WebVTT.from_string(text) if is_vtt else WebVTT.from_buffer(StringIO(text), format="srt")
    except (MalformedFileError, MalformedCaptionError) as error:
        raise ValueError(f"not valid {'WebVTT' if is_vtt else 'SRT'}: {error}") from error
    if not found.captions:
        raise ValueError("no cues with text")
    return list(found.captions)


def _turns(captions: list[Any]) -> list[RawTurn]:
    """Consecutive cues of one speaker are one turn; cues without any speaker stay apart."""
    said = [piece for caption in captions for piece in _pieces(caption)]
    if not any(turn.label for turn in said):
        said = _from_names(said)
    _carry_on(said)
    turns: list[RawTurn] = []
    for label, group in groupby(said, key=lambda turn: turn.label):
        pieces = list(group)
        turns += [_merged(pieces)] if label else pieces
    return turns


def _pieces(caption: Any) -> Iterator[RawTurn]:
    """A cue's text, cut where another voice begins."""
    start = _seconds(caption.start)
    before, *voiced = _VOICE.split(caption.raw_text)
    if _plain(before):
        yield RawTurn(None, _plain(before), offset_s=start)
    for name, text in zip(voiced[::2], voiced[1::2], strict=True):
        yield RawTurn(html.unescape(name).strip(), _plain(text), offset_s=start)


def _plain(text: str) -> str:
    lines = (_LEADING.sub("", line.strip()) for line in text.split("\n"))
    return clean(_TAG.sub("", "\n".join(lines)))


def _from_names(said: list[RawTurn]) -> list[RawTurn]:
    """Speakers written as "Name: text" at the start of lines."""
    lines = [line for turn in said for line in turn.text.split("\n")]
    offsets = [turn.offset_s for turn in said for _ in turn.text.split("\n")]
    found = speech.utterances(lines)
    if not any(utterance.label for utterance in found):
        return said
    return [RawTurn(item.label, item.text, offset_s=offsets[item.line]) for item in found]


def _carry_on(said: list[RawTurn]) -> None:
    """Where speakers are marked, a cue without a mark goes on with the one before."""
    label = None
    for turn in said:
        turn.label = label = turn.label or label


def _merged(pieces: list[RawTurn]) -> RawTurn:
    return RawTurn(pieces[0].label, " ".join(piece.text for piece in pieces if piece.text), offset_s=pieces[0].offset_s)


def _seconds(stamp: str) -> float:
    hours, minutes, seconds = stamp.replace(",", ".").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _without_bad_cues(text: str, path: Path) -> tuple[str, list[Reject]]:
    """The text without the cues whose times do not parse: webvtt-py would pass over them in silence."""
    kept: list[str] = []
    bad: list[Reject] = []
    skipping = False
    for number, line in enumerate(text.splitlines(), 1):
        if _NEARLY.search(line) and not _TIMING.match(line):
            reason = "cue times that cannot be read, expected 00:00:01.000 --> 00:00:02.000"
            bad.append(Reject(path.name, number, reason, line))
            skipping = True
            if kept and kept[-1].strip().isdigit():
                kept.pop()
        skipping = skipping and bool(line.strip())
        kept.append("" if skipping else line)
    return "\n".join(kept), bad


READER = Reader("captions", (".vtt", ".srt"), sniff, read)
