"""An archive of a million contacts for benchmarks/app_speed.py, made from a small finished one.

    textinsight demo --archive ./demo --no-app
    python benchmarks/app_archive.py ./demo ./million [--copies 84]

Tagging a million conversations takes hours on two cores, so nothing is tagged here: the stored tables of the small
archive are repeated, each copy a week later than the one before, with conversations and customers of its own, in the
same shards of a thousand records that a real run commits. Topics are those of the small archive, without being found
anew. Linking, edges and measures are then really done over the whole by `textinsight.pipeline.relink`.
"""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from textinsight.pipeline import relink
from textinsight.store import STORED, Archive

_OWN = ("conversation_id", "customer_id")  # every copy has its own; agents, channels and companies are shared
_WEEK_US = 7 * 86_400 * 1_000_000


def copied(table: pa.Table, copy: int) -> pa.Table:
    """The rows as copy number `copy`: ids of its own, so many weeks later."""
    for at, field in enumerate(table.schema):
        column = table[field.name]
        if field.name in _OWN:
            column = pc.binary_join_element_wise(column, f"-{copy:02d}", "")
        elif field.name == "identity_keys":
            column = pa.nulls(len(table), field.type)  # else all copies of a customer were one person
        elif field.name in ("started_at", "ended_at"):
            column = pc.cast(pc.add(pc.cast(column, pa.int64()), copy * _WEEK_US), field.type)
        table = table.set_column(at, field, column)
    return table


def tile(small: Archive, big: Archive, *, copies: int) -> None:
    """Write the stored tables, shard by shard, in one commit a table."""
    shards = small._live_files()
    for name in (*(name for name in STORED if name != "conversations"), "conversations"):
        files = []
        for copy in range(copies):
            for number, file in enumerate(shards["conversations"]):
                rows = pq.read_table(small.path / name / file, schema=STORED[name])
                files.append(f"s{copy * len(shards['conversations']) + number:06d}-{'0' * 8}.parquet")
                big._tables[name].write_file(files[-1], copied(rows, copy))
        big._tables[name].commit(add=files)
        big._tables[name].checkpoint()


def keep_topics(small: Archive, big: Archive) -> None:
    """The small archive's topics, marked as found in all contacts: they are not discovered again."""
    for name in ("topics", "found_topics"):
        rows = small.query(f"SELECT * FROM {name}")
        for column in ("fitted_on", "refreshed_on"):
            if column in rows.column_names:
                at = rows.column_names.index(column)
                rows = rows.set_column(at, column, pa.array([10**9] * len(rows)))
        big.replace(name, rows)
    big.append_run(small.query("SELECT * FROM runs LIMIT 1"))


def main() -> None:
    """Make the archive and say how long each part took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("small", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--copies", type=int, default=84)
    given = parser.parse_args()
    began = time.monotonic()
    small, big = Archive(given.small), Archive(given.out, create=True)
    shutil.copy(given.small / "pseudonym.key", given.out / "pseudonym.key")
    tile(small, big, copies=given.copies)
    keep_topics(small, big)
    print(f"{time.monotonic() - began:7.0f} s  tables written", flush=True)
    report = relink(big)
    print(f"{report.seconds:7.0f} s  {report.contacts:,} contacts linked: {report.same_issue:,} same issue, "
          f"{report.downstream:,} downstream, {report.edges} edges")  # fmt: skip


if __name__ == "__main__":
    main()
