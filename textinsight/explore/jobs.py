"""Long work on an archive: a command in a process of its own that outlives the app and is found again after a restart.

A job is a folder, ARCHIVE/jobs/ID, that only its owner may read: `job.json` says what was asked, `progress.json` how
far it is, `out.txt` and `log.txt` hold what it printed, `end.json` how it ended, `inputs/` the files it reads. A lock
that the system drops when its holder dies tells a running job from a killed one. The inputs are deleted when the job
ends; those of a killed job are kept for a day, so that it can go on.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

from textinsight.errors import StoreError
from textinsight.run.lock import is_held

State = Literal["running", "done", "failed", "cancelled", "killed"]

INPUTS = "{inputs}"  # in a job's argv: the folder of its input files
LOCK = "running.lock"
_ENDED_WELL = (0, 4)  # 4: some records were refused
_KEPT_JOBS = 20
_KEPT_INPUTS_S = 24 * 3600
_PATIENCE_S = 60.0  # a busy machine takes its time to start a process
_CUT_OFF_S = 600  # after which a look at an upload is no longer under way


@dataclass(frozen=True, slots=True)
class Step:
    """How far the stage under way is; total is None where it cannot be told. began, at: seconds since 1970."""

    stage: str
    done: int
    total: int | None
    note: str
    began: float
    at: float

    @property
    def rate(self) -> float | None:
        """Steps a second since the stage began."""
        return self.done / (self.at - self.began) if self.done and self.at > self.began else None

    @property
    def remaining_s(self) -> float | None:
        """Seconds that the rest of the stage takes at this rate."""
        return max(self.total - self.done, 0) / self.rate if self.total and self.rate else None


@dataclass(frozen=True, slots=True)
class Job:
    """One long command. exit_code: None until it ends or if nobody saw its end; negative: the signal that ended it."""

    id: str
    kind: str
    argv: tuple[str, ...]
    folder: Path
    started_at: datetime
    finished_at: datetime | None
    exit_code: int | None
    state: State
    progress: Step | None

    @property
    def can_resume(self) -> bool:
        """Whether it was stopped with its inputs still there, or needs none."""
        reads = any(INPUTS in word for word in self.argv)
        return self.state == "killed" and (not reads or (self.folder / "inputs").is_dir())

    def log_tail(self, lines: int = 20) -> str:
        """The end of what it said of itself; never a customer's words."""
        return "\n".join(_text(self.folder / "log.txt").splitlines()[-lines:])

    def output(self) -> str:
        """What it wrote to stdout."""
        return _text(self.folder / "out.txt")


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to hand to a job; `name` is any name that somebody gave it."""

    name: str
    data: BinaryIO


def start(archive: Path, kind: str, argv: Sequence[str], *, files: Iterable[InputFile] = ()) -> Job:
    """Run `textinsight ARGV…`, with the files in the folder `INPUTS`; StoreError if another job runs or writes."""
    refuse_if_busy(archive)
    sweep(archive)
    folder = make_folder(archive)
    try:
        save(files, folder)
        described = {"kind": kind, "argv": list(argv), "started_at": _now()}
        write_json(folder / "job.json", described)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise StoreError(
            f"the job cannot be written to {archive}: {error.strerror}", hint="is the disk full?"
        ) from error
    return _launch(archive, folder)


def resume(archive: Path, job: Job) -> Job:
    """Run a killed job again: it goes on where it stood. StoreError if it cannot."""
    refuse_if_busy(archive)
    if not job.can_resume:
        raise StoreError("this job cannot go on: its files are gone", hint="upload them again")
    write_json(job.folder / "job.json", {"kind": job.kind, "argv": list(job.argv), "started_at": _now()})
    return _launch(archive, job.folder)


def cancel(job: Job) -> None:
    """Ask a running job to stop in order; what it has committed stays."""
    (job.folder / "cancel").touch()


def discard(job: Job) -> None:
    """Forget an ended job and delete its files."""
    if job.state != "running":
        shutil.rmtree(job.folder, ignore_errors=True)


def current(archive: Path) -> Job | None:
    """The job that is running."""
    newest = next(_jobs(archive), None)
    return newest if newest is not None and newest.state == "running" else None


def last(archive: Path, *, kind: str | None = None) -> Job | None:
    """The newest job that has ended, of this kind if one is given."""
    ended = (job for job in _jobs(archive) if job.state != "running")
    return next((job for job in ended if kind in (None, job.kind)), None)


def refuse_if_busy(archive: Path) -> None:
    """StoreError if a job runs, or a command elsewhere writes to the archive."""
    if is_held(archive / "jobs" / LOCK) or is_held(archive / "writer.lock"):
        raise StoreError("another job is writing to this archive", hint="wait until it has ended, or cancel it")


def sweep(archive: Path) -> None:
    """Delete inputs that no job will read any more, and the oldest jobs."""
    jobs = list(_jobs(archive))
    known = {job.folder for job in jobs}
    for place, job in enumerate(jobs):
        if job.state == "running":
            continue
        if place >= _KEPT_JOBS:
            shutil.rmtree(job.folder, ignore_errors=True)
        elif not job.can_resume or time.time() - _age_of(job.folder) > _KEPT_INPUTS_S:
            shutil.rmtree(job.folder / "inputs", ignore_errors=True)
    for folder in _folders(archive):
        if folder not in known and time.time() - _age_of(folder) > _CUT_OFF_S:
            shutil.rmtree(folder, ignore_errors=True)


def make_folder(archive: Path) -> Path:
    """A new folder below ARCHIVE/jobs for its owner alone, with an empty `inputs`; StoreError if it cannot be."""
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(3)}"
    folder = archive / "jobs" / name
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        (folder / "inputs").mkdir(mode=0o700)
    except OSError as error:
        raise StoreError(
            f"{archive} is not writable: {error.strerror}", hint="check the folder's permissions"
        ) from error
    return folder


def save(files: Iterable[InputFile], folder: Path) -> list[Path]:
    """Write the files into the folder's `inputs`, readable by their owner alone and under safe names of their own."""
    from textinsight.explore.uploads import safe_name

    saved: list[Path] = []
    for file in files:
        path = folder / "inputs" / safe_name(file.name, taken={path.name.lower() for path in saved})
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:  # noqa: PTH123  has no mode
            shutil.copyfileobj(file.data, out)
        saved.append(path)
    return saved


def argv_of(folder: Path) -> tuple[str, ...]:
    """The words of the job's command."""
    return tuple(_json(folder / "job.json").get("argv", ()))


def write_json(path: Path, value: Mapping[str, object]) -> None:
    """Write it so that readers see the old text or the new one, never a part."""
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    fresh.write_text(json.dumps(value), "utf-8")
    fresh.replace(path)


def _launch(archive: Path, folder: Path) -> Job:
    """Start the job's keeper and wait until it holds the lock."""
    for name in ("cancel", "started", "end.json", "progress.json"):
        (folder / name).unlink(missing_ok=True)
    command = [sys.executable, "-m", "textinsight.explore.keeper", str(archive.resolve()), str(folder.resolve())]
    with (folder / "log.txt").open("wb") as log:
        keeper = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, close_fds=True
        )
    threading.Thread(target=keeper.wait, daemon=True).start()  # so that no zombie is left
    patience = time.monotonic() + _PATIENCE_S
    while not (folder / "started").exists() and keeper.poll() is None and time.monotonic() < patience:
        time.sleep(0.02)
    if not (folder / "started").exists():
        log_text = _text(folder / "log.txt").strip()
        shutil.rmtree(folder, ignore_errors=True)
        raise StoreError(f"the job did not start: {log_text or 'no answer'}", hint="try again")
    return _read(folder, newest=True)


def _jobs(archive: Path) -> Iterator[Job]:
    """All jobs, newest first, each read when it is asked for."""
    folders = (folder for folder in _folders(archive) if (folder / "job.json").exists())
    return (_read(folder, newest=place == 0) for place, folder in enumerate(folders))


def _folders(archive: Path) -> list[Path]:
    try:
        return sorted((entry for entry in (archive / "jobs").iterdir() if entry.is_dir()), reverse=True)
    except OSError:
        return []


def _read(folder: Path, *, newest: bool) -> Job:
    running = newest and not (folder / "end.json").exists() and is_held(folder.parent / LOCK)
    asked, end, step = (_json(folder / f"{name}.json") for name in ("job", "end", "progress"))
    code = end.get("exit_code")
    return Job(
        id=folder.name,
        kind=str(asked.get("kind", "")),
        argv=tuple(asked.get("argv", ())),
        folder=folder,
        started_at=_time(asked.get("started_at")) or datetime.fromtimestamp(_age_of(folder), UTC),
        finished_at=_time(end.get("finished_at")),
        exit_code=code,
        state="running" if running else _outcome(code, cancelled=(folder / "cancel").exists()),
        progress=Step(**step) if step else None,
    )


def _outcome(code: int | None, *, cancelled: bool) -> State:
    if cancelled and code not in _ENDED_WELL:
        return "cancelled"
    if code is None or code < 0:
        return "killed"
    return "done" if code in _ENDED_WELL else "failed"


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_text(path) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _time(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _age_of(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return time.time()
