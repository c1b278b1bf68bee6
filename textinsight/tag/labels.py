"""The labels that the turn model gives to a turn, by who may carry them."""

from __future__ import annotations

MOOD = ("negative", "neutral", "positive")  # exactly one

CUSTOMER = (
    "issue",
    "stated_repeat",
    "long_wait",
    "repeat_information",
    "channel_switch",
    "transfer",
    "self_service_failed",
    "unclear_answer",
    "escalation",
    "churn_risk",
    "confirms",
    "still_fails",
)
AGENT = ("done", "cannot", "promises", "moves", "hands_over", "sales_offer")

LABELS = (*MOOD, *CUSTOMER, *AGENT)
