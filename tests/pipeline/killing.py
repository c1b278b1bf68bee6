"""Kills runs at every step of the writing (forked children), for test_pipeline_kill.py.

Called as `python killing.py INPUT WORKDIR`; prints one JSON object: {"steps": n, "digests": [...], "clean": digest}.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from functools import partial
from pathlib import Path

import deltalake  # noqa: F401  loaded before forking, so that every child starts warm
import duckdb  # noqa: F401
import pyarrow.dataset  # noqa: F401
import scipy.optimize  # noqa: F401

from textinsight import pipeline
from textinsight.conversation import Conversation, Turn
from textinsight.encode import load_encoder
from textinsight.store import PUBLIC, Archive
from textinsight.store.delta import Table
from textinsight.tag import analyse, models

SETTINGS = pipeline.Settings(processes=1, shard_size=16)


def digest(archive: Path) -> str:
    """A hash of every public table's rows, in any order (the log of runs excepted)."""
    store = Archive(archive)
    result = hashlib.sha256()
    for name in PUBLIC:
        if name != "runs":
            rows = sorted(json.dumps(row, default=str, sort_keys=True) for row in store.table(name).to_pylist())
            result.update(json.dumps([name, rows]).encode())
    return result.hexdigest()


def die_at(step: int) -> None:
    """From now on, the process kills itself with half a data file written, or just before a commit."""
    counter = iter(range(10_000))

    def deadly_commit(self, **options):
        if next(counter) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        commit(self, **options)

    def half_written(self, name, data):
        whole(self, name, data)
        if next(counter) == step:
            path = self.path / name
            os.truncate(path, path.stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    whole, commit = Table.write_file, Table.commit
    Table.write_file = half_written
    Table.commit = deadly_commit


def in_child(action) -> int:
    """The exit status of `action` in a forked child: 0 done, -9 killed, 1 failed."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
        except BaseException as error:  # noqa: BLE001  the parent only sees the exit status
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main(source: Path, folder: Path) -> None:
    load_encoder(SETTINGS.encoder)
    analyse(Conversation("warm", (Turn("customer", "Nobody called me back and it still does not work."),)))
    models()  # every model is loaded before forking, too

    def clean_run(archive: Path) -> None:
        pipeline.build_archive([source], archive, settings=SETTINGS)
        (archive / "digest").write_text(digest(archive))

    def killed_run(archive: Path, step: int) -> None:
        die_at(step)
        pipeline.build_archive([source], archive, settings=SETTINGS)

    if in_child(partial(clean_run, folder / "clean")):
        raise SystemExit("the undisturbed run failed")
    digests = []
    for step in range(10_000):
        archive = folder / f"killed{step}"
        status = in_child(partial(killed_run, archive, step))
        if status == 0:
            break
        if status != -signal.SIGKILL:
            raise SystemExit(f"step {step}: the run ended with {status}, not by the kill")
        if in_child(partial(clean_run, archive)):
            raise SystemExit(f"step {step}: the run after the kill failed")
        digests.append((archive / "digest").read_text())
    report = {"steps": len(digests), "digests": digests, "clean": (folder / "clean" / "digest").read_text()}
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
