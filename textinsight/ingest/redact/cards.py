"""Payment-card numbers: Luhn's check digit and the lengths of the card schemes (ISO/IEC 7812)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from textinsight.ingest.redact.numbers import Group, Run

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_DOUBLING = str.maketrans("0123456789", "".join(map(str, _DOUBLED)))
_ZERO = ord("0")
_ANY = range(13, 20)
_LENGTHS: dict[str, frozenset[int]] = {
    **{f"4{d}": frozenset((13, 16, 19)) for d in range(10)},
    **{f"5{d}": frozenset((16,)) for d in range(1, 6)},
    **{f"2{d}": frozenset((16,)) for d in range(2, 8)},
    **{prefix: frozenset((15,)) for prefix in ("34", "37")},
    **{prefix: frozenset(range(14, 20)) for prefix in ("30", "36", "38", "39")},
    **{f"6{d}": frozenset(_ANY) for d in range(10)},
    **{prefix: frozenset(_ANY) for prefix in ("50", "56", "57", "58")},
    **{prefix: frozenset(range(16, 20)) for prefix in ("35", "81", "82")},
    "97": frozenset((16,)),
}
_USUAL = frozenset((15, 16))


def luhn(digits: str) -> bool:
    """Whether Luhn's check digit is right; `digits` are ASCII."""
    values = [int(char) for char in reversed(digits)]
    return (sum(values[::2]) + sum(_DOUBLED[v] for v in values[1::2])) % 10 == 0


def is_card(digits: str) -> bool:
    """A right check digit and a length that the scheme of its first two digits issues."""
    return len(digits) in _LENGTHS.get(digits[:2], ()) and luhn(digits)


def card_windows(run: Run, *, whole: bool = True) -> list[tuple[int, int]]:
    """Half-open ranges of groups that are a card number.

    `whole`: 13 to 19 digits parted by no more than spaces and dashes need no scheme, a right check digit is enough.
    """
    digits = run.digits
    n = len(digits)
    if n < 13 or (len(run.groups) == 1 and n > 19):
        return []
    if is_card(digits):
        return [(0, len(run.groups))]
    if whole and (segments := _segments(run.groups)):
        return segments
    return _scheme_windows(run, _USUAL if n <= 19 else frozenset(_ANY))


def _segments(groups: Sequence[Group]) -> list[tuple[int, int]]:
    """Cards among the stretches whose groups are parted by one space or dash only."""
    found, start = [], 0
    for at in range(1, len(groups) + 1):
        if at < len(groups) and groups[at].tight:
            continue
        digits = "".join(group.digits for group in groups[start:at]) if at - start <= 19 else ""
        if len(digits) in _ANY and luhn(digits):
            found.append((start, at))
        start = at
    return found


def _scheme_windows(run: Run, lengths: frozenset[int]) -> list[tuple[int, int]]:
    """Non-overlapping cards from left to right; prefix sums make each window's check O(1)."""
    digits = run.digits
    sums = _prefix_sums(digits)
    starts = [0, *accumulate(run.shape)]
    issued = {prefix: tuple(n for n in found if n in lengths) for prefix, found in _LENGTHS.items()}
    if not any(issued.get(digits[at : at + 2]) for at in starts):
        return []
    at_digit = {digit: group for group, digit in enumerate(starts)}
    found, group = [], 0
    while group < len(run.groups):
        first, end = starts[group], group + 1
        for n in issued.get(digits[first : first + 2], ()):
            last = first + n
            doubled = sums[last % 2]  # the digit before `last` must not be doubled
            if last in at_digit and (doubled[last] - doubled[first] - _ZERO * n) % 10 == 0:
                end = at_digit[last]
                found.append((group, end))
                break
        group = end
    return found


def _prefix_sums(digits: str) -> tuple[list[int], list[int]]:
    """Running sums of the ASCII codes with the even positions doubled, and with the odd ones doubled."""
    single, double = digits.encode(), digits.translate(_DOUBLING).encode()
    even, odd = bytearray(single), bytearray(single)
    even[::2], odd[1::2] = double[::2], double[1::2]
    return list(accumulate(even, initial=0)), list(accumulate(odd, initial=0))
