"""Contacts of one customer, linked: the same issue again, or a later issue that an earlier one brought on."""

from __future__ import annotations

from textinsight.link.build import build
from textinsight.link.config import LinkConfig
from textinsight.link.references import references_of
from textinsight.link.result import LinkCounts, LinkResult
from textinsight.link.weights import LinkModel, load_model

__all__ = ["LinkConfig", "LinkCounts", "LinkModel", "LinkResult", "build", "load_model", "references_of"]
