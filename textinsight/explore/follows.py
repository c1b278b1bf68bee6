"""The contacts that both readings of later contact count, as values of a filter: a figure leads to those behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textinsight.findings import FOLLOW_BITS
from textinsight.measure import WINDOWS

_KIND = sum(FOLLOW_BITS.values())
_KINDS = range(_KIND + 1)
_UP, _SAME, _DOWN = FOLLOW_BITS.values()
READINGS = {  # which kinds of contact `textinsight.measure` counts: all of a share, and those that make it up
    "Follow-ups": tuple(kind for kind in _KINDS if kind & _UP),
    "Related follow-ups": tuple(kind for kind in _KINDS if kind & _UP and kind & (_SAME | _DOWN)),
    "Linked": tuple(kind for kind in _KINDS if kind & (_SAME | _DOWN)),
    "Downstream": tuple(kind for kind in _KINDS if kind & _DOWN and not kind & _SAME),
}


@dataclass(frozen=True, slots=True)
class Follows:
    """Contacts of some kinds within one window. shift: where its bits stand in the column `follows`."""

    shift: int
    kinds: tuple[int, ...]


def where(chosen: Iterable[str]) -> str:
    """The SQL condition over `contact_facts` that a contact is in one of the chosen sets."""
    sets = [FOLLOWS[name] for name in chosen if name in FOLLOWS]
    return " OR ".join(f"((follows >> {one.shift}) & {_KIND}) IN {one.kinds}" for one in sets) or "false"


def holds(chosen: Iterable[str], follows: int) -> bool:
    """The same of one contact's bits."""
    sets = [FOLLOWS[name] for name in chosen if name in FOLLOWS]
    return any((follows >> one.shift) & _KIND in one.kinds for one in sets)


def value(reading: str, days: int) -> str:
    """What the filter's value is called."""
    return f"{reading} within {days} days"


FOLLOWS = {
    value(reading, days): Follows(place * len(FOLLOW_BITS), kinds)
    for place, days in enumerate(WINDOWS)
    for reading, kinds in READINGS.items()
}
