"""Keeps one job: runs its command, waits for it, deletes its inputs and writes down how it ended (see `jobs`).

python -m textinsight.explore.keeper ARCHIVE JOB_FOLDER, in a session of its own, started by `jobs.start`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from textinsight.explore.job import INPUTS, LOCK, read, write_end
from textinsight.run.lock import try_lock

_LOOK_S = 0.25  # how often it looks for a request to stop
_GRACE_S = 30.0  # for a shard to be committed and the workers to end


def main(archive: Path, folder: Path) -> int:
    """Run the job in `folder`; 0 if it was run, whatever became of it."""
    with (archive / "jobs" / LOCK).open("a+") as lock:
        if not _locked(lock):
            sys.stderr.write("another job is running\n")
            return 1
        signal.signal(signal.SIGINT, signal.default_int_handler)  # if it was ignored, the command would ignore it too
        (folder / "started").write_text(str(os.getpid()))
        code = _run(archive, folder, lock.fileno())
        if code >= 0 or (folder / "cancel").exists():  # a killed job may go on: it needs them
            shutil.rmtree(folder / "inputs", ignore_errors=True)
        write_end(folder, code)
    return 0


def _run(archive: Path, folder: Path, lock: int) -> int:
    """The command's exit code, negative for the signal that ended it."""
    inputs = str(folder / "inputs")
    argv = [word.replace(INPUTS, inputs) for word in read(folder, newest=False).argv]
    environment = os.environ | {
        "TEXTINSIGHT_ARCHIVE": str(archive),
        "TEXTINSIGHT_PROGRESS": str(folder / "progress.json"),
    }
    with (folder / "out.txt").open("wb") as out:
        command = subprocess.Popen(
            [sys.executable, "-m", "textinsight", *argv], env=environment, stdin=subprocess.DEVNULL, stdout=out,
            pass_fds=() if os.name == "nt" else (lock,),  # the lock is held as long as either of the two lives
        )  # fmt: skip
        while (code := _waited(command, _LOOK_S)) is None:
            if (folder / "cancel").exists():
                return _stopped(command)
        return code


def _waited(command: subprocess.Popen[bytes], seconds: float) -> int | None:
    try:
        return command.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def _stopped(command: subprocess.Popen[bytes]) -> int:
    """As with Ctrl-C, so that the command ends in order; killed if it does not."""
    command.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGINT)
    code = _waited(command, _GRACE_S)
    if code is None:
        command.kill()
        code = command.wait()
    return code


def _locked(lock: IO[str]) -> bool:
    """The lock, taken; whoever only looks at it holds it for an instant."""
    for _ in range(20):
        if try_lock(lock.fileno()):
            return True
        time.sleep(0.05)
    return False


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
