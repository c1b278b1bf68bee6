"""The first start: there is no archive yet, or nothing in it. Drop a file, or load the demo."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from textinsight.errors import TextinsightError
from textinsight.explore import access, intake, jobs, outcome, parts, progress
from textinsight.explore.words import escape

_DEMO_WORDS = "11,966 made-up contacts of four companies with planted topics, repeats and downstream issues."


def is_free(path: Path) -> bool:
    """Whether an archive can be made there: nothing is there yet, or nothing but this app's own jobs."""
    try:
        return not path.exists() or all(entry.name == "jobs" for entry in path.iterdir())
    except OSError:
        return False


def welcome(path: Path) -> None:
    """How to begin, at a path where an archive is to be made or an empty one is."""
    parts.title("Welcome", f"No conversations yet. They will be kept in {path}")
    if progress.job_bar(path, can_cancel=access.is_editor()) is not None:
        st.caption("The pages fill as soon as the first conversations are stored.")
        return
    outcome.outcome(path)
    left, right = st.columns([3, 2], gap="large")
    with left.container(border=True):
        st.subheader("Your conversations", anchor=False)
        intake.intake(path)
    with right.container(border=True):
        st.subheader("Just looking?", anchor=False)
        st.text(_DEMO_WORDS)
        if access.is_editor() and st.button("Load the demo", icon=":material/play_circle:"):
            intake.begin(path, "Loading the demo", demo_words(path))
        st.caption("Takes a minute or two. To remove it, delete the archive's folder.")
    with right.container(border=True):
        st.subheader("From the command line", anchor=False)
        st.code(f"textinsight run calls.jsonl --archive {path}", language=None, wrap_lines=True)


def demo_words(path: Path) -> list[str]:
    """The command that reads the shipped demo conversations."""
    return ["demo", "--no-app", "--json", "--archive", str(path.resolve())]


def broken(path: Path, error: TextinsightError) -> None:
    """An archive that cannot be opened, or a folder that is something else."""
    st.title("No archive to show", anchor=False)
    st.text(str(error))
    if error.hint:
        st.caption(escape(error.hint))
    if jobs.current(path) is not None:
        progress.job_bar(path)
