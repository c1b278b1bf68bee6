"""How the conversation ended: resolved, unresolved, moved elsewhere or unclear, as far as it was said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
from spacy.language import Language

from textinsight.findings import Resolution, Tag
from textinsight.tag.hub import RESOLUTION, model_of
from textinsight.tag.labels import OUTCOMES
from textinsight.tag.marks import ReadConfig
from textinsight.tag.reading import READ, Component, Reading
from textinsight.tag.scan import Hit, Hits
from textinsight.tag.talk import Array

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
# outcome → labels of turns that show it
_SHOWN_BY: dict[Resolution, tuple[str, ...]] = {
    "resolved": ("confirms", "done"),
    "unresolved": ("still_fails", "cannot", "promises", "unclear_answer"),
    "moved": ("moves", "hands_over"),
    "unclear": (),
}


_SURE = 0.5  # chance from which a turn is evidence


@dataclass(frozen=True, slots=True)
class ResolutionConfig:
    """half_life: turns before the end after which a cue counts half."""

    half_life: float = 1.0

    def __post_init__(self) -> None:
        if self.half_life <= 0:
            raise ValueError(f"half_life must be above 0 turns, got {self.half_life}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """resolution with its probability as confidence, in [0, 1]."""

    resolution: Resolution
    confidence: float
    tags: tuple[Tag, ...]


def tag_resolution(reading: Reading, *, config: ResolutionConfig = ResolutionConfig()) -> Outcome:
    """The likeliest outcome, by the turn model, the cues of both sides, later ones more, and how it ended.

    A model in its place decides alone; the last turn stands for the conversation that it read.
    """
    chances = reading.outcomes(cue_points(reading.found, half_life=config.half_life))
    best = OUTCOMES[int(chances.argmax())]
    confidence = round(float(chances.max()), 4)
    tags = (_last(reading, best, confidence),) if RESOLUTION in reading.taggers else tuple(_shown(reading, best))
    return Outcome(best, confidence, tags)


def cue_points(found: Sequence[Hits], *, half_life: float = ResolutionConfig().half_life) -> Array:
    """(outcomes,): what the cues of a conversation count for each outcome; later turns count more."""
    points = np.zeros(len(OUTCOMES))
    for turn, label, hit in _strongest(found):
        outcome, strength = _SPEAKS_FOR[label]
        points[OUTCOMES.index(outcome)] += strength * hit.weight * 0.5 ** ((len(found) - 1 - turn) / half_life)
    return points


def _shown(reading: Reading, outcome: Resolution) -> Iterator[Tag]:
    """One tag a turn that shows the outcome; failing any, the one that comes closest."""
    best = reading.best(_SHOWN_BY[outcome])
    chance = {turn: reading.marks[turn].chance(label) for turn, label in best.items()}
    least = min(_SURE, max(chance.values(), default=_SURE))
    for turn, label in sorted(best.items()):
        if chance[turn] >= least:
            yield reading.tag(turn, label, tag="resolution", value=outcome)


def _last(reading: Reading, outcome: Resolution, confidence: float) -> Tag:
    """The last turn that says anything."""
    turns = reading.conversation.turns
    turn = max((i for i, turn in enumerate(turns) if turn.text.strip()), default=len(turns) - 1)
    quote = turns[turn].text.rstrip()
    return Tag(turn, 0, len(quote), RESOLUTION, outcome, confidence, quote, model_of(reading.taggers[RESOLUTION]))


def _strongest(found: Sequence[Hits]) -> Iterator[tuple[int, str, Hit]]:
    """(turn, label, hit): of each label the surest hit a turn."""
    for turn, hits in enumerate(found):
        best: dict[str, Hit] = {}
        for hit in hits:
            if hit.label in _SPEAKS_FOR and (hit.label not in best or hit.weight > best[hit.label].weight):
                best[hit.label] = hit
        for label, hit in best.items():
            yield turn, label, hit


@Language.factory(  # type: ignore[untyped-decorator]
    "textinsight_resolution", default_config=asdict(ResolutionConfig()) | READ, assigns=["doc._.ti_resolution"]
)
def make_resolution(
    nlp: Language,  # noqa: ARG001
    name: str,  # noqa: ARG001
    half_life: float,
    doubt: float,
    taggers: dict[str, str],
) -> Component:
    """The resolution tagger as a pipe."""
    return Component(
        "ti_resolution", partial(tag_resolution, config=ResolutionConfig(half_life)), ReadConfig(doubt, taggers)
    )
