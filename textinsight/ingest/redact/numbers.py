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


def _atom_pattern() -> str:
    """One character class in front lets the engine skip quickly; words are then told by their first letter."""
    tails: dict[str, list[str]] = {}
    for word in (*WORDS, *_TIMES, *_ZEROS):
        tails.setdefault(word[0], []).append(word[1:])
    words = "|".join(f"(?<={first})(?:{'|'.join(sorted(rest, reverse=True))})" for first, rest in tails.items())
    return rf"[\d{''.join(tails)}](?:(?<=\d)\d*|(?<!\w\w)(?:{words})\b)"


_ATOM = re.compile(_atom_pattern())
_MARKS = r"[\s,.;\-–—/()_·…]"
HESITATION = r"uh|um|uhm|er|erm|ah|mm|hmm|you know|i mean|let me see|let's see|sorry|wait|like"
_CONNECTIVE = re.compile(r"\b(?:and|then|okay|ok|so)\b")
_JOIN = re.compile(
    rf"{_MARKS}{{1,6}}(?:(?:{HESITATION}|and|then|dash|hyphen|space|slash|okay|ok|so)\b{_MARKS}{{1,6}}){{0,3}}"
)
_TIGHT = frozenset((" ", "-"))
_MAX_GAP = 24
_MAX_SIGHS = 3
_ALONE = 9  # so many digits in one go are a number of their own: "8005550123, 247"
_HANDLE = 13  # fewer digits after "@" are a handle, not a number


class Group(NamedTuple):
    """Digits said or typed in one go, and how they follow the group before.

    `tight`: after one space or dash; `patched`: after "and" or the like; `turn` tells pieces of several turns apart.
    """

    start: int
    end: int
    digits: str
    spoken: bool = False
    tight: bool = False
    patched: bool = False
    turn: int = 0


class Run(NamedTuple):
    """Groups that follow one another with nothing but separators and filler words between them.

    `digits`: all, in ASCII; `shape`: how many in each group; `spoken`: some are in words; `patched`: typed numbers
    joined by words, "1116 and 1117" may be two numbers.
    """

    groups: Sequence[Group]
    start: int
    end: int
    digits: str
    shape: tuple[int, ...]
    spoken: bool
    patched: bool

    @classmethod
    def of(cls, groups: Sequence[Group]) -> Run:
        """The run of these groups, one or more."""
        first = groups[0]
        if len(groups) == 1:
            return cls(groups, first.start, first.end, first.digits, (len(first.digits),), first.spoken, False)
        parts = [group.digits for group in groups]
        spoken = any(group.spoken for group in groups)
        patched = not spoken and any(group.patched for group in groups)
        return cls(groups, first.start, groups[-1].end, "".join(parts), tuple(map(len, parts)), spoken, patched)

    @property
    def size(self) -> int:
        """Number of digits."""
        return len(self.digits)


def lowercase(text: str) -> str:
    """`text` in lower case, as many characters as before."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(char.lower() if char.isascii() else char for char in text)


def find_runs(text: str, *, turn: int = 0) -> list[Run]:
    """Every run of numbers in `text`, in order."""
    runs: list[list[Group]] = []
    times, times_at, last = 1, -1, -_MAX_GAP
    lowered = lowercase(text)
    for match in _ATOM.finditer(lowered):
        start, end = match.span()
        word = match[0]
        if start == last + 1 and start and times == 1 and lowered[last] in " -" and word.isascii() and word.isdigit():
            runs[-1].append(Group(start, end, word, False, True, False, turn))  # the usual case in a long number
            last = end
            continue
        if start and lowered[start - 1] == "@" and end - start < _HANDLE:
            last = -1
            continue
        gap = lowered[last:start] if start - last <= _MAX_GAP and last >= 0 else ""
        tight = gap in _TIGHT
        joined = tight or (gap != "" and _JOIN.fullmatch(gap) is not None)
        if joined and not tight and runs and runs[-1] and len(runs[-1][-1].digits) >= _ALONE:
            joined = False
        last = end
        times = times if joined else 1
        if word in _TIMES:
            times, times_at = _TIMES[word], start
            _open(runs, joined)
        elif word in _ZEROS:
            _add_zeros(runs, end, _ZEROS[word], joined)
        else:
            spoken = word in WORDS
            digits = (WORDS[word] if spoken else _ascii(word)) * times
            patched = joined and not tight and _CONNECTIVE.search(gap) is not None
            group = Group(start if times == 1 else times_at, end, digits, spoken, tight, patched, turn)
            times = 1
            if not (joined and spoken and _completes_tens(runs, group)):
                _open(runs, joined)
                runs[-1].append(group)
    return [Run.of(run) for groups in runs if (run := _spoken_numbers(groups))]


def _spoken_numbers(groups: list[Group]) -> list[Group]:
    """Without the "oh" that is a sigh: alone, or before "okay, one"."""
    first = 0
    while first + 1 < len(groups) and groups[first + 1].patched and _is_oh(groups[first]):
        first += 1
    left = len(groups) - first
    if left < _MAX_SIGHS and all(_is_oh(groups[at]) for at in range(first, len(groups))):
        return []
    return groups[first:] if first else groups


def _is_oh(group: Group) -> bool:
    return group.digits == "0" and group.spoken and group.end - group.start <= len("oh")


def _ascii(digits: str) -> str:
    return digits if digits.isascii() else "".join(str(int(char)) for char in digits)


def _open(runs: list[list[Group]], joined: bool) -> None:
    if not (joined and runs):
        runs.append([])


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
