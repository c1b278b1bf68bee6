"""Measures: tables in, the measures table out."""

from __future__ import annotations

from textinsight.measure.base import Measure, Observed
from textinsight.measure.catalogue import MEASURES, WINDOWS
from textinsight.measure.compute import SEGMENTS, compute
from textinsight.measure.contact_facts import contact_facts, themes_of
from textinsight.measure.counted import counted
from textinsight.measure.fixlist import rank_topics
from textinsight.measure.handle import handle_time
from textinsight.measure.surveys import CsatPrediction, predict_csat
from textinsight.measure.windows import Linked

__all__ = [
    "MEASURES", "SEGMENTS", "WINDOWS", "CsatPrediction", "Linked", "Measure", "Observed", "compute",
    "contact_facts", "counted", "handle_time", "predict_csat", "rank_topics", "themes_of",
]  # fmt: skip
