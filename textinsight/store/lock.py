"""One writer at a time. Readers never take this lock, and the system drops it when a writer dies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from textinsight.errors import StoreError
from textinsight.run.lock import try_lock

_PATIENCE_S = 10.0


@contextmanager
def review_lock(archive: Path) -> Iterator[None]:
    """Hold the lock of the reviews; as each takes it for milliseconds, others wait. StoreError after ten seconds."""
    path = archive / "reviews.lock"
    try:
        handle = path.open("a+")
    except OSError as error:
        raise StoreError(
            f"archive {archive} is not writable: {error}", hint="check the folder's permissions"
        ) from error
    with handle:
        patience = time.monotonic() + _PATIENCE_S
        while not try_lock(handle.fileno()):
            if time.monotonic() > patience:
                raise StoreError(f"another program holds {path}", hint="end it, then review again")
            time.sleep(0.02)
        yield


@contextmanager
def writer_lock(archive: Path) -> Iterator[None]:
    """Hold the archive's writer lock; StoreError at once if another job writes."""
    with _held_or_refused(
        archive,
        "writer.lock",
        f"another job is writing to {archive}",
        hint="wait until it ends, or give this job another --archive; reading and the app are not blocked",
    ):
        yield


@contextmanager
def search_lock(archive: Path) -> Iterator[None]:
    """Hold the lock of the search index; StoreError at once if another program is building it."""
    with _held_or_refused(
        archive,
        "search.lock",
        f"another program is building the search index of {archive}",
        hint="wait until it ends; searching what is there is not blocked",
    ):
        yield


@contextmanager
def _held_or_refused(archive: Path, name: str, taken: str, *, hint: str) -> Iterator[None]:
    try:
        handle = (archive / name).open("a+")
    except OSError as error:
        raise StoreError(
            f"archive {archive} is not writable: {error}", hint="check the folder's permissions"
        ) from error
    with handle:
        if not any(_tries(handle.fileno())):
            raise StoreError(taken, hint=hint)
        yield


def _tries(descriptor: int) -> Iterator[bool]:
    """A few: whoever only asks whether the lock is held has it for an instant."""
    for _ in range(3):
        yield try_lock(descriptor)
        time.sleep(0.02)
