"""Texts cut into windows of tokens that the turn model reads, the same in training and use."""

from __future__ import annotations

import math
from typing import Any

SIZE = 62  # tokens of a window, its two marks not counted
_SHARED = 8  # tokens that neighbours share: a phrase cut by one window's end is whole in the next
_MOST = 16  # windows of a text; nobody says more in one breath


def windows(length: int) -> list[tuple[int, int]]:
    """[first, end) token ranges that cover `length` tokens evenly, up to 16 of them."""
    if length <= SIZE:
        return [(0, length)]
    count = min(_MOST, math.ceil((length - _SHARED) / (SIZE - _SHARED)))
    step = min(SIZE - _SHARED, (length - SIZE) / (count - 1))
    starts = [round(number * step) for number in range(count)]
    return [(start, min(length, start + SIZE)) for start in starts]


def marked(tokenizer: Any, ids: list[int]) -> list[int]:
    """The window as the encoder wants it: its start and end marked."""
    return [tokenizer.token_to_id("[CLS]"), *ids, tokenizer.token_to_id("[SEP]")]
