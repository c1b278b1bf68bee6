"""The conversation model: the vocabulary that every stage shares and that imports nothing of ours."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

_SURROGATE = re.compile("[\ud800-\udfff]")


class Role(StrEnum):
    """Who speaks. Only CUSTOMER turns count as the customer's words."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"
    UNKNOWN = "unknown"


CLERKS = (Role.AGENT, Role.BOT)  # who speaks for the company


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance; a lone surrogate, which is no character, becomes U+FFFD.

    `offset_s`: seconds since the contact started, None if unknown.
    """

    role: Role
    text: str
    offset_s: float | None = None
    role_confidence: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.role_confidence <= 1.0:
            raise ValueError(f"role_confidence must lie in [0, 1], got {self.role_confidence}")
        if not self.text.isascii() and _SURROGATE.search(self.text):
            object.__setattr__(self, "text", _SURROGATE.sub("\ufffd", self.text))


@dataclass(frozen=True, slots=True)
class Survey:
    """The customer's own answers; None where not asked or not answered.

    csat: 1..5, higher is better. nps: 0..10, higher is better. ces: 1..5, higher is *worse* (more effort).
    """

    csat: float | None = None
    nps: float | None = None
    ces: float | None = None

    def __post_init__(self) -> None:
        for name, low, high in (("csat", 1, 5), ("nps", 0, 10), ("ces", 1, 5)):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name} must lie in [{low}, {high}], got {value}")


@dataclass(frozen=True, slots=True)
class Conversation:
    """One contact: one conversation with a customer on one channel.

    Times are UTC and aware. `tenure_days`: how long the customer had been one when the contact started.
    `identity_keys`: what tells the customer beside the id, each with its kind: "phone:…", "email:…", "account:…".
    `source_line`: where in its input file the contact begins (1-based line or row); no part of its identity.
    Raises ValueError for an empty id, no turns, a naive time or an end before the start.
    """

    conversation_id: str
    turns: tuple[Turn, ...]
    customer_id: str | None = None
    agent_id: str | None = None
    channel: str = "unknown"
    company: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    language: str | None = None
    tenure_days: float | None = None
    survey: Survey = Survey()
    identity_keys: tuple[str, ...] = ()
    source_line: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not self.conversation_id:
            raise ValueError("conversation_id is empty")
        if not self.turns:
            raise ValueError("a conversation needs at least one turn")
        for name in ("started_at", "ended_at"):
            time = getattr(self, name)
            if time is not None and time.utcoffset() != timedelta(0):
                raise ValueError(f"{name} must be an aware UTC time, got {time!r}")
        if self.started_at and self.ended_at and self.ended_at < self.started_at:
            raise ValueError(f"ended_at {self.ended_at} lies before started_at {self.started_at}")

    @property
    def customer_turns(self) -> tuple[int, ...]:
        """Indices of the customer's turns."""
        return tuple(i for i, turn in enumerate(self.turns) if turn.role is Role.CUSTOMER)

    @property
    def n_characters(self) -> int:
        """Characters over all turns."""
        return sum(len(turn.text) for turn in self.turns)


def utc(time: datetime) -> datetime:
    """The time in UTC; a naive time is taken as UTC."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
