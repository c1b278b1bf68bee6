"""Customers' words with places marked, as Markdown that shows every character as it was typed. No Streamlit in here."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from textinsight.explore.words import escape
from textinsight.ingest.redact.config import spans_of

Color = Literal["blue", "orange", "violet", "gray", "yellow"]

_LINE = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
# Marks that turn the direction of the text, also of what follows them, and characters that cannot be seen.
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ue000-\uf8ff]")
_SMALL = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
MASKS = {
    "EMAIL": "e-mail", "PHONE": "phone", "CARD": "card number", "CVV": "card code", "EXPIRY": "card expiry",
    "ACCOUNT": "account number", "IBAN": "IBAN", "PIN": "PIN", "SSN": "national id", "DOB": "date of birth",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """A half-open stretch of characters to mark. number: small behind it, to find its tag again; 0 for none."""

    start: int
    end: int
    color: Color
    number: int = 0


def markdown(text: str, marks: Iterable[Mark] = ()) -> str:
    """The text with its marks; masked data as a badge. Where marks overlap, the shorter one shows.

    Nothing in the text is taken as Markdown, HTML, emoji, formula or link; unseen characters are shown as ⟨U+202E⟩.
    """
    masks = spans_of(text)
    inside = sorted((m for m in marks if 0 <= m.start < m.end <= len(text)), key=lambda m: m.end - m.start)
    ends = [(m.start, m.end) for m in inside] + [(span.start, span.end) for span in masks]
    cuts = sorted({0, len(text), *itertools.chain.from_iterable(ends)})
    parts = []
    for start, end in _joined(cuts, inside, whole={end for mask in masks for end in (mask.start, mask.end)}):
        mask = next((span for span in masks if span.start <= start < span.end), None)
        if mask is not None:
            parts.append(f":gray-badge[:material/lock: {MASKS[mask.kind.name]}]" if start == mask.start else "")
            continue
        parts.append(_stretch(text[start:end], _mark_of((start, end), inside)))
        numbers = sorted(m.number for m in inside if m.number and m.end == end)
        parts.append("\u2009".join(str(number).translate(_SMALL) for number in numbers))
    return "".join(parts)


def _joined(cuts: Sequence[int], marks: Sequence[Mark], *, whole: set[int]) -> list[tuple[int, int]]:
    """The stretches between the cuts; those of one colour are one, unless a number or masked data stands between them.

    whole: where masked data begin and end.
    """
    kept = whole | {mark.end for mark in marks if mark.number}
    found: list[tuple[int, int]] = []
    for start, end in itertools.pairwise(cuts):
        before = _color(found[-1], marks) if found else None
        if before and before == _color((start, end), marks) and start not in kept:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found


def _color(stretch: tuple[int, int], marks: Sequence[Mark]) -> Color | None:
    mark = _mark_of(stretch, marks)
    return mark.color if mark else None


def _mark_of(stretch: tuple[int, int], marks: Sequence[Mark]) -> Mark | None:
    """The shortest mark over the beginning of the stretch; marks: the shorter ones first."""
    return next((mark for mark in marks if mark.start <= stretch[0] < mark.end), None)


def masked(text: str) -> Sequence[str]:
    """The names of what was masked in the text, each once."""
    return tuple(dict.fromkeys(MASKS[span.kind.name] for span in spans_of(text)))


def literal(text: str) -> str:
    """`text` on one line, unseen characters made seen."""
    return _UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def _stretch(text: str, mark: Mark | None) -> str:
    """Line by line, as a mark cannot reach over a line's end."""
    lines = [_shown(line, mark) for line in _LINE.split(text)]
    return "  \n".join(lines)


def _shown(line: str, mark: Mark | None) -> str:
    shown = escape(literal(line))
    if mark is None or not shown.strip():
        return shown
    before, after = shown[: len(shown) - len(shown.lstrip())], shown[len(shown.rstrip()) :]
    return f"{before}:{mark.color}-background[{shown.strip()}]{after}"
