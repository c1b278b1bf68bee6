"""Rows of any table file as they are, for work on one column instead of conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from textinsight.errors import InputError
from textinsight.ingest import csv, jsonl, parquet
from textinsight.ingest.layout import Row
from textinsight.ingest.reader import Limits, Reject, detect

_ROWS: dict[str, Callable[[Path, Limits], Iterator[Row | Reject]]] = {
    "csv": csv.rows,
    "jsonl": jsonl.rows,
    "parquet": parquet.rows,
}


def read_rows(path: str | Path, *, limits: Limits | None = None) -> Iterator[Row | Reject]:
    """Stream the rows of a CSV, JSON Lines or Parquet file; InputError if it is none of these or cannot be read."""
    path = Path(path)
    name = detect(path).name
    if name not in _ROWS:
        raise InputError(f"{path} is no table but a {name} file", hint=f"give one of: {', '.join(_ROWS)}")
    return _ROWS[name](path, limits or Limits())
