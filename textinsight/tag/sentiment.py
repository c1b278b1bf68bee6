"""Sentiment of every turn and of the contact as the customer lived it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial

from spacy.language import Language

from textinsight.findings import Tag, TurnSentiment
from textinsight.tag.labels import MOOD
from textinsight.tag.marks import ReadConfig
from textinsight.tag.reading import READ, Component, Reading


@dataclass(frozen=True, slots=True)
class SentimentConfig:
    """end_weight: how many times the last customer turn counts as much as the first (peak-end rule)."""

    end_weight: float = 2.0

    def __post_init__(self) -> None:
        if self.end_weight < 1:
            raise ValueError(f"end_weight must be at least 1, got {self.end_weight}")


@dataclass(frozen=True, slots=True)
class Sentiment:
    """turns: one a turn. overall in [-1, 1], start, end: the customer's alone, None without a customer turn."""

    turns: tuple[TurnSentiment, ...]
    overall: float | None
    start: int | None
    end: int | None
    tags: tuple[Tag, ...]


def tag_sentiment(reading: Reading, *, config: SentimentConfig = SentimentConfig()) -> Sentiment:
    """Turn labels, and the contact's weighted mean in which weights grow from 1 to `end_weight`."""
    turns = tuple(TurnSentiment(marks.mood, marks.score) for marks in reading.marks)
    own = reading.conversation.customer_turns
    if not own:
        return Sentiment(turns, None, None, None, ())
    tags = tuple(_tag(reading, turn, turns[turn]) for turn in own if turns[turn].label)
    mean = overall([turns[turn].score for turn in own], config.end_weight)
    return Sentiment(turns, mean, turns[own[0]].label, turns[own[-1]].label, tags)


def overall(scores: list[float], end_weight: float) -> float:
    """The weighted mean of the customer's turns, at least one, in their order."""
    step = (end_weight - 1) / max(1, len(scores) - 1)
    weights = [1 + step * i for i in range(len(scores))]
    mean = sum(w * s for w, s in zip(weights, scores, strict=True)) / sum(weights)
    return round(mean, 4)


def _tag(reading: Reading, turn: int, found: TurnSentiment) -> Tag:
    tag = reading.tag(turn, MOOD[found.label + 1], tag="sentiment", value=str(found.label))
    return Tag(tag.turn, tag.start, tag.end, tag.tag, tag.value, found.score, tag.quote, tag.model)


@Language.factory(  # type: ignore[untyped-decorator]
    "textinsight_sentiment", default_config=asdict(SentimentConfig()) | READ, assigns=["doc._.ti_sentiment"]
)
def make_sentiment(
    nlp: Language,  # noqa: ARG001
    name: str,  # noqa: ARG001
    end_weight: float,
    doubt: float,
    taggers: dict[str, str],
) -> Component:
    """The sentiment tagger as a pipe."""
    return Component(
        "ti_sentiment", partial(tag_sentiment, config=SentimentConfig(end_weight)), ReadConfig(doubt, taggers)
    )
