"""Measures: tables in, the measures table out."""

from __future__ import annotations

from textinsight.measure.base import Measure, Observed
from textinsight.measure.catalogue import MEASURES
from textinsight.measure.compute import SEGMENTS, compute
from textinsight.measure.fixlist import rank_topics
from textinsight.measure.surveys import CsatPrediction, predict_csat

__all__ = ["MEASURES", "SEGMENTS", "CsatPrediction", "Measure", "Observed", "compute", "predict_csat", "rank_topics"]
