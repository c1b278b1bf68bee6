"""What a conversation says: sentiment, effort, resolution, stated repeat, risks and the issue, with evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from textinsight.conversation import Conversation
from textinsight.findings import Analysis
from textinsight.tag import effort, issue, repeat, resolution, risk, sentiment
from textinsight.tag.effort import EffortConfig
from textinsight.tag.issue import IssueConfig
from textinsight.tag.marks import ReadConfig, model_names
from textinsight.tag.reading import Reading, read
from textinsight.tag.repeat import RepeatConfig
from textinsight.tag.resolution import ResolutionConfig
from textinsight.tag.risk import RiskConfig
from textinsight.tag.sentiment import SentimentConfig

__all__ = ["ReadConfig", "TagConfig", "analyse", "analyse_batch", "models"]


@dataclass(frozen=True, slots=True)
class TagConfig:
    """How turns are read, and the taggers' configs; each default is its spaCy factory's."""

    read: ReadConfig = field(default_factory=ReadConfig)
    sentiment: SentimentConfig = field(default_factory=SentimentConfig)
    effort: EffortConfig = field(default_factory=EffortConfig)
    resolution: ResolutionConfig = field(default_factory=ResolutionConfig)
    repeat: RepeatConfig = field(default_factory=RepeatConfig)
    risk: RiskConfig = field(default_factory=RiskConfig)
    issue: IssueConfig = field(default_factory=IssueConfig)


def analyse(conversation: Conversation, *, config: TagConfig | None = None) -> Analysis:
    """All that the taggers say of one conversation. Raises ModelError if a model cannot be loaded."""
    return analyse_batch([conversation], config=config)[0]


def analyse_batch(conversations: Sequence[Conversation], *, config: TagConfig | None = None) -> list[Analysis]:
    """One analysis a conversation, in order; the turns of all are read together."""
    settings = config or TagConfig()
    return [_analysis(reading, settings) for reading in read(conversations, config=settings.read)]


def models(config: ReadConfig | None = None) -> dict[str, str]:
    """Tagger → name@version of what decides, for the record of runs."""
    return {"turns": " then ".join(model_names()), "issue": issue.MODEL, **(config.taggers if config else {})}


def _analysis(reading: Reading, config: TagConfig) -> Analysis:
    mood = sentiment.tag_sentiment(reading, config=config.sentiment)
    hardship = effort.tag_effort(reading, config=config.effort)
    outcome = resolution.tag_resolution(reading, config=config.resolution)
    repeated = repeat.tag_repeat(reading, config=config.repeat)
    risks = risk.tag_risk(reading, config=config.risk)
    stated = issue.tag_issue(reading, config=config.issue)
    tags = (*mood.tags, *hardship.tags, *outcome.tags, *repeated.tags, *risks.tags, *stated.tags)
    return Analysis(
        turns=mood.turns,
        sentiment=mood.overall,
        sentiment_start=mood.start,
        sentiment_end=mood.end,
        resolution=outcome.resolution,
        resolution_confidence=outcome.confidence,
        effort_score=hardship.score,
        effort_drivers=hardship.drivers,
        stated_repeat=repeated.stated,
        escalation=risks.escalation,
        churn_risk=risks.churn_risk,
        issue_text=stated.text,
        tags=tuple(sorted(tags, key=lambda tag: (tag.turn, tag.start, tag.end, tag.tag, tag.value))),
    )
