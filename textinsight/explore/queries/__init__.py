"""What the pages read: SQL over the archive's public tables, one file a page. No Streamlit in here."""

from __future__ import annotations

from textinsight.explore.queries.base import Rows

__all__ = ["Rows"]
