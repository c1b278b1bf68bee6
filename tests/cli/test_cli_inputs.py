"""Every kind of bad input through `run`: the good is stored, the bad is refused with its line and why."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from textinsight.cli import run_command
from textinsight.store import Archive

CANARY = "zanzibarquux"


@dataclass(frozen=True)
class Reading:
    """What became of files."""

    code: int
    counts: dict[str, dict[str, int]]  # by file
    ids: list[str]
    rejects: list[dict[str, Any]]
    archive: Archive

    @property
    def texts(self) -> list[str]:
        return [row["text"] for row in self.archive.table("turns").to_pylist()]


Read = Callable[[dict[str, bytes]], Reading]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Run files into a new archive; checks what must hold for any input at all."""

    def run(files: dict[str, bytes]) -> Reading:
        folder = tmp_path_factory.mktemp("inputs")
        for name, data in files.items():
            (folder / name).write_bytes(data)
        archive = folder / "archive"
        arguments = ["run", *(str(folder / name) for name in files), "-a", str(archive), "--processes", "1", "--json"]
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
            code = run_command(arguments)
        assert "Traceback" not in err.getvalue() and "internal error" not in err.getvalue()
        assert CANARY not in err.getvalue()
        return _checked(code, json.loads(out.getvalue())["report"]["inputs"], Archive(archive))

    return run


def _checked(code: int, inputs: list[dict[str, Any]], archive: Archive) -> Reading:
    ids = sorted(archive.table("conversations")["conversation_id"].to_pylist())
    rejects = archive.table("rejects").to_pylist()
    assert all(row["n_stored"] + row["n_rejected"] == row["n_read"] for row in inputs)
    assert sum(row["n_stored"] for row in inputs) == len(ids)
    assert sum(row["n_rejected"] for row in inputs) == len(rejects)
    assert code == (3 if not ids else 4 if rejects else 0)
    return Reading(code, {row["source"]: row for row in inputs}, ids, rejects, archive)


def good(number: int, **other: object) -> dict[str, object]:
    """A contact that nothing is wrong with, but for `other`."""
    row = {
        "conversation_id": f"good-{number:02d}",
        "customer_id": f"customer-{number}",
        "started_at": f"2026-03-{number % 28 + 1:02d}T10:00:00Z",
        "turns": [
            {"role": "agent", "text": "How can I help you?"},
            {"role": "customer", "text": f"My {CANARY} router drops the connection every evening."},
        ],
    }
    return row | other


def jsonl(*rows: object) -> bytes:
    """Rows as JSON Lines; a row of bytes is taken as it is."""
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


def said(text: object, **other: object) -> dict[str, object]:
    """The second contact, in which a customer says this."""
    return good(2, turns=[{"role": "customer", "text": text}], **other)


ID = b'"conversation_id": "x"'

# name: (the second of three lines, what its reject says)
BAD_ROWS: dict[str, tuple[object, str]] = {
    "no text": ({"conversation_id": "x"}, "no text"),
    "only blanks": (said("  \n "), "no text in any turn"),
    "no turns": (good(2, turns=[]), "no text in any turn"),
    "turns are a sentence": (good(2, turns="hello there"), "neither a JSON list nor a dialogue"),
    "turns are an object": (good(2, turns={"a": 1}), "expected a list of {role, text}"),
    "turns are numbers": (good(2, turns=[1, 2]), "turn 0"),
    "turn without text": (good(2, turns=[{"role": "customer"}]), "turn 0: no text"),
    "broken JSON": (
        b'{"conversation_id": "x", "text": "oh',
        "broken JSON: Unterminated string starting at character 33",
    ),
    "not an object": (b"[1, 2]", "expected a JSON object"),
    "a number": (b"7", "expected a JSON object"),
    "null": (b"null", "expected a JSON object"),
    "deep lists": (b"{" + ID + b', "text": ' + b"[" * 9999 + b"]" * 9999 + b"}", "nested deeper than 100"),
    "deep objects": (b"{" + ID + b', "text": ' + b'{"a":' * 9999 + b"1" + b"}" * 9999 + b"}", "nested deeper than 100"),
    "deep and never closed": (b"{" + ID + b', "text": ' + b"[" * 9999, "nested deeper than 100"),
    "a million characters": (said("lorem ipsum " * 90_000), "1,079,999 characters, expected at most 500,000"),
    "a time that is none": (good(2, started_at="yesterday"), "started_at: 'yesterday' is no time"),
    "year 9999": (good(2, started_at="9999-12-31T23:59:59Z"), "the year 9999 lies outside 1970..2100"),
    "year 9999 west": (good(2, started_at="9999-12-31T23:59:59-05:00"), "the year 9999 lies outside"),
    "year 1 east": (good(2, started_at="0001-01-01T00:00:00+14:00"), "the year 1 lies outside"),
    "a huge time": (good(2, started_at=1e300), "started_at: 1e+300 is no Unix time"),
    "before 1970": (good(2, started_at=-5), "-5 lies before 1970"),
    "ends before it starts": (good(2, ended_at="2020-01-01"), "lies before started_at"),
    "negative duration": (good(2, duration_s=-3), "duration_s is -3, expected a number from 0 to 31,622,400"),
    "negative offset": (
        good(2, turns=[{"role": "customer", "text": "hm", "offset_s": -9}]),
        "its offset is -9 s, expected 0 to 1,000,000,000",
    ),
    "csat 11": (good(2, csat=11), "csat is 11, expected a number from 1 to 5"),
    "csat a word": (good(2, csat="great"), "csat is 'great', expected a number"),
    "infinite nps": (good(2, nps=float("inf")), "nps is inf, expected a number from 0 to 10"),
    "infinite id": (b'{"conversation_id": 1e999, "text": "x"}', "conversation_id is inf, expected text or a number"),
    "id is yes": (good(2, conversation_id=True), "conversation_id is True, expected text or a number"),
    "endless id": (good(2, conversation_id="9" * 5000), "conversation_id has 5000 characters, expected at most 200"),
    "endless number": (b'{"conversation_id": ' + b"9" * 5000 + b"}", "broken JSON: Exceeds the limit"),
    "id again": (good(10), "conversation_id 'good-10' is stored already; the first one is kept"),
}


@pytest.fixture(scope="module")
def mixed(read: Read) -> Reading:
    """Good and bad rows by turns: 1 good, 2 bad, 3 good …"""
    rows: list[object] = []
    for i, (bad, _) in enumerate(BAD_ROWS.values()):
        rows += [good(10 + i), bad]
    return read({"mixed.jsonl": jsonl(*rows, good(99))})


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_refused_with_its_line_and_why(name: str, mixed: Reading) -> None:
    line = 2 * list(BAD_ROWS).index(name) + 2

    (reject,) = (row for row in mixed.rejects if row["line"] == line)

    assert reject["source"] == "mixed.jsonl"
    assert BAD_ROWS[name][1] in reject["reason"]
    assert len(reject["reason"]) < 200 and 0 < len(reject["excerpt"]) <= 200


def test_the_rows_around_bad_ones_are_stored(mixed: Reading) -> None:
    assert mixed.ids == sorted([*(f"good-{10 + i}" for i in range(len(BAD_ROWS))), "good-99"])
    assert len(mixed.rejects) == len(BAD_ROWS)


def test_broken_json_in_line_17_costs_line_17(read: Read) -> None:
    rows = [good(i) for i in range(1, 21)]
    rows[16] = b'{"conversation_id": "x", "text": "oh'

    found = read({"mixed.jsonl": jsonl(*rows)})

    assert found.ids == [f"good-{i:02d}" for i in range(1, 21) if i != 17]
    assert [reject["line"] for reject in found.rejects] == [17]


# name: (what the second of three contacts says, what of it is stored)
ODD_TEXTS: dict[str, tuple[object, str]] = {
    "NUL": ("a \x00 b", "a  b"),
    "lone surrogate": ("half \ud83d left", "half � left"),
    "markup": ("<script>alert(1)</script> broken", "<script>alert(1)</script> broken"),
    "SQL": ("'; DROP TABLE conversations; --", "'; DROP TABLE conversations; --"),
    "terminal markup": ("[bold red]no[/bold red] [/]", "[bold red]no[/bold red] [/]"),
    "format": ("{0} %s %n ${HOME}", "{0} %s %n ${HOME}"),
    "formula": ("=HYPERLINK(0)", "=HYPERLINK(0)"),
    "right to left": ("\u202eoh\u202c no", "\u202eoh\u202c no"),
    "half a million characters": ("lorem ipsum " * 41_000, ("lorem ipsum " * 41_000).strip()),
}


@pytest.fixture(scope="module")
def odd(read: Read) -> Reading:
    """A contact for every odd text."""
    rows = [
        good(i, conversation_id=name, turns=[{"role": "customer", "text": text}])
        for i, (name, (text, _)) in enumerate(ODD_TEXTS.items())
    ]
    return read({"odd.jsonl": jsonl(*rows)})


@pytest.mark.parametrize("name", ODD_TEXTS)
def test_odd_texts_are_stored(name: str, odd: Reading) -> None:
    found = odd.archive.query("SELECT text FROM turns WHERE conversation_id = ?", [name])

    assert found["text"].to_pylist() == [ODD_TEXTS[name][1]]


def test_hostile_ids_stay_ids(read: Read) -> None:
    hostile = [
        "../../../etc/passwd",
        "'; DROP TABLE turns; --",
        "<script>alert(1)</script>",
        "a\ud800b",
        "%00",
        "C:\\x",
    ]
    rows = [
        good(i, conversation_id=name, customer_id=name, company=name, channel=name) for i, name in enumerate(hostile)
    ]

    found = read({"ids.jsonl": jsonl(*rows)})

    assert found.ids == sorted(name.replace("\ud800", "�") for name in hostile)
    assert sorted(path.name for path in found.archive.path.parent.iterdir()) == ["archive", "ids.jsonl"]


def test_absent_times_are_unknown_not_zero(read: Read) -> None:
    found = read({"odd.jsonl": jsonl(good(1), good(2, started_at=None), good(3, started_at=""))})

    assert found.archive.query("SELECT started_at FROM conversations ORDER BY 1 NULLS LAST")[0].to_pylist() == [
        datetime(2026, 3, 2, 10, tzinfo=UTC),
        None,
        None,
    ]


def test_turns_out_of_order_are_put_in_order(read: Read) -> None:
    turns = [
        {"role": "customer", "text": "second", "timestamp": "2026-03-01T10:01:00Z"},
        {"role": "agent", "text": "first", "timestamp": "2026-03-01T10:00:00Z"},
    ]

    found = read({"order.jsonl": jsonl(good(1, turns=turns))})

    assert found.texts == ["first", "second"]


def test_roles_never_seen_before(read: Read) -> None:
    turns = [
        {"role": "Zork", "text": "Hello, how can I help you?"},
        {"role": "Blib", "text": "I can't log in, my password does not work."},
        {"role": None, "text": "Hm."},
    ]

    found = read({"roles.jsonl": jsonl(good(1, turns=turns))})

    rows = found.archive.table("turns").to_pylist()
    assert [row["role"] for row in rows] == ["agent", "customer", "unknown"]
    assert all(row["role_confidence"] < 1 for row in rows)


TEXTS = [f"My {CANARY} router", "Crème brûlée", "ok fine"]
ROWS = [{"customer_id": str(i), "text": text} for i, text in enumerate(TEXTS, 1)]
TABLE = "customer_id,text\n" + "".join(f"{i},{text}\n" for i, text in enumerate(TEXTS, 1))


ENCODED: dict[str, bytes] = {
    "plain.csv": TABLE.encode(),
    "no-last-line-end.csv": TABLE.strip().encode(),
    "crlf.csv": TABLE.replace("\n", "\r\n").encode(),
    "cr.csv": TABLE.replace("\n", "\r").encode(),
    "mixed-line-ends.csv": TABLE.encode().replace(b"router\n", b"router\r\n").replace(b"e\n3", b"e\r3"),
    "byte-order-mark.csv": TABLE.encode("utf-8-sig"),
    "utf-16.csv": TABLE.encode("utf-16"),
    "utf-16-without-mark.csv": TABLE.encode("utf-16-be"),
    "utf-32.csv": TABLE.encode("utf-32"),
    "windows-1252.csv": TABLE.encode("cp1252"),
    "nul.csv": TABLE.replace("fine", "fi\0ne").encode(),
    "semicolons.csv": TABLE.replace(",", ";").encode(),
    "tabs.txt": TABLE.replace(",", "\t").encode(),
    "packed.csv.gz": gzip.compress(TABLE.encode()),
    "packed-without-suffix": gzip.compress(TABLE.encode(), 1, mtime=7),
    "cr.jsonl": b"\r".join(json.dumps(row).encode() for row in ROWS),
    "list.json": json.dumps(ROWS).encode(),
    "document.json": json.dumps({"conversations": ROWS}, indent=1).encode(),
}


@pytest.fixture(scope="module")
def encoded(read: Read) -> Reading:
    """The same three contacts over and over."""
    return read(ENCODED)


@pytest.mark.parametrize("name", ENCODED)
def test_encodings_and_separators(name: str, encoded: Reading) -> None:
    found = encoded.archive.query(
        "SELECT customer_id, text FROM turns JOIN conversations USING (conversation_id) WHERE source = ? ORDER BY 1",
        [name],
    )

    assert found.to_pylist() == ROWS
    assert encoded.counts[name]["n_rejected"] == 0


def test_csv_rows_with_other_cells_than_the_header(read: Read) -> None:
    found = read({"a.csv": b'conversation_id,text\n0,"two\nlines"\n1,a,b,c\n2\n3,fine\n4,"never closed\n5,ok\n'})

    assert found.ids == ["0", "3", "5"]
    assert [(reject["line"], reject["reason"]) for reject in found.rejects] == [
        (4, "4 cells, but the header has 2"),
        (5, "1 cells, but the header has 2"),
        (7, "a quote that is opened and never closed"),
    ]


def test_formula_cells_are_data_here_and_defused_in_csv(read: Read, tmp_path: Path) -> None:
    found = read({"a.csv": b"conversation_id,customer_id,text\n1,=1+1,@SUM(A1)\n2,+x,-my router\n"})

    for name in ("turns.csv", "turns.jsonl"):
        arguments = ["export", "turns", "-a", str(found.archive.path), "-o", str(tmp_path / name)]
        assert run_command(arguments) == 0

    assert found.texts == ["@SUM(A1)", "-my router"]
    assert '"\'@SUM(A1)"' in (tmp_path / "turns.csv").read_text()
    assert '"\'-my router"' in (tmp_path / "turns.csv").read_text()
    assert '"@SUM(A1)"' in (tmp_path / "turns.jsonl").read_text()


def test_a_message_that_cannot_be_used_leaves_its_conversation(read: Read) -> None:
    rows = (
        b"conversation_id,role,text,timestamp\n"
        b"1,customer,my router,2026-01-01T10:00:00Z\n"
        b"1,agent,hello,never\n"
        b"2,customer,,2026-01-01T10:00:00Z\n"
        b"2,agent,goodbye,2026-01-01T10:00:00Z\n"
    )

    found = read({"a.csv": rows})

    assert found.ids == ["1", "2"]
    assert [(reject["line"], reject["reason"][:20]) for reject in found.rejects] == [
        (3, "timestamp: 'never' i"),
        (4, "no text"),
    ]


def test_a_gzip_that_was_cut_off(read: Read) -> None:
    whole = gzip.compress(jsonl(*(good(i) for i in range(1, 20))))

    found = read({"cut.jsonl.gz": whole[:-20]})

    assert len(found.ids) >= 10 and found.ids == [f"good-{i:02d}" for i in range(1, len(found.ids) + 1)]
    (reject,) = found.rejects
    assert reject["line"] == len(found.ids) + 1
    assert "damaged or cut off here" in reject["reason"]


def _parquet() -> bytes:
    sink = BytesIO()
    pq.write_table(pa.Table.from_pylist([good(i) for i in range(1, 20)]), sink)
    return sink.getvalue()


USELESS: dict[str, tuple[bytes, str]] = {
    "empty.csv": (b"", "empty.csv is empty"),
    "blank.jsonl": (b"\n\n \n", "blank.jsonl is empty"),
    "binary.bin": (bytes(range(256)) * 20, "it is binary"),
    "sheet.xlsx": (b"PK\x03\x04" + bytes(999), "save the sheet as CSV"),
    "paper.pdf": (b"%PDF-1.7\n" + bytes(range(256)), "a PDF"),
    "columns.csv": (b"foo,bar\n1,2\n3,4\n", "no column for the text or the turns; it has foo, bar (name it: --map"),
    "cut.parquet": (_parquet()[:-50], "Parquet file is damaged"),
    "scratched.parquet": (_parquet()[:60] + bytes(200) + _parquet()[260:], "Parquet file is damaged"),
    "wrong.vtt": (b"WEBVT\n\n00:01.000 --> 00:02.000\nhi\n", "not valid WebVTT"),
    "silent.vtt": (b"WEBVTT\n", "no cues"),
}


@pytest.fixture(scope="module")
def useless(read: Read) -> Reading:
    """All the files of which nothing can be read."""
    return read({name: data for name, (data, _) in USELESS.items()})


@pytest.mark.parametrize("name", USELESS)
def test_a_file_that_is_no_use_is_refused_with_the_reason(name: str, useless: Reading) -> None:
    (reject,) = (row for row in useless.rejects if row["source"] == name)

    assert useless.code == 3
    assert useless.counts[name]["n_rejected"] == 1
    assert USELESS[name][1] in reject["reason"]


def test_a_bad_file_among_good_ones(call: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "a.jsonl").write_bytes(jsonl(good(1)))
    (tmp_path / "calls" / "b.csv").write_bytes(b"")
    (tmp_path / "calls" / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
    (tmp_path / "calls" / ".hidden.jsonl").write_bytes(jsonl(good(2)))
    (tmp_path / "d.csv").write_bytes(b"foo,bar\n1,2\n")

    done = call("run", "calls", "d.csv", "-a", "archive", "--processes", 1, "--json")

    assert done.code == 4
    inputs = json.loads(done.out)["report"]["inputs"]
    assert [(row["source"], row["n_stored"], row["n_rejected"]) for row in inputs] == [
        ("a.jsonl", 1, 0),
        ("d.csv", 0, 1),
    ]


def test_the_same_id_in_a_later_file_is_refused(call: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(jsonl(good(1), good(2)))
    (tmp_path / "b.jsonl").write_bytes(jsonl(good(2, company="other"), good(3)))

    codes = [call("run", name, "-a", "archive", "--processes", 1).code for name in ("a.jsonl", "b.jsonl")]

    assert codes == [0, 4]
    archive = Archive(tmp_path / "archive")
    assert archive.table("conversations").num_rows == 3
    assert archive.query("SELECT source, line FROM rejects").to_pylist() == [{"source": "b.jsonl", "line": 1}]


def test_a_clock_beside_a_mapped_start_refuses_nothing(call: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Ticket #,Complaint,Date,Time\n1,slow line,22-04-15,3:53:50 PM\n")

    done = call(
        "run", "a.csv", "-a", "archive", "--map", "started_at=Date", "--map", "text=Complaint", "--processes", 1
    )

    assert done.code == 0
    started = Archive(tmp_path / "archive").table("conversations")["started_at"].to_pylist()
    assert started == [datetime(2015, 4, 22, tzinfo=UTC)]


@pytest.mark.slow
def test_a_line_of_100_megabytes(read: Read) -> None:
    found = read({"long.jsonl": jsonl(good(1), b'{"text": "' + b"x" * 100_000_000 + b'"}', good(3))})

    assert found.ids == ["good-01", "good-03"]
    assert [(row["line"], row["reason"]) for row in found.rejects] == [(2, "line longer than 16,777,216 bytes")]
