"""How far a command is, in a file, for whoever watches it from another process: the app."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path

VARIABLE = "TEXTINSIGHT_PROGRESS"
_EVERY_S = 0.5


class ProgressFile:
    """Keeps one JSON object in the file: stage, done, total (null if unknown), note, began, at (seconds since 1970).

    A full disk or a file gone is no reason to stop the command.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._state: dict[str, object] = {}
        self._done = 0
        self._written = 0.0

    def stage(self, name: str, total: int | None) -> None:
        """A stage begins."""
        now = time.time()
        self._done = 0
        self._state = {"stage": name, "done": 0, "total": total, "note": "", "began": now, "at": now}
        self._write()

    def advance(self, steps: int, note: str = "") -> None:
        """So many steps more are done."""
        self._done += steps
        self._state |= {"done": self._done, "note": note, "at": time.time()}
        if time.monotonic() - self._written >= _EVERY_S:
            self._write()

    def _write(self) -> None:
        fresh = self._path.with_suffix(".part")
        with suppress(OSError):
            fresh.write_text(json.dumps(self._state), "utf-8")
            fresh.replace(self._path)
        self._written = time.monotonic()


def from_environment() -> ProgressFile | None:
    """The file named in the environment, if one is."""
    path = os.environ.get(VARIABLE)
    return ProgressFile(Path(path)) if path else None
