"""Every measure in one table; its definition is the docstring of what observes it."""

from __future__ import annotations

from textinsight.measure import answers, experience, resolution, volume
from textinsight.measure.base import Measure

MEASURES = (
    Measure("contacts", "contacts", None, "count", volume.contacts),
    Measure("customers", "customers", None, "distinct", volume.customers),
    Measure("issues", "issues", False, "count", volume.issues),
    Measure("contacts_per_issue", "contacts", False, "mean", volume.contacts_per_issue),
    Measure("transfer_share", "share", False, "share", volume.transfer_share),
    Measure("repeat_share", "share", False, "share", resolution.repeat_share),
    Measure("fcr_observed", "share", True, "share", resolution.fcr_observed),
    Measure("fcr_stated", "share", True, "share", resolution.fcr_stated),
    Measure("related_share_of_followups", "share", False, "share", resolution.related_share_of_followups),
    Measure("downstream_share_of_linked", "share", None, "share", resolution.downstream_share_of_linked),
    Measure("sentiment", "-1..1", True, "mean", experience.sentiment),
    Measure("effort", "1..5", False, "mean", experience.effort),
    Measure("high_effort_share", "share", False, "share", experience.high_effort_share),
    Measure("escalation_share", "share", False, "share", experience.escalation_share),
    Measure("churn_risk_share", "share", False, "share", experience.churn_risk_share),
    Measure("csat_top_two_box", "share", True, "share", answers.csat_top_two_box),
    Measure("csat_mean", "1..5", True, "mean", answers.csat_mean),
    Measure("csat_response_rate", "share", True, "share", answers.csat_response_rate),
    Measure("nps", "-100..100", True, "mean", answers.nps),
    Measure("ces", "1..5", False, "mean", answers.ces),
    Measure("aht_mean", "seconds", None, "mean", volume.handle_time),
    Measure("aht_median", "seconds", None, "median", volume.handle_time),
)
