"""Parquet, streamed by batches of rows; nested lists of turns are read as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from textinsight.conversation import Conversation
from textinsight.ingest.layout import Row
from textinsight.ingest.reader import Limits, Reader, Reject
from textinsight.ingest.rows import assemble

_BATCH = 1024
_MAGIC = b"PAR1"


def sniff(head: bytes, path: Path) -> bool:
    """Parquet's four letters stand first."""
    return head.startswith(_MAGIC) or (path.suffix.lower() == ".parquet" and b"\x00" in head)


def read(path: Path, *, mapping: Mapping[str, str], limits: Limits) -> Iterator[Conversation | Reject]:
    """The file's conversations; a damaged file or row becomes a reject."""
    yield from assemble(rows(path, limits), path=path, mapping=mapping, limits=limits)


def rows(path: Path, limits: Limits) -> Iterator[Row | Reject]:
    """The file's rows as they are."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    line = 0
    try:
        with pq.ParquetFile(path) as file:
            problem = _too_large(file.metadata, path, limits)
            if problem:
                yield Reject(path.name, None, problem)
                return
            for batch in file.iter_batches(batch_size=_BATCH):
                yield from _batch(_microseconds(batch), line, path)
                line += batch.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        yield Reject(path.name, line + 1, f"the Parquet file is damaged from this row on: {str(error)[:200]}")


def _too_large(metadata: Any, path: Path, limits: Limits) -> str:
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    size = sum(group.total_byte_size for group in groups)
    ratio = size / max(path.stat().st_size, 1)
    if size > limits.max_unpacked_bytes or (size > limits.max_ratio_bytes and ratio > limits.max_ratio):
        return f"unpacks to {size:,} bytes from {path.stat().st_size:,}: refused"
    return ""


def _microseconds(batch: Any) -> Any:
    """Python has no nanoseconds: times are cut to microseconds."""
    import pyarrow as pa

    def coarse(kind: pa.DataType) -> pa.DataType:
        if pa.types.is_timestamp(kind) and kind.unit == "ns":
            return pa.timestamp("us", tz=kind.tz)
        if pa.types.is_list(kind) or pa.types.is_large_list(kind):
            return pa.list_(coarse(kind.value_type))
        if pa.types.is_struct(kind):
            return pa.struct([pa.field(field.name, coarse(field.type)) for field in kind])
        return kind

    schema = pa.schema([pa.field(field.name, coarse(field.type)) for field in batch.schema])
    if schema.types == batch.schema.types:
        return batch
    return pa.Table.from_batches([batch]).cast(schema, safe=False).combine_chunks().to_batches()[0]


def _batch(batch: Any, line: int, path: Path) -> Iterator[Row | Reject]:
    try:
        records = batch.to_pylist()
    except ValueError:  # a value that is no valid text or time: find the row
        for i in range(batch.num_rows):
            yield _single(batch.slice(i, 1), line + i + 1, path)
        return
    for i, record in enumerate(records):
        yield Row(line + i + 1, record)


def _single(row: Any, line: int, path: Path) -> Row | Reject:
    try:
        return Row(line, row.to_pylist()[0])
    except ValueError as error:
        return Reject(path.name, line, f"a value that cannot be read: {str(error)[:200]}")


READER = Reader("parquet", (".parquet", ".pq"), sniff, read)
