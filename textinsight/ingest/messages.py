"""Rows of single messages → contacts; this holds the file's messages in memory.

By conversation id (rows may be interleaved); without one by what answers what; without that by customer and
silence; a file that says none of these is one conversation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textinsight.conversation import Conversation, Role
from textinsight.ingest import contact, replies, sessions, times, turns, values
from textinsight.ingest.columns import cell
from textinsight.ingest.contact import Facts
from textinsight.ingest.layout import Layout, Row, flat
from textinsight.ingest.reader import Limits, Reject
from textinsight.ingest.roles import known
from textinsight.ingest.turns import RawTurn


@dataclass(slots=True)
class _Group:
    """The messages of one contact as they come in."""

    facts: Facts
    turns: list[RawTurn] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    customer_speaks: bool = False

    @property
    def begins(self) -> float:
        """When its first message was sent, in seconds since 1970; 0 if that is unknown."""
        time = self.turns[0].time
        return 0.0 if time is None else time.timestamp()


@dataclass(slots=True)
class _Inbox:
    """Messages by what ties them together."""

    by_id: dict[str, _Group] = field(default_factory=dict)
    by_reply: list[tuple[str, str | None, _Group]] = field(default_factory=list)
    by_customer: dict[str, list[_Group]] = field(default_factory=dict)


def grouped(
    rows: Iterable[Row | Reject], layout: Layout, path: Path, limits: Limits
) -> Iterator[Conversation | Reject]:
    """The contacts of a file's messages; a message that cannot be used or tied to others becomes a reject."""
    inbox = _Inbox()
    for row in rows:
        if isinstance(row, Reject):
            yield row
            continue
        try:
            _collect(row, layout, path, inbox)
        except ValueError as error:
            yield Reject(path.name, row.line, str(error), row.excerpt)
    for customer, messages in inbox.by_customer.items():
        inbox.by_id.update(_sessions(path, customer, messages))
    for name, message in _chained(inbox.by_reply):
        _add(inbox.by_id.setdefault(name, _Group(Facts())), message)
    unlabelled = Role.UNKNOWN if {"role", "speaker_id"} & layout.bound.keys() else Role.CUSTOMER
    for name, group in inbox.by_id.items():
        yield from _whole(name, group, path, limits, unlabelled)


def _collect(row: Row, layout: Layout, path: Path, inbox: _Inbox) -> None:
    record = flat(row.values)
    layout.see(record)
    facts = contact.read(record, layout.facts, day_first=layout.day_first)
    turn = turns.from_record(record, layout.bound, day_first=layout.day_first)
    if not turn.text:
        raise ValueError("no text")
    message = _Group(facts, [turn], [row.line])
    own, answered = _ids(record, layout.bound)
    if facts.conversation_id is not None:
        _add(inbox.by_id.setdefault(facts.conversation_id, _Group(Facts())), message)
    elif own is not None and "reply_to" in layout.bound:
        inbox.by_reply.append((own, answered, message))
    elif facts.customer_id is not None and turn.time is not None:
        inbox.by_customer.setdefault(facts.customer_id, []).append(message)
    elif {"conversation_id", "customer_id"} & layout.bound.keys():
        raise ValueError("a message without conversation_id needs customer_id and a time to be grouped by")
    else:
        _add(inbox.by_id.setdefault(path.stem, _Group(Facts())), message)


def _ids(record: Mapping[str, Any], bound: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The message's own id and that of the message it answers."""
    own = cell(record, bound, "message_id") or cell(record, bound, "id")
    return values.identifier(own, "message_id"), values.identifier(cell(record, bound, "reply_to"), "reply_to")


def _add(group: _Group, message: _Group) -> None:
    """The customer's own rows say best who the customer is: others may carry their author's id."""
    guess = known(message.turns[0].label or "")
    if guess is not None and guess.role is Role.CUSTOMER and not group.customer_speaks:
        group.customer_speaks = True
        group.facts.customer_id = message.facts.customer_id or group.facts.customer_id
    if guess is not None and guess.role is not Role.CUSTOMER:
        contact.forget_keys(message.facts)  # an agent's e-mail address is no customer's
    contact.merge(group.facts, message.facts)
    group.turns += message.turns
    group.lines += message.lines


def _chained(messages: list[tuple[str, str | None, _Group]]) -> Iterator[tuple[str, _Group]]:
    """Each message with its chain's name: the id of the chain's earliest message."""
    chains = replies.chains((own, answered) for own, answered, _ in messages)
    first: dict[str, tuple[float, str]] = {}
    for chain, (own, _, message) in zip(chains, messages, strict=True):
        first[chain] = min(first.get(chain, (message.begins, own)), (message.begins, own))
    yield from ((first[chain][1], message) for chain, (_, _, message) in zip(chains, messages, strict=True))


def _sessions(path: Path, customer: str, messages: list[_Group]) -> Iterator[tuple[str, _Group]]:
    messages = sorted(messages, key=lambda message: message.begins)
    at = [message.turns[0].time or times.EPOCH for message in messages]
    for session in sessions.split(at):
        group = _Group(Facts())
        for i in session:
            _add(group, messages[i])
        yield contact.auto_id(path, f"{customer}\0{at[session.start].isoformat()}"), group


def _whole(name: str, group: _Group, path: Path, limits: Limits, unlabelled: Role) -> Iterator[Conversation | Reject]:
    try:
        yield contact.build(
            group.facts,
            group.turns,
            fallback_id=lambda: name,
            line=min(group.lines),
            limits=limits,
            unlabelled=unlabelled,
        )
    except ValueError as error:
        for line, turn in zip(group.lines, group.turns, strict=True):
            yield Reject(path.name, line, f"its conversation was refused: {error}", turn.text)
