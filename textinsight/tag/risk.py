"""Signs of escalation, of leaving, and sales offers made by the agent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial

from spacy.language import Language

from textinsight.findings import Tag
from textinsight.tag.marks import ReadConfig
from textinsight.tag.reading import READ, Component, Reading, share
from textinsight.tag.scan import belief, labelled

LABELS = ("escalation", "churn_risk", "sales_offer")

_SETTLED = ("confirms", "done")
_OPEN = ("issue", "still_fails", "unclear_answer")
_SURE = 0.5


@dataclass(frozen=True, slots=True)
class RiskConfig:
    """threshold: probability in [0, 1] from which a label holds."""

    threshold: float = 0.4

    def __post_init__(self) -> None:
        share("threshold", self.threshold)


@dataclass(frozen=True, slots=True)
class Risk:
    """escalation and churn_risk are the customer's words, sales_offer the agent's.

    A sales offer's tag has the value "issue open" or "issue settled": which of the two the turns before it say last.
    """

    escalation: bool
    churn_risk: bool
    sales_offer: bool
    tags: tuple[Tag, ...]


def tag_risk(reading: Reading, *, config: RiskConfig = RiskConfig()) -> Risk:
    """Each label that holds, with one tag a turn that shows it."""
    held = [label for label in LABELS if chance(reading, label) >= reading.least(label, config.threshold)]
    tags = tuple(
        reading.tag(turn, label, tag=label, value=_state(reading, turn) if label == "sales_offer" else "true")
        for label in held
        for turn in reading.carriers(label)
    )
    return Risk("escalation" in held, "churn_risk" in held, "sales_offer" in held, tags)


def chance(reading: Reading, label: str) -> float:
    """Noisy or of what the models and what the cues say: these labels are rare, and either alone misses many.

    A model in the label's place decides alone.
    """
    if reading.is_replaced(label):
        return reading.belief(label)
    cues = belief(hit for _, hit in labelled(reading.found, label))
    return 1 - (1 - reading.belief(label)) * (1 - cues)


def _state(reading: Reading, turn: int) -> str:
    """Whether the last turn before this one that tells says that the issue is settled."""
    settled, opened = _last(reading, turn, _SETTLED), _last(reading, turn, _OPEN)
    return "issue settled" if settled > opened else "issue open"


def _last(reading: Reading, turn: int, signs: Sequence[str]) -> int:
    """The last turn before `turn` that carries one of the labels for sure, -1 if none does."""
    places = {place for sign in signs for place in reading.carriers(sign) if reading.marks[place].chance(sign) >= _SURE}
    return max((place for place in places if place < turn), default=-1)


@Language.factory(  # type: ignore[untyped-decorator]
    "textinsight_risk", default_config=asdict(RiskConfig()) | READ, assigns=["doc._.ti_risk"]
)
def make_risk(
    nlp: Language,  # noqa: ARG001
    name: str,  # noqa: ARG001
    threshold: float,
    doubt: float,
    taggers: dict[str, str],
) -> Component:
    """The risk tagger as a pipe."""
    return Component("ti_risk", partial(tag_risk, config=RiskConfig(threshold)), ReadConfig(doubt, taggers))
