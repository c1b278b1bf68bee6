"""What a table's columns are and how they would be read, without reading it all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from textinsight.errors import InputError
from textinsight.ingest import csv, jsonl, parquet
from textinsight.ingest.columns import bind
from textinsight.ingest.layout import Row, flat, layout_of, look
from textinsight.ingest.reader import Limits, Reject, detect
from textinsight.ingest.turns import text_of

_ROWS: dict[str, Callable[[Path, Limits], Iterator[Row | Reject]]] = {
    "csv": csv.rows,
    "jsonl": jsonl.rows,
    "parquet": parquet.rows,
}


@dataclass(frozen=True, slots=True)
class Peek:
    """reader: the format's name. columns: their name → its first value, *unmasked*; empty where a format has none.

    bound: {our field: their column} as it would be read.
    """

    reader: str
    columns: Mapping[str, str]
    bound: Mapping[str, str]


def peek(path: Path, *, mapping: Mapping[str, str], limits: Limits | None = None) -> Peek:
    """The format and columns of a file; InputError if it is in no known format or a mapped column is not there."""
    reader = detect(path).name
    if reader not in _ROWS:
        return Peek(reader, {}, {})
    found = [row for row in look(_ROWS[reader](path, limits or Limits()), {}) if isinstance(row, Row)]
    columns: dict[str, str] = {}
    for row in found:
        for name, value in flat(row.values).items():
            if not columns.get(name):
                columns[name] = "" if value is None else _shown(value)
    return Peek(reader, columns, _bound(found, path, mapping) if found else {})


def _bound(rows: list[Row], path: Path, mapping: Mapping[str, str]) -> Mapping[str, str]:
    names = dict.fromkeys(name for row in rows for name in flat(row.values))
    bound = bind(names, mapping)
    try:
        return layout_of(rows, path, mapping).bound
    except InputError:  # no text: the columns are worth knowing all the same
        return bound


def _shown(value: object) -> str:
    return f"{len(value)} turns" if isinstance(value, list) else text_of(value)[:200]
