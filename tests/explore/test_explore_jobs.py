from __future__ import annotations

import io
import json
import os
import signal
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from textinsight.errors import StoreError
from textinsight.explore import jobs
from textinsight.explore.job import INPUTS, Job, Step, write_start
from textinsight.explore.uploads import refusal, safe_name
from textinsight.store import Archive, writer_lock
from textinsight.store.doctor import examine

SECRET = "my card is 4111 1111 1111 1111, sesame seed"
NO_STEP = Step("", 0, None, "", 0, 0)
RUN = ("run", INPUTS, "--json", "--processes", "1")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="process groups are POSIX's")


def record(number: int) -> dict:
    turns = [
        {"role": "customer", "text": f"my parcel {number} never came, {SECRET}"},
        {"role": "agent", "text": "I have sent a new one."},
    ]
    return {"conversation_id": f"c{number}", "customer_id": f"p{number % 7}", "turns": turns}


def file_of(n: int, name: str = "calls.jsonl") -> jobs.InputFile:
    return jobs.InputFile(name, io.BytesIO("".join(json.dumps(record(i)) + "\n" for i in range(n)).encode()))


def wait(archive, seconds: float = 300) -> Job:
    end = time.monotonic() + seconds
    while jobs.current(archive) is not None:
        assert time.monotonic() < end, "the job did not end"
        time.sleep(0.1)
    found = jobs.last(archive)
    assert found is not None
    return found


def kill(job: Job) -> None:
    """As kill -9 of everything that belongs to it."""
    os.killpg(int((job.folder / "started").read_text()), signal.SIGKILL)


def until(condition, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_job_fills_the_archive_and_leaves_no_raw_text(tmp_path):
    archive = tmp_path / "archive"
    started = jobs.start(archive, "Reading", RUN, files=[file_of(5, "../../out.jsonl")])
    assert started.state == "running"
    assert [path.name for path in (started.folder / "inputs").iterdir()] in (["out.jsonl"], [])
    assert stat.S_IMODE(started.folder.stat().st_mode) == 0o700
    job = wait(archive)
    assert (job.id, job.state, job.exit_code, job.progress.stage) == (started.id, "done", 0, "search index")
    assert json.loads(job.output())["report"]["inputs"][0]["n_stored"] == 5
    assert Archive(archive).table("conversations").num_rows == 5
    assert not (job.folder / "inputs").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]
    for path in (path for path in archive.rglob("*") if path.is_file()):
        assert b"4111 1111" not in path.read_bytes(), path
    assert "sesame" not in job.log_tail(1000)


def test_an_input_file_is_for_its_owner_alone(tmp_path):
    folder = jobs.make_folder(tmp_path)
    saved = jobs.save([file_of(1), file_of(1)], folder)
    assert [path.name for path in saved] == ["calls.jsonl", "calls (2).jsonl"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in saved} == {0o600}


def test_one_job_at_a_time(tmp_path):
    archive = tmp_path / "archive"
    job = jobs.start(archive, "Reading", RUN, files=[file_of(5)])
    with pytest.raises(StoreError, match="another job"):
        jobs.start(archive, "Reading", RUN, files=[file_of(5)])
    assert jobs.current(archive).id == job.id
    assert wait(archive).state == "done"
    with writer_lock(archive), pytest.raises(StoreError, match="another job"):
        jobs.start(archive, "Reading", RUN, files=[file_of(5)])


def test_a_killed_job_is_known_as_killed_and_goes_on(tmp_path):
    archive = tmp_path / "archive"
    job = jobs.start(archive, "Reading", RUN, files=[file_of(1500)])
    until(lambda: (jobs.current(archive).progress or NO_STEP).stage == "reading and tagging")
    kill(job)
    until(lambda: jobs.current(archive) is None)
    killed = jobs.last(archive)
    assert (killed.state, killed.exit_code, killed.can_resume) == ("killed", None, True)
    assert (killed.folder / "inputs" / "calls.jsonl").exists()
    again = jobs.resume(archive, killed)
    assert again.id == job.id
    ended = wait(archive)
    assert (ended.state, ended.can_resume) == ("done", False)
    assert Archive(archive).table("conversations").num_rows == 1500
    assert not (ended.folder / "inputs").exists()


def test_a_job_outlives_the_program_that_started_it(tmp_path):
    archive = tmp_path / "archive"
    code = (
        "import io, os, sys\nfrom pathlib import Path\nfrom textinsight.explore import jobs\n"
        "data = open(sys.argv[2], 'rb')\n"
        f"jobs.start(Path(sys.argv[1]), 'Reading', {RUN!r}, files=[jobs.InputFile('a.jsonl', data)])\n"
        "os._exit(9)\n"
    )
    calls = tmp_path / "calls.jsonl"
    calls.write_bytes(file_of(5).data.read())
    assert subprocess.run([sys.executable, "-c", code, str(archive), str(calls)]).returncode == 9
    assert jobs.current(archive).kind == "Reading"
    assert wait(archive).state == "done"


def test_a_cancelled_job_ends_and_its_files_go(tmp_path):
    archive = tmp_path / "archive"
    job = jobs.start(archive, "Reading", RUN, files=[file_of(1500)])
    until(lambda: (jobs.current(archive).progress or NO_STEP).stage == "reading and tagging")
    jobs.cancel(job)
    ended = wait(archive)
    assert (ended.state, ended.can_resume) == ("cancelled", False)
    assert ended.exit_code in (130, -signal.SIGABRT)  # the latter where the interrupt meets a native library's start
    assert examine(archive) == []
    assert not (ended.folder / "inputs").exists()
    jobs.discard(ended)
    assert jobs.last(archive) is None


def test_a_job_that_fails_says_why(tmp_path):
    archive = tmp_path / "archive"
    jobs.start(archive, "Reading", RUN, files=[jobs.InputFile("a.bin", io.BytesIO(b"\x00\x01\x02" * 500))])
    job = wait(archive)
    assert (job.state, job.exit_code) == ("failed", 3)
    assert "format that can be read" in job.log_tail()
    assert not (job.folder / "inputs").exists()


def test_inputs_of_a_killed_job_are_not_kept_for_ever(tmp_path):
    folder = jobs.make_folder(tmp_path)
    jobs.save([file_of(1)], folder)
    write_start(folder, "Reading", RUN)
    jobs.sweep(tmp_path)
    assert jobs.last(tmp_path).can_resume
    yesterday = time.time() - 25 * 3600
    os.utime(folder, (yesterday, yesterday))
    jobs.sweep(tmp_path)
    assert not (folder / "inputs").exists()
    assert not jobs.last(tmp_path).can_resume
    with pytest.raises(StoreError, match="files are gone"):
        jobs.resume(tmp_path, jobs.last(tmp_path))


def test_a_look_that_was_cut_off_leaves_nothing(tmp_path):
    folder = jobs.make_folder(tmp_path)
    jobs.save([file_of(1)], folder)
    hour_ago = time.time() - 3600
    os.utime(folder, (hour_ago, hour_ago))
    jobs.sweep(tmp_path)
    assert not folder.exists()


def test_rate_and_remaining_time():
    step = Step("reading and tagging", 200, 1000, "", began=100.0, at=110.0)
    assert (step.rate, step.remaining_s) == (20.0, 40.0)
    assert Step("links", 0, None, "", 100.0, 110.0).remaining_s is None


def test_a_torn_state_file_is_no_fault(tmp_path):
    folder = jobs.make_folder(tmp_path)
    (folder / "job.json").write_text('{"kind": "Rea')
    job = jobs.last(tmp_path)
    assert (job.kind, job.state) == ("", "killed")
    assert job.started_at <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../x.csv", "x.csv"),
        ("C:\\temp\\x.csv", "x.csv"),
        ("..", "upload"),
        ("", "upload"),
        (".bashrc", "bashrc"),
        ("CON", "_CON"),
        ("con.csv", "_con.csv"),
        ("a\x00b\n.csv", "a_b_.csv"),
        ("x" * 300 + ".jsonl", "x" * 120 + ".jsonl"),
        ("café.csv", "café.csv"),
        ("-rf.csv", "-rf.csv"),
    ],
)
def test_names_stay_in_their_folder(name, safe):
    assert safe_name(name) == safe


def test_names_do_not_overwrite_one_another():
    assert safe_name("A.csv", taken={"a.csv", "a (2).csv"}) == "A (3).csv"


@pytest.mark.parametrize(
    ("head", "size", "said"),
    [
        (b"", 0, "empty"),
        (b"\xef\xbb\xbf \r\n", 5, "empty"),
        (b"PK\x03\x04....", 100, "zip"),
        (b"%PDF-1.7", 100, "PDF"),
        (b"MZ\x90\x00", 100, "program"),
        (b"a,b\n1,2\n", 2**30, "textinsight run"),
    ],
)
def test_what_cannot_be_taken_is_told_from_content_and_size(head, size, said):
    assert said in refusal("x.csv", head, size, most=100 * 2**20)


def test_a_usual_file_is_taken():
    assert refusal("x.csv", b"a,b\n1,2\n", 8, most=100) is None
