"""A reader beside a writer: never an error, never half a shard."""

from __future__ import annotations

import subprocess
import sys

import pytest

from textinsight.store import Archive

WRITER = """
import sys
import pyarrow as pa
from textinsight.store import DERIVED, STORED, Archive

store = Archive(sys.argv[1])
for number in range(12):
    ids = [f"c{number}-{i}" for i in range(5)]
    rows = {
        "conversations": [{"conversation_id": i} for i in ids],
        "turns": [{"conversation_id": i, "turn": t, "text": "x"} for i in ids for t in range(3)],
    }
    shard = {name: pa.Table.from_pylist(rows.get(name, []), schema=schema) for name, schema in STORED.items()}
    store.append_shard(shard)
    row = {"conversation_id": ids[0], "topic_id": str(number)}
    store.replace("assignments", pa.Table.from_pylist([row], schema=DERIVED["assignments"]))
"""


@pytest.mark.slow
def test_reading_while_writing(tmp_path):
    store = Archive(tmp_path / "archive", create=True)
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(store.path)], cwd=tmp_path, stderr=subprocess.PIPE)
    seen = []
    while writer.poll() is None:
        counts = store.query(
            "SELECT (SELECT count(*) FROM conversations) AS contacts, (SELECT count(*) FROM turns) AS turns"
        ).to_pylist()[0]
        assert counts["turns"] == 3 * counts["contacts"]
        assert counts["contacts"] % 5 == 0
        seen.append(counts["contacts"])
    assert writer.returncode == 0, writer.stderr.read()
    assert seen == sorted(seen)
    assert len(set(seen)) > 2
    assert store.query("SELECT count(*) AS n FROM conversations").to_pylist() == [{"n": 60}]
