"""Exports hold every row, defuse formulas in CSV only, and never leave half a file."""

from __future__ import annotations

import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from textinsight.errors import StoreError, UsageError
from textinsight.store import STORED, Archive
from textinsight.store.export import export

HOSTILE = [
    "=1+1",
    "+1-1",
    "-1-1",
    "-2.5",
    "+1",
    "-1\n=2",
    "@x",
    "\tx",
    "\rx",
    "\nx",
    "plain",
    "a=b",
    'quote " and, comma',
    None,
    "",
]


@pytest.fixture
def archive(tmp_path):
    store = Archive(tmp_path / "archive", create=True)
    conversations = [
        {"conversation_id": f"c{i}", "issue_text": text, "effort_drivers": ["=x", "transfer"], "sentiment": -0.5}
        for i, text in enumerate(HOSTILE)
    ]
    shard = {name: schema.empty_table() for name, schema in STORED.items()}
    shard["conversations"] = pa.Table.from_pylist(conversations, schema=STORED["conversations"])
    store.append_shard(shard)
    return store


def test_csv_defuses_formulas_and_keeps_numbers(archive, tmp_path):
    out = tmp_path / "out.csv"
    assert export(archive, "conversations", out) == len(HOSTILE)
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row, text in zip(rows, HOSTILE, strict=True):
        dangerous = bool(text) and text[0] in "=+-@\t\r\n" and text not in ("-2.5", "+1")
        assert row["issue_text"] == ("'" + text if dangerous else text or "")
        assert float(row["sentiment"]) == -0.5
        assert json.loads(row["effort_drivers"]) == ["=x", "transfer"]


def test_parquet_and_jsonl_hold_the_values_untouched(archive, tmp_path):
    export(archive, "conversations", tmp_path / "out.parquet")
    export(archive, "conversations", tmp_path / "out.jsonl")
    assert pq.read_table(tmp_path / "out.parquet")["issue_text"].to_pylist() == HOSTILE
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert [json.loads(line)["issue_text"] for line in lines] == HOSTILE


def test_unknown_suffix_and_unwritable_place(archive, tmp_path):
    with pytest.raises(UsageError, match=r"out\.xlsx"):
        export(archive, "turns", tmp_path / "out.xlsx")
    with pytest.raises(StoreError, match="cannot write"):
        export(archive, "turns", tmp_path / "missing" / "out.csv")
    assert list(tmp_path.glob(".*part")) == []
