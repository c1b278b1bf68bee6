"""What is masked, under which names, and what masking gives back."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from textinsight.errors import UsageError


class Kind(StrEnum):
    """Kinds of personal data, named as Amazon Transcribe and Comprehend name them where they have one.

    DATE_OF_BIRTH has no name there. PIN also holds passcodes and one-time codes, BANK_ACCOUNT_NUMBER also
    sort codes, routing, policy, member and customer numbers, SSN also the UK national insurance number.
    """

    EMAIL = "EMAIL"
    PHONE = "PHONE"
    CARD = "CREDIT_DEBIT_NUMBER"
    CVV = "CREDIT_DEBIT_CVV"
    EXPIRY = "CREDIT_DEBIT_EXPIRY"
    ACCOUNT = "BANK_ACCOUNT_NUMBER"
    IBAN = "INTERNATIONAL_BANK_ACCOUNT_NUMBER"
    PIN = "PIN"
    SSN = "SSN"
    DOB = "DATE_OF_BIRTH"

    @property
    def placeholder(self) -> str:
        """What stands in the masked text, e.g. [CARD]."""
        return f"[{self.name}]"


class Span(NamedTuple):
    """A half-open stretch of characters and the kind of personal data in it."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class RedactConfig:
    """`kinds` to mask; `regions` (ISO 3166 alpha-2) whose phone numbers are known without a country code."""

    kinds: frozenset[Kind] = frozenset(Kind)
    regions: tuple[str, ...] = ("US", "GB")

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", frozenset(Kind(kind) for kind in self.kinds))
        for region in self.regions:
            if not re.fullmatch("[A-Z]{2}", region):
                raise UsageError(
                    f"a region is two capital letters, got {region!r}", hint='for example regions=("US", "GB")'
                )


DEFAULT = RedactConfig()
_NAMES = {kind.name: kind for kind in Kind}
_PLACEHOLDERS = {kind: kind.placeholder for kind in Kind}
_PLACEHOLDER = re.compile(r"\[(" + "|".join(kind.name for kind in Kind) + r")\]")


@dataclass(frozen=True, slots=True)
class Masked:
    """Masked text and where its placeholders stand, those already there before included."""

    text: str
    spans: tuple[Span, ...] = ()

    @property
    def counts(self) -> Counter[Kind]:
        """How many placeholders of each kind."""
        return Counter(span.kind for span in self.spans)


def spans_of(text: str) -> tuple[Span, ...]:
    """Every placeholder in `text`."""
    if "[" not in text:
        return ()
    return tuple(Span(m.start(), m.end(), _NAMES[m[1]]) for m in _PLACEHOLDER.finditer(text))


def replace_spans(text: str, spans: list[Span]) -> str:
    """`text` with every span replaced by its placeholder; where two overlap the earlier, then longer, wins."""
    parts: list[str] = []
    at = 0
    for start, end, kind in sorted(spans, key=lambda span: (span.start, -span.end)):
        if start >= at:
            parts += (text[at:start], _PLACEHOLDERS[kind])
            at = end
        elif end > at:
            at = end
    parts.append(text[at:])
    return "".join(parts)
