"""How the last job ended: what it read, stored and refused, or why it stopped and how to go on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from textinsight.errors import TextinsightError
from textinsight.explore import access, jobs, parts, state
from textinsight.explore.job import Job
from textinsight.explore.progress import span
from textinsight.explore.words import escape

_STOPPED = {
    "cancelled": "was stopped. What it had stored stays.",
    "killed": "was ended from outside (a restart, or too little memory). What it had stored stays.",
    "failed": "could not be done.",
}


def outcome(archive: Path) -> None:
    """Show it until it is put away; nothing while a job runs or where there was none."""
    job = jobs.last(archive)
    if job is None or jobs.current(archive) is not None:
        return
    with st.container(border=True):
        if job.state == "done":
            _done(job)
        else:
            _stopped(archive, job)


def _done(job: Job) -> None:
    took = span((job.finished_at - job.started_at).total_seconds()) if job.finished_at else "some time"
    read, stored, refused, known = counts(job.output())
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(gap="xsmall"):
            st.text(f"{job.kind}: done in {took}")
            if read:
                st.caption(f"{read:,} records read = {stored:,} stored + {refused:,} refused")
            if known:
                st.caption(f"{known:,} of the files had been read before and were not read again.")
        if stored and st.button("See the contacts", type=parts.emphasis(), icon=":material/forum:"):
            state.open_page("contacts")
        _put_away(job)


def _stopped(archive: Path, job: Job) -> None:
    st.text(f"{job.kind} {_STOPPED[job.state]}")
    tail = job.log_tail(6)
    if job.state == "failed" and tail:
        st.code(tail, language=None, wrap_lines=True)
    with st.container(horizontal=True):
        if (
            job.can_resume
            and access.is_editor()
            and st.button("Go on", type=parts.emphasis(), icon=":material/resume:")
        ):
            try:
                jobs.resume(archive, job)
            except TextinsightError as error:
                st.error(escape(str(error)))
                return
            st.rerun()
        _put_away(job)
    if job.can_resume:
        st.caption("Its files are kept for a day so that it can go on; putting it away deletes them.")


def _put_away(job: Job) -> None:
    if access.is_editor() and st.button("Put away", icon=":material/close:"):
        jobs.discard(job)
        st.rerun()


def counts(output: str) -> tuple[int, int, int, int]:
    """(read, stored, refused) records and files known before, of what `textinsight run --json` wrote."""
    report = _report(output)
    rows = [row for row in report.get("inputs", ()) if isinstance(row, dict)]
    read, stored, refused = (
        sum(int(row.get(name, 0)) for row in rows) for name in ("n_read", "n_stored", "n_rejected")
    )
    return read, stored, refused, sum(bool(row.get("known")) for row in rows)


def _report(output: str) -> Mapping[str, Any]:
    try:
        found = json.loads(output)["report"]
    except (ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
