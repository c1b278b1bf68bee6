"""Survey answers: those who are very content or very cross answer most, and what happened shows in the answer."""

from __future__ import annotations

from random import Random

from textinsight.conversation import Survey
from textinsight.synth.plan import Customer, Plan


def experience(who: Customer, plan: Plan) -> float:
    """How the contact felt, about -2.5 .. 1.5, higher is better."""
    felt = 0.9 if plan.solved else {"fixed": 0.2, "promised": -0.3, "failed": -1.1, "moved": -0.9}[plan.outcome]
    return felt - 0.35 * plan.attempt - 0.3 * len(plan.drivers) - 0.25 * plan.mood + 0.25 * who.ease


def answer(who: Customer, plan: Plan, surveyed: float, rng: Random) -> Survey:
    """The survey, empty for most; `surveyed` is the share of contacts answered overall."""
    felt = experience(who, plan) + rng.gauss(0, 0.35)
    if rng.random() >= surveyed * (0.45 + 0.62 * abs(felt + 0.1)) or plan.leg == 1:
        return Survey()
    csat = _clip(3.7 + 1.25 * felt + rng.gauss(0, 0.4), 1, 5)
    nps = _clip(7.0 + 2.4 * felt + rng.gauss(0, 1.2), 0, 10) if rng.random() < 0.6 else None
    ces = _clip(2.6 - 1.2 * felt + rng.gauss(0, 0.5), 1, 5) if rng.random() < 0.5 else None
    return Survey(csat=csat, nps=nps, ces=ces)


def _clip(value: float, low: int, high: int) -> float:
    return float(min(high, max(low, round(value))))
