"""Messages that only say which message they answer → conversations: all that hang together by replies."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeVar

Id = TypeVar("Id", bound=Hashable)


def chains(replies: Iterable[tuple[Id, Id | None]]) -> list[Id]:
    """For each (message, message it answers) the chain's name: its message that comes first in the input.

    An answered message that is not among the messages still ties its answers together.
    """
    pairs = list(replies)
    parents: dict[Id, Id] = {}
    for message, answered in pairs:
        parents.setdefault(message, message)
        if answered is not None:
            parents.setdefault(answered, answered)
            parents[_root(parents, answered)] = _root(parents, message)
    first: dict[Id, Id] = {}
    return [first.setdefault(_root(parents, message), message) for message, _ in pairs]


def _root(parents: dict[Id, Id], message: Id) -> Id:
    while parents[message] != message:
        parents[message] = parents[parents[message]]
        message = parents[message]
    return message
