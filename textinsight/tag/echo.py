"""How much an agent says again after the customer has answered: the same question, the same steps, the same reply."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from spacy.lang.en.stop_words import STOP_WORDS

from textinsight.conversation import Role
from textinsight.tag.words import Spoken, plain

_PLAIN = frozenset(map(plain, STOP_WORDS))
_FEWEST = 4  # words that a turn counts for at least: two short turns are alike by chance


def echo(said: Sequence[Spoken], roles: Sequence[Role]) -> float:
    """The greatest overlap, 0 to 1, of two of the agents' turns with a customer's turn between them: the content words
    that both hold over those of the shorter (overlap coefficient).
    """
    earlier: list[frozenset[str]] = []
    most = 0.0
    for block in _blocks(said, roles):
        most = max([most, *(_overlap(old, new) for new in block for old in earlier)])
        earlier += block
    return most


def _blocks(said: Sequence[Spoken], roles: Sequence[Role]) -> Iterator[list[frozenset[str]]]:
    """Turns of agents that no customer's turn parts."""
    block: list[frozenset[str]] = []
    for spoken, role in zip(said, roles, strict=True):
        if role is not Role.CUSTOMER:
            block.append(frozenset(filter(str.isalpha, spoken.words)) - _PLAIN)
        elif block:
            yield block
            block = []
    yield block


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(_FEWEST, min(len(one), len(other)))
