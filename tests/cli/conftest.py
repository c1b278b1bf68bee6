"""Calls of the command, in this process or as users start it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from textinsight.cli import run_command
from textinsight.pipeline import Settings, build_archive


@dataclass(frozen=True)
class Outcome:
    """How a call ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Outcome]:
    """`textinsight ARGUMENTS…` in this process and in tmp_path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TEXTINSIGHT_ARCHIVE", raising=False)

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = run_command([str(argument) for argument in arguments])
        return Outcome(code, *capsys.readouterr())

    return run


@pytest.fixture
def installed() -> Path:
    """The installed command."""
    return Path(sys.executable).with_name("textinsight")


@pytest.fixture
def command(tmp_path: Path, installed: Path) -> Callable[..., Outcome]:
    """The installed `textinsight ARGUMENTS…` as its own process in tmp_path."""

    def run(*arguments: object, **environment: str) -> Outcome:
        done = subprocess.run(
            [installed, *map(str, arguments)],
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def canary() -> str:
    """A word in every text of `contacts`; it may stand in the archive and nowhere else."""
    return "zanzibarquux"


@pytest.fixture
def contacts(tmp_path: Path, canary: str) -> Callable[..., Path]:
    """Writes a file of so many contacts that nothing is wrong with."""
    return lambda count, name="good.jsonl": _write(tmp_path / name, count, canary)


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory, canary: str) -> Path:
    folder = tmp_path_factory.mktemp("made")
    build_archive([_write(folder / "good.jsonl", 3, canary)], folder / "made", settings=Settings(processes=1))
    return folder


@pytest.fixture
def made(_template: Path, tmp_path: Path) -> Path:
    """A small archive, made of the file good.jsonl beside it."""
    shutil.copytree(_template, tmp_path, dirs_exist_ok=True)
    return tmp_path / "made"


def _write(path: Path, count: int, canary: str) -> Path:
    rows = (
        {
            "conversation_id": f"c{i}",
            "customer_id": f"customer-{i % 40}",
            "started_at": f"2026-{i % 12 + 1:02d}-{i % 28 + 1:02d}T10:00:00Z",
            "csat": i % 5 + 1,
            "text": f"My {canary} router drops the connection, I called about that before!",
        }
        for i in range(count)
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
