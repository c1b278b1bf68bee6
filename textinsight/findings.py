"""What the stages find. Every result says which turn and which words decided it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Resolution = Literal["resolved", "unresolved", "moved", "unclear"]
Relation = Literal["same_issue", "downstream"]

EFFORT_DRIVERS = (
    "repeat_contact",
    "repeat_information",
    "channel_switch",
    "transfer",
    "long_wait",
    "self_service_failed",
    "unclear_answer",
)
DRIVER_BITS = {driver: 1 << place for place, driver in enumerate(EFFORT_DRIVERS)}  # archives hold them: add at the end
FOLLOW_BITS = {"follow_up": 1, "same_issue": 2, "downstream": 4}  # of one window: what a contact is to earlier ones


@dataclass(frozen=True, slots=True)
class Tag:
    """A label with its evidence: characters [start, end) of turn `turn` (0-based), quoted.

    score: how surely these words alone show it, in [0, 1]; for tag "sentiment" the polarity in [-1, 1]. A tag of the
    conversation rests on all turns, and may hold by several unsure ones.
    model: name@version of what decided.
    """

    turn: int
    start: int
    end: int
    tag: str
    value: str
    score: float
    quote: str
    model: str


@dataclass(frozen=True, slots=True)
class TurnSentiment:
    """label: -1, 0, 1. score: -1 (very negative) .. 1 (very positive)."""

    label: int
    score: float


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that the taggers say of one conversation.

    turns: one entry a turn, agent turns scored too. sentiment*: the customer's alone (None: no customer turn).
    effort_score: 1 very low .. 5 very high effort (higher is worse).
    """

    turns: tuple[TurnSentiment, ...]
    sentiment: float | None
    sentiment_start: int | None
    sentiment_end: int | None
    resolution: Resolution
    resolution_confidence: float
    effort_score: float
    effort_drivers: tuple[str, ...]
    stated_repeat: bool
    escalation: bool
    churn_risk: bool
    issue_text: str
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """One row of a link's explanation; weight: log-odds that this signal adds (the prior is a row too)."""

    signal: str
    value: str
    weight: float


@dataclass(frozen=True, slots=True)
class Link:
    """A later contact of a customer tied to an earlier one. probability in [0, 1], gap in days (end to start)."""

    conversation_id: str
    earlier_id: str
    relation: Relation
    probability: float
    gap_days: float
    evidence: tuple[Signal, ...]
