"""Numbers with a check or a fixed form of their own: IBAN (ISO 13616) and UK national insurance numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from string import ascii_uppercase

from textinsight.ingest.redact.config import Kind, Span
from textinsight.ingest.redact.numbers import Run

_IBAN_LENGTHS = {
    # From the IBAN registry; only countries listed there can match.
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "FO", "GL", "NL", "FK", "SD"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "XK", "MN"), 20),
    **dict.fromkeys(("CH", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "BH", "CR", "DE", "GB", "GE", "IE", "ME", "RS", "VA"), 22),
    **dict.fromkeys(("AE", "GI", "IL", "IQ", "OM", "TL", "SO"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("LY", "PT", "ST"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("FR", "GR", "IT", "MC", "MR", "SM", "BI", "DJ"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "GT", "HU", "LB", "PL", "NI", "SV"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU", "YE"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    **dict.fromkeys(("LC",), 32),
    **dict.fromkeys(("RU",), 33),
}
_BASE_36 = str.maketrans({char: str(int(char, 36)) for char in ascii_uppercase})
_NINO = re.compile(
    r"\b(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?"
    r"(?:\d{6}|\d\d \d\d \d\d|\d\d-\d\d-\d\d)[ -]?[A-D]\b"
    r"|\b(?!bg|gb|nk|kn|tn|nt|zz)[a-ceghj-pr-tw-z][a-ceghj-npr-tw-z]\d{6}[a-d]\b"
)


def documents(text: str, runs: Sequence[Run]) -> Iterator[Span]:
    """IBANs with a right check number, and national insurance numbers: both are two letters and then digits."""
    for run in runs:
        start = run.start - 2 if run.start and text[run.start - 1].isalpha() else run.start - 3
        if start < 0 or not text[start : start + 2].isalpha() or (start and text[start - 1].isalnum()):
            continue
        end = _iban_end(text, start, _IBAN_LENGTHS.get(text[start : start + 2].upper(), 0))
        if end:
            yield Span(start, end, Kind.IBAN)
        elif match := _NINO.match(text, start):
            yield Span(start, match.end(), Kind.SSN)


def _iban_end(text: str, start: int, length: int) -> int | None:
    """Where the IBAN of `length` characters ends, or None if its check number is wrong."""
    match = _pattern(length).match(text, start) if length else None
    if match is None:
        return None
    taken = match[0].replace(" ", "").replace("-", "").upper()
    return match.end() if int((taken[4:] + taken[:4]).translate(_BASE_36)) % 97 == 1 else None


@lru_cache
def _pattern(length: int) -> re.Pattern[str]:
    """Printed in fours, with or without one space or dash between; ordinary words are not."""
    fours, rest = divmod(length, 4)
    char = "[A-Za-z0-9]"
    tail = f"[ -]?{char}{{{rest}}}" if rest else ""
    return re.compile(rf"{char}{{4}}(?:[ -]?{char}{{4}}){{{fours - 1}}}{tail}(?![^\W_])")
