"""The archive: table schemas, durable append-only storage, SQL views, export, repair."""

from __future__ import annotations

from textinsight.store.archive import Archive, InputProgress
from textinsight.store.corrections import Correction
from textinsight.store.derived import DERIVED
from textinsight.store.lock import search_lock, writer_lock
from textinsight.store.reviews import Review
from textinsight.store.schema import KEPT, PUBLIC, STORED

__all__ = [
    "DERIVED",
    "KEPT",
    "PUBLIC",
    "STORED",
    "Archive",
    "Correction",
    "InputProgress",
    "Review",
    "search_lock",
    "writer_lock",
]
