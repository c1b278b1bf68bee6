"""Dates that are personal: of birth, and of a card's expiry. Other dates stay."""

from __future__ import annotations

import re
from collections.abc import Iterator

from textinsight.ingest.redact.config import Kind, Span
from textinsight.ingest.redact.cues import is_answer
from textinsight.ingest.redact.numbers import WORDS, Run

_MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?"
)
_ORDINAL = (
    r"first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|\w{4,5}teenth|twentieth|"
    r"thirtieth"
)
_NUMERAL = "|".join((*WORDS, "hundred", "thousand"))
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|(?:{_ORDINAL}|{_NUMERAL})(?:[\s-](?:{_ORDINAL}|{_NUMERAL}))?)"
_YEAR = rf"(?:'?\d{{2,4}}|(?:{_NUMERAL})(?:[\s-](?:and\s)?(?:{_NUMERAL})){{1,4}})"
_PART = r"[\s,.\-]{1,2}(?:of\s|the\s)?"
_DATE = (
    r"\b(?:\d{1,4}\s?[/.\- ]\s?\d{1,2}\s?[/.\- ]\s?\d{2,4}|"
    rf"{_DAY}{_PART}(?:{_MONTH})(?:{_PART}{_YEAR})?|(?:{_MONTH}){_PART}{_DAY}(?:{_PART}{_YEAR})?)(?:\b|(?<=\d)(?!\d))"
)
_LINK = (
    r"[\s:=,.\-]*(?:(?:is|was|on|it's|its|the|my|date|that's|would be|yes|yeah|sure|um|uh|so|okay|ok|a)\b[\s:,.]*){0,5}"
)
_BIRTH_CUE = r"(?<![\[\w])(?:date of birth|birth ?(?:date|day)|born|d\.?o\.?b)\b\.?"
_BIRTH = re.compile(rf"{_BIRTH_CUE}{_LINK}({_DATE})", re.IGNORECASE)
_BIRTH_ASKED = re.compile(f"({_DATE})", re.IGNORECASE)
_BIRTH_WORDS = re.compile("birth|born|dob|d.o.b")
_EXPIRY_WORDS = re.compile("exp|valid|good th")
_EXPIRY_CUE = r"(?<![\[\w])(?:exp(?:iry|iration)?(?: date)?|valid (?:thru|through|until|to)|good (?:thru|through))\b\.?"
_EXPIRES = r"(?<![\[\w])expires?\b"
_MMYY = r"(?:0?[1-9]|1[0-2])\s?[/\-. ]\s?(?:20)?[2-4]\d(?![\d/.-])"
_MONTH_YEAR = (
    rf"(?:{_MONTH})\.?,?\s+(?:of\s+)?(?:20[2-4]\d|'?[2-4]\d|(?:twenty|thirty)(?:[\s-](?:{_NUMERAL})){{0,2}})\b"
)
_EXPIRY = re.compile(rf"(?:{_EXPIRY_CUE}){_LINK}({_MMYY}|{_MONTH_YEAR})", re.IGNORECASE)
_EXPIRY_CARD = re.compile(
    rf"(?:\[CARD\]|\bcard\b|\bvisa\b).{{0,60}}?{_EXPIRES}{_LINK}(?:in\s+)?({_MMYY}|{_MONTH_YEAR})", re.IGNORECASE
)
_EXPIRY_ASKED = re.compile(rf"(?<![\d/.-])({_MMYY}|\b{_MONTH_YEAR})", re.IGNORECASE)
_NETWORK = re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}")
_FULL_DATE = re.compile(
    r"(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])|"
    r"(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:(?:19|20)?\d\d)"
)


def birth_dates(text: str, lowered: str, *, asked: bool) -> Iterator[Span]:
    """Dates after "date of birth" or "born"; every full date if the turn before `asked` for it."""
    if not (asked or _BIRTH_WORDS.search(lowered)):
        return
    for match in (_BIRTH_ASKED if asked else _BIRTH).finditer(text):
        if "may" not in match[1].lower() or any(char.isdigit() for char in match[1]):
            yield Span(match.start(1), match.end(1), Kind.DOB)


def expiry_dates(text: str, lowered: str, *, asked: bool) -> Iterator[Span]:
    """Month and year after "expiry", after "expires" if a card is spoken of, in an answer if `asked` for."""
    if _EXPIRY_WORDS.search(lowered):
        for pattern in (_EXPIRY, _EXPIRY_CARD):
            yield from (Span(match.start(1), match.end(1), Kind.EXPIRY) for match in pattern.finditer(text))
    if asked:
        for match in _EXPIRY_ASKED.finditer(text):
            if is_answer(text, match.start(1)):
                yield Span(match.start(1), match.end(1), Kind.EXPIRY)


def is_expiry(digits: str) -> bool:
    """Whether digits read as month and year: 925, 0925, 92025, 092025."""
    if len(digits) not in (3, 4, 5, 6):
        return False
    year = digits[-4:] if len(digits) > 4 else "20" + digits[-2:]
    month = digits[: -4 if len(digits) > 4 else -2]
    return 1 <= int(month) <= 12 and 2015 <= int(year) <= 2049


def looks_like_date(text: str, run: Run) -> bool:
    """Whether the number is a date such as 2017-10-31, alone or with more behind it, or a network address."""
    if run.spoken or len(run.groups) < 3:
        return False
    return (
        _NETWORK.match(text, run.start, run.end) is not None or _FULL_DATE.match(text, run.start, run.end) is not None
    )
