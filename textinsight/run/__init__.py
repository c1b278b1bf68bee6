"""Where work is done: in this process, or in several on this machine. Runners know nothing about text."""

from __future__ import annotations

from textinsight.run.local import Runner, local_runner, run_alone

__all__ = ["Runner", "local_runner", "run_alone"]
