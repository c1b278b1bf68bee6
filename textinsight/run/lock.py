"""Locks that the system drops when their holder dies. Light to import: whoever waits for a job has nothing else."""

from __future__ import annotations

import os
from pathlib import Path


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock file; False if there is none."""
    try:
        with path.open("r+") as handle:
            return not try_lock(handle.fileno(), shared=True)
    except OSError:
        return False


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Take the lock of an open file unless somebody has it; it goes when the file is closed or its process dies.

    shared: only to look, so that several may look at once.
    """
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
