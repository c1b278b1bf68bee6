"""How long an input is, for progress bars; never needed to read it."""

from __future__ import annotations

from pathlib import Path

from textinsight.errors import InputError
from textinsight.ingest.files import DamagedError, chunks
from textinsight.ingest.reader import Limits

_SLOW = b"BZh"  # unpacking it takes as long as reading it
_PARQUET = b"PAR1"


def count_lines(path: Path) -> int | None:
    """Lines of a text file (unpacked), rows of a Parquet file; None if that cannot be told quickly."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
        if start.startswith(_SLOW):
            return None
        if start == _PARQUET:
            return _rows(path)
        return sum(chunk.count(b"\n") for chunk in chunks(path, Limits())) + 1
    except (OSError, DamagedError, InputError):
        return None


def _rows(path: Path) -> int | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(path).num_rows)
    except pa.ArrowException:
        return None
