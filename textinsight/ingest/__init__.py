"""Files in, conversations out: readers by format, well-known columns, times, roles, sessions.

Policy: every input row is either part of a conversation or a `Reject` with its line and the reason, so rows in =
rows stored + rows rejected. A bad optional value (csat 11) rejects its row too: it is never quietly dropped.
"""

from __future__ import annotations

from textinsight.ingest.reader import Limits, Reader, Reject, detect, expand, read
from textinsight.ingest.size import count_lines

__all__ = ["Limits", "Reader", "Reject", "count_lines", "detect", "expand", "read"]
