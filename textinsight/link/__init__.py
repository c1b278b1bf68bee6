"""Contacts of one customer, linked: the same issue again, or a later issue that an earlier one brought on."""

from __future__ import annotations

from textinsight.link.avoidable import find_avoidable
from textinsight.link.build import build
from textinsight.link.clusters import find_clusters
from textinsight.link.config import LinkConfig
from textinsight.link.costs import COST_PER_CONTACT
from textinsight.link.pairs import edge_pairs
from textinsight.link.references import references_of
from textinsight.link.result import LinkCounts, LinkResult
from textinsight.link.weights import LinkModel, load_model

__all__ = [
    "COST_PER_CONTACT", "LinkConfig", "LinkCounts", "LinkModel", "LinkResult", "build", "edge_pairs", "find_avoidable",
    "find_clusters", "load_model", "references_of",
]  # fmt: skip
