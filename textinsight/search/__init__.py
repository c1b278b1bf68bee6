"""Search in an archive: by words in what was said, by meaning, or for conversations like a given one."""

from __future__ import annotations

from textinsight.search.build import Indexed, drop, refresh
from textinsight.search.find import By, Found, Hit, find
from textinsight.search.index import Hits, Index, Speaker
from textinsight.search.passages import Passage, marks, passages
from textinsight.search.query import Query, parse

__all__ = [
    "By", "Found", "Hit", "Hits", "Index", "Indexed", "Passage", "Query", "Speaker", "drop", "find", "marks", "parse",
    "passages", "refresh",
]  # fmt: skip
