from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from textinsight.findings import DRIVER_BITS
from textinsight.store import DERIVED, STORED, Archive
from textinsight.store.narrow import late_files

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def conversation(number: int, tenure: float | None = 30.0) -> dict:
    start = START + timedelta(days=number)
    return {
        "conversation_id": f"c{number}", "customer_id": "ann", "channel": "chat", "started_at": start,
        "ended_at": start + timedelta(minutes=5), "sentiment": 0.5, "tenure_days": tenure,
        "effort_drivers": ["repeat_contact", "transfer"],
    }  # fmt: skip


def add_shard(archive: Archive, *rows: dict) -> None:
    tables = {name: pa.Table.from_pylist([], schema=STORED[name]) for name in STORED}
    archive.append_shard(tables | {"conversations": pa.Table.from_pylist(list(rows), schema=STORED["conversations"])})


def add_facts(archive: Archive, *rows: dict) -> None:
    facts = [row | {"is_repeat": False, "brought_on": 1.5, "tenure_band": "0-90 days"} for row in rows]
    archive.replace("contact_facts", pa.Table.from_pylist(facts, schema=DERIVED["contact_facts"]))


def ids(archive: Archive) -> list[str]:
    return [r["conversation_id"] for r in archive.query("SELECT * FROM contact_facts ORDER BY started_at").to_pylist()]


@pytest.fixture
def archive(tmp_path):
    archive = Archive(tmp_path / "archive", create=True)
    add_shard(archive, conversation(1), conversation(2))
    return archive


def test_contacts_that_are_not_linked_yet_are_counted(archive):
    assert ids(archive) == ["c1", "c2"]
    row = archive.query("SELECT * FROM contact_facts").to_pylist()[0]
    assert row["drivers"] == DRIVER_BITS["repeat_contact"] | DRIVER_BITS["transfer"]
    assert (row["is_repeat"], row["brought_on"], row["handle_s"], row["tenure_band"]) == (None, 0.0, 300.0, "0-90 days")


@pytest.mark.parametrize("linked", [False, True])
def test_columns_and_types_are_the_same_before_and_after_linking(archive, linked):
    if linked:
        add_facts(archive, conversation(1), conversation(2))
        add_shard(archive, conversation(3))
    assert archive.query("SELECT * FROM contact_facts").schema.equals(DERIVED["contact_facts"])


def test_shards_that_came_after_linking_join_its_facts(archive):
    add_facts(archive, conversation(1), conversation(2))
    assert ids(archive) == ["c1", "c2"]
    add_shard(archive, conversation(3, tenure=None))
    assert ids(archive) == ["c1", "c2", "c3"]
    known = archive.query("SELECT is_repeat, tenure_band FROM contact_facts ORDER BY started_at").to_pylist()
    assert [row["is_repeat"] for row in known] == [False, False, None]
    assert known[2]["tenure_band"] is None


def test_nobody_counts_twice_where_facts_do_not_end_with_a_shard(archive):
    add_facts(archive, conversation(1))
    assert ids(archive) == ["c1", "c2"]


def test_a_review_after_linking_takes_what_was_brought_on(archive):
    add_facts(archive, conversation(1), conversation(2))
    link = {"conversation_id": "c2", "earlier_id": "c1", "relation": "downstream", "probability": 0.5, "gap_days": 1.0}
    archive.replace("links", pa.Table.from_pylist([link], schema=DERIVED["links"]))

    def brought_on() -> float:
        return archive.query("SELECT brought_on FROM contact_facts WHERE conversation_id = 'c1'").to_pylist()[0][
            "brought_on"
        ]

    assert brought_on() == 1.5
    archive.review("c2", "c1", "rejected", relation="downstream")
    assert brought_on() == pytest.approx(1.0)
    archive.review("c2", "c1", "confirmed", relation="downstream")
    assert brought_on() == pytest.approx(1.5)
    archive.replace("links", pa.Table.from_pylist([link | {"reviewed": "rejected"}], schema=DERIVED["links"]))
    assert brought_on() == pytest.approx(2.0)  # linking left it out, the review takes it in again


@pytest.mark.parametrize(
    ("n_facts", "late"), [(0, ["a", "b", "c"]), (2, ["b", "c"]), (5, ["c"]), (6, []), (3, ["a", "b", "c"])]
)
def test_late_shards(n_facts, late):
    assert late_files({"a": 2, "b": 3, "c": 1}, n_facts) == late


def test_the_shard_of_a_contact_is_read_alone(archive):
    add_facts(archive, conversation(1), conversation(2))
    add_shard(archive, conversation(3))
    shards = {r["conversation_id"]: r["shard"] for r in archive.query("SELECT * FROM conversations").to_pylist()}
    assert shards == {"c1": archive.shards()[0], "c2": archive.shards()[0], "c3": archive.shards()[1]}
    late = archive.query("SELECT shard FROM contact_facts WHERE conversation_id = 'c3'").to_pylist()
    assert late == [{"shard": shards["c3"]}]
    (archive.path / "conversations" / shards["c3"]).write_bytes(b"gone")  # nobody looks into it
    found = archive.query("SELECT conversation_id FROM stored_conversations WHERE shard = ?", [shards["c1"]])
    assert found["conversation_id"].to_pylist() == ["c1", "c2"]


def test_facts_of_an_older_version_count_as_none(archive, monkeypatch):
    old = pa.schema([field for field in DERIVED["contact_facts"] if field.name != "shard"])
    monkeypatch.setattr(archive._tables["contact_facts"], "schema", old)
    archive.replace("contact_facts", pa.Table.from_pylist([conversation(1), conversation(2)], schema=old))
    assert ids(archive) == ["c1", "c2"]
    assert archive.query("SELECT count(is_repeat) AS n FROM contact_facts")["n"].to_pylist() == [0]
