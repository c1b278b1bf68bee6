"""Written-down speech: "Agent: …" lines with any speaker names, optional times, continuation lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textinsight.conversation import Role
from textinsight.ingest import times
from textinsight.ingest.roles import known

_CLOCK = r"\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,6})?"
_BEFORE = rf"(?:[\[(]([^\])\n]{{4,40}})[\])]|({_CLOCK}))\s*[-–|]?\s+|[\[(]({_CLOCK})[\])]"
_NAME = r"([^\W_][^:\n\[\](){}<>|\"!?;]{0,39}?(?:\s?\([^()\n]{1,20}\))?)"
_AFTER = rf"(?:\s*[\[(]({_CLOCK})[\])])?"
_LINE = re.compile(
    rf"[ \t>*-]{{0,4}}(?:{_BEFORE})?[ \t]*\*{{0,2}}{_NAME}{_AFTER}\*{{0,2}}[ \t]?:\*{{0,2}}(?:[ \t]+(.*)|$)", re.S
)
_BRACKETED = re.compile(r"^\s{0,4}\[([^\W\d][^\]\n:]{0,39})\]\s?:")
_SPEAKER = re.compile(r"(?:speaker|spk|person|participant|party|channel|voice)[\s_#-]*(?:\d{1,3}|[a-z])", re.I)
_WORDS_IN_NAME = 4


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one speaker says in one go; `when` is the written time, "" if there is none. line: 0-based."""

    label: str | None
    text: str
    when: str
    line: int


@dataclass(frozen=True, slots=True)
class _Split:
    label: str
    text: str
    when: str


def utterances(lines: Sequence[str]) -> list[Utterance]:
    """The lines' turns; a line without a speaker belongs to the turn before it.

    Lines before the first speaker come with label None. A name counts as a speaker if it names a role, comes at
    least twice, or if every line has one.
    """
    splits = [_split(line) for line in lines]
    speakers = _speakers(splits, lines)
    found: list[Utterance] = []
    for number, (line, split) in enumerate(zip(lines, splits, strict=True)):
        if split is not None and split.label in speakers:
            found.append(Utterance(split.label, split.text, split.when, number))
        elif line.strip():
            _continue(found, line, number)
    return _joined(found)


def is_dialogue(text: str) -> bool:
    """Does one text hold a whole conversation? It opens with a speaker, and two of known roles speak in it;

    or speakers of any name have every line.
    """
    lines = [line for line in text[:20_000].splitlines() if line.strip()]
    first = _split(lines[0]) if len(lines) >= 2 else None
    if first is None:
        return False
    labels = Counter(label for label in labelled(lines))
    sides = {_side(label) for label in labels} - {None}
    all_labelled = 2 <= len(labels) <= 4 and labels.total() == len(lines) >= 4
    return all_labelled or (len(sides) >= 2 and _side(first.label) is not None)


def _side(label: str) -> str | None:
    """Whose side a label names; "Note:" and "Status:" stand in letters too and name none."""
    if _SPEAKER.fullmatch(label):
        return label
    guess = known(label)
    return guess.role if guess is not None and guess.confidence == 1.0 and guess.role is not Role.SYSTEM else None


def split_label(text: str) -> tuple[str | None, str]:
    """("Agent", "hello") of "Agent: hello"; (None, text) if no role is named."""
    split = _split(text)
    return (split.label, split.text) if split is not None and is_speaker(split.label) else (None, text)


def labelled(lines: Iterable[str]) -> list[str]:
    """The labels of the lines that have one, in order."""
    return [split.label for split in map(_split, lines) if split is not None]


def _split(line: str) -> _Split | None:
    match = _LINE.match(_BRACKETED.sub(r"\1:", line)) if ":" in line else None
    if match is None:
        return None
    in_brackets, bare, tight, name, after, text = match.groups()
    label = name.strip(" *-–")
    if not label or len(label.split()) > _WORDS_IN_NAME:
        return None
    return _Split(label, (text or "").strip(), in_brackets or bare or tight or after or "")


def _speakers(splits: Sequence[_Split | None], lines: Sequence[str]) -> set[str]:
    labels = Counter(split.label for split in splits if split is not None)
    n_lines = sum(1 for line in lines if line.strip())
    if sum(labels.values()) == n_lines:
        return set(labels)
    return {label for label, n in labels.items() if n >= 2 or is_speaker(label)}


def is_speaker(label: str) -> bool:
    """Does the label name a role, or a speaker by number?"""
    guess = known(label)
    return (guess is not None and guess.confidence == 1.0) or _SPEAKER.fullmatch(label) is not None


def _continue(found: list[Utterance], line: str, number: int) -> None:
    """Append as an utterance without a label and time; `_joined` makes it part of the one before."""
    found.append(Utterance(None, line.strip(), "", number))


def _joined(found: list[Utterance]) -> list[Utterance]:
    joined: list[Utterance] = []
    parts: list[list[str]] = []
    for utterance in found:
        if utterance.label is None and joined:
            parts[-1].append(utterance.text)
        else:
            joined.append(utterance)
            parts.append([utterance.text])
    return [
        Utterance(first.label, "\n".join(part for part in texts if part), first.when, first.line)
        for first, texts in zip(joined, parts, strict=True)
    ]


def when(text: str) -> float | str | None:
    """A written time: seconds if it is a clock, the text if it is a date, None if neither."""
    seconds = times.clock(text)
    if seconds is not None or not text:
        return seconds
    try:
        times.parse(text)
    except ValueError:
        return None
    return text
