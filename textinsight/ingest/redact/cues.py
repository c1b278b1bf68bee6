"""What the words around a number say it is: "security code", "account number", or "order number" (not personal)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from textinsight.ingest.redact.config import Kind
from textinsight.ingest.redact.numbers import lowercase

_NUMBER = r"\s*(?:numbers?|no\b\.?|num\b|nr\b|#|ids?\b|codes?\b|details)"
_HOLDER = (
    r"account|acct|a/c|policy|member(?:ship)?|customer|client|subscriber|patient|routing|aba|bank|loyalty|"
    r"frequent flyer|licen[cs]e|passport"
)
# Earlier rows win where two start at the same word. A kind of None is a number that is nobody's secret.
_CUES: tuple[tuple[str, Kind | None, str], ...] = (
    (
        "cvv",
        Kind.CVV,
        r"cvv2?|cvc2?|cv2|cvn|csc|security (?:code|number|digits)|card verification|"
        r"(?:three|four|[34])[ -]digits? (?:code|number|security)|"
        r"(?:digits?|numbers?|code) (?:that (?:is|are) )?(?:on|at|in) the (?:back|front|reverse)|"
        r"signature strip",
    ),
    (
        "tail",
        None,
        r"(?:ending|ends?) (?:in|with)|last (?:four|4|three|3|two|2)(?: digits?| numbers?)?(?! of (?:your|my|the) soc)",
    ),
    (
        "code",
        Kind.PIN,
        r"(?:one[ -]time|verification|authenti?cation|auth|access|login|log-?in|sms|texted|otp) "
        r"?(?:pass)?(?:code|word|pin|number)s?|otp|pass ?codes?|code (?:that )?(?:we|i|you)(?:'ve| have)? "
        r"(?:just )?(?:sent|texted|received|got)|(?:enter|type(?: in)?|read(?: me| out)?|tell me) the code|"
        r"pins?\b(?: ?(?:number|code))?",
    ),
    (
        "expiry",
        Kind.EXPIRY,
        r"expir[a-z]+(?: date)?|exp\.?(?: date)?\b|valid (?:thru|through|until|to)|good (?:thru|through)",
    ),
    ("birth", Kind.DOB, r"date of birth|birth ?(?:date|day)|born|d\.?o\.?b\b"),
    (
        "ssn",
        Kind.SSN,
        r"social(?: security)?(?: number)?|ssn|ss ?#|i?tin|"
        r"national insurance(?: number)?|\bnino?\b|tax(?:payer)? id[a-z]*",
    ),
    ("email", Kind.EMAIL, r"e-?mail(?: address)?"),
    ("holder", Kind.ACCOUNT, rf"(?:{_HOLDER}){_NUMBER}|sort ?codes?|iban|swift|routing"),
    (
        "card",
        Kind.CARD,
        r"(?:credit|debit|bank|gift|prepaid)? ?cards?(?: number| details)?|visa|master ?card|amex|"
        r"american express|discover|maestro|long number|(?:sixteen|16)[ -]digit",
    ),
    (
        "phone",
        Kind.PHONE,
        r"(?:tele|cell ?|mobile ?|i)?phones?(?: number)?|mobile(?: number)?|cell(?: number)?|tel\b|"
        r"(?:my|his|her|their|this|affected|alternat(?:e|ive)) (?:line|number)|"
        r"land ?line|fax|whats ?app|call(?: me| us| back| him| her| them)?(?: back)?|callback|"
        r"reach (?:me|us|him|her)|text (?:me|us)|contact(?: number| me| us)?|ring (?:me|us)|dial",
    ),
    ("bare", Kind.ACCOUNT, r"accounts?|acct|a/c|acc|policy|member(?:ship)?"),
    (
        "other",
        None,
        r"orders?|ref(?:erence)?|ticket|tracking|booking|confirmation|case|claim|invoice|flight|version|"
        r"model|serial|part (?:number|no)|item|sku|error|promo(?:tion)?|discount|voucher|coupon|zip|post ?code|postal|"
        r"area code|room|extension|ext|year|transaction|transfer|receipt|complaint|incident|request|parcel|"
        r"package|shipment|delivery|awb|quantity|price|amount|balance|total|paid|charged?|cost|"
        r"transaction|job|query|record locator|pnr|date|tweet|id\b",
    ),
)
_LABELS = ("cvv", "code", "expiry", "ssn", "holder")  # said after the number too: "123, security code"
_KIND = {name: kind for name, kind, _ in _CUES}
_NAMED = re.compile("|".join(f"(?P<{name}>{pattern})" for name, _, pattern in _CUES), re.IGNORECASE)
# Flat, without groups and for lower case: the engine then skips an alternative by its first letter.
_CUE = re.compile(r"(?<![\[\w])(?:" + "|".join(pattern for _, _, pattern in _CUES) + r")(?!\w)")
# Words that may stand between a cue and its number without parting them.
LINK_WORDS = (
    r"is|was|are|be|it|it's|its|that|that's|thats|this|the|my|your|our|a|an|number|numbers|no|num|code|codes|id|"
    r"as|of|to|says|reads|i've|i|have|got|here|sure|yes|yeah|yep|yup|ok|okay|um|uh|er|erm|ah|so|well|please|"
    r"follows|just|set|new|for|on|and|digit|digits|would|will|should|mine|then|next|now|right|alright|let|me|see|"
    r"mhm|mm|hmm|hm|go|ahead|first|last|rest|got|great|thanks|thank|you|perfect|one|moment|sec|second|with|starts|"
    r"again|continue|ready|sir|ma'am|correct|card|or|mean|know|like|starts?|begins?|either|try|maybe|may|think|believe|guess|oh|wait|might|could|probably|actually|remember"
)
_LINKS = re.compile(rf"(?:\[[A-Z]{{3,7}}\]|[\s:=#,.\-–—_\"'“”()?!…;/+]|\b(?:{LINK_WORDS})(?![\w']))*+", re.IGNORECASE)
_COPULA = re.compile(r"(?:\b(?:is|was|are|be|it's|its|being)|[:=#])\s*[\"“]?$", re.IGNORECASE)
_NAMED_AFTER = re.compile(
    rf"\s?[,–-]\s?(?:that's |that is )?(?:(?:the|my|your) )?(?:{'|'.join(p for n, _, p in _CUES if n in _LABELS)})"
    r"(?=\s*(?:[.,;!?]|$))",
    re.IGNORECASE,
)
_AFTER = re.compile(
    rf"\W{{1,4}}(?:(?:is|are|was|as|for|that's)\s+)(?:(?:my|the|our|your|his|her)\s+)?(?:{_NAMED.pattern})(?!\w)",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\?|\b(?:can i|can you|could|may i|please|need|have|give|tell|what|what's|which|is (?:it|that|this)|do you|"
    r"confirm|provide|read|enter|verify|remind|go ahead|type|share|send|spell|take)\b"
)
_NAMES = re.compile(r"\b(?:full|first|last|name|surname|address)\b")
_CLAUSE = re.compile(r"[.,;:!?\n\d\]]")
_ACRONYM = re.compile(r"\b[A-Z]{2,6}(?: no\.?|#| #| number)?:? ?$")
_MODAL = re.compile(r"\b(?:should|must|would|could|ought to|only) (?:only )?have\b", re.IGNORECASE)
REACH = 70
_SHORT = 45


class Cue(NamedTuple):
    """A cue and how firmly it is tied to the number: `tied` by link words or "is" alone."""

    name: str
    kind: Kind | None
    tied: bool


def only_links(text: str) -> bool:
    """Whether `text` holds nothing but separators and small words."""
    return text == " " or (len(text) <= REACH and _LINKS.fullmatch(text) is not None)


def is_answer(text: str, at: int) -> bool:
    """Whether what stands at `at` opens its clause, as an answer does: "it's 1234", "sure, um, 1234"."""
    clause = _CLAUSE.split(text[max(0, at - REACH) : at])[-1]
    return only_links(clause) and not _MODAL.search(clause)  # "I should have 1200" is a balance


def is_acronym_before(text: str, at: int) -> bool:
    """Whether an acronym names the number: "DPCI 030-02-8711", "SR no 113754"; none in text all in capitals."""
    return _ACRONYM.search(text[max(0, at - 12) : at]) is not None and not text.isupper()


class Cues:
    """The cues in one text, found once for all of its numbers."""

    def __init__(self, text: str, lowered: str | None = None) -> None:
        self.text = text
        found = list(_CUE.finditer(lowercase(text) if lowered is None else lowered))
        self.names = [match[0] for match in found]
        self.ends = [match.end() for match in found]

    def before(self, at: int) -> Iterator[Cue]:
        """The cues within reach before position `at`, nearest first."""
        linked = True  # a wider gap holds the narrower one, and whatever parted that
        for i in range(bisect_right(self.ends, at) - 1, -1, -1):
            end = self.ends[i]
            if at - end > REACH:
                return
            gap = self.text[end:at]
            linked = linked and only_links(gap)
            name = _name(self.names[i])
            yield Cue(name, _KIND[name], linked or (len(gap) <= _SHORT and _COPULA.search(gap) is not None))


@lru_cache(maxsize=1024)
def _name(words: str) -> str:
    """The row of the table that `words`, a whole cue, come from."""
    match = _NAMED.fullmatch(words)
    return str(match.lastgroup) if match else "other"


def cue_after(text: str, at: int) -> Iterator[Cue]:
    """The cue in "… is my account number" right after position `at`."""
    if match := _AFTER.match(text, at, at + 60):
        yield _tied(str(match.lastgroup))


def labelled_after(text: str, at: int) -> Iterator[Cue]:
    """The cue in "1234, security code" right after position `at`."""
    if not _NAMED_AFTER.match(text, at, at + 60):
        return
    if cue := _CUE.search(lowercase(text[at : at + 60])):
        yield _tied(_name(cue[0]))


def _tied(name: str) -> Cue:
    return Cue(name, _KIND[name], True)


def _is_label(text: str) -> bool:
    """Whether `text` only names what is wanted: "account number and pin"."""
    return len(text) <= REACH and only_links(_NAMES.sub(" ", _CUE.sub(" ", text)))


def asked_for(text: str, *, by_customer: bool) -> frozenset[Kind] | None:
    """The kinds that this turn asks for or announces; empty if it asks for another number, None if for none."""
    text = lowercase(text)
    if not by_customer and not (_ASKS.search(text) or _is_label(text)):
        return None
    # A customer announces a number at the end of a turn: "here is my card number".
    names = [_name(match[0]) for match in _CUE.finditer(text[-60:] if by_customer else text)]
    if not names:
        return None
    kinds = {kind for name in names if name != "bare" and (kind := _KIND[name])}
    if by_customer and not kinds:
        return None
    return frozenset(kinds)
