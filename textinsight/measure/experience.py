"""How it was for the customer: sentiment, effort, escalation, churn risk, all read from the conversation."""

from __future__ import annotations

import numpy as np

from textinsight.measure.base import Observed
from textinsight.measure.facts import Facts

HIGH_EFFORT = 4.0  # "high" and "very high" on the scale 1..5


def sentiment(facts: Facts) -> Observed:
    """Mean sentiment of the customer's turns, -1 very negative .. 1 very positive. Higher is better."""
    return Observed.of_all(facts.numbers("sentiment"))


def effort(facts: Facts) -> Observed:
    """Mean effort score, 1 very low .. 5 very high effort. Higher is worse."""
    return Observed.of_all(facts.numbers("effort_score"))


def high_effort_share(facts: Facts) -> Observed:
    """Contacts with an effort score of 4 or 5 / contacts with a score. Share, lower is better."""
    score = facts.numbers("effort_score")
    return Observed.of_all(np.where(np.isnan(score), np.nan, score >= HIGH_EFFORT))


def escalation_share(facts: Facts) -> Observed:
    """Contacts where the customer asks for a superior, complains formally or threatens to. Share, lower is better."""
    return Observed.of_all(facts.numbers("escalation"))


def churn_risk_share(facts: Facts) -> Observed:
    """Contacts where the customer speaks of leaving / contacts. Share, lower is better."""
    return Observed.of_all(facts.numbers("churn_risk"))
