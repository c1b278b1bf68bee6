"""Conversations as people type and platforms store them: handles, lost apostrophes, no capitals, links, initials."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from textinsight.learn.turn_data import Example

_ROUGH = 0.6  # share of the conversations that are roughened
_PART = 0.2  # share of which some turns alone are read
_NAMES = ("Acme", "Norden", "Volt", "Swift", "Blue", "Metro", "Prime", "Orbit", "Luma", "Vero", "Zentel", "Harbor")
_DESKS = ("Help", "Support", "Cares", "Care", "UK", "Air", "Assist", "", "_Help", "Service", "Online", "Trains")
_INITIALS = re.compile(r"\s*[\^*-]\s?[A-Z][A-Za-z]{0,2}\s*$")
_MARK = re.compile(r"\[(NAME|ORDER|PHONE|EMAIL|ADDRESS|AMOUNT|NUMBER|POSTCODE|ID)\]")
_LETTERS = "ABCDEGHJKLMNPRSTVW"


def roughened(example: Example, draw: random.Random) -> Example:
    """The same conversation, its labels unchanged, now and then a part of it, and in rougher spelling."""
    if len(example.texts) > 1 and draw.random() < _PART:
        example = _part(example, draw)
    if draw.random() >= _ROUGH:
        return example
    style = _Style(draw)
    texts = tuple(style.apply(text, who) for text, who in zip(example.texts, example.speakers, strict=True))
    return replace(example, texts=texts)


def _part(example: Example, draw: random.Random) -> Example:
    """Some turns in a row: what holds for the whole is no longer known."""
    first = draw.randrange(len(example.texts))
    rows = slice(first, draw.randint(first + 1, len(example.texts)))
    return Example(example.texts[rows], example.speakers[rows], example.targets[rows])


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
