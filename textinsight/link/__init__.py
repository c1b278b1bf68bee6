"""Contacts of one customer, linked: the same issue again, or a later issue that an earlier one brought on."""

from __future__ import annotations

from textinsight.link.avoidable import find_avoidable
from textinsight.link.build import build, same_issue
from textinsight.link.clusters import find_clusters
from textinsight.link.config import LinkConfig
from textinsight.link.costs import COST_PER_CONTACT
from textinsight.link.near import near_misses
from textinsight.link.pairs import edge_pairs
from textinsight.link.people import People, find_people
from textinsight.link.precision import Precision, measured_precision
from textinsight.link.references import references_of
from textinsight.link.result import LinkCounts, LinkResult
from textinsight.link.state import MEASURE, LinkState
from textinsight.link.update import Known, update
from textinsight.link.waterfall import Step, waterfall
from textinsight.link.weights import LinkModel, load_model, read_model

__all__ = [
    "COST_PER_CONTACT", "MEASURE", "Known", "LinkConfig", "LinkCounts", "LinkModel", "LinkResult", "LinkState",
    "People", "Precision", "Step", "build", "edge_pairs", "find_avoidable", "find_clusters", "find_people",
    "load_model", "measured_precision", "near_misses", "read_model", "references_of", "same_issue", "update",
    "waterfall",
]  # fmt: skip
