"""The archive: a folder of Delta tables that one job writes and anybody reads.

A shard is a set of data files of one name, one in each stored table. Committing it to `conversations` comes last and
is what makes the shard exist: readers ignore side files whose shard is not there, and the next writer rolls them
back. So a job killed anywhere leaves whole shards only, and no reader ever sees half of one.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from textinsight.errors import StoreError, UsageError
from textinsight.findings import Relation
from textinsight.store import corrections, reviews, views
from textinsight.store.corrections import Correction
from textinsight.store.delta import Table, fsync
from textinsight.store.derived import DERIVED
from textinsight.store.lock import review_lock
from textinsight.store.narrow import late_files
from textinsight.store.reviews import Review, Verdict
from textinsight.store.schema import KEPT, PUBLIC, RUNS, STORED

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 2
_ANCHOR = "conversations"
_CHECKPOINT_EVERY = 100
_KEEP_OLD_FILES_S = 3600


@dataclass(frozen=True, slots=True)
class InputProgress:
    """What is committed of one input file: records as half-open ranges, split into stored and rejected."""

    source: str
    ranges: tuple[tuple[int, int], ...]
    n_stored: int
    n_rejected: int
    complete: bool

    def holds(self, record: int) -> bool:
        """Whether record number `record` (0-based) is committed."""
        return any(start <= record < stop for start, stop in self.ranges)


class Archive:
    """Read (and, under `store.writer_lock`, write) the archive in folder `path`.

    Raises StoreError if there is no archive at `path` (and `create` is False) or if it cannot be read.
    """

    def __init__(self, path: str | Path, *, create: bool = False) -> None:
        self.path = Path(path)
        self._tables = {
            name: Table(self.path / name, schema) for name, schema in (STORED | DERIVED | KEPT | RUNS).items()
        }
        self._views: views.Views | None = None
        if create and not (self.path / "archive.json").exists():
            self._create()
        self._check_format()

    # Reading

    def table(self, name: str, *, columns: Sequence[str] | None = None) -> pa.Table:
        """A public table (see `store.schema.PUBLIC`) as Arrow; ValueError names the tables there are."""
        return self.query(f"SELECT {_columns(name, columns)} FROM {name}")

    def pandas(self, name: str, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """A public table as a pandas frame (needs pandas)."""
        frame: pd.DataFrame = self.table(name, columns=columns).to_pandas()
        return frame

    def query(
        self,
        sql: str,
        parameters: Sequence[Any] | Mapping[str, Any] = (),
        *,
        tables: Mapping[str, pa.Table] | None = None,
    ) -> pa.Table:
        """Run SQL (DuckDB dialect, values bound as ? or $name) over the newest state of the tables.

        tables: others that the SQL may name, such as what a search found.
        """
        return self._current_views().query(sql, parameters, tables=tables)

    def batches(self, name: str, *, rows: int = 100_000) -> pa.RecordBatchReader:
        """A public table as a stream of batches, for what does not fit into memory."""
        return self._current_views().stream(f"SELECT {_columns(name, None)} FROM {name}", rows)

    @property
    def stamp(self) -> tuple[str, ...]:
        """Changes whenever any table does: a cache key."""
        return tuple(table.newest_log() for table in self._tables.values())

    def shards(self) -> list[str]:
        """The shards that are there whole, in the order they were stored."""
        return self._tables[_ANCHOR].files()

    def shard(
        self,
        name: str,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        conversation_ids: Sequence[str] | None = None,
    ) -> pa.Table:
        """One shard's rows of a table of `STORED`, as stored; of these conversations only, if they are named.

        Reads that file alone: what belongs to a conversation is found among millions of turns. StoreError if it is
        gone or damaged.
        """
        wanted = None if conversation_ids is None else pc.is_in(pc.field("conversation_id"), pa.array(conversation_ids))
        try:
            found: pa.Table = pq.read_table(
                self.path / table / name, schema=STORED[table], columns=columns, filters=wanted, partitioning=None
            )
        except (OSError, pa.ArrowInvalid) as error:
            raise StoreError(f"the archive cannot be read: {error}", hint="run: textinsight doctor") from error
        return found

    def progress(self) -> dict[str, InputProgress]:
        """What is stored of each input file, by file id."""
        rows = self.query("SELECT * FROM inputs ORDER BY file_id, first_record").to_pylist()
        return {file_id: _input_progress(list(parts)) for file_id, parts in groupby(rows, lambda row: row["file_id"])}

    def key(self) -> bytes:
        """The secret that turns personal ids into pseudonyms; it never leaves the archive's folder."""
        return (self.path / "pseudonym.key").read_bytes()

    # Writing (one job at a time, under the writer lock)

    def append_shard(self, shard: Mapping[str, pa.Table]) -> None:
        """Add one shard, tables of `STORED`; on return it is on disk and visible as a whole."""
        count = len(self._tables[_ANCHOR].files())
        name = f"s{count:06d}-{secrets.token_hex(4)}.parquet"
        for table in sorted(shard, key=lambda table: table == _ANCHOR):
            self._tables[table].write_file(name, shard[table])
            self._tables[table].commit(add=[name])
        if count % _CHECKPOINT_EVERY == _CHECKPOINT_EVERY - 1:
            for table in STORED:
                self._tables[table].checkpoint()

    def rollback(self) -> int:
        """Remove side files of a shard that was never committed whole; how many files that were."""
        whole = set(self._tables[_ANCHOR].files())
        orphans = {
            name: [f for f in self._tables[name].files() if f not in whole] for name in STORED if name != _ANCHOR
        }
        for name, files in orphans.items():
            if files:
                self._tables[name].commit(remove=files)
        return sum(map(len, orphans.values()))

    def replace(self, name: str, data: pa.Table) -> None:
        """Replace a derived table whole."""
        table = self._tables[name]
        file = f"g{int(time.time() * 1000):014d}-{secrets.token_hex(4)}.parquet"
        table.write_file(file, data)
        table.commit(add=[file], mode="overwrite")
        _remove_old_files(table)

    def append_run(self, row: pa.Table) -> None:
        """Log a finished run."""
        file = f"r{secrets.token_hex(8)}.parquet"
        self._tables["runs"].write_file(file, row)
        self._tables["runs"].commit(add=[file])

    # Reviewing (at any time, beside a job too)

    def review(
        self,
        conversation_id: str,
        earlier_id: str,
        verdict: Verdict,
        *,
        relation: Relation = "same_issue",
        reviewer: str | None = None,
        note: str | None = None,
    ) -> Review:
        """Confirm or reject that the later contact `conversation_id` is tied to `earlier_id` by this relation.

        `links.reviewed` says so from the next reading on; threads and measures follow with `pipeline.relink`. The last
        review of a pair and relation wins. UsageError if the two cannot be a pair or a word is not known.
        """
        given = Review(conversation_id, earlier_id, verdict, relation, reviewer, note)
        problem = reviews.problems(self.query, [given])[0]
        if problem is not None:
            raise UsageError(
                f"this pair cannot be reviewed: {problem}", hint="give ids of two contacts of one customer"
            )
        return self.add_reviews([given])[0]

    def add_reviews(self, given: Iterable[Review]) -> list[Review]:
        """Store reviews that `reviews.problems` finds nothing against, in one commit; as stored, with their time."""
        rows = reviews.with_probability(self.query, list(given))
        if rows:
            table = self._tables["reviews"]
            with review_lock(self.path):
                count = len(table.files())
                file = f"v{count:08d}-{secrets.token_hex(4)}.parquet"
                table.write_file(file, reviews.as_table(rows))
                table.commit(add=[file])
                if count % _CHECKPOINT_EVERY == _CHECKPOINT_EVERY - 1:
                    table.checkpoint()
        return rows

    def add_corrections(self, given: Iterable[Correction]) -> list[Correction]:
        """Store what people say of tags, in one commit; as stored, with what the models say and the time.

        Every reading from then on follows; links and measures follow with `pipeline.relink`. UsageError, and nothing
        stored, if one of them cannot be. See `pipeline.correct`, which also works out the contact's sentiment.
        """
        rows = corrections.with_old(self.query, list(given))
        if rows:
            self.keep("corrections", corrections.as_table(rows))
        return rows

    def keep(self, name: str, rows: pa.Table) -> None:
        """Append rows to a kept table: what people said, which no rebuild touches."""
        table = self._tables[name]
        with review_lock(self.path):
            file = f"v{len(table.files()):08d}-{secrets.token_hex(4)}.parquet"
            table.write_file(file, rows.cast(KEPT[name]))
            table.commit(add=[file])

    # Inside

    def _create(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            _make_key(self.path / "pseudonym.key")
            marker = self.path / f"archive.json.{secrets.token_hex(4)}"
            marker.write_text(json.dumps({"format": FORMAT}), "utf-8")
            fsync(marker)
            marker.rename(self.path / "archive.json")
            fsync(self.path)
        except OSError as error:
            raise StoreError(
                f"cannot make an archive at {self.path}: {error}", hint="give a writable --archive"
            ) from error

    def _check_format(self) -> None:
        marker = self.path / "archive.json"
        try:
            found = json.loads(marker.read_text("utf-8"))["format"]
        except FileNotFoundError:
            raise StoreError(
                f"{self.path} is not an archive",
                hint=f"make one with: textinsight run INPUT --archive {self.path}",
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{marker} cannot be read: {error}", hint="restore it from a backup") from error
        if found != FORMAT:
            raise StoreError(
                f"{self.path} has archive format {found}; this version of textinsight knows {FORMAT}",
                hint="install the matching version, or run the inputs again into a new archive",
            )

    def _current_views(self) -> views.Views:
        stamp = self.stamp
        if self._views is None or self._views.stamp != stamp:
            files = self._live_files()
            self._views = views.Views(self.path, stamp=stamp, files=files, late=self._late_files(files))
        return self._views

    def _live_files(self) -> dict[str, list[str]]:
        # The anchor is read first: every shard it names has had its side files committed before.
        whole = set(self._tables[_ANCHOR].files())
        files = {name: table.files() for name, table in self._tables.items()}
        for name in STORED:
            files[name] = [file for file in files[name] if file in whole]
        files["contact_facts"] = [file for file in files["contact_facts"] if self._is_readable_now(file)]
        return files

    def _is_readable_now(self, facts: str) -> bool:
        """Whether facts have today's columns; those of an older version count as none until the next linking."""
        path = self.path / "contact_facts" / facts
        return not path.exists() or pq.read_schema(path).names == DERIVED["contact_facts"].names

    def _late_files(self, files: Mapping[str, Sequence[str]]) -> list[str]:
        """Of these files of `conversations`, those that no linking has seen."""
        n_facts = sum(
            rows for file, rows in self._tables["contact_facts"].row_counts().items() if file in files["contact_facts"]
        )
        rows = self._tables[_ANCHOR].row_counts()
        return late_files({file: rows[file] for file in files[_ANCHOR]}, n_facts)


def _make_key(path: Path) -> None:
    """A new key unless there is one: it appears whole or not at all, and the first of two makers wins."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_bytes(secrets.token_bytes(32))
    fsync(fresh)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _input_progress(parts: list[dict[str, Any]]) -> InputProgress:
    ranges: list[tuple[int, int]] = []
    for part in parts:
        start, stop = part["first_record"], part["first_record"] + part["n_records"]
        if ranges and start == ranges[-1][1]:
            start, _ = ranges.pop()
        ranges.append((start, stop))
    return InputProgress(
        source=parts[0]["source"],
        ranges=tuple(ranges),
        n_stored=sum(part["n_stored"] for part in parts),
        n_rejected=sum(part["n_rejected"] for part in parts),
        complete=any(part["complete"] for part in parts) and len(ranges) == 1 and ranges[0][0] == 0,
    )


def _columns(name: str, columns: Sequence[str] | None) -> str:
    if name not in PUBLIC:
        raise ValueError(f"no table {name!r}; there are {', '.join(PUBLIC)}")
    names = PUBLIC[name].names
    for column in columns or ():
        if column not in names:
            raise ValueError(f"table {name} has no column {column!r}; it has {', '.join(names)}")
    return ", ".join(f'"{column}"' for column in columns or names)


def _remove_old_files(table: Table) -> None:
    """Delete replaced files that no reader can still hold open (an hour old)."""
    live = set(table.files())
    oldest = time.time() - _KEEP_OLD_FILES_S
    for path in table.path.glob("*.parquet"):
        if path.name not in live and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
