"""One job as its folder tells it: what was asked, how far it is, and how it ended (see `jobs`).

`job.json` says what was asked, `progress.json` how far it is, `out.txt` and `log.txt` hold what it printed, `end.json`
how it ended, `inputs/` the files it reads; `cancel` stands there when somebody asked it to stop.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from textinsight.run.lock import is_held

State = Literal["running", "done", "failed", "cancelled", "killed"]

INPUTS = "{inputs}"  # in a job's argv: the folder of its input files
LOCK = "running.lock"  # beside the folders; the running job holds it
_ENDED_WELL = (0, 4)  # 4: some records were refused


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
        return "\n".join(text(self.folder / "log.txt").splitlines()[-lines:])

    def output(self) -> str:
        """What it wrote to stdout."""
        return text(self.folder / "out.txt")


def read(folder: Path, *, newest: bool) -> Job:
    """The job in `folder`; only the newest one of an archive can be running."""
    running = newest and not (folder / "end.json").exists() and is_held(folder.parent / LOCK)
    asked, end, step = (_json(folder / f"{name}.json") for name in ("job", "end", "progress"))
    code = end.get("exit_code")
    return Job(
        id=folder.name,
        kind=str(asked.get("kind", "")),
        argv=tuple(asked.get("argv", ())),
        folder=folder,
        started_at=_time(asked.get("started_at")) or datetime.fromtimestamp(touched_at(folder), UTC),
        finished_at=_time(end.get("finished_at")),
        exit_code=code,
        state="running" if running else _outcome(code, cancelled=(folder / "cancel").exists()),
        progress=Step(**step) if step else None,
    )


def write_start(folder: Path, kind: str, argv: Sequence[str]) -> None:
    """Write down what was asked, and when; OSError if the disk is full."""
    _write(folder / "job.json", {"kind": kind, "argv": list(argv), "started_at": _now()})


def write_end(folder: Path, exit_code: int) -> None:
    """Write down how it ended, and when."""
    _write(folder / "end.json", {"exit_code": exit_code, "finished_at": _now()})


def text(path: Path) -> str:
    """What a file of the job holds; nothing if there is none."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def touched_at(folder: Path) -> float:
    """When something was last put into the folder or taken from it, in seconds since 1970; now if it is gone."""
    try:
        return folder.stat().st_mtime
    except OSError:
        return time.time()


def _outcome(code: int | None, *, cancelled: bool) -> State:
    if cancelled and code not in _ENDED_WELL:
        return "cancelled"
    if code is None or code < 0:
        return "killed"
    return "done" if code in _ENDED_WELL else "failed"


def _write(path: Path, value: Mapping[str, object]) -> None:
    """Readers see the old text or the new one, never a part."""
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    fresh.write_text(json.dumps(value), "utf-8")
    fresh.replace(path)


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(text(path) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _time(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
