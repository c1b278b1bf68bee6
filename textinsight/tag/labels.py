"""The labels that the turn model gives to a turn, by who may carry them."""

from __future__ import annotations

from textinsight.findings import EFFORT_DRIVERS, Resolution

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

# What the turn model says of the whole conversation: exactly one outcome, how hard it was, and what made it so.
OUTCOMES: tuple[Resolution, ...] = ("resolved", "unresolved", "moved", "unclear")
SHOWN = (*EFFORT_DRIVERS, "escalation", "churn_risk")
WHOLE = (*OUTCOMES, "effort", *SHOWN)
