"""What a row says of its contact as a whole, and the Conversation made of that and its turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

from textinsight.conversation import Conversation, Role, Survey
from textinsight.ingest import identity, times, turns, values
from textinsight.ingest.reader import Limits
from textinsight.ingest.roles import known
from textinsight.ingest.text import clean, unescaped

_DAY = 86_400
_LONGEST_S = 366 * _DAY


@dataclass(slots=True)
class Facts:
    """A contact's own fields, None where the row does not say."""

    conversation_id: str | None = None
    customer_id: str | None = None
    phone: str | None = None
    email: str | None = None
    account: str | None = None
    agent_id: str | None = None
    channel: str | None = None
    company: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    time: datetime | None = None
    duration_s: float | None = None
    language: str | None = None
    tenure_days: float | None = None
    customer_since: datetime | None = None
    csat: float | None = None
    nps: float | None = None
    ces: float | None = None


Convert = Callable[[Any, str, bool | None], Any]


def _time(value: Any, name: str, day_first: bool | None) -> datetime | None:
    try:
        return times.parse(value, day_first=day_first)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _identifier(value: Any, name: str, _: bool | None) -> str | None:
    return values.identifier(value, name)


def _label(value: Any, name: str, _: bool | None) -> str | None:
    label = values.label(value, name)
    return None if label is None else unescaped(label)


def _key(read: Callable[[object], str | None]) -> Convert:
    return lambda value, _name, _: read(value)


def _channel(value: Any, _name: str, _: bool | None) -> str | None:
    return None if times.is_missing(value) else values.channel(value)


def _range(low: float, high: float) -> Convert:
    return lambda value, name, _: values.number(value, name, low, high)


def _duration(value: Any, name: str, _: bool | None) -> float | None:
    seconds = times.clock(value) if isinstance(value, str) else None
    return seconds if seconds is not None else values.number(value, name, 0, _LONGEST_S)


def _duration_ms(value: Any, name: str, _: bool | None) -> float | None:
    found = values.number(value, name, 0, _LONGEST_S * 1000)
    return None if found is None else found / 1000


_CONVERT: dict[str, tuple[str, Convert]] = {
    "conversation_id": ("conversation_id", _identifier),
    "customer_id": ("customer_id", _identifier),
    "phone": ("phone", _key(identity.phone)),
    "email": ("email", _key(identity.email)),
    "account": ("account", _key(identity.account)),
    "agent_id": ("agent_id", _identifier),
    "channel": ("channel", _channel),
    "company": ("company", _label),
    "started_at": ("started_at", _time),
    "ended_at": ("ended_at", _time),
    "time": ("time", _time),
    "duration_s": ("duration_s", _duration),
    "duration_ms": ("duration_s", _duration_ms),
    "language": ("language", _label),
    "tenure_days": ("tenure_days", _range(0, 366 * 120)),
    "customer_since": ("customer_since", _time),
    "csat": ("csat", _range(1, 5)),
    "nps": ("nps", _range(0, 10)),
    "ces": ("ces", _range(1, 5)),
}
_NAMES = tuple(field.name for field in fields(Facts))


Plan = tuple[tuple[str, str, Convert], ...]


def plan(bound: Mapping[str, str]) -> Plan:
    """(column, our field, how to read it) for the bound columns that say something of the contact."""
    return tuple((column, *_CONVERT[field]) for field, column in bound.items() if field in _CONVERT)


def read(record: Mapping[str, Any], steps: Plan, *, day_first: bool | None) -> Facts:
    """The contact's fields in a record; ValueError naming field, value and range."""
    facts = Facts()
    for column, field, convert in steps:
        value = record.get(column)
        if value is not None:
            setattr(facts, field, convert(value, column, day_first))
    return facts


def merge(into: Facts, more: Facts) -> None:
    """Fill what is still unknown of a contact from another of its rows."""
    for name in _NAMES:
        if getattr(into, name) is None:
            setattr(into, name, getattr(more, name))


def forget_keys(facts: Facts) -> None:
    """Leave out what would tell another person than the customer."""
    facts.phone = facts.email = facts.account = None


def build(
    facts: Facts,
    said: list[turns.RawTurn],
    *,
    fallback_id: Callable[[], str],
    line: int | None,
    limits: Limits,
    unlabelled: Role = Role.UNKNOWN,
) -> Conversation:
    """The conversation; ValueError, saying why, if the pieces make none."""
    customer, agent = facts.customer_id or _speaker(said, Role.CUSTOMER), facts.agent_id or _speaker(said, Role.AGENT)
    names = turns.Names(customer, agent, facts.company)
    ordered, started_at = turns.finish(
        said, names, started_at=facts.started_at or facts.time, limits=limits, unlabelled=unlabelled
    )
    return Conversation(
        conversation_id=facts.conversation_id or clean(fallback_id()),
        turns=ordered,
        customer_id=customer,
        agent_id=agent,
        channel=facts.channel or "unknown",
        company=facts.company,
        started_at=started_at,
        ended_at=_end(facts, started_at, [turn.offset_s for turn in ordered]),
        language=facts.language,
        tenure_days=_tenure(facts, started_at),
        identity_keys=identity.keys(customer, facts.phone, facts.email, facts.account),
        survey=_NO_SURVEY if facts.csat is facts.nps is facts.ces is None else Survey(facts.csat, facts.nps, facts.ces),
        source_line=line,
    )


def auto_id(path: Path, content: str) -> str:
    """A stable id for a contact without one: the same file name and content give the same id."""
    digest = blake2b(f"{path.name}\0{content}".encode("utf-8", "replace"), digest_size=8)
    return f"auto-{digest.hexdigest()}"


_NO_SURVEY = Survey()


def _speaker(said: Sequence[turns.RawTurn], role: Role) -> str | None:
    """The id of whoever speaks in that role, if the turns carry ids."""
    for turn in said:
        if turn.speaker_id is not None and turn.label is not None:
            guess = known(turn.label)
            if guess is not None and guess.role is role:
                return turn.speaker_id
    return None


def _end(facts: Facts, started_at: datetime | None, offsets: Sequence[float | None]) -> datetime | None:
    """As given, else start + duration, else the last turn's time; None without any of them."""
    if facts.ended_at is not None or started_at is None:
        return facts.ended_at
    if facts.duration_s is not None:
        return started_at + timedelta(seconds=facts.duration_s)
    last = max((offset for offset in offsets if offset is not None), default=None)
    return None if last is None else started_at + timedelta(seconds=last)


def _tenure(facts: Facts, started_at: datetime | None) -> float | None:
    if facts.tenure_days is not None or facts.customer_since is None or started_at is None:
        return facts.tenure_days
    days = (started_at - facts.customer_since).total_seconds() / _DAY
    if days < 0:
        raise ValueError(f"customer_since {facts.customer_since:%Y-%m-%d} lies after the contact {started_at:%Y-%m-%d}")
    return days
