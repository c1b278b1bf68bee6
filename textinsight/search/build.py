"""Bringing the search index up to date: shard by shard, each in one transaction, so that a kill costs one shard."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.ingest.redact.config import spans_of
from textinsight.search.files import BREAK, FOLDER, SCALES, VECTORS, VERSION, writing
from textinsight.store import Archive, search_lock

_COMMIT_EVERY = 20_000  # contacts: a commit a shard would cost more than it saves
_OPTIMIZE_FROM = 50_000  # new contacts from which merging the index into one piece pays


@dataclass(frozen=True, slots=True)
class Indexed:
    """contacts: in the index. added: of them new. bytes: of the index's files."""

    contacts: int
    added: int
    bytes: int
    seconds: float


def refresh(archive: Archive, *, progress: Callable[[int], object] = int) -> Indexed:
    """Add the shards that are not in the index yet; built anew where a shard has gone or the encoder has changed.

    progress: told how many contacts were added since. Readers may search meanwhile. StoreError if another program is
    building it, or if it cannot be written.
    """
    began = time.monotonic()
    folder = archive.path / FOLDER
    with search_lock(archive.path):
        shards, engine = archive.shards(), _engine(archive)
        if _is_outdated(folder, shards, engine):
            drop(archive)
        with writing(folder) as db:
            if not db.execute("SELECT 1 FROM about").fetchone():
                db.execute("INSERT INTO about VALUES (?, ?, ?)", (VERSION, *engine))
            known = {name for (name,) in db.execute("SELECT name FROM shards")}
            before = _count(db)
            for n in _added(archive, db, [name for name in shards if name not in known], dimension=engine[1]):
                progress(n)
            total = _count(db)
            if total - before >= _OPTIMIZE_FROM:
                db.execute("INSERT INTO said(said) VALUES ('optimize')")
                db.commit()
    size = sum(file.stat().st_size for file in folder.iterdir())
    return Indexed(total, total - before, size, time.monotonic() - began)


def drop(archive: Archive) -> None:
    """Delete the index, as after an erasure; `refresh` makes a new one."""
    shutil.rmtree(archive.path / FOLDER, ignore_errors=True)


def searchable(text: str) -> str:
    """The text as it is indexed, character by character where it was: without masks, and breaks of our own."""
    for span in spans_of(text):
        text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text.replace(BREAK, " ").replace("\0", " ")


def _engine(archive: Archive) -> tuple[str, int]:
    """(encoder, dimension) of the archive's vectors; ("", 0) if it has none."""
    rows = archive.query("SELECT engine, octet_length(vector) // 2 AS d FROM vectors LIMIT 1").to_pylist()
    return (rows[0]["engine"], rows[0]["d"]) if rows else ("", 0)


def _is_outdated(folder: Path, shards: list[str], engine: tuple[str, int]) -> bool:
    if not folder.is_dir():
        return False
    with writing(folder) as db:
        known = {name for (name,) in db.execute("SELECT name FROM shards")}
        about = db.execute("SELECT version, engine, dimension FROM about").fetchone()
    return not known <= set(shards) or (about is not None and about != (VERSION, *engine))


def _count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(max(first + n), 0) FROM shards").fetchone()[0])


def _added(archive: Archive, db: sqlite3.Connection, names: list[str], *, dimension: int) -> Iterator[int]:
    first, pending = _count(db), 0
    with (
        _rows_file(archive.path / FOLDER / VECTORS, first * dimension) as vectors,
        _rows_file(archive.path / FOLDER / SCALES, first * 4) as scales,
    ):
        for name in names:
            ids = archive.shard(name, "conversations", columns=["conversation_id"])["conversation_id"].combine_chunks()
            rows, scale = _quantized(_matrix(archive.shard(name, "vectors"), ids, dimension))
            vectors.write(rows.tobytes())
            scales.write(scale.tobytes())
            db.executemany(
                "INSERT INTO said(rowid, customer, other) VALUES (?, ?, ?)", _said(archive, name, ids, first)
            )
            db.execute("INSERT INTO shards VALUES (?, ?, ?)", (name, first, len(ids)))
            first, pending = first + len(ids), pending + len(ids)
            if pending >= _COMMIT_EVERY or name == names[-1]:
                vectors.flush()
                scales.flush()
                db.commit()
                yield pending
                pending = 0


def _rows_file(path: Path, size: int) -> BinaryIO:
    """The file open for writing after `size` bytes; what a killed build left behind them is cut off."""
    path.touch()
    file = path.open("r+b")
    file.truncate(size)
    file.seek(size)
    return file


def _said(archive: Archive, name: str, ids: pa.Array, first: int) -> Iterator[tuple[int, str, str]]:
    """(number, customer's words, everybody else's) of each conversation."""
    turns = archive.shard(name, "turns", columns=["conversation_id", "role", "text"])
    said: list[tuple[list[str], list[str]]] = [([], []) for _ in range(len(ids))]
    rows = pc.index_in(turns["conversation_id"], value_set=ids).to_pylist()
    for row, role, text in zip(rows, turns["role"].to_pylist(), turns["text"].to_pylist(), strict=True):
        if row is not None and text:
            said[row][role != "customer"].append(searchable(text))
    between = f" {BREAK} "
    return ((first + i, between.join(own), between.join(other)) for i, (own, other) in enumerate(said))


def _matrix(vectors: pa.Table, ids: pa.Array, dimension: int) -> npt.NDArray[np.float32]:
    """(n, dimension) in the order of the ids; zeros where a contact has no vector."""
    out = np.zeros((len(ids), dimension), np.float32)
    rows = pc.index_in(vectors["conversation_id"], value_set=ids).to_pylist()
    for row, vector in zip(rows, vectors["vector"].to_pylist(), strict=True):
        if row is not None and len(vector) == 2 * dimension:
            out[row] = np.frombuffer(vector, "<f2")
    return out


def _quantized(vectors: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """(rows of int8, what to multiply each row by): a cosine is off by less than .002."""
    largest = np.abs(vectors).max(axis=1, initial=0)
    scale = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    return np.rint(vectors / scale[:, None]).astype(np.int8), scale
