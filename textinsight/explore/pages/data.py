"""Data: what was read, what was refused and why, what it supports; adding more; how accurate the tags are."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import streamlit as st

from textinsight import __version__
from textinsight.explore import access, card, intake, outcome, parts, progress, state, unrelated, words
from textinsight.explore.queries import data

_SIZE = 50
_VIEWS = ("What is in it", "Add conversations", "Accuracy")
_FACTS = {
    "customer": ("Customer id", "Repeat contacts, observed FCR, downstream"),
    "started": ("Start time", "Trends, repeat contacts, downstream"),
    "ended": ("End time", "Handle time; without it the start is taken"),
    "issue": ("Issue stated by the customer", "Topics, search, links"),
    "topic": ("Topic", "What to fix, downstream; the rest is unclear or states no issue"),
    "role": ("Turns with a known speaker", "Sentiment and effort of the customer"),
    "english": ("English, where a language is given", "All tags; others are stored, but tagged with less certainty"),
    "company": ("Company", "Filter by company"),
    "agent": ("Agent id", "First contact resolution by agent; one signal of the links"),
    "csat": ("CSAT answer", "Satisfied customers"),
    "nps": ("NPS answer", "Net promoter score"),
}


def _inputs(frame: pd.DataFrame) -> None:
    st.subheader("Inputs", anchor=False, help="Every record read is either stored or refused: nothing vanishes.")
    read, stored, refused = (int(frame[column].sum()) for column in ("n_read", "n_stored", "n_rejected"))
    for cell, (label, value) in zip(
        st.columns(3), (("Records read", read), ("Stored", stored), ("Refused", refused)), strict=True
    ):
        cell.metric(label, f"{value:,}", border=True)
    if read == stored + refused:
        st.caption(f"{read:,} read = {stored:,} stored + {refused:,} refused.")
    else:
        st.warning(f"{read:,} read, but {stored:,} stored and {refused:,} refused: run textinsight doctor.")
    st.dataframe(
        frame, hide_index=True, alt="Inputs",
        column_config={
            "source": st.column_config.TextColumn("File", width="large"),
            "n_read": st.column_config.NumberColumn("Read", format="localized"),
            "n_stored": st.column_config.NumberColumn("Stored", format="localized"),
            "n_rejected": st.column_config.NumberColumn("Refused", format="localized"),
            "complete": st.column_config.CheckboxColumn("Read to its end"),
        },
    )  # fmt: skip


def _coverage(frame: pd.DataFrame) -> None:
    st.subheader("What can be measured", anchor=False)
    rows = [
        {
            "fact": _FACTS[fact][0],
            "share": 100 * known / total if total else None,
            "known": known,
            "for": _FACTS[fact][1],
        }
        for fact, known, total in zip(frame["fact"], frame["known"], frame["total"], strict=True)
    ]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, height="content", alt="Share of contacts for which each fact is known",
        column_config={
            "fact": "Known",
            "share": st.column_config.ProgressColumn(
                "Share", format="%.1f%%", min_value=0, max_value=100, color="blue"
            ),
            "known": st.column_config.NumberColumn("Count", format="localized"),
            "for": st.column_config.TextColumn("Needed for", width="large"),
        },
    )  # fmt: skip


def _rejects(reasons: pd.DataFrame) -> None:
    st.subheader("Refused records", anchor=False, help="Records that could not be used, with the place and the reason.")
    if reasons.empty:
        st.caption("None: every record could be used.")
        return
    st.dataframe(
        reasons, hide_index=True, alt="Reasons for refusals",
        column_config={
            "reason": st.column_config.TextColumn("Reason", width="large"),
            "source": "File",
            "n": st.column_config.NumberColumn("Records", format="localized"),
        },
    )  # fmt: skip
    n = int(reasons["n"].sum())
    with st.expander("One by one"):
        slot = st.empty()
        number = st.pagination(max(1, -(-n // _SIZE)), key="reject_page")
        slot.dataframe(
            data.rejects(state.source(), number=number, size=_SIZE), hide_index=True, alt="Refused records",
            column_config={"source": "File", "line": "Line", "reason": "Reason", "excerpt": "Begins with (masked)"},
        )  # fmt: skip
        parts.download(state.source(), "Download CSV", "rejects.csv", "SELECT * FROM rejects ORDER BY source, line")


def _runs(frame: pd.DataFrame) -> None:
    st.subheader("Runs", anchor=False)
    shown = parts.naive(frame, "started_at", "finished_at").assign(
        seconds=(frame["finished_at"] - frame["started_at"]).dt.total_seconds(),
        models=[", ".join(f"{k}: {v}" for k, v in _pairs(text)) for text in frame["models"]],
        settings=[", ".join(f"{k}: {v}" for k, v in _pairs(text)) for text in frame["settings"]],
    )
    st.dataframe(
        shown, hide_index=True, alt="Runs", column_order=["started_at", "seconds", "version", "settings", "models"],
        column_config={
            "started_at": parts.time_column(),
            "seconds": st.column_config.NumberColumn("Took (s)", format="%.0f"),
            "version": "Version",
            "settings": st.column_config.TextColumn("Settings", width="medium"),
            "models": st.column_config.TextColumn("Models", width="large"),
        },
    )  # fmt: skip


def _pairs(text: str | None) -> list[tuple[str, object]]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return []
    return list(found.items()) if isinstance(found, dict) else []


def _contents(source: state.Source) -> None:
    inputs = data.inputs(source)
    unrelated.note()
    _inputs(inputs)
    _coverage(data.coverage(source))
    _rejects(data.reasons(source))
    _runs(data.runs(source))


def _page() -> None:
    source = state.source()
    path = source.archive.path
    n = data.n_contacts(source)
    parts.title("Data", f"{n:,} contact{'s' * (n != 1)} · {path.name} · textinsight {__version__}")
    _way_back(path)
    busy = progress.job_bar(path, can_cancel=access.is_editor()) is not None
    outcome.outcome(path)
    contents, add, accuracy = st.tabs(_VIEWS, key="view", on_change="rerun", bind="query-params")
    if contents.open:
        with contents:
            _contents(source)
    if add.open:
        with add:
            _add(path, busy=busy)
    if accuracy.open:
        with accuracy:
            card.accuracy(source)


def _way_back(path: Path) -> None:
    """From an archive made in this session to the one that the app was started with."""
    first = state.started_with()
    if first.resolve() != path.resolve():
        st.button(f"Back to {words.escape(first.name)}", icon=":material/undo:", on_click=state.show, args=(first,))
        st.caption(words.escape(f"Another time: textinsight app --archive {path}"))


def _add(path: Path, *, busy: bool) -> None:
    if busy:
        st.caption("One job at a time: more can be added when this one has ended.")
        return
    st.caption("Added to what is here; topics are kept, new contacts are linked with the old ones.")
    intake.intake(path)


_page()
