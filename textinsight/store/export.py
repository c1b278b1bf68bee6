"""A public table as a Parquet, CSV or JSON Lines file, streamed, complete or not there at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from textinsight.errors import StoreError, UsageError
from textinsight.store.archive import Archive

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = r"^[+-]?[0-9]+([.][0-9]+)?$"
_FORMULA = r"^[=+\-@\t\r\n]"


def export(archive: Archive, table: str, out: Path) -> int:
    """Write public table `table` to `out` (format by suffix); returns the number of rows.

    UsageError for an unknown suffix, StoreError if the file cannot be written. CSV cells that a spreadsheet would
    run as a formula get a leading apostrophe; Parquet and JSON Lines hold the values untouched.
    """
    try:
        write = _WRITERS[out.suffix.lower()]
    except KeyError:
        raise UsageError(
            f"cannot tell the format of {out.name!r}", hint=f"end --out in one of {', '.join(_WRITERS)}"
        ) from None
    part = out.with_name(f".{out.name}.part")
    try:
        with part.open("wb") as file:
            rows = write(archive.batches(table), file)
        part.replace(out)
    except OSError as error:
        raise StoreError(f"cannot write {out}: {error}", hint="give a writable --out") from error
    finally:
        part.unlink(missing_ok=True)
    return rows


def write_jsonl(batches: pa.RecordBatchReader, file: BinaryIO) -> int:
    """One JSON object a line, times in ISO 8601."""
    rows = 0
    for batch in batches:
        for row in batch.to_pylist():
            file.write(json.dumps(row, ensure_ascii=False, default=_json_value).encode() + b"\n")
        rows += batch.num_rows
    return rows


def write_csv(batches: pa.RecordBatchReader, file: BinaryIO) -> int:
    """Comma-separated with a header, lists as JSON, formula cells defused."""
    rows = 0
    schema = pa.schema([f if _is_flat(f.type) else f.with_type(pa.string()) for f in batches.schema])
    with pacsv.CSVWriter(file, schema) as writer:
        for batch in batches:
            writer.write_batch(pa.record_batch(list(_csv_columns(batch)), schema=schema))
            rows += batch.num_rows
    return rows


def defuse(text: str) -> str:
    """The text for a CSV cell: with a leading apostrophe if a spreadsheet would run it as a formula."""
    dangerous = text.startswith(_FORMULA_STARTS) and re.fullmatch(_NUMBER, text) is None
    return f"'{text}" if dangerous else text


def _write_parquet(batches: pa.RecordBatchReader, file: BinaryIO) -> int:
    rows = 0
    with pq.ParquetWriter(file, batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _csv_columns(batch: pa.RecordBatch) -> Iterator[pa.Array]:
    for column in batch.columns:
        if not _is_flat(column.type):
            yield pa.array([_json_cell(value) for value in column.to_pylist()], pa.string())
        elif pa.types.is_string(column.type):
            yield _defused(column)
        else:
            yield column


def _defused(column: pa.Array) -> pa.Array:
    """As `defuse`, for a whole column."""
    dangerous = pc.and_(
        pc.match_substring_regex(column, _FORMULA), pc.invert(pc.match_substring_regex(column, _NUMBER))
    )
    return pc.if_else(dangerous, pc.binary_join_element_wise("'", column, ""), column)


def _is_flat(kind: pa.DataType) -> bool:
    return not (pa.types.is_list(kind) or pa.types.is_struct(kind))


def _json_cell(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=_json_value)


def _json_value(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"cannot write {type(value).__name__} as JSON")


_WRITERS: dict[str, Callable[[pa.RecordBatchReader, BinaryIO], int]] = {
    ".parquet": _write_parquet,
    ".csv": write_csv,
    ".jsonl": write_jsonl,
}
