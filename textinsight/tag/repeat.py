"""Does the customer say that they were in contact about this before?"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from functools import partial

from spacy.language import Language

from textinsight.conversation import Role
from textinsight.findings import Tag
from textinsight.tag.reading import Component, Reading, share
from textinsight.tag.scan import Hit, belief, evidence, labelled

MODEL = "repeat-cues@1"
_YES = re.compile(
    r"\s*(?:oh |um+ |uh+ |well |hi |hello )?(?:yes|yeah|yep|yup|i have|i did|many times|several times|twice)\b"
)
_YES_WEIGHT = 0.8


@dataclass(frozen=True, slots=True)
class RepeatConfig:
    """threshold: belief in [0, 1] from which an earlier contact counts as stated."""

    threshold: float = 0.6

    def __post_init__(self) -> None:
        share("threshold", self.threshold)


@dataclass(frozen=True, slots=True)
class Repeat:
    """stated: the customer says so. belief: noisy or of the cues, in [0, 1]."""

    stated: bool
    belief: float
    tags: tuple[Tag, ...]


def tag_repeat(reading: Reading, *, config: RepeatConfig = RepeatConfig()) -> Repeat:
    """Stated repeat from the customer's cues and from a yes to "have you contacted us before?"."""
    hits = [*labelled(reading.found, "repeat_contact"), *_confirmed(reading)]
    held = belief(hit for _, hit in hits)
    if held < config.threshold:
        return Repeat(False, held, ())
    tags = tuple(
        evidence(reading.conversation, turn, hit, tag="stated_repeat", value="true", model=MODEL)
        for turn, hit in sorted(hits, key=lambda pair: (pair[0], pair[1].start))
    )
    return Repeat(True, held, tags)


def _confirmed(reading: Reading) -> list[tuple[int, Hit]]:
    turns = reading.conversation.turns
    confirmed = []
    for asked, _ in labelled(reading.found, "asks_before"):
        answer = asked + 1
        if answer < len(turns) and turns[answer].role is Role.CUSTOMER:
            match = _YES.match(reading.spoken[answer].folded)
            if match:
                confirmed.append((answer, Hit("repeat_contact", match.start(), match.end(), _YES_WEIGHT)))
    return confirmed


@Language.factory(  # type: ignore[untyped-decorator]
    "textinsight_repeat", default_config=asdict(RepeatConfig()), assigns=["doc._.ti_repeat"]
)
def make_repeat(nlp: Language, name: str, threshold: float) -> Component:  # noqa: ARG001
    """The stated-repeat tagger as a pipe."""
    return Component("ti_repeat", partial(tag_repeat, config=RepeatConfig(threshold)))
