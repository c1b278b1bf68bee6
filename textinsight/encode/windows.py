"""Conversations packed into windows of tokens that the turn model reads, the same in training and use.

A window holds whole turns one after the other, so that each is read with what was said before; a long conversation
takes several windows, each of which begins with the end of the one before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

SIZE = 256  # tokens of a window, marks counted
_AGAIN = 48  # tokens of the window before that are read again, as context alone
_PIECE = 160  # tokens of a turn that stay together
_MOST = 16  # pieces of a turn; nobody says more in one breath
AGES = 8  # turns before the end that are told apart

_ADDRESS = re.compile(r"https?://\S*[^\s.,;:!?)\]]")

MARK = -1  # the turn of a token that is context or a mark


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens in order. speakers: 0 customer, 1 anybody else. ages: turns to the end, at most AGES - 1.

    turns: which turn each token counts for, MARK if for none. said: whether it is a word and not a turn's closing mark.
    """

    ids: tuple[int, ...]
    speakers: tuple[int, ...]
    ages: tuple[int, ...]
    turns: tuple[int, ...]
    said: tuple[bool, ...]


def as_read(text: str) -> str:
    """The text as it is cut into tokens: a web address is <LINK>, every character keeps its place."""
    return _ADDRESS.sub(lambda found: "<LINK>".ljust(len(found[0])), text)


def pack(turns: Sequence[Sequence[int]], speakers: Sequence[int], *, opening: int, closing: int) -> list[Window]:
    """The windows of a conversation whose turns are token ids; every turn counts somewhere, up to 16 pieces of it.

    opening, closing: the ids that mark the start of a window and the end of a piece. No turns: no windows.
    """
    rows: list[list[tuple[int, int, int, int, bool]]] = []
    for number, ids in enumerate(turns):
        age = min(len(turns) - 1 - number, AGES - 1)
        for start in range(0, max(1, min(len(ids), _MOST * _PIECE)), _PIECE):
            piece = [(token, speakers[number], age, number, True) for token in ids[start : start + _PIECE]]
            piece.append((closing, speakers[number], age, number, False))
            if not rows:
                rows.append([(opening, *piece[0][1:3], MARK, False)])
            elif len(rows[-1]) + len(piece) > SIZE:
                again = [(*token[:3], MARK, False) for token in rows[-1][1:][-_AGAIN:]]
                rows.append([rows[-1][0], *again])
            rows[-1] += piece
    return [Window(*zip(*row, strict=True)) for row in rows]
