from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textinsight.conversation import Conversation
from textinsight.errors import InputError, TextinsightError, UsageError
from textinsight.ingest import Limits, Reject, detect, expand, read
from textinsight.ingest import reader as reader_module

SAMPLES = {
    "jsonl": b'{"conversation_id": "1", "text": "hi"}\n',
    "csv": b"id,text\n1,hi\n2,bye\n",
    "transcript": b"Agent: hi\nCustomer: my bill\n",
    "captions": b"WEBVTT\n\n00:01.000 --> 00:02.000\nhi\n",
    "deepgram": b'{"metadata": {}, "results": {"channels": [{"alternatives": [{"transcript": "hi"}]}]}}',
    "azure_speech": b'{"combinedPhrases": [{"text": "hi"}], "phrases": [{"text": "hi"}]}',
    "parquet": b"PAR1" + b"\x00" * 20,
}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("suffix", [".dat", ".csv", ".txt", ".json", ""])
def test_content_decides_whatever_the_suffix(tmp_path: Path, name: str, suffix: str) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(SAMPLES[name])
    assert detect(path).name == name


def test_every_built_in_reader_has_the_same_parts_and_an_entry_point() -> None:
    from importlib.metadata import entry_points

    points = {point.name: point for point in entry_points(group="textinsight.readers")}
    for name in reader_module._BUILT_IN:
        assert reader_module._load(name).name == name
        assert points[name].value == f"textinsight.ingest.{name}:READER"


@pytest.mark.parametrize("data", [b"", b"\n\n  \r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_an_input_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(InputError, match="is empty"):
        read(path)


def test_what_no_reader_fits_names_the_formats_and_map(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(range(32)) * 50)
    with pytest.raises(InputError, match="binary") as caught:
        read(path)
    assert "JSON Lines" in caught.value.hint
    assert "--map text=" in caught.value.hint


def test_a_zip_is_called_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\x03\x04" + bytes(range(32)) * 9)
    with pytest.raises(InputError, match="save the sheet as CSV"):
        read(path)


def test_missing_file_and_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read(tmp_path / "no.csv")
    with pytest.raises(InputError, match="is a directory"):
        read(tmp_path)


def test_a_mapping_to_no_field_is_a_usage_error_and_to_no_column_names_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,words\n1,hi\n2,ho\n")
    with pytest.raises(UsageError, match="'txt' is no field"):
        read(path, mapping={"txt": "words"})
    with pytest.raises(InputError, match="no column 'wrds'") as caught:
        list(read(path, mapping={"text": "wrds"}))
    assert "'words'" in caught.value.hint
    assert [c.turns[0].text for c in read(path, mapping={"text": "words"}) if isinstance(c, Conversation)] == [
        "hi",
        "ho",
    ]


def test_a_named_reader_is_used_and_an_unknown_name_lists_them(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"Agent: hi\n")
    assert detect(path, reader="csv").name == "csv"
    with pytest.raises(UsageError) as caught:
        detect(path, reader="word")
    assert "jsonl" in caught.value.hint


def test_expand_walks_a_directory_sorted_without_hidden_unknown_and_empty_files(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "sub/c.jsonl", ".hidden.jsonl", ".git/d.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(SAMPLES["jsonl"])
    (tmp_path / "README.md").write_text("# Words\n\nNothing here is a conversation.\n")
    (tmp_path / "empty.jsonl").write_bytes(b"")
    names = [path.relative_to(tmp_path).as_posix() for path in expand([tmp_path, tmp_path / "a.jsonl"])]
    assert names == ["a.jsonl", "b.jsonl", "sub/c.jsonl"]


def test_expand_refuses_missing_paths_and_directories_with_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        expand([tmp_path / "no"])
    with pytest.raises(InputError, match="holds 0 files"):
        expand([tmp_path])


def test_limits_are_checked_and_excerpts_cut() -> None:
    with pytest.raises(UsageError, match="max_turns"):
        Limits(max_turns=0)
    assert len(Reject("a", 1, "why", "x" * 900).excerpt) == 200


def test_a_decompression_bomb_is_refused_after_what_was_good(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(SAMPLES["jsonl"] + b" " * 3_000_000))
    found = list(read(path, limits=Limits(max_ratio_bytes=2_000_000)))
    assert [type(item) for item in found] == [Conversation, Reject]
    assert "refused" in found[1].reason


def test_an_unreadable_file_is_an_input_error(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(SAMPLES["jsonl"])
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(InputError, match="permission"):
        read(path)


KEYS = ["text", "turns", "role", "conversation_id", "id", "started_at", "csat", "customer_id", "offset_s", "start",
        "timestamp", "duration_s", "x"]  # fmt: skip
WORDS = st.text(st.characters(exclude_categories=[]), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | WORDS, inner, max_size=5),
    max_leaves=12,
)


def assert_storable(item: Conversation | Reject) -> None:
    """All its text can be written as UTF-8."""
    if isinstance(item, Reject):
        "".join((item.source, item.reason, item.excerpt)).encode("utf-8")
        return
    facts = (item.conversation_id, item.customer_id, item.agent_id, item.channel, item.company, item.language)
    "".join([*(fact or "" for fact in facts), *(turn.text for turn in item.turns)]).encode("utf-8")


@settings(max_examples=150, deadline=None)
@given(st.lists(JSON, min_size=1, max_size=8))
def test_any_json_lines_are_stored_or_refused_each(
    tmp_path_factory: pytest.TempPathFactory, values: list[object]
) -> None:
    path = tmp_path_factory.mktemp("any") / "a.jsonl"
    path.write_text('{"text": "first"}\n' + "".join(json.dumps(value) + "\n" for value in values))
    stored = refused = 0
    for item in read(path):
        assert_storable(item)
        refused += isinstance(item, Reject)
        stored += 0 if isinstance(item, Reject) else 1
    messages = sum(isinstance(value, dict) for value in values) + 1
    assert refused >= len(values) + 1 - messages
    assert stored + refused <= len(values) + 1


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["a.csv", "a.jsonl", "a.txt", "a.vtt", "a.parquet", "a.json.gz"]))
def test_no_bytes_bring_a_traceback(tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str) -> None:
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(SAMPLES["csv"] + data if name == "a.csv" else data)
    try:
        items = list(read(path))
    except TextinsightError as error:
        assert error.hint
        return
    for item in items:
        if isinstance(item, Conversation):
            assert all("\x00" not in turn.text and turn.text.encode("utf-8") for turn in item.turns)
