"""Conversations as people type and platforms store them: handles, lost apostrophes, no capitals, links, initials.

Public support takes more turns than what was written for this project, and long turns come in several posts: so
exchanges that carry no label are put in between, and turns are cut in two.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from dataclasses import replace

from textinsight.learn.turn_data import Example
from textinsight.tag.labels import LABELS, MOOD

_ROUGH = 0.6  # share of the conversations that are roughened
_PART = 0.2  # share of which some turns alone are read
_LONGER, _MOST = 0.4, 4  # share into which exchanges are put, and how many at most
_CUT, _FEWEST = 0.3, 3  # share of which long turns are cut in two, and the words of a half
_OPENS = 0.5  # share of the texts alone that are put at the beginning of a conversation, the others at its end
_HELD = 0.25  # chance from which a turn may carry a label
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_NEUTRAL = LABELS.index("neutral")
_NAMES = ("Acme", "Norden", "Volt", "Swift", "Blue", "Metro", "Prime", "Orbit", "Luma", "Vero", "Zentel", "Harbor")
_DESKS = ("Help", "Support", "Cares", "Care", "UK", "Air", "Assist", "", "_Help", "Service", "Online", "Trains")
_INITIALS = re.compile(r"\s*[\^*-]\s?[A-Z][A-Za-z]{0,2}\s*$")
_MARK = re.compile(r"\[(NAME|ORDER|PHONE|EMAIL|ADDRESS|AMOUNT|NUMBER|POSTCODE|ID)\]")
_LETTERS = "ABCDEGHJKLMNPRSTVW"


Exchange = tuple[tuple[str, str], tuple[tuple[float, ...], tuple[float, ...]]]


def exchanges(examples: Sequence[Example]) -> list[Exchange]:
    """What an agent asks or says and the customer's answer, where neither carries a label."""
    found = []
    for example in examples:
        for i in range(1, len(example.texts) - 2):
            (asked, answered), targets = example.texts[i : i + 2], example.targets[i : i + 2]
            if example.speakers[i : i + 2] == (1, 0) and _plain(targets[0]) and _plain(targets[1]):
                found.append(((asked, answered), (targets[0], targets[1])))
    return found


def _plain(target: Sequence[float]) -> bool:
    return not any(value > _HELD for number, value in enumerate(target) if number != _NEUTRAL)


def roughened(example: Example, draw: random.Random, spare: Sequence[Exchange] = ()) -> Example:
    """The same conversation, its labels unchanged, now and then a part of it or more of it, and in rougher spelling."""
    if len(example.texts) > 1 and draw.random() < _PART:
        example = _part(example, draw)
    elif spare and len(example.texts) > 1 and draw.random() < _LONGER:
        example = _longer(example, draw, spare)
    if draw.random() < _CUT:
        example = _cut(example, draw)
    if draw.random() >= _ROUGH:
        return example
    style = _Style(draw)
    texts = tuple(style.apply(text, who) for text, who in zip(example.texts, example.speakers, strict=True))
    return replace(example, texts=texts)


def framed(example: Example, draw: random.Random, spare: Sequence[Exchange]) -> Example:
    """A customer's text as what opens a conversation, or as what is said late in one: exchanges of others around it."""
    drawn = draw.choices(spare, k=draw.randint(1, _MOST))
    if draw.random() < _OPENS:
        return _with(example, 1, drawn)
    (asked, _), (target, _) = draw.choice(spare)
    last = replace(example, texts=(asked, *example.texts), speakers=(1, 0), targets=(target, *example.targets))
    return _with(last, 0, drawn)


def _part(example: Example, draw: random.Random) -> Example:
    """Some turns in a row: what holds for the whole is no longer known."""
    first = draw.randrange(len(example.texts))
    rows = slice(first, draw.randint(first + 1, len(example.texts)))
    return Example(example.texts[rows], example.speakers[rows], example.targets[rows])


def _longer(example: Example, draw: random.Random, spare: Sequence[Exchange]) -> Example:
    """Exchanges of other conversations after the first turn of the customer's that an agent answers."""
    speakers = example.speakers
    places = [i for i in range(1, len(speakers)) if speakers[i - 1 : i + 1] == (0, 1)]
    if not places:
        return example
    place = places[0]
    return _with(example, place, draw.choices(spare, k=draw.randint(1, _MOST)))


def _with(example: Example, place: int, drawn: Sequence[Exchange]) -> Example:
    """The exchanges `drawn` before the turn at `place`."""
    texts = tuple(text for pair, _ in drawn for text in pair)
    targets = tuple(target for _, pair in drawn for target in pair)
    return replace(
        example,
        texts=(*example.texts[:place], *texts, *example.texts[place:]),
        speakers=(*example.speakers[:place], *(1, 0) * len(drawn), *example.speakers[place:]),
        targets=(*example.targets[:place], *targets, *example.targets[place:]),
    )


def _cut(example: Example, draw: random.Random) -> Example:
    """Turns of several sentences in two: which half carries a label is then unknown, what neither carries is known."""
    marked = draw.random() < 0.5
    rows: list[tuple[str, int, tuple[float, ...]]] = []
    for text, who, target in zip(example.texts, example.speakers, example.targets, strict=True):
        halves = _halves(text, draw)
        if min(len(half.split()) for half in halves) < _FEWEST or draw.random() < 0.5:
            rows.append((text, who, target))
            continue
        for number, half in enumerate(halves, 1):
            rows.append((f"{half} {number}/2" if marked else half, who, _either(target)))
    texts, speakers, targets = zip(*rows, strict=True)
    return replace(example, texts=texts, speakers=speakers, targets=targets)


def _halves(text: str, draw: random.Random) -> tuple[str, str]:
    """At the end of a sentence; the second is empty where there is one sentence."""
    parts = _SENTENCE.split(text)
    middle = draw.randint(1, max(1, len(parts) - 1))
    return " ".join(parts[:middle]), " ".join(parts[middle:])


def _either(target: Sequence[float]) -> tuple[float, ...]:
    kept = target[: len(MOOD)] if target[_NEUTRAL] > 1 - _HELD else (math.nan,) * len(MOOD)
    return (*kept, *(math.nan if value > _HELD else value for value in target[len(MOOD) :]))


class _Style:
    """What one conversation's platform and writers do to their texts."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._bare = draw.random() < 0.6
        self._lower = draw.random() < 0.2
        self._unpointed = draw.random() < 0.15
        handle = draw.choice(_NAMES) + draw.choice(_DESKS)
        self._handle = ("@" if draw.random() < 0.5 else "") + (handle.lower() if draw.random() < 0.3 else handle)
        self._addressed = draw.random() < 0.45
        self._signed = draw.random() < 0.4
        self._linked = draw.choice(("<LINK>", "<LINK>", "https://t.co/x1Yz", "<URL>"))

    def apply(self, text: str, speaker: int) -> str:
        """One turn."""
        text = _MARK.sub(self._value, text)
        if speaker and (self._signed or self._bare):
            text = _INITIALS.sub("", text)
            text += (
                f" {self._draw.choice(('^', '', '*', '-'))}{''.join(self._draw.choices(_LETTERS, k=2))}" * self._signed
            )
        if self._draw.random() < (0.12 if speaker else 0.04):
            text += f" {self._linked}"
        if self._bare:
            text = text.replace("'", "").replace("’", "").replace(" & ", " amp ")
        if self._lower and not speaker:
            text = text.lower()
        if self._unpointed and not speaker:
            text = re.sub(r"[.,;!]", "", text)
        if self._addressed and not speaker and self._draw.random() < 0.85:
            text = f"{self._handle} {text}" if self._draw.random() < 0.8 else f"{text} {self._handle}"
        return text

    def _value(self, match: re.Match[str]) -> str:
        kind, roll = match[1], self._draw.random()
        if roll < 0.4:
            return match[0]
        if roll < 0.6:
            return f"<{kind}>"
        if kind == "NAME":
            return self._draw.choice("Sam Maria Lee Priya Tom Aisha Ben Chloe Dan Ella".split())  # noqa: SIM905
        return str(self._draw.randrange(10_000, 10_000_000))
