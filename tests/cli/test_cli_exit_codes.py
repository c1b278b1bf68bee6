"""What each way of ending returns and says."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from textinsight import encode
from textinsight.resources import data_path
from textinsight.store import Archive, writer_lock

Call = Callable[..., Any]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("nope", "No such command 'nope'"),
        ("run", "Missing argument"),
        ("run good.jsonl", "--archive"),
        ("run good.jsonl -a new --frob", "--frob"),
        ("run good.jsonl -a new --window-days soon", "--window-days"),
        ("run good.jsonl -a new --window-days 0", "window_days must lie in 1..365, got 0"),
        ("run good.jsonl -a new --processes 0", "processes must lie in 1..256, got 0"),
        ("run good.jsonl -a new --map text", "--map 'text' is not OURS=THEIRS"),
        ("run good.jsonl -a new --map nothing=Body", "'nothing' is no field"),
        ("run good.jsonl -a new --tagger sentiment", "--tagger 'sentiment' is not OURS=THEIRS"),
        ("evaluate good.jsonl --tagger sentiment", "--tagger 'sentiment' is not OURS=THEIRS"),
        ("evaluate good.jsonl --tagger mood=torch:x", "no tagger 'mood'"),
        ("evaluate good.jsonl --tagger sentiment=x", "expected torch:MODEL_ID_OR_PATH"),
        ("export nope -a made -o out.csv", "no table 'nope'"),
        ("export turns -a made -o out.xlsx", "out.xlsx"),
        ("export turns -a made -o out", ".parquet, .csv, .jsonl"),
        ("export turns -a made", "--out"),
        ("synth -o out.doc", "out.doc"),
        ("topics", ""),
        ("topics discover good.jsonl --text text -o out.xls", "end --out in .csv"),
        ("topics discover good.jsonl --text words -o out.csv", "no column 'words'"),
    ],
)
def test_misuse_is_2_and_says_what(arguments: str, said: str, call: Call, made: Path) -> None:
    done = call(*arguments.split())

    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err and "internal error" not in done.err
    assert sorted(path.name for path in made.parent.iterdir()) == ["good.jsonl", "made"]


def test_no_command_at_all_shows_the_help(call: Call) -> None:
    done = call()

    assert done.code == 2
    assert "textinsight demo" in done.out


def test_nothing_usable_is_3(call: Call, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))

    missing = call("run", "missing.jsonl", "-a", "archive")
    folder = call("run", "folder", "-a", "archive")

    assert (missing.code, folder.code) == (3, 3)
    assert "missing.jsonl does not exist" in missing.err
    assert "none in a format that can be read" in folder.err
    assert not (tmp_path / "archive").exists()


def test_labels_that_cannot_be_used_are_3_and_say_where(call: Call, tmp_path: Path) -> None:
    row = {"turns": [{"role": "customer", "text": "hello"}], "gold": {"resolution": "solved"}}
    (tmp_path / "gold.jsonl").write_text(json.dumps(row), "utf-8")

    done = call("evaluate", "gold.jsonl")

    assert done.code == 3
    assert 'gold.jsonl, line 1: gold.resolution is "solved", expected resolved, unresolved, moved or uncl' in done.err
    assert "internal error" not in done.err


@pytest.mark.parametrize(
    "arguments",
    ["export turns -a nowhere -o out.csv", "doctor -a nowhere", "doctor -a good.jsonl"],
)
def test_no_archive_is_5(arguments: str, call: Call, contacts: Call) -> None:
    contacts(1)

    done = call(*arguments.split())

    assert done.code == 5
    assert done.err.startswith("textinsight: ") and done.err.count("\n") == 2


def test_another_writer_is_5_and_readers_go_on(call: Call, made: Path) -> None:
    with writer_lock(made):
        run = call("run", "good.jsonl", "-a", made, "--processes", 1)
        export = call("export", "turns", "-a", made, "-o", "turns.csv")

    assert (run.code, export.code) == (5, 0)
    assert "another job is writing" in run.err


def test_a_place_that_cannot_be_written_is_5(call: Call, made: Path) -> None:
    run = call("run", "good.jsonl", "-a", "good.jsonl/archive", "--processes", 1)
    export = call("export", "turns", "-a", made, "-o", "no/such/folder/turns.csv")

    assert (run.code, export.code) == (5, 5)
    assert "cannot make an archive" in run.err
    assert "cannot write" in export.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write_is_5(call: Call, made: Path) -> None:
    made.chmod(0o500)
    try:
        run = call("run", "good.jsonl", "-a", made, "--processes", 1)
    finally:
        made.chmod(0o700)

    assert run.code == 5
    assert "not writable" in run.err


def test_a_torn_log_is_5_and_the_doctor_tells(call: Call, made: Path) -> None:
    newest = max((made / "turns" / "_delta_log").glob("*.json"))
    newest.write_text('{"add": {"path"')

    export = call("export", "turns", "-a", made, "-o", "turns.csv")
    doctor = call("doctor", "-a", made, "--json")

    assert (export.code, doctor.code) == (5, 5)
    assert "textinsight doctor" in export.err
    assert json.loads(doctor.out)["complaints"][0]["table"] == "turns"


def test_a_damaged_data_file_is_5_and_the_doctor_tells(call: Call, made: Path) -> None:
    (damaged,) = (made / "turns").glob("*.parquet")
    damaged.write_bytes(damaged.read_bytes()[:100])

    export = call("export", "turns", "-a", made, "-o", "turns.csv")
    doctor = call("doctor", "-a", made, "--json")

    assert (export.code, doctor.code) == (5, 5)
    assert not (made.parent / "turns.csv").exists()
    assert {"turns"} == {row["table"] for row in json.loads(doctor.out)["complaints"]}


def test_a_mended_archive_is_whole_after_the_next_run(call: Call, made: Path) -> None:
    before = Archive(made).table("turns")
    newest = max((made / "turns" / "_delta_log").glob("*.json"))
    newest.write_text('{"add": {"path"')

    mend = call("doctor", "-a", made, "--mend")
    run = call("run", "good.jsonl", "-a", made, "--processes", 1)
    healthy = call("doctor", "-a", made)

    assert (mend.code, run.code, healthy.code) == (0, 0, 0)
    assert Archive(made).table("turns").equals(before)


def test_an_altered_model_is_6(
    call: Call, contacts: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_encoder: None
) -> None:
    contacts(1)
    shutil.copytree(data_path("models"), tmp_path / "models")
    vectors = tmp_path / "models" / "intents-en" / "weights.safetensors"
    data = bytearray(vectors.read_bytes())
    data[len(data) // 2] ^= 1
    vectors.write_bytes(data)
    monkeypatch.setenv("TEXTINSIGHT_MODEL_DIR", str(tmp_path / "models"))

    done = call("run", "good.jsonl", "-a", "archive", "--processes", 1)

    assert done.code == 6
    assert "weights.safetensors was altered" in done.err
    assert not (tmp_path / "archive").exists()


@pytest.fixture
def fresh_encoder() -> Iterator[None]:
    """The encoder is loaded once a process; here it must be loaded anew."""
    encode._loaded.cache_clear()
    yield
    encode._loaded.cache_clear()


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT between processes")
@pytest.mark.parametrize("processes", [1, 2])
def test_an_interrupted_run_is_130_and_goes_on(
    processes: int, installed: Path, contacts: Call, canary: str, tmp_path: Path
) -> None:
    contacts(5000, "many.jsonl")
    job = subprocess.Popen(
        [installed, "run", "many.jsonl", "-a", "archive", "--processes", str(processes)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_heed_interrupts,
    )
    _wait_for(tmp_path / "archive" / "conversations" / "_delta_log" / "00000000000000000001.json", job)
    os.killpg(job.pid, signal.SIGINT)  # as a terminal's Ctrl-C does: to the workers too
    out, err = job.communicate(timeout=120)

    assert job.returncode == 130
    assert out == ""
    assert "the same command goes on" in err
    assert "Traceback" not in err and canary not in err
    kept = Archive(tmp_path / "archive").table("conversations").num_rows
    assert 0 < kept < 5000 and kept % 1000 == 0


def _heed_interrupts() -> None:
    """A shell's background job is started deaf to Ctrl-C, and so would be all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _wait_for(path: Path, job: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 300  # a busy machine may take its time
    while not path.exists() and job.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    assert path.exists(), "the run committed nothing"
