"""Killed anywhere and run again: nothing lost, nothing twice, the same tables as an undisturbed run."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from textinsight.store import Archive

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")


def test_killed_at_every_step_of_the_writing(write_contacts, tmp_path):
    source = write_contacts(
        range(24), extra='{"conversation_id": "c001", "text": "an id that is there already"}\n{broken\n'
    )
    done = subprocess.run(
        [sys.executable, str(HERE / "killing.py"), str(source), str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["steps"] > 30
    assert set(report["digests"]) == {report["clean"]}
    clean = Archive(tmp_path / "clean")
    assert clean.table("conversations").num_rows == 24
    assert sorted(clean.table("rejects")["line"].to_pylist()) == [25, 26]


@pytest.mark.slow
def test_command_killed_at_random_moments(write_contacts, tmp_path):
    source = write_contacts(range(3000))
    command = [str(Path(sys.executable).with_name("textinsight")), "run", str(source), "--json"]
    clean, killed = tmp_path / "clean", tmp_path / "killed"
    undisturbed = subprocess.run([*command, "-a", str(clean)], capture_output=True, text=True, cwd=tmp_path)
    assert undisturbed.returncode == 0, undisturbed.stderr
    rng = random.Random(11)
    kills = 0
    for _ in range(40):
        process = subprocess.Popen(
            [*command, "-a", str(killed)], stdout=subprocess.DEVNULL, cwd=tmp_path, start_new_session=True
        )
        time.sleep(rng.uniform(0.2, 2.5))
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
    last = subprocess.run([*command, "-a", str(killed)], capture_output=True, text=True, cwd=tmp_path)
    assert last.returncode == 0, last.stderr
    assert kills >= 2
    sys.path.insert(0, str(HERE))
    from killing import digest

    assert digest(killed) == digest(clean)
