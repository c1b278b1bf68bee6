"""A customer's contacts before anyone speaks: issues, repeats, what they bring on, who answers and how it ends."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import lru_cache
from math import log
from random import Random

from textinsight.synth.bank import CHANNELS, Bank, Company, PlantedEdge, Reason, load_bank
from textinsight.synth.calendar import bursts, demand, reopen, time_of_day
from textinsight.synth.config import DAY, FURTHER_ISSUES, HALF_YEAR, SynthConfig
from textinsight.synth.plan import (
    LIVE,
    MINUTES,
    Customer,
    Plan,
    drivers_of,
    mood_of,
    outcome,
    skill,
    wait_for,
)
from textinsight.synth.seeds import mix, stream

WINDOW_DAYS = 14.0
MAX_ATTEMPTS = 5
MAX_CHAIN = 3  # issues brought on by issues brought on
RETURNS = 0.86  # share of unsolved contacts after which the customer tries again
SWITCHES = 0.28  # share of repeats on another channel


@dataclass(frozen=True, slots=True)
class _Issue:
    """What all contacts of an issue share; cause and edge belong to its first contact."""

    thread: int
    root: int
    reason: Reason
    opened: float
    cause: int | None
    edge: PlantedEdge | None


def customer(config: SynthConfig, index: int) -> Customer:
    """Customer number `index` of the world."""
    bank = load_bank()
    seed = mix(config.seed, index)
    rng = stream(seed, 0)
    company = bisect_right(bank.shares, rng.random() * bank.shares[-1])
    tenure = rng.expovariate(1 / 900.0) * DAY
    new = rng.random() < 0.12
    joined = config.start_s + rng.random() * config.days * DAY * 0.85 if new else config.start_s - tenure
    return Customer(index, seed, company, joined, _channel(bank.companies[company], rng), rng.gauss(0, 1), rng.random())


def journey(config: SynthConfig, who: Customer) -> tuple[Plan, ...]:
    """All contacts of the customer in time order, ordinals counting from 0."""
    walk = _Walk(config, who, load_bank())
    walk.go()
    order = sorted(range(len(walk.plans)), key=lambda i: walk.plans[i].start)
    if order == sorted(order):
        return tuple(walk.plans)
    rank = {old: new for new, old in enumerate(order)}
    return tuple(
        replace(plan, ordinal=rank[old], earlier=_renumber(plan.earlier, rank), cause=_renumber(plan.cause, rank))
        for old, plan in ((old, walk.plans[old]) for old in order)
    )


def _renumber(ordinal: int | None, rank: dict[int, int]) -> int | None:
    return None if ordinal is None else rank[ordinal]


def _channel(company: Company, rng: Random) -> str:
    return CHANNELS[bisect_right(company.channel_shares, rng.random() * company.channel_shares[-1])]


class _Walk:
    """Builds one customer's contacts; holds the stream and the contacts so far."""

    def __init__(self, config: SynthConfig, who: Customer, bank: Bank) -> None:
        self.config, self.who = config, who
        self.company = bank.companies[who.company]
        self.rng = stream(who.seed, 1)
        self.plans: list[Plan] = []
        self.spans: list[tuple[str, float, float]] = []
        self.threads = 0
        self.strains = [
            burst for burst in bursts(config) if burst.company == self.company.code and burst.strain_days > burst.days
        ]

    def go(self) -> None:
        """Planted bursts, then independent issues."""
        for burst in bursts(self.config):
            if burst.company == self.company.code and self.rng.random() < burst.reach:
                day = int(self.rng.random() ** 1.5 * burst.days)
                start = min(burst.first_day.toordinal() + day - self.config.start.toordinal(), self.config.days)
                self._first(burst.reason, self.config.start_s + start * DAY)
        for _ in range(_count(self.rng, FURTHER_ISSUES * self.config.days / HALF_YEAR) + (not self.plans)):
            self._independent()

    def _independent(self) -> None:
        for _ in range(8):
            day, reason = demand(self.company, self.config.start, self.config.days).draw(self.rng)
            if day >= self.who.joined and not self._busy(reason, day):
                self._first(reason, day)
                return

    def _busy(self, reason: str, at: float) -> bool:
        """Whether a new issue would touch another of the same reason: who could tell them apart?"""
        reach = 2 * WINDOW_DAYS * DAY
        return any(name == reason and first - reach < at < last + reach for name, first, last in self.spans)

    def _first(self, reason: str, day: float) -> None:
        channel = self.who.channel if self.rng.random() < 0.65 else _channel(self.company, self.rng)
        self._issue(reason, day + time_of_day(channel, self.rng), channel, None, None, 0)

    def _issue(
        self, reason: str, at: float, channel: str, cause: Plan | None, edge: PlantedEdge | None, depth: int
    ) -> None:
        """One issue from its first contact to the last, then what it brings on."""
        if at >= self.config.end_s:
            return
        root = cause.root if cause else self.threads
        issue = _Issue(self.threads, root, self.company.reasons[reason], at, cause.ordinal if cause else None, edge)
        self.threads += 1
        last = self._contact(issue, 0, channel, at, None)
        for attempt in range(1, MAX_ATTEMPTS):
            if last.solved or self.rng.random() > RETURNS:
                break
            channel = _channel(self.company, self.rng) if self.rng.random() < SWITCHES else channel
            at = self._later(last, self.rng.lognormvariate(log(3.0), 0.62), channel)
            if at >= self.config.end_s:
                break
            last = self._contact(issue, attempt, channel, at, last)
        self.spans.append((reason, issue.opened, last.start + last.duration))
        if depth < MAX_CHAIN:
            self._bring(last, depth)

    def _bring(self, last: Plan, depth: int) -> None:
        for edge in self.company.edges.get(last.reason, ()):
            if self.rng.random() >= edge.probability:
                continue
            channel = last.channel if self.rng.random() < 0.5 else _channel(self.company, self.rng)
            at = self._later(last, self.rng.lognormvariate(log(edge.lag_days), 0.5), channel)
            if not self._busy(edge.reason_b, at):
                self._issue(edge.reason_b, at, channel, last, edge, depth + 1)

    def _later(self, last: Plan, gap_days: float, channel: str) -> float:
        gap = min(max(gap_days, 0.15), WINDOW_DAYS - 1.2)
        return reopen(last.start + last.duration + gap * DAY, channel, self.rng)

    def _contact(self, issue: _Issue, attempt: int, channel: str, at: float, last: Plan | None) -> Plan:
        """Adds the contact (two of them if a hand-over splits it) and returns its last leg."""
        rng, who, reason = self.rng, self.who, issue.reason
        strained = any(burst.covers(at, strain=True) for burst in self.strains)
        agent = int(rng.random() * self.config.agents_per_company)
        left_open = min(0.92, reason.unsolved * skill(who.company, agent) * (1.6 if strained else 1.0))
        solved = rng.random() >= (left_open if attempt == 0 else min(left_open, 0.55))
        handover = rng.random() < (0.17 if attempt else 0.10) and channel in LIVE
        wait = wait_for(channel, strained, last, at, rng)
        drivers = drivers_of(attempt, handover, wait, channel, last.channel if last else None, rng)
        plan = Plan(
            ordinal=len(self.plans),
            thread=issue.thread,
            root=issue.root,
            attempt=attempt,
            reason=reason.name,
            channel=channel,
            start=at,
            duration=round(60 * MINUTES[channel] * rng.lognormvariate(0, 0.45) * (1.35 if handover else 1.0)),
            opened=issue.opened,
            agent=agent,
            outcome=outcome(solved, rng),
            solved=solved,
            leg=0,
            handover=handover,
            earlier=last.ordinal if last else None,
            earlier_start=last.start if last else None,
            earlier_channel=last.channel if last else None,
            earlier_outcome=last.outcome if last else None,
            cause=issue.cause if attempt == 0 else None,
            edge=issue.edge if attempt == 0 else None,
            wait=wait,
            drivers=drivers,
            mood=mood_of(reason, who, attempt, len(drivers), strained, rng),
        )
        if handover and rng.random() < 0.35:
            plan = self._split(plan, rng)
        self.plans.append(plan)
        return plan

    def _split(self, plan: Plan, rng: Random) -> Plan:
        """Adds a first leg that ends in a hand-over and returns the second, a few minutes later."""
        length = round(150 + rng.random() * 240)
        drivers = tuple(d for d in plan.drivers if d not in ("transfer", "repeat_information"))
        first = replace(plan, leg=1, handover=False, outcome="moved", solved=False, duration=length, drivers=drivers)
        self.plans.append(first)
        return replace(
            plan,
            ordinal=len(self.plans),
            leg=2,
            handover=False,
            agent=(plan.agent + 1) % self.config.agents_per_company,
            start=plan.start + length + round(90 + rng.random() * 480),
            earlier=first.ordinal,
            earlier_start=first.start,
            earlier_channel=first.channel,
            earlier_outcome=None,
            cause=None,
            edge=None,
            drivers=tuple(d for d in plan.drivers if d in ("transfer", "repeat_information", "long_wait")),
        )


def _count(rng: Random, mean: float) -> int:
    """A Poisson number by waiting times."""
    count, spent = 0, rng.expovariate(1.0)
    while spent < mean:
        count, spent = count + 1, spent + rng.expovariate(1.0)
    return count


@lru_cache(maxsize=65_536)  # about 100 MB when full; most repeats of even a large world find their customer here
def planned(config: SynthConfig, index: int) -> tuple[Customer, tuple[Plan, ...]]:
    """A customer and the journey; kept for a while, as the contacts of one customer lie close together."""
    who = customer(config, index)
    return who, journey(config, who)
