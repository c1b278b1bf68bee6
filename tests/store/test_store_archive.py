"""The archive: shards are whole or not there, readers see one state, repairs lose nothing that is whole."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from textinsight.errors import StoreError
from textinsight.store import DERIVED, PUBLIC, STORED, Archive, writer_lock
from textinsight.store.doctor import examine


def shard(*ids: str, file_id: str = "f", first: int = 0, complete: bool = False) -> dict[str, pa.Table]:
    rows = {
        "conversations": [{"conversation_id": i, "n_turns": 1, "effort_drivers": []} for i in ids],
        "turns": [{"conversation_id": i, "turn": 0, "role": "customer", "text": f"text of {i}"} for i in ids],
        "findings": [],
        "vectors": [{"conversation_id": i, "engine": "e@1", "vector": b"\0\0"} for i in ids],
        "rejects": [],
        "inputs": [
            {
                "file_id": file_id,
                "source": "s",
                "first_record": first,
                "n_records": len(ids),
                "n_stored": len(ids),
                "n_rejected": 0,
                "complete": complete,
            }
        ],
    }
    return {name: pa.Table.from_pylist(rows.get(name, []), schema=schema) for name, schema in STORED.items()}


@pytest.fixture
def archive(tmp_path):
    store = Archive(tmp_path / "archive", create=True)
    store.append_shard(shard("a", "b"))
    store.append_shard(shard("c", first=2))
    return store


def ids(store: Archive, table: str = "conversations") -> list[str]:
    return sorted(store.table(table)["conversation_id"].to_pylist())


def test_public_tables_have_their_schema_even_when_empty(tmp_path):
    store = Archive(tmp_path / "new", create=True)
    for name, schema in PUBLIC.items():
        found = store.table(name)
        assert found.num_rows == 0
        assert found.schema.names == schema.names
        assert found.schema.types == schema.types, name


def test_shards_add_up_and_join_with_assignments(archive):
    row = {"conversation_id": "b", "topic_id": "t1", "topic_label": "late parcel"}
    archive.replace("assignments", pa.Table.from_pylist([row], schema=DERIVED["assignments"]))
    found = {r["conversation_id"]: r["topic_label"] for r in archive.table("conversations").to_pylist()}
    assert found == {"a": None, "b": "late parcel", "c": None}


def test_replace_leaves_only_the_new_rows(archive):
    for value in ("x", "y"):
        table = pa.Table.from_pylist([{"conversation_id": "a", "topic_id": value}], schema=DERIVED["assignments"])
        archive.replace("assignments", table)
    assert archive.query("SELECT topic_id FROM assignments").to_pylist() == [{"topic_id": "y"}]


def test_a_shard_without_its_anchor_is_invisible_and_rolled_back(archive):
    half = shard("d", first=3)
    turns = archive._tables["turns"]
    turns.write_file("half.parquet", half["turns"])
    turns.commit(add=["half.parquet"])
    assert ids(archive, "turns") == ["a", "b", "c"]
    assert archive.rollback() == 1
    assert archive.rollback() == 0
    assert "half.parquet" not in turns.files()


def test_progress_merges_ranges_and_knows_gaps(archive):
    assert archive.progress()["f"].ranges == ((0, 3),)
    archive.append_shard(shard("e", first=5, complete=True))
    progress = archive.progress()["f"]
    assert progress.ranges == ((0, 3), (5, 6))
    assert not progress.complete
    assert [progress.holds(n) for n in (2, 3, 4, 5)] == [True, False, False, True]
    archive.append_shard(shard("f", "g", first=3))
    assert archive.progress()["f"].complete


def test_queries_reach_nothing_outside_the_archive(archive, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    for sql in (f"SELECT * FROM read_text('{secret}')", f"COPY (SELECT 1) TO '{tmp_path}/out.csv'"):
        with pytest.raises(ValueError, match="Permission"):
            archive.query(sql)
    assert not (tmp_path / "out.csv").exists()


def test_values_are_bound_not_pasted(archive):
    hostile = "a' OR '1'='1"
    assert archive.query("SELECT 1 FROM conversations WHERE conversation_id = ?", [hostile]).num_rows == 0


def test_unknown_tables_and_columns_are_named(archive):
    with pytest.raises(ValueError, match="there are conversations"):
        archive.table("nope")
    with pytest.raises(ValueError, match="it has conversation_id"):
        archive.table("turns", columns=["nope"])


def test_no_archive_and_foreign_formats_are_refused(tmp_path):
    with pytest.raises(StoreError, match="is not an archive"):
        Archive(tmp_path)
    (tmp_path / "archive.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(StoreError, match="format 99"):
        Archive(tmp_path)


def test_one_writer_many_readers(archive):
    with writer_lock(archive.path):
        with pytest.raises(StoreError, match="another job"), writer_lock(archive.path):
            pass
        assert ids(Archive(archive.path)) == ["a", "b", "c"]
    with writer_lock(archive.path):
        pass


def test_a_reader_sees_new_shards_without_reopening(archive):
    reader = Archive(archive.path)
    assert len(ids(reader)) == 3
    stamp = reader.stamp
    archive.append_shard(shard("d", first=3))
    assert reader.stamp != stamp
    assert len(ids(reader)) == 4


def test_no_text_and_no_ids_in_the_log(archive):
    logs = b"".join(path.read_bytes() for path in archive.path.rglob("_delta_log/*"))
    assert b"text of" not in logs
    assert b"minValues" not in logs


def test_doctor_finds_nothing_wrong_with_a_healthy_archive(archive):
    assert examine(archive.path) == []


def test_doctor_tells_of_contacts_that_were_left_out(archive):
    rows = [{"conversation_id": i} for i in ("a", "b", "c")]  # without a topic, yet looked at
    archive.replace("assignments", pa.Table.from_pylist(rows, schema=DERIVED["assignments"]))
    assert examine(archive.path) == []
    archive.append_shard(shard("d", "e", first=3))
    (found,) = examine(archive.path)
    assert (found.table, found.problem, found.mended) == (
        "assignments",
        "2 contacts have neither topic nor links yet",
        False,
    )
    assert "textinsight link" in found.remedy


@pytest.mark.parametrize("damage", ["truncate", "empty"])
def test_doctor_sets_a_torn_log_aside(archive, damage):
    newest = archive._tables["conversations"].log / archive._tables["conversations"].newest_log()
    text = newest.read_bytes()
    newest.write_bytes(text[: len(text) // 2] if damage == "truncate" else b"")
    assert any("torn" in complaint.problem for complaint in examine(archive.path))
    assert all(complaint.mended for complaint in examine(archive.path, mend=True))
    assert examine(archive.path) == []
    healed = Archive(archive.path)
    assert ids(healed) == ids(healed, "turns") == ["a", "b"]
    assert healed.progress()["f"].ranges == ((0, 2),)


def test_doctor_drops_a_shard_whose_data_is_damaged(archive):
    first = archive._tables["turns"].files()[0]
    (archive.path / "turns" / first).write_bytes(b"PAR1 and then nothing")
    assert any("damaged" in complaint.problem for complaint in examine(archive.path))
    assert all(complaint.mended for complaint in examine(archive.path, mend=True))
    healed = Archive(archive.path)
    assert ids(healed) == ids(healed, "turns") == ["c"]
    assert not healed.progress()["f"].holds(0)


def test_a_missing_data_file_is_a_store_error(archive):
    first = archive._tables["turns"].files()[0]
    (archive.path / "turns" / first).unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        Archive(archive.path).table("turns")


def test_a_checkpoint_keeps_everything(archive):
    for name in STORED:
        archive._tables[name].checkpoint()
    archive.append_shard(shard("d", first=3))
    assert ids(Archive(archive.path)) == ["a", "b", "c", "d"]
    (archive._tables["turns"].log / "_last_checkpoint").write_text("{")
    assert all(complaint.mended for complaint in examine(archive.path, mend=True))
    assert ids(Archive(archive.path), "turns") == ["a", "b", "c", "d"]


def test_the_pseudonym_key_outlives_a_lost_marker(archive):
    key = archive.key()
    (archive.path / "archive.json").unlink()
    assert Archive(archive.path, create=True).key() == key
    assert len(key) == 32


def test_mending_a_derived_table_has_it_built_again(archive):
    rows = [{"conversation_id": i, "topic_id": "t1"} for i in ("a", "b", "c")]
    archive.replace("assignments", pa.Table.from_pylist(rows, schema=DERIVED["assignments"]))
    archive.replace("topics", DERIVED["topics"].empty_table())
    lost = archive._tables["topics"].files()[0]
    (archive.path / "topics" / lost).write_bytes(b"")
    assert all(complaint.mended for complaint in examine(archive.path, mend=True))
    assert Archive(archive.path).query("SELECT count(*) AS n FROM assignments").to_pylist() == [{"n": 0}]
