"""The search index's files: `search/` in the archive's folder. Derived; deleting the folder loses nothing else.

words.db: SQLite with an FTS5 table over what was said, one row a conversation, without the text itself; and which
shards are in. vectors.i8, scales.f32: the issue vectors as rows of int8 and what to multiply each row by. The number
of a conversation is its row in all of them: shards in the order they were added, rows as in the shard.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from textinsight.errors import StoreError

FOLDER = "search"
VERSION = 1
TOKENIZER = "porter unicode61 remove_diacritics 2"
WORDS, VECTORS, SCALES = "words.db", "vectors.i8", "scales.f32"
BREAK = "\ue000"  # stands between turns, so that no phrase reaches from one into the next

_TABLES = f"""
    CREATE TABLE about (version INTEGER, engine TEXT, dimension INTEGER);
    CREATE TABLE shards (name TEXT PRIMARY KEY, first INTEGER, n INTEGER);
    CREATE VIRTUAL TABLE said USING fts5(customer, other, content='', tokenize='{TOKENIZER}');
"""


@contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads; StoreError if the index is damaged."""
    with (
        _mended_by_rebuild(folder),
        closing(sqlite3.connect(f"{folder.absolute().as_uri()}/{WORDS}?mode=ro", uri=True)) as db,
    ):
        db.execute("PRAGMA mmap_size=4294967296")
        yield db


@contextmanager
def writing(folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection that builds; readers see what was committed. The tables are made if they are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    with _mended_by_rebuild(folder), closing(sqlite3.connect(folder / WORDS)) as db:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-200000"):
            db.execute(f"PRAGMA {pragma}")
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'about'").fetchone():
            db.executescript(_TABLES)
        yield db


@contextmanager
def _mended_by_rebuild(folder: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(
            f"the search index cannot be used: {error}",
            hint=f"delete {folder} and build it again: textinsight search --build --archive {folder.parent}",
        ) from error
