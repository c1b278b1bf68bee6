"""One writer at a time. Readers never take this lock, and the system drops it when a writer dies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from textinsight.errors import StoreError


@contextmanager
def writer_lock(archive: Path) -> Iterator[None]:
    """Hold the archive's writer lock; StoreError at once if another job writes."""
    path = archive / "writer.lock"
    try:
        handle = path.open("a+")
    except OSError as error:
        raise StoreError(
            f"archive {archive} is not writable: {error}", hint="check the folder's permissions"
        ) from error
    with handle:
        if not _try_lock(handle.fileno()):
            raise StoreError(
                f"another job is writing to {archive}",
                hint="wait until it ends, or give this job another --archive; reading and the app are not blocked",
            )
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
