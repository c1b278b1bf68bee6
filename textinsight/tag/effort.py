"""How hard it was for the customer: drivers with evidence and a score of 1 (very low) to 5 (very high effort)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial

from spacy.language import Language

from textinsight.findings import EFFORT_DRIVERS, Tag
from textinsight.tag.reading import Component, Reading, share
from textinsight.tag.repeat import tag_repeat
from textinsight.tag.scan import Hit, belief, evidence, labelled

MODEL = "effort-cues@1"

# The agent's words that show a driver as much as the customer's do.
_AGENT_LABELS = {"channel_switch": "moves", "transfer": "transfers"}

# What one driver adds to the score.
_ADDS = {
    "repeat_contact": 0.8,
    "repeat_information": 0.5,
    "channel_switch": 0.3,
    "transfer": 0.7,
    "long_wait": 0.6,
    "self_service_failed": 0.4,
    "unclear_answer": 0.5,
}
_BASE = 1.7
_PER_NEGATIVE = 1.2  # times the share of the customer's turns that are negative
_PER_TURN = 0.06  # every customer turn after the second costs effort


@dataclass(frozen=True, slots=True)
class EffortConfig:
    """threshold: belief in [0, 1] from which a driver holds."""

    threshold: float = 0.6

    def __post_init__(self) -> None:
        share("threshold", self.threshold)


@dataclass(frozen=True, slots=True)
class Effort:
    """score: 1 very low .. 5 very high (higher is worse). drivers in the order of EFFORT_DRIVERS."""

    score: float
    drivers: tuple[str, ...]
    tags: tuple[Tag, ...]


def tag_effort(reading: Reading, *, config: EffortConfig = EffortConfig()) -> Effort:
    """score = base + Σ driver + negative share + length, within 1..5."""
    hits = {driver: _hits(reading, driver) for driver in EFFORT_DRIVERS}
    drivers = tuple(d for d in EFFORT_DRIVERS if belief(hit for _, hit in hits[d]) >= config.threshold)
    tags = tuple(
        evidence(reading.conversation, turn, hit, tag="effort", value=driver, model=MODEL)
        for driver in drivers
        for turn, hit in hits[driver]
    )
    return Effort(_score(reading, drivers), drivers, tags)


def _hits(reading: Reading, driver: str) -> list[tuple[int, Hit]]:
    hits = labelled(reading.found, driver)
    if driver == "repeat_contact":
        hits = [(tag.turn, Hit(driver, tag.start, tag.end, tag.score)) for tag in tag_repeat(reading).tags]
    if driver in _AGENT_LABELS:
        hits = hits + labelled(reading.found, _AGENT_LABELS[driver])
    return sorted(hits, key=lambda pair: (pair[0], pair[1].start, pair[1].end))


def _score(reading: Reading, drivers: tuple[str, ...]) -> float:
    own = reading.conversation.customer_turns
    negative = sum(reading.polarity[turn].label < 0 for turn in own) / max(1, len(own))
    score = _BASE + sum(_ADDS[driver] for driver in drivers)
    score += _PER_NEGATIVE * negative + _PER_TURN * max(0, len(own) - 2)
    return round(min(5.0, max(1.0, score)), 2)


@Language.factory(  # type: ignore[untyped-decorator]
    "textinsight_effort", default_config=asdict(EffortConfig()), assigns=["doc._.ti_effort"]
)
def make_effort(nlp: Language, name: str, threshold: float) -> Component:  # noqa: ARG001
    """The effort tagger as a pipe."""
    return Component("ti_effort", partial(tag_effort, config=EffortConfig(threshold)))
