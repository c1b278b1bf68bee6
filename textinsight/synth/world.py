"""The world's contacts, one after the other: by time over all customers, or customer by customer."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Literal

from textinsight.conversation import Conversation, Turn
from textinsight.findings import EFFORT_DRIVERS
from textinsight.synth.bank import Bank, load_bank
from textinsight.synth.config import DAY, SynthConfig
from textinsight.synth.journey import customer, journey, planned
from textinsight.synth.letters import email, social
from textinsight.synth.plan import Customer, Plan
from textinsight.synth.scene import Scene
from textinsight.synth.seeds import opaque_id, stream
from textinsight.synth.spoken import call, chat
from textinsight.synth.survey import answer

ORDINALS = 256  # contacts a customer can have; part of the id


@dataclass(frozen=True, slots=True)
class TruthLink:
    """A later contact tied to an earlier one; handover: the earlier one was the first leg of the same contact."""

    earlier_id: str
    relation: Literal["same_issue", "downstream"]
    handover: bool


@dataclass(frozen=True, slots=True)
class SynthContact:
    """A conversation and the truth about it.

    solved: whether the issue was over after it; outcome: what the agent said (fixed, promised, failed, moved).
    drivers: effort drivers in the customer's words; personal: mentions of e-mail, phone, card, account numbers.
    """

    conversation: Conversation
    customer: str
    reason: str
    solved: bool
    outcome: str
    drivers: tuple[str, ...]
    escalation: bool
    churn_risk: bool
    personal: tuple[int, int, int, int]
    links: tuple[TruthLink, ...]

    @property
    def n_personal(self) -> int:
        """Mentions of personal data of all kinds."""
        return sum(self.personal)


_WRITE: dict[str, Callable[[Scene], None]] = {"voice": call, "chat": chat, "email": email, "social": social}


def generate(config: SynthConfig) -> Iterator[SynthContact]:
    """All contacts of the world, in the config's order; memory stays bounded (16 bytes a contact by time)."""
    bank = load_bank()
    if config.order == "customer":
        for index in _indices(config):
            who = customer(config, index)
            for plan in journey(config, who):
                yield _contact(config, bank, who, plan)
        return
    for index, ordinal in _by_time(config):
        who, plans = planned(config, index)
        yield _contact(config, bank, who, plans[ordinal])


def _indices(config: SynthConfig) -> range:
    return range(config.shard, config.customers, config.shards)


def _by_time(config: SynthConfig) -> Iterator[tuple[int, int]]:
    """(customer, ordinal) of every contact by start time; ties by customer."""
    import numpy as np

    starts, keys = array("d"), array("q")
    for index in _indices(config):
        for plan in planned(config, index)[1]:
            starts.append(plan.start)
            keys.append(index * ORDINALS + plan.ordinal)
    where = np.frombuffer(keys, dtype=np.int64)
    for key in where[np.lexsort((where, np.frombuffer(starts, dtype=np.float64)))]:
        yield divmod(int(key), ORDINALS)


def _contact(config: SynthConfig, bank: Bank, who: Customer, plan: Plan) -> SynthContact:
    """The contact in words, with its truth."""
    rng = stream(who.seed, 3000 + plan.ordinal)
    scene = Scene(bank, bank.companies[who.company], who, plan, rng)
    _WRITE[plan.channel](scene)
    said = set(scene.said)
    name = f"cust{who.index:07d}"
    personal = scene.facts.personal
    return SynthContact(
        conversation=_conversation(config, who, plan, scene, name),
        customer=name,
        reason=plan.reason,
        solved=plan.solved,
        outcome=plan.outcome,
        drivers=tuple(driver for driver in EFFORT_DRIVERS if driver in said),
        escalation="escalation" in said,
        churn_risk="churn" in said,
        personal=(personal["email"], personal["phone"], personal["card"], personal["account"]),
        links=_links(who, plan),
    )


def _links(who: Customer, plan: Plan) -> tuple[TruthLink, ...]:
    links = []
    if plan.earlier is not None:
        links.append(TruthLink(_id(who, plan.earlier), "same_issue", plan.leg == 2))
    if plan.cause is not None:
        links.append(TruthLink(_id(who, plan.cause), "downstream", False))
    return tuple(links)


def _id(who: Customer, ordinal: int) -> str:
    return f"c{opaque_id(who.index * ORDINALS + ordinal)}"


def _conversation(config: SynthConfig, who: Customer, plan: Plan, scene: Scene, name: str) -> Conversation:
    rng = scene.rng
    survey = answer(who, plan, config.surveyed, rng)
    timed = rng.random() >= config.missing_time
    known = rng.random() >= config.missing_customer
    return Conversation(
        conversation_id=_id(who, plan.ordinal),
        turns=_turns(scene, plan, rng, timed),
        customer_id=name if known else None,
        agent_id=f"{scene.company.code}-a{scene.facts.agents[0]:02d}",
        channel=plan.channel,
        company=scene.company.name,
        started_at=_time(plan.start) if timed else None,
        ended_at=_time(plan.start + plan.duration) if timed else None,
        language="en",
        tenure_days=float(max(0, int((plan.start - who.joined) // DAY))) if known else None,
        survey=survey,
    )


def _turns(scene: Scene, plan: Plan, rng: Random, timed: bool) -> tuple[Turn, ...]:
    """Turns spread over the contact's length: the longer the text, the longer until the next."""
    if not timed:
        return tuple(Turn(role, text) for role, text in scene.turns)
    lengths = [(20 + len(text)) * (0.5 + rng.random()) for _, text in scene.turns]
    pace, at, turns = plan.duration / sum(lengths), 0.0, []
    for (role, text), length in zip(scene.turns, lengths, strict=True):
        turns.append(Turn(role, text, float(int(at))))
        at += length * pace
    return tuple(turns)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
