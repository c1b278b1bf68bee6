"""Find and mend what a power cut or a killed job can leave behind. Nothing is deleted: it is set aside."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from textinsight.errors import StoreError
from textinsight.store.archive import Archive
from textinsight.store.delta import Table
from textinsight.store.derived import DERIVED
from textinsight.store.lock import writer_lock
from textinsight.store.schema import KEPT, RUNS, STORED

_LEFT_OUT = """
    SELECT count(a.conversation_id) AS assigned, count(*) - count(a.conversation_id) AS "left"
    FROM stored_conversations c LEFT JOIN assignments a USING (conversation_id)
"""
_ASIDE = "set-aside"
_AGAIN = "run the inputs again to make good what it held"


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong, and what was or can be done about it."""

    table: str
    problem: str
    remedy: str
    mended: bool


def examine(path: Path, *, mend: bool = False) -> list[Complaint]:
    """Check an archive (and mend it, under the writer lock, if asked); an empty list means healthy.

    Checks: the newest log entries are whole JSON, every live data file is there and readable, no shard is half
    committed, no contact was left out when topics and links were made. Raises StoreError if `path` is no archive, or
    if another job writes while mending.
    """
    Archive(path)
    if not mend:
        return list(_complaints(path, mend=False))
    with writer_lock(path):
        return list(_complaints(path, mend=True))


def _complaints(path: Path, *, mend: bool) -> Iterator[Complaint]:
    derived_hurt = False
    for name, schema in (STORED | DERIVED | KEPT | RUNS).items():
        table = Table(path / name, schema)
        for complaint in (*_torn_logs(table, mend=mend), *_lost_files(table, mend=mend)):
            derived_hurt |= name in DERIVED
            yield complaint
    yield from _half_shards(path, mend=mend)
    if derived_hurt and mend:
        # Without assignments the next run builds every derived table again.
        Archive(path).replace("assignments", DERIVED["assignments"].empty_table())
    yield from _left_out(path)


def _torn_logs(table: Table, *, mend: bool) -> Iterator[Complaint]:
    if not table.log.is_dir():
        return
    entries = sorted((e for e in table.log.glob("*.json") if e.stem.isdigit()), reverse=True)
    for entry in itertools.takewhile(lambda entry: not _is_whole(entry), entries):
        if mend:
            _set_aside(entry)
        yield Complaint(table.path.name, f"log entry {entry.name} is torn", f"set it aside; {_AGAIN}", mend)
    hint = table.log / "_last_checkpoint"
    if hint.exists() and not _checkpoint_is_whole(table.log, hint):
        if mend:
            for damaged in [hint, *table.log.glob("*.checkpoint*.parquet")]:
                _set_aside(damaged)
        yield Complaint(
            table.path.name, "the log's checkpoint is torn", "set it aside; the log itself is complete", mend
        )


def _lost_files(table: Table, *, mend: bool) -> Iterator[Complaint]:
    try:
        files = table.files()
    except StoreError as error:
        yield Complaint(table.path.name, str(error), "restore the folder from a backup", False)
        return
    damaged = [file for file in files if not _is_parquet(table.path / file)]
    for file in damaged:
        yield Complaint(
            table.path.name,
            f"data file {file} is missing or damaged",
            f"set it aside; {_AGAIN}",
            mend,
        )
    if damaged and mend:
        for file in damaged:
            if (table.path / file).exists():
                _set_aside(table.path / file)
        table.commit(remove=damaged)


def _half_shards(path: Path, *, mend: bool) -> Iterator[Complaint]:
    """Shards missing from some stored table: the whole shard goes, so that its input is read again."""
    try:
        live = {name: set(Table(path / name, schema).files()) for name, schema in STORED.items()}
    except StoreError:
        return
    whole = set.intersection(*live.values())
    for name, files in live.items():
        half = sorted(files - whole)
        if half and mend:
            Table(path / name, STORED[name]).commit(remove=half)
        for file in half:
            yield Complaint(name, f"shard {file} is half committed", "drop it; the next run does it again", mend)


def _left_out(path: Path) -> Iterator[Complaint]:
    """Contacts that no topics and links were made for, in an archive that has some: a run ended too early."""
    try:
        count = Archive(path).query(_LEFT_OUT).to_pylist()[0]
    except StoreError:
        return
    if count["assigned"] and count["left"]:
        problem = f"{count['left']:,} contacts have neither topic nor links yet"
        yield Complaint("assignments", problem, f"textinsight link -a {path}", False)


def _is_whole(entry: Path) -> bool:
    try:
        lines = entry.read_text("utf-8").splitlines()
        return bool(lines) and all(isinstance(json.loads(line), dict) for line in lines)
    except (OSError, ValueError):
        return False


def _checkpoint_is_whole(log: Path, hint: Path) -> bool:
    try:
        version = int(json.loads(hint.read_text("utf-8"))["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return _is_parquet(log / f"{version:020d}.checkpoint.parquet")


def _is_parquet(path: Path) -> bool:
    try:
        pq.read_metadata(path)
    except (OSError, pa.ArrowInvalid):
        return False
    return True


def _set_aside(path: Path) -> None:
    aside = path.parent.parent / _ASIDE if path.parent.name == "_delta_log" else path.parent / _ASIDE
    aside.mkdir(exist_ok=True)
    path.rename(aside / path.name)
