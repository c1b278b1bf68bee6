from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import os
import shutil
import time
import zipfile

import pytest

from textinsight.errors import InputError
from textinsight.explore import jobs, preview
from textinsight.ingest.peek import peek

CARD = "4111 1111 1111 1111"


def look(tmp_path, name: str, data: bytes, mapping=None, **options) -> preview.Preview:
    folder = jobs.make_folder(tmp_path)
    jobs.save([jobs.InputFile(name, io.BytesIO(data))], folder)
    found = preview.look_at(folder / "inputs", mapping or {}, **options)
    shutil.rmtree(folder)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []  # nothing was written elsewhere
    return found


def table(*rows: tuple) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def test_contacts_columns_and_what_would_be_refused(tmp_path):
    data = table(
        ("Conversation ID", "Customer", "Text", "CSAT"),
        ("c1", "p1", f"my card {CARD} was charged twice", 4),
        ("c2", "", "where is my parcel", 11),
        ("c3", "p2", "", 5),
    )
    found = look(tmp_path, "calls.csv", data)
    assert (found.reader, found.problem, found.whole) == ("csv", None, True)
    assert found.bound == {
        "conversation_id": "Conversation ID", "customer_id": "Customer", "text": "Text", "csat": "CSAT",
    }  # fmt: skip
    assert [(row.customer, row.n_turns, row.begins) for row in found.contacts] == [
        ("p1", 1, "my card [CARD] was charged twice")
    ]
    assert (found.n_read, found.n_refused, found.n_customer, found.n_started) == (3, 2, 1, 0)
    assert {row.line for row in found.refused} == {3, 4}


def test_nothing_personal_comes_back(tmp_path):
    data = table(("id", "text"), *((f"c{i}", f"card {CARD} {i}") for i in range(5)), ("c9", f"{CARD}", "too", "many"))
    found = look(tmp_path, f"{CARD}.csv", data)
    assert found.n_refused == 1
    assert "4111" not in repr(found)


def test_a_column_of_another_name_is_mapped(tmp_path):
    data = table(("Ref", "Inhalt"), *((f"c{i}", f"issue {i}") for i in range(3)))
    bare = look(tmp_path, "odd.csv", data)
    assert bare.lacks_text
    assert list(bare.columns) == ["Ref", "Inhalt"]
    mapped = look(tmp_path, "odd.csv", data, {"text": "Inhalt"})
    assert not mapped.lacks_text
    assert mapped.contacts[0].begins == "issue 0"
    wrong = look(tmp_path, "odd.csv", data, {"text": "Nothing"})
    assert "no column 'Nothing'" in wrong.problem


def test_a_large_file_is_looked_at_by_its_beginning(tmp_path):
    line = json.dumps({"conversation_id": "c%d", "text": "where is my parcel " * 40}) + "\n"
    data = gzip.compress("".join(line % i for i in range(20_000)).encode())
    found = look(tmp_path, "big.jsonl.gz", data)
    assert (found.whole, found.n_read, found.n_refused) == (False, 1000, 0)


def test_captions_and_transcripts_have_no_columns(tmp_path):
    found = look(tmp_path, "call.txt", b"Agent: hello\nCustomer: my bill is wrong\nAgent: let me see\n")
    assert (found.reader, found.columns, len(found.contacts)) == ("transcript", {}, 1)
    assert not found.lacks_text


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"\x00\x01\x02\x03" * 400, "format"),
        ("deep.json", b"[" * 100_000, ""),
        ("deep.jsonl", b'{"text": ' + b'{"a":' * 1000 + b"1" + b"}" * 1000 + b"}\n", "nested deeper"),
        ("line.jsonl", b'{"text": "' + b"x" * (100 * 2**20) + b'"}\n', ""),
        ("bomb.jsonl.gz", gzip.compress(b'{"text": "' + b"0" * (300 * 2**20)), ""),
        ("bomb.csv.bz2", bz2.compress(b"0" * (200 * 2**20)), ""),
        (
            "cut.csv.gz",
            gzip.compress(b"id,text\n" + b"".join(b"%d,%s\n" % (i, os.urandom(20).hex().encode()) for i in range(500)))[
                :-3000
            ],
            "",
        ),
        ("bad.parquet", b"PAR1" + os.urandom(4000) + b"PAR1", ""),
        ("bad.csv", b'text,id\n"never closed\n' * 2000, ""),
    ],
)
def test_hostile_files_end_in_words(tmp_path, name, data, said):
    begun = time.monotonic()
    found = look(tmp_path, name, data)
    words = f"{found.problem} {[row.reason for row in found.refused]}"
    assert found.problem or found.refused
    assert said in words
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp1252"])
def test_other_encodings(tmp_path, encoding):
    data = "id,text\n1,café is closed\n2,it's naïve\n3,déjà vu\n".encode(encoding)
    found = look(tmp_path, "a.csv", data)
    assert found.contacts[0].begins == "café is closed"


def test_a_spreadsheet_named_csv_is_no_table(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "<x/>")
    assert "zip" in look(tmp_path, "sheet.csv", out.getvalue()).problem


def test_whoever_takes_too_long_is_ended(tmp_path):
    found = look(tmp_path, "a.csv", b"id,text\n1,hello\n", seconds=0.01)
    assert "too much time" in found.problem


def test_peek_names_columns_even_without_text(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"Ref": 1, "turns": [{"role": "customer", "text": "hi"}]}\n')
    found = peek(path, mapping={})
    assert found.columns == {"Ref": "1", "turns": "1 turns"}
    assert found.bound == {"turns": "turns"}
    with pytest.raises(InputError):
        peek(path, mapping={"text": "no such column"})
