"""What goes to stdout, what to stderr, and what into exported files."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from textinsight import __version__
from textinsight.cli import show
from textinsight.pipeline.report import Headline, RunReport
from textinsight.store import PUBLIC, Archive

Call = Callable[..., Any]
COMMANDS = (
    "demo", "run", "export", "app", "doctor", "synth", "downstream", "fcr", "topics discover", "link", "review sample",
    "review import", "review precision",
)  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example_of_itself(name: str, call: Call) -> None:
    done = call(*name.split(), "--help")

    assert done.code == 0
    words = " ".join(done.out.split())
    assert f"textinsight {name}" in words.partition("Example")[2]
    assert done.err == ""


def test_the_help_lists_every_command(call: Call) -> None:
    done = call("--help")

    assert done.code == 0
    assert all(f" {name.split()[0]} " in done.out for name in COMMANDS)
    assert "textinsight demo" in done.out


def test_version(call: Call) -> None:
    assert call("--version").out == f"textinsight {__version__}\n"


def test_the_installed_command_with_json(command: Call, contacts: Call, canary: str, tmp_path: Path) -> None:
    """One JSON object on stdout and nothing else there; no words of a customer on stderr."""
    contacts(3)

    done = command("run", "good.jsonl", "-a", "archive", "--processes", 1, "--json")
    export = command("export", "turns", "-a", "archive", "-o", "turns.csv")

    assert (done.code, export.code, export.out) == (0, 0, "")
    assert (tmp_path / "turns.csv").read_text().count(canary) == 3
    said = json.loads(done.out)
    assert done.out.count("\n") == 1
    assert (said["schema"], said["report"]["exit_code"]) == (1, 0)
    assert said["report"]["inputs"] == [
        {"source": "good.jsonl", "n_read": 3, "n_stored": 3, "n_rejected": 0, "known": False}
    ]
    headlines = {row["measure"]: row for row in said["report"]["headlines"]}
    assert headlines["contacts"]["value"] == 3
    assert headlines["nps"]["value"] is None and headlines["nps"]["n_unknown"] == 3
    assert "reading and tagging" in done.err
    assert canary not in done.err + export.err and "\x1b" not in done.err


def test_without_json_progress_is_on_stderr_and_the_result_on_stdout(call: Call, contacts: Call) -> None:
    contacts(3)

    done = call("run", "good.jsonl", "-a", "archive", "--processes", 1)

    assert "reading and tagging" in done.err and "reading and tagging" not in done.out
    assert "good.jsonl" in done.out and "NPS" in done.out
    assert "archive archive" in done.out


def test_figures_are_never_cut_off_at_80_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    line = Headline("fcr_observed", 0.999, 0.998, 1.0, 123_456, 123_456, "share")
    found = RunReport("archive", (), (line,), (), None, (), 1.0)

    show.report(found, [], as_json=False)

    said = capsys.readouterr().out
    assert "99.9%  99.8% – 100.0%  123,456      50%" in said
    assert "unknown" in said and max(map(len, said.splitlines())) <= 80


def test_a_run_tells_why_it_refused_and_how_to_see_all(call: Call, contacts: Call) -> None:
    source = contacts(3)
    source.write_text(source.read_text() * 2 + "[1]\n")

    done = call("run", source, "-a", "archive", "--processes", 1)

    assert done.code == 4
    assert (
        "refused good.jsonl:4: conversation_id 'c0' is stored already; the first one is kept  (and 2 like it)"
        in done.out
    )
    assert "refused good.jsonl:7: expected a JSON object" in done.out
    assert "textinsight export rejects -a archive -o rejects.csv" in done.out
    assert "refused" not in done.err


def test_a_healthy_archive_has_no_complaints(call: Call, made: Path) -> None:
    assert json.loads(call("doctor", "-a", made, "--json").out) == {"schema": 1, "complaints": []}
    assert "healthy" in call("doctor", "-a", made).err


def test_the_archive_may_be_named_by_the_environment(
    call: Call, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEXTINSIGHT_ARCHIVE", str(made))

    done = call("export", "turns", "-o", "turns.jsonl")

    assert done.code == 0
    assert "3 rows of turns" in done.err and done.out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        "run good.jsonl -a other --map text=nothing",
        "run good.jsonl -a made/archive.json",
        "run good.jsonl missing.jsonl -a made",
        "export nope -a made -o out.csv",
        "export turns -a made -o made/turns/x/y.csv",
    ],
)
def test_no_words_of_a_customer_on_stderr(arguments: str, call: Call, made: Path, canary: str) -> None:
    done = call(*arguments.split(), *(["--processes", 1] if arguments.startswith("run") else []))

    assert done.code != 0
    assert canary not in done.err


def test_an_unforeseen_error_tells_its_place_and_no_words(
    call: Call, made: Path, canary: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(f"cannot handle {canary}")

    monkeypatch.setattr("textinsight.pipeline.build_archive", fail)
    monkeypatch.delenv("TEXTINSIGHT_DEBUG", raising=False)

    done = call("run", "good.jsonl", "-a", made)

    assert done.code == 1
    assert "internal error: RuntimeError at" in done.err
    assert canary not in done.err and "Traceback" not in done.err


@pytest.mark.parametrize("table", PUBLIC)
def test_exports_hold_the_table(table: str, call: Call, made: Path, tmp_path: Path) -> None:
    expected = Archive(made).table(table)

    done = [call("export", table, "-a", made, "-o", f"{table}{suffix}") for suffix in (".parquet", ".jsonl", ".csv")]

    assert [outcome.code for outcome in done] == [0, 0, 0]
    assert all(f"{expected.num_rows} rows of {table}" in outcome.err for outcome in done)
    assert pq.read_table(tmp_path / f"{table}.parquet").equals(expected)
    lines = (tmp_path / f"{table}.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == json.loads(json.dumps(expected.to_pylist(), default=_iso))
    with (tmp_path / f"{table}.csv").open(newline="") as file:
        cells = list(csv.DictReader(file))
    assert [list(row) for row in cells] == [expected.column_names] * expected.num_rows
    assert [_unquoted(row) for row in cells] == [_cells(row) for row in expected.to_pylist()]


def test_an_export_replaces_a_file_whole(call: Call, made: Path, tmp_path: Path) -> None:
    (tmp_path / "turns.csv").write_text("old\n" * 10_000)

    call("export", "turns", "-a", made, "-o", "turns.csv")

    assert (tmp_path / "turns.csv").read_text().count("\n") == 4
    assert not list(tmp_path.glob(".*.part"))


def test_topics_of_a_column(call: Call, contacts: Call, tmp_path: Path, canary: str) -> None:
    contacts(30)

    done = call("topics", "discover", "good.jsonl", "--text", "text", "-o", "topics.csv", "--json")

    with (tmp_path / "topics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert done.code == 0
    assert json.loads(done.out)["topics"]["n_rows"] == len(rows) == 30
    assert all(row["topic_label"] for row in rows)
    assert canary not in done.err


def test_synth_writes_what_run_reads(call: Call, tmp_path: Path) -> None:
    synth = call("synth", "-o", "some.jsonl.gz", "--contacts", 60, "--seed", 3)

    run = call("run", "some.jsonl.gz", "-a", "archive", "--processes", 1, "--json")

    assert (synth.code, run.code) == (0, 0)
    (counts,) = json.loads(run.out)["report"]["inputs"]
    assert f"{counts['n_stored']} contacts" in synth.err


def _iso(value: datetime) -> str:
    return value.isoformat()


def _cells(row: dict[str, Any]) -> dict[str, object]:
    """A row as a spreadsheet shows it: empty for null, numbers as numbers."""
    return {name: _cell(value) for name, value in row.items()}


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return pytest.approx(value, rel=1e-6)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return "" if value is None else _value(value) if isinstance(value, str) else value


def _unquoted(row: dict[str, str]) -> dict[str, object]:
    return {name: _value(cell) for name, cell in row.items()}


def _value(cell: str) -> object:
    if cell.startswith(("[", "{")):
        return json.loads(cell)
    for read in (float, _time):
        try:
            return read(cell.removeprefix("'"))
        except ValueError:
            continue
    return cell.removeprefix("'")  # put there so that no spreadsheet runs it


def _time(cell: str) -> datetime:
    return datetime.fromisoformat(cell).replace(tzinfo=None)
