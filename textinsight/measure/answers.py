"""What customers answered when asked: CSAT, NPS, CES. Only part of them answer, so n is shown with every value."""

from __future__ import annotations

import numpy as np

from textinsight.measure.base import Observed, Reals
from textinsight.measure.facts import Facts

SATISFIED = 4.0  # top two boxes of 1..5
PROMOTER = 9.0
DETRACTOR = 6.0


def csat_top_two_box(facts: Facts) -> Observed:
    """Answers of 4 or 5 / answers on 1..5; not answered is unknown. Share, higher is better."""
    csat = facts.numbers("csat")
    return Observed.of_all(np.where(np.isnan(csat), np.nan, csat >= SATISFIED))


def csat_mean(facts: Facts) -> Observed:
    """Mean answer on 1..5. Higher is better."""
    return Observed.of_all(facts.numbers("csat"))


def csat_response_rate(facts: Facts) -> Observed:
    """Contacts with a CSAT answer / contacts. Share, higher is better (mild opinions answer least)."""
    return Observed.of_all((~np.isnan(facts.numbers("csat"))).astype(float))


def nps(facts: Facts) -> Observed:
    """Net promoter score: % of 9–10 minus % of 0–6, -100..100; passives 7–8 count in the base. Higher is better."""
    return Observed.of_all(_nps_points(facts.numbers("nps")))


def ces(facts: Facts) -> Observed:
    """Mean customer effort answer, 1 very low .. 5 very high effort, as in the source. Higher is worse."""
    return Observed.of_all(facts.numbers("ces"))


def _nps_points(answer: Reals) -> Reals:
    points = 100.0 * (answer >= PROMOTER) - 100.0 * (answer <= DETRACTOR)
    return np.where(np.isnan(answer), np.nan, points)
