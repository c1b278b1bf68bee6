from __future__ import annotations

import json
from pathlib import Path

import pytest

from textinsight.conversation import Conversation
from textinsight.ingest import Limits, Reject, read

RECORDS = [
    {"conversation_id": f"c{i}", "turns": [{"role": "agent", "text": 'hi {["'}, {"role": "customer", "text": "Zoë \\"}]}
    for i in range(4)
]


def outcome(path: Path, limits: Limits | None = None) -> list[str]:
    """Ids of conversations, "line: reason" of rejects."""
    return [
        item.conversation_id if isinstance(item, Conversation) else f"{item.line}: {item.reason}"
        for item in read(path, limits=limits)
    ]


def lines(*values: object) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


@pytest.mark.parametrize(
    "text",
    [
        lines(*RECORDS),
        lines(*RECORDS).replace("\n", "\r\n\r\n"),
        json.dumps(RECORDS),
        json.dumps(RECORDS, indent=2),
        json.dumps({"version": 1, "note": "[{", "conversations": RECORDS, "more": [1]}),
        json.dumps({"data": RECORDS}, indent=1),
        "\n\n".join(json.dumps(record, indent=2) for record in RECORDS),
    ],
    ids=["lines", "crlf", "array", "pretty array", "wrapped", "pretty wrapped", "pretty objects"],
)
def test_all_shapes_of_json(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    assert outcome(path) == ["c0", "c1", "c2", "c3"]


def test_an_array_is_cut_right_wherever_the_chunks_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from textinsight.ingest import files

    path = tmp_path / "a.json"
    path.write_text(json.dumps(RECORDS, indent=1, ensure_ascii=False), encoding="utf-8")
    for size in (1, 2, 3, 7, 64):
        monkeypatch.setattr(files.chunks, "__kwdefaults__", {"size": size})
        assert outcome(path) == ["c0", "c1", "c2", "c3"]


def test_lines_of_an_array_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[\n{"id": 1, "text": "a"},\n\n {"id": 2,\n "text": "b"}, {"id": 3}\n]')
    items = list(read(path))
    assert [item.source_line if isinstance(item, Conversation) else item.line for item in items] == [2, 4, 5]


def test_one_bad_line_is_refused_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    good = lines({"id": 1, "text": "a"})
    path.write_text(good * 16 + '{"id": 17, "text": "br\n' + good)
    items = list(read(path))
    assert len(items) == 18
    (refused,) = [item for item in items if isinstance(item, Reject)]
    assert refused.line == 17
    assert "broken JSON" in refused.reason
    assert refused.excerpt == '{"id": 17, "text": "br'
    assert refused.source == "a.jsonl"


def test_non_objects_deep_and_long_records_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    deep = '{"id": 5, "text": "x", "a": ' + "[" * 50_000 + "]" * 50_000 + "}\n"
    path.write_text(lines({"id": 1, "text": "a"}, [1], 2, None) + deep + lines({"id": 6, "text": "b" * 200_000}))
    found = outcome(path, Limits(max_line_bytes=150_000))
    assert found[0] == "1"
    assert [reason.split(":")[0] for reason in found[1:]] == ["2", "3", "4", "5", "6"]
    assert "got a list" in found[1]
    assert "nested deeper than 100" in found[4]
    assert "longer than 150,000 bytes" in found[5]


def test_brackets_inside_text_are_no_nesting(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines({"id": 1, "text": "[" * 300}))
    assert outcome(path) == ["1"]


def test_values_beside_the_objects_of_an_array_are_refused_each(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[1, "x, y", {"id": 1, "text": "a"}, null]')
    assert outcome(path)[2] == "1"
    assert len(outcome(path)) == 4


def test_an_array_cut_off_keeps_its_whole_records(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"id": 1, "text": "a"},\n{"id": 2, "text": "b')
    assert outcome(path) == ["1", "2: broken JSON: a record that is never closed"]


def test_control_characters_and_surrogates_are_cleaned(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id": 1, "text": "a\x00b\\u0000c\\ud800"}\n')
    (conversation,) = read(path)
    assert isinstance(conversation, Conversation)
    assert conversation.turns[0].text == "abc\ufffd"


def test_keys_may_differ_from_line_to_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        lines({"id": 1, "text": "a"}) * 300 + lines({"id": 2, "text": "b", "customer_id": 7, "survey": {"csat": 4}})
    )
    *_, last = read(path)
    assert isinstance(last, Conversation)
    assert (last.customer_id, last.survey.csat) == ("7", 4.0)


def test_good_lines_after_many_broken_ones_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": 0, "text": "a"\n' * 1000 + lines({"id": 1, "text": "a"}))
    found = outcome(path)
    assert len(found) == 1001
    assert found[-1] == "1"
