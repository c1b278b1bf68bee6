"""Bringing conversations in: drop files, see how they will be read, say which column is what, start the job."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from textinsight.errors import TextinsightError
from textinsight.explore import access, jobs, parts, preview, state
from textinsight.explore.job import INPUTS
from textinsight.explore.uploads import MAX_FILES, refusal
from textinsight.explore.words import FORMATS, escape
from textinsight.pipeline.shards import file_id_of
from textinsight.store import Archive

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

# Our fields that are worth naming by hand, and what people call them.
FIELDS = {
    "text": ("Text", "What was said: one message, or a whole dialogue"),
    "turns": ("Turns", "A list of messages"),
    "role": ("Speaker", "Who said it: customer, agent, bot"),
    "conversation_id": ("Conversation", "Rows with the same value are one conversation"),
    "customer_id": ("Customer", "Ties contacts of one customer together; without it nothing can be a repeat"),
    "started_at": ("Start", "When the contact began"),
    "time": ("Time of the message", "Orders the messages; the first one is the start if no start is given"),
    "ended_at": ("End", "When the contact ended; needed for handle time"),
    "agent_id": ("Agent", "Who answered"),
    "channel": ("Channel", "voice, chat, email, …"),
    "company": ("Company or queue", "To filter by"),
    "csat": ("CSAT", "The customer's answer, 1 to 5"),
}
_TARGETS = ("This archive", "A new one")
_NONE = "not in the file"
_SHOWN = ("started_at", "customer", "begins", "n_turns", "speakers", "channel", "agent")
_HEAD = 4096
_FIRST = ("text", "role", "conversation_id", "customer_id", "started_at", "channel")


def intake(archive: Path) -> None:
    """Everything from the drop zone to the start of the job; nothing for people who may not edit."""
    if not access.is_editor():
        st.caption("Only editors add conversations.")
        return
    files = _dropped()
    if not files:
        return
    seen = _preview(archive, files, _mapping())
    if seen.problem:
        st.error(escape(seen.problem), icon=":material/error:")
    _columns(seen)
    if seen.problem:
        return
    if seen.lacks_text:
        st.info("No column is known by name as the text. Say above which one holds it.", icon=":material/arrow_upward:")
        return
    _contacts(seen)
    _refused(seen)
    if names := st.session_state.get("read_before"):
        said = f"Read before, so nothing of it would be added: {', '.join(names[:5])}"
        st.warning(escape(said), icon=":material/content_copy:")
    _start(archive, files, seen)


def _dropped() -> list[UploadedFile]:
    """The files that can be taken; what is wrong with the others is said."""
    dropped = st.file_uploader(
        "Drop conversations here",
        accept_multiple_files=True,
        key=f"upload_{st.session_state.setdefault('upload_round', 0)}",
        help="CSV, JSON Lines, JSON, Parquet, VTT, SRT and 'Agent: …' transcripts; .gz and .bz2 are unpacked.",
    )
    most = st.get_option("server.maxUploadSize") * 2**20
    taken = []
    for file in dropped[:MAX_FILES]:
        problem = refusal(file.name, bytes(file.getbuffer()[:_HEAD]), file.size, most=most)
        if problem:
            st.error(escape(problem), icon=":material/block:")
        else:
            taken.append(file)
    if len(dropped) > MAX_FILES:
        st.error(f"{MAX_FILES} files at a time; the others were left out.", icon=":material/block:")
    if not dropped:
        st.caption(
            "CSV, JSON Lines, JSON, Parquet, WebVTT, SRT, or text with 'Agent:' and 'Customer:' lines. Personal data "
            "is masked before anything is stored, and the file itself is deleted once it has been read."
        )
    return taken


def _preview(archive: Path, files: Sequence[UploadedFile], mapping: Mapping[str, str]) -> preview.Preview:
    """How the files would be read, kept until others are chosen; they lie on disk only while they are looked at."""
    key = (tuple(file.file_id for file in files), tuple(sorted(mapping.items())))
    if st.session_state.get("previewed") != key:
        with st.spinner("Looking at the first records …"):
            folder = jobs.make_folder(archive)
            try:
                jobs.save(_inputs(files), folder)
                st.session_state["preview"] = preview.look_at(folder / "inputs", mapping)
                st.session_state["read_before"] = _read_before(archive, files, mapping)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        st.session_state["previewed"] = key
    found: preview.Preview = st.session_state["preview"]
    if not mapping:
        st.session_state["columns"], st.session_state["bound"] = found.columns, found.bound
    return found


def _read_before(archive: Path, files: Sequence[UploadedFile], mapping: Mapping[str, str]) -> list[str]:
    """The names of the files that the archive holds already."""
    if not (archive / "archive.json").exists():
        return []
    known = Archive(archive).progress()
    return [file.name for file in files if (found := known.get(file_id_of(file, mapping))) and found.complete]


def _inputs(files: Sequence[UploadedFile]) -> list[jobs.InputFile]:
    return [jobs.InputFile(file.name, io.BytesIO(file.getbuffer())) for file in files]


def _mapping() -> dict[str, str]:
    """What was chosen by hand: {our field: their column}."""
    columns = st.session_state.get("columns") or {}
    chosen = {field: st.session_state.get(f"map_{field}", _NONE) for field in FIELDS}
    own = st.session_state.get("bound") or {}
    return {f: name for f, name in chosen.items() if name != _NONE and name != own.get(f) and name in columns}


def _columns(seen: preview.Preview) -> None:
    """Select boxes, one a field; what was recognised by its name is chosen already."""
    columns: Mapping[str, str] = st.session_state.get("columns") or {}
    own: Mapping[str, str] = st.session_state.get("bound") or {}
    if not columns:
        return
    lacking = seen.problem is not None or seen.lacks_text or bool(_mapping())
    known = sum(field in own for field in FIELDS)
    with st.expander(f"Columns: {known} recognised by name", icon=":material/view_column:", expanded=lacking):
        cells = st.columns(3)
        shown = [f for f in FIELDS if f in own or f in _FIRST] + [f for f in FIELDS if f not in own and f not in _FIRST]
        for place, field in enumerate(shown):
            options = list(columns) if field in own else [_NONE, *columns]
            label, help_ = FIELDS[field]
            cells[place % 3].selectbox(
                label, options, index=options.index(own[field]) if own.get(field) in options else 0, help=help_,
                key=f"map_{field}", format_func=lambda name: _with_sample(name, columns),
            )  # fmt: skip


def _with_sample(name: str, columns: Mapping[str, str]) -> str:
    sample = columns.get(name, "")
    return f"{name} · {sample[:28]}" if sample else name


def _contacts(seen: preview.Preview) -> None:
    st.subheader("As it will be read", anchor=False, help="The first conversations, personal data masked.")
    if not seen.contacts:
        st.warning("None of the first records can be used: see why below.", icon=":material/warning:")
        return
    frame = pd.DataFrame([{name: getattr(row, name) for name in row.__slots__} for row in seen.contacts])
    st.dataframe(
        frame, hide_index=True, alt="The first conversations as they will be read",
        column_order=[name for name in _SHOWN if not frame[name].isin(["", "unknown"]).all()],
        column_config={
            "started_at": st.column_config.TextColumn("Started (UTC)", width=130),
            "channel": st.column_config.TextColumn("Channel", width=80),
            "customer": st.column_config.TextColumn("Customer", width=130),
            "agent": st.column_config.TextColumn("Agent", width=110),
            "n_turns": st.column_config.NumberColumn("Turns", width=60),
            "speakers": st.column_config.TextColumn("Speakers", width=150),
            "begins": st.column_config.TextColumn("Customer's first words", width=420),
        },
    )  # fmt: skip
    n = seen.n_read - seen.n_refused
    lacking = [
        f"{label} is known for {known:,} of {n:,}: {without}"
        for known, label, without in (
            (seen.n_customer, "The customer", "without it no contact can be a repeat of another"),
            (seen.n_started, "The time", "without it there is no trend, and nothing can be linked"),
        )
        if known < n
    ]
    for sentence in lacking:
        st.caption(f":material/info: {escape(sentence)}.")


def _refused(seen: preview.Preview) -> None:
    what = "All" if seen.whole else "The first"
    fine = f"{what} {seen.n_read:,} records were looked at ({FORMATS.get(seen.reader, seen.reader)})"
    if not seen.n_refused:
        st.caption(f":material/check: {fine}: none would be refused.")
        return
    st.warning(f"{fine}: {seen.n_refused:,} would be refused.", icon=":material/rule:")
    rows = [{name: getattr(row, name) for name in row.__slots__} for row in seen.refused]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt="What would be refused, and why",
        column_order=["n", "reason", "file", "line", "begins"],
        column_config={
            "n": st.column_config.NumberColumn("Records", width=70),
            "reason": st.column_config.TextColumn("Reason", width="large"),
            "file": st.column_config.TextColumn("First in", width="small"),
            "line": st.column_config.NumberColumn("Line", width=60, format="localized"),
            "begins": st.column_config.TextColumn("Begins with (masked)", width="medium"),
        },
    )  # fmt: skip


def _start(archive: Path, files: Sequence[UploadedFile], seen: preview.Preview) -> None:
    n = len(files)
    what = "1 file" if n == 1 else f"{n} files"
    if not seen.contacts:
        return
    target = _target(archive) if (archive / "archive.json").exists() else archive
    if (
        st.button(f"Read {what}", type=parts.emphasis(), icon=":material/play_arrow:", disabled=target is None)
        and target
    ):
        begin(target, f"Reading {what}", run_words(_mapping()), files=_inputs(files))


def _target(archive: Path) -> Path | None:
    """The archive to read into: this one, or a new one beside it; None while its name cannot be."""
    if st.radio("Read into", _TARGETS, horizontal=True, key="target") == _TARGETS[0]:
        return archive
    given = st.text_input("Its name", max_chars=60, key="target_name", placeholder="letters, digits, - and _").strip()
    path: Path = archive.resolve().parent / given
    if not re.fullmatch(r"[A-Za-z0-9][\w-]*", given, re.ASCII):
        st.caption(f"A folder of that name is made in {escape(str(path.parent))}")
        return None
    if path.exists():
        st.error(escape(f"{path} is there already."), icon=":material/block:")
        return None
    return path


def run_words(mapping: Mapping[str, str]) -> list[str]:
    """The command that reads the job's input files."""
    words = ["run", INPUTS, "--json"]
    for ours, theirs in sorted(mapping.items()):
        words += ["--map", f"{ours}={theirs}"]
    return words


def begin(archive: Path, kind: str, words: Sequence[str], *, files: Sequence[jobs.InputFile] = ()) -> None:
    """Start a job and draw the page anew; what speaks against it is said."""
    if not access.is_editor():
        st.error("Only editors may do this.")
        return
    try:
        jobs.start(archive, kind, words, files=files)
    except TextinsightError as error:
        st.error(escape(f"{error}. {error.hint}"), icon=":material/error:")
        return
    forget()
    state.show(archive)
    st.rerun()


def forget() -> None:
    """Empty the drop zone."""
    st.session_state["upload_round"] = st.session_state.get("upload_round", 0) + 1
    for name in (
        "preview",
        "previewed",
        "columns",
        "bound",
        "target",
        "target_name",
        *(f"map_{field}" for field in FIELDS),
    ):
        st.session_state.pop(name, None)
