"""Stable random streams: every customer and every contact has its own, whatever is drawn elsewhere."""

from __future__ import annotations

from random import Random

_MASK = (1 << 64) - 1
_ID_BITS = 48
_ID_MASK = (1 << _ID_BITS) - 1


def mix(*numbers: int) -> int:
    """A 64-bit hash of the numbers (splitmix64 steps): same on every machine and run."""
    state = 0x9E3779B97F4A7C15
    for number in numbers:
        state = (state ^ number) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ state >> 31) * 0x94D049BB133111EB & _MASK
        state ^= state >> 29
    return state


def stream(*numbers: int) -> Random:
    """A random stream of its own for these numbers."""
    return Random(mix(*numbers))


def opaque_id(number: int) -> str:
    """12 hex digits that do not show the number's order; different numbers below 2**48 never collide."""
    scrambled = (number + 0x3C6EF372) * 0x5DEECE66D & _ID_MASK
    scrambled ^= scrambled >> 23
    return f"{scrambled * 0x9E3779B1 & _ID_MASK:012x}"
