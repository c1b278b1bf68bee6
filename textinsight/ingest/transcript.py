"""Plain text: "Agent: …" lines, several conversations set apart by --- or ===, or by "Conversation: ID".

"Customer ID: c7", "Date: …", "Channel: …" above the first speaker say what they say of the contact.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from textinsight.conversation import Conversation
from textinsight.ingest import contact, speech, times, turns
from textinsight.ingest.columns import bind, is_known
from textinsight.ingest.files import Line, decode, is_binary, lines
from textinsight.ingest.reader import Limits, Reader, Reject
from textinsight.ingest.roles import known
from textinsight.ingest.text import clean

_KIND = "conversation|call|chat|ticket|thread|case|session|transcript|dialogue|dialog|interaction"
_HEADING = re.compile(
    rf"\W{{0,10}}(?:(?:{_KIND}|contact(?=\s+id))(?:\s+(?:id|no\.?|number))?\s*[:#=]\s*#?|(?:{_KIND})(?=\s+\S*\d))"
    r"\s*([^\s=*]{1,200})[\s=*#~-]{0,80}",
    re.I,
)
_RULE = re.compile(r"\s*([-=_*~])(?:\s?\1){2,200}\s*")
_SHARE = 0.2


@dataclass(slots=True)
class _Block:
    """The lines of one conversation, and what its heading says."""

    first: int
    id: str | None = None
    header: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    size: int = 0


def sniff(head: bytes, path: Path) -> bool:  # noqa: ARG001  one signature for all
    """Lines of "Name: text", the names roles or coming again."""
    if is_binary(head):
        return False
    found = [line for line in decode(head).splitlines()[:400] if line.strip() and not _is_heading(line)]
    labels = Counter(speech.labelled(found))
    of_roles = sum(n for label, n in labels.items() if speech.is_speaker(label))
    again = [n for label, n in labels.items() if n >= 2]
    said = of_roles or (sum(again) if len(again) >= 2 else 0)
    return said >= max(1, _SHARE * len(found)) and (of_roles > 0 or said >= 0.5 * len(found))


def read(path: Path, *, mapping: Mapping[str, str], limits: Limits) -> Iterator[Conversation | Reject]:
    """The file's conversations; a part without any speaker becomes a reject with its line."""
    count = 0
    blocks = _with_last(_blocks(path, limits))
    for block, is_last in blocks:
        if isinstance(block, Reject):
            yield block
            continue
        count += 1
        only = is_last and count == 1
        yield _conversation(block, path.stem if only else f"{path.stem}-{count}", path, mapping, limits)


def _with_last(items: Iterator[_Block | Reject]) -> Iterator[tuple[_Block | Reject, bool]]:
    """Each item, and whether it is the last."""
    held = next(items, None)
    while held is not None:
        following = next(items, None)
        yield held, following is None
        held = following


def _blocks(path: Path, limits: Limits) -> Iterator[_Block | Reject]:
    block: _Block | None = None
    for line in lines(path, limits):
        if isinstance(line, Reject):
            yield line
            continue
        text = clean(decode(line.data))
        heading = _HEADING.fullmatch(text)
        if block is not None and block.lines and (heading or _RULE.fullmatch(text)):
            yield _checked(block, path, limits)
            block = None
        block = block or _Block(line.number)
        _fill(block, line, text, heading)
    if block is not None and (block.lines or block.header or block.id):
        yield _checked(block, path, limits)


def _fill(block: _Block, line: Line, text: str, heading: re.Match[str] | None) -> None:
    """A line is a rule, a heading, a header field above the first speaker, or speech."""
    if not text or _RULE.fullmatch(text):
        return
    if not (block.lines or block.header or block.id):
        block.first = line.number
    key, _, value = text.partition(":")
    if heading is not None:
        block.id = heading[1]
    elif not block.lines and value.strip() and is_known(key) and not _names_role(key):
        block.header[key.strip()] = value.strip()
    else:
        block.size += len(line.data)
        block.lines.append(text if block.size <= _MOST else "")


_MOST = 64 * 2**20


def _checked(block: _Block, path: Path, limits: Limits) -> _Block | Reject:
    if block.size > min(_MOST, limits.max_turns * limits.max_turn_chars):
        return Reject(path.name, block.first, f"conversation larger than {_MOST:,} bytes", block.lines[0])
    return block


def _conversation(
    block: _Block, fallback: str, path: Path, mapping: Mapping[str, str], limits: Limits
) -> Conversation | Reject:
    try:
        said = turns.from_lines(block.lines)
        if not any(turn.label for turn in said):
            raise ValueError("no line of the form 'Agent: …' or 'Customer: …'")
        present = {ours: theirs for ours, theirs in mapping.items() if theirs in block.header}
        steps = contact.plan(bind(block.header, present))
        facts = contact.read(block.header, steps, day_first=times.day_first(block.header.values()))
        facts.conversation_id = block.id or facts.conversation_id
        return contact.build(facts, said, fallback_id=lambda: fallback, line=block.first, limits=limits)
    except ValueError as error:
        return Reject(path.name, block.first, str(error), "\n".join(block.lines[:5]))


def _is_heading(line: str) -> bool:
    return bool(_HEADING.fullmatch(line.strip()) or _RULE.fullmatch(line))


def _names_role(label: str) -> bool:
    guess = known(label)
    return guess is not None and guess.confidence == 1.0


READER = Reader("transcript", (".txt", ".text", ".log", ".md"), sniff, read)
