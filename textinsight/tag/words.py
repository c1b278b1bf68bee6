"""How the taggers see a text: folded for patterns, cut into words for keys and features, once a turn."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_CURLY = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "\u00a0": " "})
_TOKEN = re.compile(
    r"@\w+|https?://\S+|<\w+>|\[\w+\]|&\w+;|[a-z]+(?:'[a-z]+)*|\d+(?:[.,:]\d+)*(?:st|nd|rd|th)?\b|[!?]+|[^\w\s]"
)
_STRETCHED = re.compile(r"(.)\1{2,}")
_NO_WORD = re.compile(r"@\w|https?:|<\w|\[\w|&\w")
_MAX_TOKENS = 2000  # nobody says more in one breath: what follows is read by the patterns alone


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text, the same folded, its tokens, and its plain words (mentions and addresses left out)."""

    text: str
    folded: str
    tokens: tuple[str, ...]
    words: tuple[str, ...]


def spoken(text: str) -> Spoken:
    """The text as taggers read it."""
    folded = fold(text)
    tokens = tuple(_TOKEN.findall(folded)[:_MAX_TOKENS])
    return Spoken(text, folded, tokens, tuple(word for word in map(plain, tokens) if word))


def fold(text: str) -> str:
    """The text as patterns see it: lower case, straight quotes, every character at its place."""
    if text.isascii():
        return text.lower().replace("`", "'")
    straight = text.translate(_CURLY)
    lowered = straight.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in straight)


@lru_cache(maxsize=100_000)
def plain(token: str) -> str:
    """Without apostrophes and drawn-out letters, numbers as 0; empty for a mention, address or placeholder."""
    if token[0].isdigit():
        return "0"
    if token[0] in "!?":
        return token[:2]
    if _NO_WORD.match(token):
        return ""
    return _STRETCHED.sub(r"\1\1", token).replace("'", "")


def places(read: Spoken) -> list[tuple[int, int]]:
    """Characters [start, end) of each plain word."""
    matches = list(_TOKEN.finditer(read.folded))[: len(read.tokens)]
    return [match.span() for match in matches if plain(match[0])]
