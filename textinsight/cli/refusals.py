"""Why records of a run were refused, the commonest reasons first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from textinsight.store import Archive

_MOST = 5
# Reasons quote values and counts: 'c1' is stored already and 'c2' is stored already are one reason.
_ALIKE = r"'[^']*'|[0-9][0-9,.]*"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason in one file: its first line, its wording there, and how many records it cost."""

    source: str
    line: int | None
    reason: str
    n: int


def refusals(archive: Path, sources: Collection[str]) -> list[Refusal]:
    """The commonest reasons among the refused records of these files; personal data is masked in them."""
    rows = Archive(archive).query(
        "SELECT source, min(line) AS line, arg_min(reason, coalesce(line, 0)) AS reason, count(*) AS n FROM rejects"
        " WHERE list_contains(?, source) GROUP BY source, regexp_replace(reason, ?, '', 'g')"
        " ORDER BY n DESC, source, line LIMIT ?",
        [list(sources), _ALIKE, _MOST],
    )
    return [Refusal(**row) for row in rows.to_pylist()]
