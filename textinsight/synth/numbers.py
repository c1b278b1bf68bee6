"""Numbers as they are spoken."""

from __future__ import annotations

import re
from functools import lru_cache

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINAL = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_DIGIT = re.compile(r"\d")
_TOKEN = re.compile(
    r"\$(?P<dollars>\d+)(?:\.(?P<cents>\d\d))?"
    r"|(?P<hour>\d{1,2}):(?P<minute>\d\d)"
    r"|(?P<ordinal>\d{1,2})(?:st|nd|rd|th)\b"
    r"|(?P<percent>\d+)%"
    r"|(?P<code>\d(?:[ ()-]{0,2}\d){3,}(?!\d| points)|(?<=[A-Za-z-])\d+|(?<=[A-Z]{2} )\d+)"
    r"|(?P<whole>\d+)(?:\.(?P<part>\d+))?"
)


def spoken(text: str) -> str:
    """The text with every number in words: $42.50, 10:40, 14th, codes digit by digit."""
    return _TOKEN.sub(_say, text) if _DIGIT.search(text) else text


@lru_cache(maxsize=4096)
def words(number: int) -> str:
    """0 <= number < 1,000,000 in words, without "and"."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10] + (f" {_ONES[number % 10]}" if number % 10 else "")
    if number < 1000:
        return f"{_ONES[number // 100]} hundred" + (f" {words(number % 100)}" if number % 100 else "")
    return f"{words(number // 1000)} thousand" + (f" {words(number % 1000)}" if number % 1000 else "")


def digits(text: str) -> str:
    """Digit by digit; a zero is said "oh" within a number."""
    figures = [c for c in text if c.isdigit()]
    return " ".join("oh" if c == "0" and i else _ONES[int(c)] for i, c in enumerate(figures))


def _say(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    return _SAY[kind](match)


def _money(match: re.Match[str]) -> str:
    dollars, cents = int(match["dollars"]), int(match["cents"] or 0)
    return f"{words(dollars)} dollars" + (f" and {words(cents)} cents" if cents else "")


def _clock(match: re.Match[str]) -> str:
    minute = int(match["minute"])
    return words(int(match["hour"])) + (f" {'oh ' if minute < 10 else ''}{words(minute)}" if minute else "")


def _ordinal(match: re.Match[str]) -> str:
    *head, last = words(int(match["ordinal"])).split()
    tail = _ORDINAL.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return " ".join([*head, tail])


def _whole(match: re.Match[str]) -> str:
    whole = digits(match["whole"]) if match["whole"].startswith("0") else words(int(match["whole"]))
    return whole + (f" point {digits(match['part'])}" if match["part"] else "")


def _code(match: re.Match[str]) -> str:
    glued = match.start() > 0 and match.string[match.start() - 1].isalpha()
    return f" {digits(match['code'])}" if glued else digits(match["code"])


def _percent(match: re.Match[str]) -> str:
    return f"{words(int(match['percent']))} percent"


_SAY = {
    "dollars": _money,
    "cents": _money,
    "minute": _clock,
    "ordinal": _ordinal,
    "percent": _percent,
    "code": _code,
    "whole": _whole,
    "part": _whole,
}
