"""Topics of a column: every row comes back, with a topic or an explicit "unclear"."""

from __future__ import annotations

import csv

import pytest

from textinsight.errors import UsageError
from textinsight.pipeline.column import ColumnSettings, discover_column
from textinsight.topics import Reason

REASONS = {
    "card": [
        "my card was declined",
        "the shop declined my card",
        "card payment declined again",
        "why is my card declined",
    ],
    "parcel": ["my parcel has not arrived", "where is my parcel", "the parcel is late", "parcel did not arrive yet"],
    "password": [
        "i forgot my password",
        "reset my password please",
        "my password does not work",
        "need a new password",
    ],
}


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "tickets.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "subject", "=hostile"])
        texts = [text for group in REASONS.values() for text in group for _ in range(3)]
        writer.writerows([[i, text, "=1+1"] for i, text in enumerate(texts)])
        writer.writerow([99, "", "reach me at jane@example.com"])
    return path


def test_rows_come_back_with_topics(table, tmp_path):
    out = tmp_path / "out.csv"
    found = discover_column(table, text="subject", out=out)
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert found.n_rows == len(rows) == 37
    assert [row["number"] for row in rows[:3]] == ["0", "1", "2"]
    assert rows[-1]["topic_label"] == "unclear"
    assert (found.unclear_share, found.without_words) == (0, pytest.approx(1 / 37))
    by_group = [{row["topic_id"] for row in rows[i : i + 12]} for i in (0, 12, 24)]
    assert not by_group[0] & by_group[1]
    assert not by_group[1] & by_group[2]


def test_cells_are_masked_and_defused(table, tmp_path):
    out = tmp_path / "out.csv"
    discover_column(table, text="subject", out=out)
    text = out.read_text()
    assert "jane@example.com" not in text
    assert "'=1+1" in text
    assert "'=hostile" in text


def test_an_unknown_column_is_named_with_those_there_are(table, tmp_path):
    with pytest.raises(UsageError, match="no column 'body'") as error:
        discover_column(table, text="body", out=tmp_path / "out.csv")
    assert "subject" in error.value.hint
    assert not (tmp_path / "out.csv").exists()


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_columns_called_as_those_added_are_kept(tmp_path):
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    texts = [text for group in REASONS.values() for text in group]
    rows = "".join(f"{i},{text},mine {i},high,x\n" for i, text in enumerate(texts))
    path.write_text("number,subject,theme,confidence,theme (2)\n" + rows)
    found = discover_column(path, text="subject", out=out)
    assert found.renamed == {"theme": "theme (3)", "confidence": "confidence (2)"}
    first = read(out)[0]
    assert list(first)[:5] == ["number", "subject", "theme (3)", "confidence (2)", "theme (2)"]
    assert (first["theme (3)"], first["confidence (2)"], first["theme (2)"]) == ("mine 0", "high", "x")
    assert float(first["confidence"]) > 0.5
    assert first["topic_id"].startswith("t")


def test_the_file_itself_is_not_overwritten(table):
    before = table.read_bytes()
    with pytest.raises(UsageError, match="is the file to read"):
        discover_column(table, text="subject", out=table.parent / "." / table.name)
    assert table.read_bytes() == before


def test_a_topic_id_is_defused(table, tmp_path):
    reasons = (Reason("=card", "Card", examples=tuple(REASONS["card"])), Reason("b", "Parcel", examples=("a parcel",)))
    discover_column(table, text="subject", out=tmp_path / "out.csv", settings=ColumnSettings(taxonomy=reasons))
    ids = {row["topic_id"] for row in read(tmp_path / "out.csv")}
    assert "'=card" in ids
    assert "=card" not in ids


def test_rows_without_a_word_have_no_topic(table, tmp_path):
    nothing = ["?", "...", "N/A", "null", "12345", "👍", "😡😡😡", "jane@example.com"]
    with table.open("a") as file:
        file.writelines(f"{i},{text},x\n" for i, text in enumerate(nothing) for _ in range(4))
    found = discover_column(table, text="subject", out=tmp_path / "out.csv")
    last = read(tmp_path / "out.csv")[-32:]
    assert {row["topic_label"] for row in last} == {"unclear"}
    assert (found.unclear_share, found.without_words) == (0, pytest.approx(33 / 69))
