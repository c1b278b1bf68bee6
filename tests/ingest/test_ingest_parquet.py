from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from textinsight.conversation import Conversation, Role
from textinsight.ingest import Limits, Reject, read

TIME = datetime(2024, 5, 31, 14, tzinfo=UTC)


def test_nested_turns_and_nanoseconds(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    turns = [[{"role": "agent", "text": "hi", "offset_s": 0.0}, {"role": "customer", "text": "yo", "offset_s": 2.5}]]
    started = pa.array([TIME], pa.timestamp("ns"))
    pq.write_table(pa.table({"conversation_id": ["c1"], "turns": turns, "started_at": started, "nps": [9]}), path)
    (found,) = read(path)
    assert isinstance(found, Conversation)
    assert [(turn.role, turn.text, turn.offset_s) for turn in found.turns] == [
        (Role.AGENT, "hi", 0.0),
        (Role.CUSTOMER, "yo", 2.5),
    ]
    assert (found.started_at, found.survey.nps, found.source_line) == (TIME, 9.0, 1)


def test_rows_of_messages_over_several_batches(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    ids = [f"c{i % 1500}" for i in range(3000)]
    roles = ["agent" if i < 1500 else "customer" for i in range(3000)]
    pq.write_table(pa.table({"conversation_id": ids, "role": roles, "text": ["x"] * 3000}), path)
    found = list(read(path))
    assert len(found) == 1500
    assert {len(item.turns) for item in found if isinstance(item, Conversation)} == {2}


def test_a_value_that_is_no_text_costs_its_row_only(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    raw = pa.array([b"good", b"\xff\xfe", b"fine"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    pq.write_table(pa.table({"id": [1, 2, 3], "text": text}), path)
    found = list(read(path))
    assert [item.line if isinstance(item, Reject) else item.conversation_id for item in found] == ["1", 2, "3"]


def test_missing_numbers_stay_unknown(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"id": ["1", "2"], "text": ["a", "b"], "csat": [float("nan"), None], "user_id": [7.0, None]}), path
    )
    first, second = read(path)
    assert isinstance(first, Conversation)
    assert isinstance(second, Conversation)
    assert (first.survey.csat, second.survey.csat, first.customer_id, second.customer_id) == (None, None, "7", None)


def test_damaged_files_become_a_reject(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": ["1"] * 5000, "text": [f"text {i}" for i in range(5000)]}), path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    (cut,) = read(path)
    path.write_bytes(data[:200] + bytes(b ^ 0x55 for b in data[200:9000]) + data[9000:])
    flipped = list(read(path))
    assert isinstance(cut, Reject)
    assert "damaged" in cut.reason
    assert any(isinstance(item, Reject) and "damaged" in item.reason for item in flipped)


def test_a_bomb_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["x" * 2_000_000]}), path, use_dictionary=False, compression="gzip")
    (refused,) = read(path, limits=Limits(max_ratio_bytes=1_000_000))
    assert isinstance(refused, Reject)
    assert "refused" in refused.reason
