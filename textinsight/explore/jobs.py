"""Long work on an archive: a command in a process of its own that outlives the app and is found again after a restart.

A job is a folder, ARCHIVE/jobs/ID, that only its owner may read; `job` says what lies in it. A lock that the system
drops when its holder dies tells a running job from a killed one. The inputs are deleted when the job ends; those of a
killed job are kept for a day, so that it can go on.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from textinsight.errors import StoreError
from textinsight.explore.job import LOCK, Job, read, text, touched_at, write_start
from textinsight.explore.uploads import safe_name
from textinsight.run.lock import is_held

_KEPT_JOBS = 20
_KEPT_INPUTS_S = 24 * 3600
_PATIENCE_S = 60.0  # a busy machine takes its time to start a process
_CUT_OFF_S = 600  # after which a look at an upload is no longer under way


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
        write_start(folder, kind, argv)
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
    write_start(job.folder, job.kind, job.argv)
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
        elif not job.can_resume or time.time() - touched_at(job.folder) > _KEPT_INPUTS_S:
            shutil.rmtree(job.folder / "inputs", ignore_errors=True)
    for folder in _folders(archive):
        if folder not in known and time.time() - touched_at(folder) > _CUT_OFF_S:
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
    saved: list[Path] = []
    for file in files:
        path = folder / "inputs" / safe_name(file.name, taken={path.name.lower() for path in saved})
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:  # noqa: PTH123  has no mode
            shutil.copyfileobj(file.data, out)
        saved.append(path)
    return saved


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
        log_text = text(folder / "log.txt").strip()
        shutil.rmtree(folder, ignore_errors=True)
        raise StoreError(f"the job did not start: {log_text or 'no answer'}", hint="try again")
    return read(folder, newest=True)


def _jobs(archive: Path) -> Iterator[Job]:
    """All jobs, newest first, each read when it is asked for."""
    folders = (folder for folder in _folders(archive) if (folder / "job.json").exists())
    return (read(folder, newest=place == 0) for place, folder in enumerate(folders))


def _folders(archive: Path) -> list[Path]:
    try:
        return sorted((entry for entry in (archive / "jobs").iterdir() if entry.is_dir()), reverse=True)
    except OSError:
        return []
