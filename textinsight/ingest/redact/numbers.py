"""Numbers as they are typed and as they are spoken: "4111-1111", "four one double one", "forty one eleven"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()  # noqa: SIM905
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

WORDS: dict[str, str] = {
    **{word: str(value) for value, word in enumerate(_UNITS)},
    **{word: str(value) for value, word in enumerate(_TEENS, 10)},
    **{word: str(value) for value, word in zip(range(20, 100, 10), _TENS, strict=True)},
    **dict.fromkeys(("oh", "o", "nought", "naught"), "0"),
    "fourty": "40",
    "niner": "9",
}
_TIMES = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
_ZEROS = {"hundred": "00", "thousand": "000"}

_ATOM = re.compile(r"\d+|\b(?:" + "|".join((*WORDS, *_TIMES, *_ZEROS)) + r")\b", re.IGNORECASE)
_MARKS = r"[\s,.;\-–—/()_·…]"
_JOIN = re.compile(
    rf"{_MARKS}{{1,6}}(?:(?:uh|um|er|erm|and|then|dash|hyphen|space|slash|okay|ok|so)\b{_MARKS}{{1,6}}){{0,3}}",
    re.IGNORECASE,
)
_TIGHT = frozenset((" ", "-"))
_MAX_GAP = 24


class Group(NamedTuple):
    """Digits said or typed in one go; `turn` tells pieces of several turns apart."""

    start: int
    end: int
    digits: str
    spoken: bool = False
    tight: bool = False
    turn: int = 0


class Run(NamedTuple):
    """Groups that follow one another with nothing but separators and filler words between them."""

    groups: Sequence[Group]

    @property
    def start(self) -> int:
        """Where the first group starts."""
        return self.groups[0].start

    @property
    def end(self) -> int:
        """Where the last group ends."""
        return self.groups[-1].end

    @property
    def digits(self) -> str:
        """All digits, in ASCII."""
        return "".join(group.digits for group in self.groups)

    @property
    def spoken(self) -> bool:
        """Whether any part is in words."""
        return any(group.spoken for group in self.groups)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of digits in each group."""
        return tuple(len(group.digits) for group in self.groups)


def find_runs(text: str, *, turn: int = 0) -> list[Run]:
    """Every run of numbers in `text`, in order."""
    runs: list[list[Group]] = []
    times, times_at, last = 1, -1, -1
    for match in _ATOM.finditer(text):
        start, end = match.span()
        gap = text[last:start] if last >= 0 and start - last <= _MAX_GAP else ""
        joined = gap in _TIGHT or (gap != "" and _JOIN.fullmatch(gap) is not None)
        word = match[0]
        last = end
        if not joined:
            times = 1
        if word[0].isdigit():
            value = word if word.isascii() else "".join(str(int(char)) for char in word)
            _append(runs, Group(_from(times, times_at, start), end, value * times, False, gap in _TIGHT, turn), joined)
            times = 1
            continue
        lowered = word.lower()
        if lowered in _TIMES:
            if not joined:
                runs.append([])
            times, times_at = _TIMES[lowered], start
        elif lowered in _ZEROS:
            _add_zeros(runs, end, _ZEROS[lowered], joined)
        else:
            group = Group(_from(times, times_at, start), end, WORDS[lowered] * times, True, gap in _TIGHT, turn)
            times = 1
            if not (joined and _completes_tens(runs, group)):
                _append(runs, group, joined)
    return [Run(run) for run in runs if run]


def _from(times: int, times_at: int, start: int) -> int:
    return start if times == 1 else times_at


def _append(runs: list[list[Group]], group: Group, joined: bool) -> None:
    if joined and runs:
        runs[-1].append(group)
    else:
        runs.append([group])


def _add_zeros(runs: list[list[Group]], end: int, zeros: str, joined: bool) -> None:
    if not joined:
        runs.append([])
    elif runs and runs[-1] and len(runs[-1][-1].digits) <= 2:
        before = runs[-1][-1]
        runs[-1][-1] = before._replace(end=end, digits=before.digits + zeros, spoken=True)


def _completes_tens(runs: list[list[Group]], unit: Group) -> bool:
    """ "forty" then "one" is 41; true if `unit` went into the group before it."""
    if not (runs and runs[-1] and unit.tight and len(unit.digits) == 1 and unit.digits != "0"):
        return False
    before = runs[-1][-1]
    if not (before.spoken and len(before.digits) == 2 and before.digits[1] == "0" and before.digits[0] > "1"):
        return False
    runs[-1][-1] = before._replace(end=unit.end, digits=before.digits[0] + unit.digits)
    return True
