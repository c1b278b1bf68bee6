"""One Delta table on local disk: durable appends and replacements, readable at any time by anyone.

delta-rs does not fsync, so each write here goes: Parquet file → fsync → commit → fsync of the log, and only
then returns. Column statistics never enter the log (they would quote customers and survive an erasure).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from textinsight.errors import StoreError

if TYPE_CHECKING:
    from deltalake import DeltaTable

_ROW_GROUP = 122_880  # rows: what one thread of DuckDB reads at a time, and what its zone maps skip
_NO_STATISTICS = {"delta.dataSkippingNumIndexedCols": "0"}


class Table:
    """A Delta table of `schema` in folder `path`, made on the first write."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self.schema = schema

    @property
    def log(self) -> Path:
        """The folder of the transaction log."""
        return self.path / "_delta_log"

    def newest_log(self) -> str:
        """Name of the newest log entry, "" if the table does not exist; changes with every commit."""
        try:
            return max((entry.name for entry in self.log.iterdir() if _is_log(entry.name)), default="")
        except FileNotFoundError:
            return ""

    def files(self) -> list[str]:
        """Names of the live data files, sorted; StoreError if the log cannot be read."""
        if not self.newest_log():
            return []
        return sorted(Path(uri).name for uri in self._open().file_uris())

    def row_counts(self) -> dict[str, int]:
        """Live data files with their rows, by name; StoreError if the log cannot be read."""
        if not self.newest_log():
            return {}
        added = pa.RecordBatchReader.from_stream(self._open().get_add_actions(flatten=True)).read_all()
        rows = zip(added["path"].to_pylist(), added["num_records"].to_pylist(), strict=True)
        return dict(sorted((Path(path).name, int(n)) for path, n in rows))

    def write_file(self, name: str, data: pa.Table | Iterable[pa.RecordBatch]) -> None:
        """Write and fsync a data file; nothing sees it before `commit`."""
        self.path.mkdir(parents=True, exist_ok=True)
        target = self.path / name
        batches = data
        if isinstance(data, pa.Table):
            batches = data.cast(self.schema).combine_chunks().to_batches(max_chunksize=_ROW_GROUP)
        with pq.ParquetWriter(target, self.schema, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch)
        fsync(target)
        fsync(self.path)

    def commit(
        self,
        *,
        add: Iterable[str] = (),
        remove: Iterable[str] = (),
        mode: Literal["append", "overwrite"] = "append",
    ) -> None:
        """One atomic transaction over files already written; on return it survives a power cut."""
        from deltalake import PostCommitHookProperties
        from deltalake.transaction import AddAction, RemoveAction

        now = int(time.time() * 1000)
        table = self._open_or_create()
        actions: list[Any] = [
            AddAction(name, (self.path / name).stat().st_size, {}, now, True, self._row_count(name)) for name in add
        ]
        actions += [RemoveAction(path=name, data_change=True, deletion_timestamp=now) for name in remove]
        table.create_write_transaction(
            actions,
            mode=mode,
            schema=self.schema,
            post_commithook_properties=PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False),
        )
        fsync(self.log / self.newest_log())
        fsync(self.log)

    def checkpoint(self) -> None:
        """Fold the log into one file, so that opening the table stays quick after many commits."""
        self._open().create_checkpoint()
        for path in self.log.glob("*checkpoint*"):
            fsync(path)
        fsync(self.log)

    def _row_count(self, name: str) -> str:
        return json.dumps({"numRecords": pq.read_metadata(self.path / name).num_rows})

    def _open(self) -> DeltaTable:
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        try:
            return DeltaTable(str(self.path))
        except (DeltaError, OSError, ValueError) as error:
            raise StoreError(
                f"table {self.path.name} cannot be read: {first_line(error)}",
                hint=f"run: textinsight doctor --archive {self.path.parent}",
            ) from error

    def _open_or_create(self) -> DeltaTable:
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        if self.newest_log():
            return self._open()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            table = DeltaTable.create(str(self.path), self.schema, configuration=_NO_STATISTICS)
        except (DeltaError, OSError) as error:
            raise StoreError(
                f"table {self.path.name} cannot be created: {first_line(error)}",
                hint="the archive needs a writable disk that knows hard links (a local disk, not a cloud mount)",
            ) from error
        fsync(self.log / self.newest_log())
        fsync(self.log)
        return table


def first_line(error: Exception) -> str:
    """What an engine complains of, without its stack or the statement it quotes."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def fsync(path: Path) -> None:
    """Flush a file or folder to disk (folders where the system allows it)."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_log(name: str) -> bool:
    return name.endswith(".json") and name[:-5].isdigit()
