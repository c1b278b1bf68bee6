"""How hard it was for the customer: drivers with evidence and a score of 1 (very low) to 5 (very high effort)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial

from spacy.language import Language

from textinsight.findings import EFFORT_DRIVERS, Tag
from textinsight.tag.marks import ReadConfig
from textinsight.tag.reading import READ, Component, Reading, share


@dataclass(frozen=True, slots=True)
class EffortConfig:
    """threshold: probability in [0, 1] from which a driver holds."""

    threshold: float = 0.3

    def __post_init__(self) -> None:
        share("threshold", self.threshold)


@dataclass(frozen=True, slots=True)
class Effort:
    """score: 1 very low .. 5 very high (higher is worse). drivers in the order of EFFORT_DRIVERS."""

    score: float
    drivers: tuple[str, ...]
    tags: tuple[Tag, ...]


def tag_effort(reading: Reading, *, config: EffortConfig = EffortConfig()) -> Effort:
    """Drivers that hold, with the turns that show them, and the score."""
    held = (driver for driver in EFFORT_DRIVERS if reading.belief(driver) >= reading.least(driver, config.threshold))
    drivers = tuple(held)
    tags = tuple(tag for driver in drivers for tag in _shown(reading, driver))
    return Effort(round(reading.effort, 2), drivers, tags)


def _shown(reading: Reading, driver: str) -> list[Tag]:
    """One tag a turn that carries one of the driver's labels; the best turn where none is sure."""
    best = reading.best(reading.labels(driver))
    sure = {turn: label for turn, label in best.items() if reading.marks[turn].chance(label) >= 0.5}
    if not sure and best:
        turn = max(best, key=lambda turn: reading.marks[turn].chance(best[turn]))
        sure = {turn: best[turn]}
    return [reading.tag(turn, sure[turn], tag="effort", value=driver) for turn in sorted(sure)]


@Language.factory(  # type: ignore[untyped-decorator]
    "textinsight_effort", default_config=asdict(EffortConfig()) | READ, assigns=["doc._.ti_effort"]
)
def make_effort(
    nlp: Language,  # noqa: ARG001
    name: str,  # noqa: ARG001
    threshold: float,
    doubt: float,
    taggers: dict[str, str],
) -> Component:
    """The effort tagger as a pipe."""
    return Component("ti_effort", partial(tag_effort, config=EffortConfig(threshold)), ReadConfig(doubt, taggers))
