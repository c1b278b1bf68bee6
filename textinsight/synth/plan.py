"""A contact before anyone speaks: who answers, how it ends, how long it took and how it felt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from random import Random

from textinsight.synth.bank import PlantedEdge, Reason
from textinsight.synth.config import DAY
from textinsight.synth.seeds import mix

FALSE_FIX = 0.16  # share of unsolved contacts that end with "this is fixed"
LIVE = ("voice", "chat")  # channels where customers wait for an agent
MINUTES = {"voice": 7.0, "chat": 14.0, "email": 900.0, "social": 120.0}  # median length of a contact
LONG_WAIT = {"voice": 14, "chat": 11, "email": 3, "social": 3}  # minutes when live, else days


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer. ease: how soon content (standard normal); typing: 0 careful .. 1 careless."""

    index: int
    seed: int
    company: int
    joined: float
    channel: str
    ease: float
    typing: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A contact without its words.

    thread: issue number of the customer; root: the issue that began the chain and whose facts it shares.
    attempt: 0 for the issue's first contact. opened, start: epoch seconds.
    outcome: what the agent says, "fixed", "promised", "failed" or "moved"; solved: what is true.
    leg: 0, or 1 and 2 for a hand-over that became two contacts. earlier, cause: ordinals of linked contacts.
    mood: 0 calm .. 3 furious. drivers: what makes it an effort, as the customer will say.
    """

    ordinal: int
    thread: int
    root: int
    attempt: int
    reason: str
    channel: str
    start: float
    duration: float
    opened: float
    agent: int
    outcome: str
    solved: bool
    leg: int
    handover: bool
    earlier: int | None
    earlier_start: float | None
    earlier_channel: str | None
    earlier_outcome: str | None
    cause: int | None
    edge: PlantedEdge | None
    wait: int
    drivers: tuple[str, ...]
    mood: float


@lru_cache(maxsize=4096)
def skill(company: int, agent: int) -> float:
    """Factor on the share of contacts an agent leaves unsolved: 0.6 (best) to 1.5 (worst)."""
    return 0.6 + 0.9 * (mix(company, agent, 77) % 1000) / 1000


@lru_cache(maxsize=4096)
def habit(company: int, agent: int, trait: int, choices: int) -> int:
    """Which of the choices an agent always makes, e.g. the manner of speaking."""
    return mix(company, agent, trait) % choices


def outcome(solved: bool, rng: Random) -> str:
    """What the agent says at the end; some who leave the issue open believe it is fixed."""
    draw = rng.random()
    if solved:
        return "fixed" if draw < 0.93 else "promised"
    if draw < FALSE_FIX:
        return "fixed"
    return "promised" if draw < 0.58 else "failed" if draw < 0.82 else "moved"


def wait_for(channel: str, strained: bool, last: Plan | None, at: float, rng: Random) -> int:
    """Minutes in the queue (voice, chat), or days since the earlier contact (email, social)."""
    if channel not in LIVE:
        return round((at - last.start) / DAY) if last else 0
    median = 6.0 if channel == "voice" else 4.0
    return max(1, round(median * rng.lognormvariate(0, 0.7) * (3.0 if strained else 1.0)))


def drivers_of(
    attempt: int, handover: bool, wait: int, channel: str, earlier_channel: str | None, rng: Random
) -> tuple[str, ...]:
    """The effort drivers the customer will name."""
    again = attempt > 0
    chances = (
        ("repeat_contact", 0.55 if again else 0.0),
        ("channel_switch", 0.6 if again and channel != earlier_channel else 0.0),
        ("transfer", 0.75 if handover else 0.0),
        ("repeat_information", 0.5 if handover else 0.22 if again else 0.0),
        ("long_wait", 0.7 if wait >= LONG_WAIT[channel] else 0.0),
        ("self_service_failed", 0.03 if again else 0.07),
        ("unclear_answer", 0.10 if again else 0.03),
    )
    return tuple(name for name, chance in chances if rng.random() < chance)


def mood_of(reason: Reason, who: Customer, attempt: int, n_drivers: int, strained: bool, rng: Random) -> float:
    """0 calm .. 3 furious: severity, attempts and effort add up, a content nature takes away."""
    mood = 0.55 * reason.severity + 0.55 * attempt + 0.4 * n_drivers + 0.4 * strained - 0.35 * who.ease
    return min(3.0, max(0.0, mood + rng.gauss(0, 0.5) - 0.15))
