"""A running job as a bar that any page can show."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from textinsight.explore import jobs
from textinsight.explore.job import Job, Step
from textinsight.explore.words import escape

_EVERY_S = 1.5
_ENDED = {
    "done": "done",
    "failed": "could not be done; the Data page says why",
    "cancelled": "stopped",
    "killed": "was ended from outside; the Data page offers to go on",
}
STAGES = {
    "looking at the input": "Looking at the files",
    "reading and tagging": "Reading and tagging",
    "topics": "Finding topics",
    "links": "Linking contacts of one customer",
    "search index": "Making it searchable",
}
_COUNTED = {"looking at the input": "files", "reading and tagging": "lines of the files", "writing tables": "tables"}


def job_bar(archive: Path, *, can_cancel: bool = False) -> Job | None:
    """Show the job that runs on the archive, if one does, until it has ended; the page is then drawn anew."""
    if st.session_state.get("swept") != str(archive):  # once a session: what a killed job left is not kept for ever
        jobs.sweep(archive)
        st.session_state["swept"] = str(archive)
    job = jobs.current(archive)
    if job is not None:
        _live(archive, job.id, can_cancel=can_cancel)
    return job


@st.fragment(run_every=_EVERY_S)
def _live(archive: Path, job_id: str, *, can_cancel: bool) -> None:
    job = jobs.current(archive)
    if job is None or job.id != job_id:
        ended = jobs.last(archive)
        if ended is not None and ended.id == job_id:
            st.toast(escape(f"{ended.kind}: {_ENDED[ended.state]}"), icon=":material/task_alt:")
        st.rerun(scope="app")
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container():
            st.progress(share(job.progress), text=escape(f"{job.kind}: {said(job)}"))
        if can_cancel and st.button("Stop", icon=":material/stop_circle:", help="What is stored already stays."):
            jobs.cancel(job)
            st.toast("Stopping: the records under way are finished first.")


def share(step: Step | None) -> float:
    """How much of the stage is done, 0..1; 0 where that is unknown."""
    return min(step.done / step.total, 1.0) if step and step.total else 0.0


def said(job: Job) -> str:
    """Stage, amount, rate and remaining time in words."""
    if (job.folder / "cancel").exists():
        return "stopping …"
    step, since = job.progress, span((datetime.now(UTC) - job.started_at).total_seconds())
    if step is None:
        return f"at work for {since}"
    words = [STAGES.get(step.stage, step.stage.capitalize())]
    if step.total and step.total > 1:
        words.append(f"{step.done:,} of {step.total:,} {_COUNTED.get(step.stage, '')}".rstrip())
    words += [step.note] if step.note else []
    if step.rate and step.total and step.total > 1:
        words.append(f"{step.rate:,.0f} a second" if step.rate >= 10 else f"{step.rate:.1f} a second")
    words.append(f"about {span(step.remaining_s)} left" if step.remaining_s else f"at work for {since}")
    return " · ".join(words)


def span(seconds: float) -> str:
    """A length of time as people say it."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
