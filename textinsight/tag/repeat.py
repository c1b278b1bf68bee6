"""Does the customer say that they were in contact about this before?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial

from spacy.language import Language

from textinsight.findings import Tag
from textinsight.tag.marks import ReadConfig
from textinsight.tag.reading import READ, Component, Reading, share


@dataclass(frozen=True, slots=True)
class RepeatConfig:
    """threshold: probability in [0, 1] from which an earlier contact counts as stated."""

    threshold: float = 0.3

    def __post_init__(self) -> None:
        share("threshold", self.threshold)


@dataclass(frozen=True, slots=True)
class Repeat:
    """stated: the customer says so. belief: its probability, in [0, 1]."""

    stated: bool
    belief: float
    tags: tuple[Tag, ...]


def tag_repeat(reading: Reading, *, config: RepeatConfig = RepeatConfig()) -> Repeat:
    """Whether an earlier contact about the same matter is stated, and where."""
    belief = round(reading.belief("stated_repeat"), 4)
    if belief < reading.least("stated_repeat", config.threshold) or not reading.conversation.customer_turns:
        return Repeat(False, belief, ())
    turns = reading.carriers("stated_repeat")
    tags = tuple(reading.tag(turn, "stated_repeat", tag="stated_repeat", value="true") for turn in turns)
    return Repeat(True, belief, tags)


@Language.factory(  # type: ignore[untyped-decorator]
    "textinsight_repeat", default_config=asdict(RepeatConfig()) | READ, assigns=["doc._.ti_repeat"]
)
def make_repeat(
    nlp: Language,  # noqa: ARG001
    name: str,  # noqa: ARG001
    threshold: float,
    doubt: float,
    taggers: dict[str, str],
) -> Component:
    """The stated-repeat tagger as a pipe."""
    return Component("ti_repeat", partial(tag_repeat, config=RepeatConfig(threshold)), ReadConfig(doubt, taggers))
