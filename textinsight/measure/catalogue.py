"""Every measure in one table; its definition is the docstring of what observes it."""

from __future__ import annotations

from dataclasses import replace

from textinsight.measure import answers, experience, resolution, volume
from textinsight.measure.base import Measure

WINDOWS = (7, 14, 30)  # days, shown side by side whatever window was asked for

_WITHIN_WINDOW = (
    Measure("repeat_share", "share", False, "share", resolution.repeat_share),
    Measure("fcr_observed", "share", True, "share", resolution.fcr_observed),
    Measure("fcr_window_open_share", "share", None, "share", resolution.fcr_window_open_share),
    Measure("related_share_of_followups", "share", False, "share", resolution.related_share_of_followups),
    Measure("downstream_share_of_linked", "share", None, "share", resolution.downstream_share_of_linked),
)

MEASURES = (
    Measure("contacts", "contacts", None, "count", volume.contacts),
    Measure("customers", "customers", None, "distinct", volume.customers),
    Measure("issues", "issues", False, "count", volume.issues),
    Measure("contacts_per_issue", "contacts", False, "mean", volume.contacts_per_issue),
    Measure("transfer_share", "share", False, "share", volume.transfer_share),
    *_WITHIN_WINDOW,
    *(replace(m, name=f"{m.name}_{days}d", window_days=days) for m in _WITHIN_WINDOW for days in WINDOWS),
    Measure("fcr_stated", "share", True, "share", resolution.fcr_stated),
    Measure("fcr_not_measurable_share", "share", False, "share", resolution.fcr_not_measurable_share),
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
