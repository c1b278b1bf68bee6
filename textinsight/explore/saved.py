"""Saved views: a name for a page with its filters, kept in a small SQLite file beside the archive's tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from textinsight.errors import StoreError, UsageError

FILE = "views.sqlite"
_LONGEST = {"name": 60, "query": 4_000}
_TABLE = """CREATE TABLE IF NOT EXISTS views (
    name TEXT PRIMARY KEY, page TEXT NOT NULL, query TEXT NOT NULL, saved_by TEXT, saved_at TEXT NOT NULL)"""


@dataclass(frozen=True, slots=True)
class View:
    """query: the address behind the "?". saved_by: None where users are not told apart. UsageError if it cannot be."""

    name: str
    page: str
    query: str
    saved_by: str | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise UsageError("a view needs a name", hint="for example: Billing, last 90 days")
        for field, longest in _LONGEST.items():
            if len(getattr(self, field)) > longest:
                raise UsageError(f"the {field} of a view may have {longest} characters", hint="choose less")


def views(archive: Path) -> tuple[View, ...]:
    """All saved views by name; StoreError if the file cannot be read."""
    if not (archive / FILE).exists():
        return ()
    with _opened(archive) as db:
        return tuple(View(*row) for row in db.execute("SELECT name, page, query, saved_by FROM views ORDER BY name"))


def save(archive: Path, view: View) -> None:
    """Keep the view, in place of one of the same name."""
    with _opened(archive) as db:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        db.execute(
            "INSERT OR REPLACE INTO views VALUES (?, ?, ?, ?, ?)",
            (view.name.strip(), view.page, view.query, view.saved_by, now),
        )


def delete(archive: Path, name: str) -> None:
    """Forget the view of this name, if there is one."""
    with _opened(archive) as db:
        db.execute("DELETE FROM views WHERE name = ?", (name,))


@contextmanager
def _opened(archive: Path) -> Iterator[sqlite3.Connection]:
    """One transaction; writers wait for each other, readers for nobody."""
    try:
        db = sqlite3.connect(archive / FILE, timeout=5)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            with db:
                db.execute(_TABLE)
                yield db
        finally:
            db.close()
    except sqlite3.Error as error:
        raise StoreError(f"saved views cannot be used: {error}", hint=f"is {archive / FILE} writable?") from error
