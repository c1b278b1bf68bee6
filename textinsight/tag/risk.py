"""Escalation, churn risk and sales offers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial

from spacy.language import Language

from textinsight.findings import Tag
from textinsight.tag.reading import Component, Reading, share
from textinsight.tag.scan import belief, evidence, labelled

MODEL = "risk-cues@1"
LABELS = ("escalation", "churn_risk", "sales_offer")


@dataclass(frozen=True, slots=True)
class RiskConfig:
    """threshold: belief in [0, 1] from which a label holds."""

    threshold: float = 0.5

    def __post_init__(self) -> None:
        share("threshold", self.threshold)


@dataclass(frozen=True, slots=True)
class Risk:
    """escalation and churn_risk are the customer's words, sales_offer the agent's."""

    escalation: bool
    churn_risk: bool
    sales_offer: bool
    tags: tuple[Tag, ...]


def tag_risk(reading: Reading, *, config: RiskConfig = RiskConfig()) -> Risk:
    """Each label that holds, with one tag a cue."""
    hits = {label: labelled(reading.found, label) for label in LABELS}
    held = [label for label in LABELS if belief(hit for _, hit in hits[label]) >= config.threshold]
    tags = tuple(
        evidence(reading.conversation, turn, hit, tag=label, value="true", model=MODEL)
        for label in held
        for turn, hit in hits[label]
    )
    return Risk("escalation" in held, "churn_risk" in held, "sales_offer" in held, tags)


@Language.factory(  # type: ignore[untyped-decorator]
    "textinsight_risk", default_config=asdict(RiskConfig()), assigns=["doc._.ti_risk"]
)
def make_risk(nlp: Language, name: str, threshold: float) -> Component:  # noqa: ARG001
    """The risk tagger as a pipe."""
    return Component("ti_risk", partial(tag_risk, config=RiskConfig(threshold)))
