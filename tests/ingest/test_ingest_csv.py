from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textinsight.conversation import Conversation
from textinsight.ingest import Limits, Reject, read


def outcome(path: Path, limits: Limits | None = None) -> list[str]:
    return [
        f"{item.conversation_id}={item.turns[0].text}"
        if isinstance(item, Conversation)
        else f"{item.line}: {item.reason}"
        for item in read(path, limits=limits)
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiters_and_encodings(tmp_path: Path, delimiter: str, encoding: str) -> None:
    path = tmp_path / "a.txt"
    rows = [["id", "text", "channel"], ["1", '"café, quoted;\nand | broken\tup ""so"""', "chat"], ["2", "bye", "chat"]]
    path.write_bytes("\r\n".join(delimiter.join(row) for row in rows).encode(encoding))
    assert outcome(path) == ['1=café, quoted;\nand | broken\tup "so"', "2=bye"]


def test_backslash_quotes_old_line_ends_and_nul(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'id,text\r1,"say \\"hi\\", please"\r2,by\x00e\r')
    assert outcome(path) == ['1=say "hi", please', "2=bye"]


def test_rows_of_another_width_are_refused_blank_ones_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text,channel\n1,a,chat\n2,b\n\n3,c,chat,more\n4,d,chat,,\n")
    assert outcome(path) == ["1=a", "3: 2 cells, but the header has 3", "5: 4 cells, but the header has 3", "4=d"]


def test_a_stray_quote_costs_its_own_row_only(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,text\n1,a\n2,"never closed\n3,c\n4,"d, e"\n5,f\n6,"open\n7,g\n')
    assert outcome(path) == [
        "1=a",
        "3: a quote that is opened and never closed",
        "3=c",
        "4=d, e",
        "5=f",
        "7: a quote that is opened and never closed",
        "7=g",
    ]


def test_a_very_long_cell_is_refused_and_a_long_one_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"id,text\n1,{'x' * 300_000}\n2,{'y' * 1000}\n")
    found = outcome(path, Limits(max_line_bytes=200_000))
    assert found == ["2: line longer than 200,000 bytes", f"2={'y' * 1000}"]
    assert outcome(path)[0] == f"1={'x' * 300_000}"


def test_double_and_empty_headers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text,text,\n1,a,b,c\n")
    assert outcome(path) == ["1=a"]
    (found,) = read(path, mapping={"text": "text (2)"})
    assert isinstance(found, Conversation)
    assert found.turns[0].text == "b"


def test_a_single_column_is_a_table_if_its_name_is_known(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text\nhello, you\nhello, you\n")
    first, second = read(path)
    assert isinstance(first, Conversation)
    assert isinstance(second, Conversation)
    assert first.conversation_id != second.conversation_id
    assert [first.source_line, second.source_line] == [2, 3]


def test_turns_as_json_or_dialogue_in_a_cell(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        'id,turns\n1,"[{""role"": ""agent"", ""text"": ""hi""}, {""role"": ""user"", ""text"": ""yo""}]"\n'
        '2,"Agent: hi\nCustomer: my bill"\n3,"{broken"\n'
    )
    *good, bad = read(path)
    assert [[turn.role.value for turn in item.turns] for item in good if isinstance(item, Conversation)] == [
        ["agent", "customer"],
        ["agent", "customer"],
    ]
    assert isinstance(bad, Reject)
    assert "neither a JSON list" in bad.reason


CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], include_characters="\n\r\t"), max_size=12)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8))
def test_what_a_csv_writer_writes_is_stored_or_refused_row_by_row(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    import csv

    path = tmp_path_factory.mktemp("any") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "note"])
        writer.writerow(["plain words", "x"])
        writer.writerows((f"w{text}", note) for text, note in rows)
    items = list(read(path))
    assert len(items) == len(rows) + 1
    assert all(isinstance(item, Conversation) for item in items)
