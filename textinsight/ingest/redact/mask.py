"""Decide what each number is and mask it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from textinsight.ingest.redact.cards import card_windows, is_card
from textinsight.ingest.redact.config import DEFAULT, Kind, Masked, RedactConfig, Span, replace_spans, spans_of
from textinsight.ingest.redact.contacts import PHONE_SHAPES, emails, is_phone
from textinsight.ingest.redact.cues import Cue, Cues, cue_after, is_acronym_before, is_answer, labelled_after
from textinsight.ingest.redact.dates import birth_dates, expiry_dates, is_expiry, looks_like_date
from textinsight.ingest.redact.documents import documents
from textinsight.ingest.redact.numbers import Run, find_runs, lowercase

_MONEY_BEFORE = re.compile(r"(?:[$£€¥₹]|\b(?:usd|gbp|eur|rs|inr)\.?)\s?$", re.IGNORECASE)
_UNIT_AFTER = re.compile(
    r"\s?(?:%|[$£€¥]|(?:dollars?|pounds?|euros?|bucks|quid|usd|gbp|eur|cents?|pence|percent|miles|points|hours?|hrs|minutes?|"
    r"mins?|seconds|days?|weeks?|months?|years?|times|credits?|people|customers|items|gb|"
    r"or (?:more|less)|mb|kb|mbps|kg|lbs?|[ap]\.?m|o'clock|left|remaining|missing|"
    r"in (?:it|there|credit|(?:my|the|this|that) (?:account|balance)))\b)",
    re.IGNORECASE,
)
_MONEY_LAST = frozenset("$£€¥₹.dDpPrRsS")  # the last character that money's sign can have
_UNIT_FIRST = frozenset("%$£€¥abcdehgiklmopqrtuswyABCDEHGIKLMOPQRTUSWY")  # and the first that a unit can
_YEAR_BEFORE = re.compile(r"\b(?:in|since|of|from|by|year|until|till|before|after|during|for|back)\s+$", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_AFTER_CARD = re.compile(
    r"\[(?:CARD|EXPIRY)\][\s,.;/\-–—]{0,3}(?:(?:and|then|cvv|exp|expires|expiry)\b[\s,.:]{0,2}){0,2}$", re.IGNORECASE
)
_TOLD = re.compile(r"\W{1,4}(?:is|are|was|as|for|that's|or)\b|\s?[,–-]", re.IGNORECASE)  # what it is, said after it
_TWIN = re.compile(rf" or (?:maybe |perhaps |possibly )?\[({'|'.join(kind.name for kind in Kind)})\]")
_SSN_SHAPE = (3, 2, 4)
_LAST_FOUR = 4
_LONGEST_CODE = 8

# How many digits a number needs to be what its cue says; a security code is three or four, and so on.
_FITS: dict[Kind, Callable[[Run], bool]] = {
    Kind.CARD: lambda run: len(run.digits) >= (12 if len(run.groups) > 1 else 14),  # 13 in one go is a flight ticket
    Kind.EXPIRY: lambda run: is_expiry(run.digits),
    Kind.CVV: lambda run: len(run.digits) in (3, 4),
    Kind.SSN: lambda run: len(run.digits) in (4, 9),
    Kind.PHONE: lambda run: 7 <= len(run.digits) <= (15 if run.digits[0] == "0" else 12),
    Kind.ACCOUNT: lambda run: len(run.digits) >= 6,
    Kind.DOB: lambda run: 6 <= len(run.digits) <= 8,
    Kind.PIN: lambda run: 4 <= len(run.digits) <= 8,
}


def fits(run: Run, kind: Kind | None) -> bool:
    """Whether the number has as many digits as numbers of this kind have."""
    if run.patched and kind is not Kind.CARD:
        return False
    return kind in _FITS and _FITS[kind](run)


def mask_text(text: str, *, config: RedactConfig = DEFAULT) -> Masked:
    """`text` with placeholders for personal data, e.g. "my card is [CARD]"; masking it again changes nothing.

    Names of people and street addresses stay: they are out of scope.
    """
    masked = mask_once(text, find_runs(text), config=config)
    return Masked(masked, spans_of(masked))


def mask_once(text: str, runs: Sequence[Run], *, config: RedactConfig, asked: frozenset[Kind] = frozenset()) -> str:
    """`text` masked until nothing more is found; `runs`: its numbers; `asked`: kinds asked for in turns before."""
    while found := [span for span in find_spans(text, runs, config, asked) if span.kind in config.kinds]:
        text = replace_spans(text, found)
        runs = find_runs(text)
    return text


def find_spans(text: str, runs: Sequence[Run], config: RedactConfig, asked: frozenset[Kind]) -> Iterator[Span]:
    """Personal data in `text`; spans may overlap."""
    lowered = lowercase(text)
    yield from emails(text, lowered, asked=Kind.EMAIL in asked)
    if not runs:
        return
    yield from documents(text, runs)
    dates = [*birth_dates(text, lowered, asked=Kind.DOB in asked)]
    dates += expiry_dates(text, lowered, asked=Kind.EXPIRY in asked)
    yield from dates
    known = sorted((start, end) for start, end, kind in dates if kind in config.kinds)
    numbers = [run for run in runs if (len(run.groups) > 2 or run.size > 2) and not _within(run, known)]
    if not numbers:
        return
    cues = Cues(text, lowered)
    for run in numbers:
        yield from _number_spans(cues, run, config, asked)


def _within(run: Run, known: list[tuple[int, int]]) -> bool:
    if not known:
        return False
    at = bisect_right(known, (run.start, run.end))
    return any(start <= run.start and run.end <= end for start, end in known[max(0, at - 1) : at + 1])


def _number_spans(cues: Cues, run: Run, config: RedactConfig, asked: frozenset[Kind]) -> Iterator[Span]:
    windows = card_windows(run) if run.size > _LAST_FOUR else []
    named = windows == [(0, len(run.groups))] and not is_card(run.digits)  # may be an account number by its cue
    kind = _kind(cues, run, config, asked) if named or not windows else None
    if kind:
        yield _widen(cues.text, run, kind)
        return
    for first, last in windows:
        yield Span(run.groups[first].start, run.groups[last - 1].end, Kind.CARD)


def _widen(text: str, run: Run, kind: Kind) -> Span:
    """A phone number takes its "+" or "(" along, an account number the letters it is glued to."""
    start, end = run.start, run.end
    while kind is Kind.PHONE and start and text[start - 1] in "+(":
        start -= 1
    if kind is Kind.ACCOUNT and _is_glued(text, run):
        start = _code_start(text, start)
        while end < len(text) and text[end].isalnum():
            end += 1
    return Span(start, end, kind)


def _code_start(text: str, start: int) -> int:
    while start and (text[start - 1].isalnum() or text[start - 1] in "-_@/"):
        start -= 1
    return start


def _kind(cues: Cues, run: Run, config: RedactConfig, asked: frozenset[Kind]) -> Kind | None:
    """What a number that is no card by its check digit is; None leaves it as it stands."""
    text = cues.text
    if is_amount(text, run):
        return None
    glued, dated = _is_glued(text, run), looks_like_date(text, run)
    told = _TOLD.match(text, run.end)
    if told and (twin := _TWIN.match(text, run.end)) and fits(run, Kind[twin[1]]):
        return Kind[twin[1]]
    before = cues.before(_code_start(text, run.start) if glued else run.start)
    for cue in chain(cue_after(text, run.end), before, labelled_after(text, run.end)) if told else before:
        if _blocks(cue):
            return None
        if _applies(cue, run, glued) and fits(run, cue.kind) and (cue.name == "holder" or not dated):
            return cue.kind
    if glued or dated:
        return None
    kind = _kind_asked(text, run, asked)
    if kind is Kind.ACCOUNT and text[run.start - 1 : run.start] != "+" and run.shape not in PHONE_SHAPES:
        return kind  # many account numbers are as long as a phone number
    return _kind_after_card(text, run) or _kind_by_shape(text, run, config) or kind


def _blocks(cue: Cue) -> bool:
    return cue.kind is None and cue.tied


def _applies(cue: Cue, run: Run, glued: bool) -> bool:
    """Short codes and a bare "account" must be tied to the number; a long number need only be near."""
    far = cue.name in ("card", "holder", "phone", "ssn", "cvv") and len(run.digits) != _LAST_FOUR
    return cue.tied if glued or not far else True


def _kind_by_shape(text: str, run: Run, config: RedactConfig) -> Kind | None:
    if run.shape == _SSN_SHAPE and not run.spoken and run.digits[:3] not in ("000", "666"):
        return None if is_acronym_before(text, run.start) else Kind.SSN
    return Kind.PHONE if is_phone(run, text, config.regions) else None


def _kind_asked(text: str, run: Run, asked: frozenset[Kind]) -> Kind | None:
    kind = next((kind for kind in _FITS if kind in asked and fits(run, kind)), None)
    if kind is None or is_acronym_before(text, run.start):
        return None
    return kind if len(run.digits) > _LONGEST_CODE or is_answer(text, run.start) else None


def _kind_after_card(text: str, run: Run) -> Kind | None:
    """Digits right after a card number: the expiry date, then the security code."""
    n = run.size
    if n not in (3, 4, 6, 7, 8, 9) or not _AFTER_CARD.search(text[max(0, run.start - 40) : run.start]):
        return None
    return Kind.EXPIRY if n > 4 or is_expiry(run.digits) else Kind.CVV


def is_amount(text: str, run: Run) -> bool:
    """Money, a measured quantity, or a year after "in" or "since"."""
    before = text[max(0, run.start - 10) : run.start]
    if before.rstrip()[-1:] in _MONEY_LAST and _MONEY_BEFORE.search(before):
        return True
    if text[run.end : run.end + 2].strip()[:1] in _UNIT_FIRST and _UNIT_AFTER.match(text, run.end):
        return True
    return _YEAR.fullmatch(run.digits) is not None and _YEAR_BEFORE.search(before) is not None


def _is_glued(text: str, run: Run) -> bool:
    """Part of a code, a handle or a link: CS-116854, @115712, t.co/12345678."""
    before = text[max(0, run.start - 2) : run.start]
    after = text[run.end : run.end + 1]
    if after.isalpha() or after == "_":
        return not text[run.end : run.end + 2].istitle() or len(text) < run.end + 2  # "0801234567My" lost a space
    if not before:
        return False
    last = before[-1]
    return last.isalpha() or last in "_@" or (last in "-/" and len(before) == 2 and before[0].isalnum())
