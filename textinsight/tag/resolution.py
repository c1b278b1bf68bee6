"""How the conversation ended: resolved, unresolved, moved elsewhere or unclear, as far as it was said."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial

from spacy.language import Language

from textinsight.conversation import Role
from textinsight.findings import Resolution, Tag
from textinsight.tag.reading import Component, Reading
from textinsight.tag.scan import Hit, evidence

MODEL = "resolution-cues@1"
OUTCOMES: tuple[Resolution, ...] = ("resolved", "unresolved", "moved", "unclear")

# cue label → (outcome it speaks for, strength)
_SPEAKS_FOR: dict[str, tuple[Resolution, float]] = {
    "confirms": ("resolved", 2.2),
    "done": ("resolved", 1.4),
    "still_fails": ("unresolved", 1.8),
    "unclear_answer": ("unresolved", 1.0),
    "cannot": ("unresolved", 1.2),
    "promises": ("unresolved", 1.2),
    "churn_risk": ("unresolved", 1.0),
    "moves": ("moved", 2.4),
    "channel_switch": ("moved", 1.2),
    "transfers": ("moved", 1.6),
}
# Without any cue the outcome is unclear.
_PRIOR: dict[Resolution, float] = {"resolved": 0.0, "unresolved": 0.35, "moved": 0.0, "unclear": 0.4}
_MOOD = 0.6  # strength of the last customer turn's mood


@dataclass(frozen=True, slots=True)
class ResolutionConfig:
    """half_life: turns before the end after which a cue counts half."""

    half_life: float = 1.5

    def __post_init__(self) -> None:
        if self.half_life <= 0:
            raise ValueError(f"half_life must be above 0 turns, got {self.half_life}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """resolution with its softmax probability as confidence, in [0, 1]."""

    resolution: Resolution
    confidence: float
    tags: tuple[Tag, ...]


def tag_resolution(reading: Reading, *, config: ResolutionConfig = ResolutionConfig()) -> Outcome:
    """The outcome with most weight: cues of both sides, later ones more, and how the customer's last turn feels."""
    points = dict(_PRIOR)
    last = len(reading.found) - 1
    tags: list[Tag] = []
    for turn, label, hit in _strongest(reading):
        outcome, strength = _SPEAKS_FOR[label]
        points[outcome] += strength * hit.weight * 0.5 ** ((last - turn) / config.half_life)
        tags.append(evidence(reading.conversation, turn, hit, tag="resolution", value=outcome, model=MODEL))
    mood = _last_mood(reading)
    points["resolved"] += _MOOD * max(0.0, mood)
    points["unresolved"] += _MOOD * max(0.0, -mood)
    best = max(OUTCOMES, key=lambda outcome: points[outcome])
    total = sum(math.exp(value) for value in points.values())
    chosen = tuple(tag for tag in tags if tag.value == best)
    return Outcome(best, round(math.exp(points[best]) / total, 4), chosen)


def _strongest(reading: Reading) -> Iterator[tuple[int, str, Hit]]:
    """(turn, label, hit): of each label the surest hit a turn."""
    for turn, hits in enumerate(reading.found):
        best: dict[str, Hit] = {}
        for hit in hits:
            if hit.label in _SPEAKS_FOR and (hit.label not in best or hit.weight > best[hit.label].weight):
                best[hit.label] = hit
        for label, hit in best.items():
            yield turn, label, hit


def _last_mood(reading: Reading) -> float:
    own = [i for i, turn in enumerate(reading.conversation.turns) if turn.role is Role.CUSTOMER]
    return reading.marks[own[-1]].score if own else 0.0


@Language.factory(  # type: ignore[untyped-decorator]
    "textinsight_resolution", default_config=asdict(ResolutionConfig()), assigns=["doc._.ti_resolution"]
)
def make_resolution(nlp: Language, name: str, half_life: float) -> Component:  # noqa: ARG001
    """The resolution tagger as a pipe."""
    return Component("ti_resolution", partial(tag_resolution, config=ResolutionConfig(half_life)))
