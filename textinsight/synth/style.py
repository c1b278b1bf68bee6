"""How words look on a channel: transcribed speech, hurried typing, clean writing."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from textinsight.synth.numbers import spoken

Style = Callable[[str, Random], str]
_MARKS = str.maketrans(dict.fromkeys('.,;:!?()"…#+', " ") | {"-": " ", "–": " ", "/": " "})
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.\w+)+")
_FIGURE = re.compile(r"\d[.:]\d")
_POINT, _COLON = "\ue000", "\ue001"  # marks within figures, kept while the others go
_FILLERS = ("uh", "um") * 6 + ("er", "er", "like", "you know", "i mean")
_STUTTERED = frozenset(
    "i i'm i've the a it it's my we you your that and to is was in on of for but so this".split()  # noqa: SIM905
)
_SHORT = {
    "you": "u",
    "your": "ur",
    "are": "r",
    "please": "pls",
    "thanks": "thx",
    "because": "cuz",
    "don't": "dont",
    "can't": "cant",
    "i'm": "im",
    "i've": "ive",
    "it's": "its",
    "doesn't": "doesnt",
    "didn't": "didnt",
    "won't": "wont",
    "that's": "thats",
    "what's": "whats",
    "people": "ppl",
    "tomorrow": "tmrw",
    "message": "msg",
    "account": "acct",
    "about": "abt",
    "though": "tho",
    "minutes": "mins",
    "with": "w/",
    "really": "rly",
}
_SENTENCE = re.compile(r"(?<=[.!?]) +")


def transcribed(*, in_words: bool, halting: float) -> Style:
    """Speech recognition output: lower case, no marks; numbers in words or figures; `halting` fillers a word."""

    def style(text: str, rng: Random) -> str:
        if "@" in text:
            text = _EMAIL.sub(
                lambda m: m[0].replace("@", " at ").replace(".", " dot ").replace("_", " underscore "), text
            )
        text = spoken(text) if in_words else _FIGURE.sub(_kept, text)
        tokens = text.lower().translate(_MARKS).replace(_POINT, ".").replace(_COLON, ":").split()
        return " ".join(_falter(tokens, halting, rng) if halting else tokens)

    return style


def _kept(match: re.Match[str]) -> str:
    return match[0].replace(".", _POINT).replace(":", _COLON)


def _falter(tokens: list[str], halting: float, rng: Random) -> list[str]:
    """Fillers and false starts, never after the last word."""
    for _ in range(int(len(tokens) * halting + rng.random() * 0.8)):
        at = int(rng.random() * (len(tokens) - 1))
        if rng.random() < 0.68:
            tokens.insert(at, _FILLERS[int(rng.random() * len(_FILLERS))])
        elif tokens[at] in _STUTTERED:
            tokens.insert(at, tokens[at])
    return tokens


def typed(carelessness: float) -> Style:
    """Typing from careful (0) to careless (1): lower case, short forms, missing marks, slips."""

    def style(text: str, rng: Random) -> str:
        if carelessness < 0.25:
            return text
        tokens = text.split(" ")
        if carelessness > 0.45:
            tokens = [t if "@" in t or t.isupper() else t.lower() for t in tokens]
        if carelessness > 0.65:
            tokens = [_SHORT[t] if t in _SHORT and rng.random() < carelessness - 0.2 else t for t in tokens]
        for _ in range(int(len(tokens) * carelessness / 22 + rng.random() * 0.9)):
            at = int(rng.random() * len(tokens))
            tokens[at] = _slip(tokens[at], rng)
        line = " ".join(tokens)
        return line.rstrip(".").replace(". ", " " if carelessness > 0.85 else ". ") if carelessness > 0.4 else line

    return style


def _slip(word: str, rng: Random) -> str:
    """Two neighbours swapped, one letter dropped or doubled; only in plain longer words."""
    if len(word) < 5 or not word.isalpha() or not word.islower():
        return word
    at = 1 + int(rng.random() * (len(word) - 2))
    kind = rng.random()
    if kind < 0.45:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :] if kind < 0.8 else word[:at] + word[at] + word[at:]


def written(text: str, rng: Random) -> str:
    """Clean writing, as it is."""
    del rng
    return text


def bursts(text: str, rng: Random) -> list[str]:
    """A long message sent as several short ones, cut at sentences."""
    sentences = _SENTENCE.split(text)
    if len(sentences) == 1 or rng.random() < 0.25:
        return [text]
    cut = 1 + int(rng.random() * (len(sentences) - 1))
    return [" ".join(sentences[:cut]), " ".join(sentences[cut:])]
