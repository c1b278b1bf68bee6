"""Editing topics in place: names and themes at once, merges and splits as a job; every edit can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from textinsight.errors import TextinsightError
from textinsight.explore import access, jobs, parts, state, words
from textinsight.explore.queries import topics
from textinsight.explore.topic_tree import NO_TOPIC, Node

if TYPE_CHECKING:
    from textinsight.topics import Edit

KIND = "Topics"
_LONG = ("merge", "split")  # operations that relate the whole archive
_OPS = {
    "rename": "Renamed", "describe": "Described", "merge": "Merged", "split": "Split", "move": "Moved", "pin": "Pinned",
    "undo": "Taken back",
}  # fmt: skip


def may_edit() -> bool:
    """Whether this reader sees the forms."""
    return access.is_editor()


def news() -> None:
    """What became of the last edit."""
    if told := st.session_state.pop("curated", None):
        kind, text = told
        (st.success if kind == "done" else st.error)(words.escape(text))
    job = jobs.current(state.source().archive.path)
    if job is None:
        _failed()
    elif job.kind == KIND:
        st.info("The edit is under way; all figures follow once it has ended.", icon=":material/hourglass_empty:")


def forms(known: dict[str, Node], node: Node) -> None:
    """The forms that change one topic or theme."""
    busy = jobs.current(state.source().archive.path) is not None
    if busy:
        st.caption("A job is running: topics can be edited once it has ended.")
    with st.grid(2, gap="medium"):
        _name(node, busy=busy)
        if not node.is_theme:
            _move(known, node, busy=busy)
            _merge(known, node, busy=busy)
            _split(node, busy=busy)


def log(known: dict[str, Node]) -> None:
    """Every edit, the newest first; editors take back the one they choose."""
    frame = topics.edits(state.source())
    if frame.empty:
        return
    with st.expander(f"Edits ({len(frame)})", icon=":material/history:"):
        rows = parts.records(frame)
        gone = {row["topic_id"]: row["value"] for row in rows[::-1] if row["op"] == "rename"}  # if merged since
        labels = gone | {topic_id: node.label for topic_id, node in known.items()}
        shown = parts.naive(frame, "edited_at").assign(
            what=[said(row, labels) for row in rows], by=frame["editor"].fillna(""),
            state=["" if row["op"] == "undo" or row["holds"] else "taken back" for row in rows],
        )  # fmt: skip
        st.dataframe(
            shown, hide_index=True, alt="Edits", height=parts.table_height(len(shown), most=320),
            column_config={
                "number": st.column_config.NumberColumn("No.", width=50),
                "what": st.column_config.TextColumn("Edit", width=480),
                "by": st.column_config.TextColumn("By", width=140),
                "state": st.column_config.TextColumn("", width=90),
                "edited_at": parts.time_column("When"),
            },
            column_order=["number", "what", "by", "state", "edited_at"],
        )  # fmt: skip
        if may_edit():
            _undo([row for row in rows if row["op"] != "undo" and row["holds"]], labels)


def said(row: dict[str, Any], labels: dict[str, str]) -> str:
    """An edit in words. row: of the table topic_edits; labels: topic_id → name."""

    def called(topic_id: object) -> str:
        return f"“{labels.get(str(topic_id), str(topic_id))}”"

    parts_ = row["part_labels"] if row["part_labels"] is not None else ()
    theme = called(row["target_id"]) if row["target_id"] in labels else f"“{row['value']}”"
    target = {
        "rename": f" to “{row['value']}”",
        "describe": f": {row['value']}",
        "merge": f" into {called(row['target_id'])}",
        "split": " into " + ", ".join(f"“{label}”" for label in parts_),
        "move": f" to theme {theme}" if row["target_id"] else " out of its theme",
        "undo": f" edit {row['value']}",
    }  # fmt: skip
    what = "" if row["op"] == "undo" else f" {called(row['topic_id'])}"
    return f"{_OPS.get(str(row['op']), str(row['op']))}{what}{target.get(str(row['op']), '')}"


def _undo(rows: list[dict[str, Any]], labels: dict[str, str]) -> None:
    if not rows:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by_number = {int(row["number"]): row for row in rows}
        number = st.selectbox(
            "Take back", list(by_number), format_func=lambda n: f"{n}: {words.short(said(by_number[n], labels), 80)}",
            key="undo_number", width=480,
        )  # fmt: skip
        if st.button("Take back", icon=":material/undo:", key="undo"):
            if by_number[number]["op"] in _LONG:
                _job("undo", str(number))
            else:
                from textinsight.topics import Edit

                _at_once(Edit("undo", value=str(number)), done=f"Edit {number} was taken back.")


def _name(node: Node, *, busy: bool) -> None:
    with st.form(f"name_{node.topic_id}", border=True):
        label = st.text_input("Name", node.label, max_chars=120)
        description = st.text_area("Description", node.description, max_chars=500, height=80)
        if st.form_submit_button("Save", icon=":material/save:", disabled=busy):
            from textinsight.topics import Edit

            renamed = [Edit("rename", node.topic_id, value=label.strip())] if label.strip() != node.label else []
            told = description.strip() and description.strip() != node.description
            described = [Edit("describe", node.topic_id, value=description.strip())] if told else []
            if renamed or described:
                _at_once(*renamed, *described, done=f"“{label.strip()}” is saved; it is called so everywhere.")


def _move(known: dict[str, Node], node: Node, *, busy: bool) -> None:
    themes = {n.label: n.topic_id for n in known.values() if n.is_theme}
    parent = known.get(node.parent_id or "")
    with st.form(f"move_{node.topic_id}", border=True):
        to = st.selectbox(
            "Theme", list(themes), list(themes).index(parent.label) if parent else None, accept_new_options=True,
            placeholder="Choose a theme, or type a new one",
        )  # fmt: skip
        if (
            st.form_submit_button("Move", icon=":material/drive_file_move:", disabled=busy)
            and to
            and (parent is None or to != parent.label)
        ):
            from textinsight.topics import Edit

            _at_once(Edit("move", node.topic_id, target_id=to), done=f"Moved to “{to}”.")


def _merge(known: dict[str, Node], node: Node, *, busy: bool) -> None:
    others = {
        n.topic_id: n.label for n in known.values() if not n.is_theme and n.topic_id not in (node.topic_id, NO_TOPIC)
    }
    with st.form(f"merge_{node.topic_id}", border=True):
        target = st.selectbox("Merge into", list(others), None, others.__getitem__, placeholder="Choose a topic")
        st.caption("Its contacts go to the other topic, whose name stays. Links and measures follow in a job.")
        if st.form_submit_button("Merge", icon=":material/merge:", disabled=busy) and target:
            st.query_params["about"] = target
            _job("merge", node.topic_id, target)


def _split(node: Node, *, busy: bool) -> None:
    with st.form(f"split_{node.topic_id}", border=True):
        parts_ = st.number_input("Split into", 2, 6, 2, help="By how its contacts part; the largest part keeps the id.")
        names = st.text_area("Names, one a line", placeholder="Named by itself if left empty", height=80, max_chars=600)
        if st.form_submit_button("Split", icon=":material/call_split:", disabled=busy):
            labels = [line.strip() for line in names.splitlines() if line.strip()]
            given = [f"--name={label}" for label in labels] or [f"--parts={int(parts_)}"]
            _job("split", node.topic_id, *given)


def _at_once(*edits: Edit, done: str) -> None:
    """Write edits that leave every contact in its topic, and draw the page anew."""
    from dataclasses import replace

    from textinsight.pipeline.curate import edit_topics

    if not access.is_editor():
        return
    try:
        with st.spinner("Writing …"):
            edit_topics(state.source().archive, *(replace(edit, editor=access.user_name()) for edit in edits))
        st.session_state["curated"] = ("done", done)
    except TextinsightError as error:
        st.session_state["curated"] = ("failed", f"{error}" + (f" ({error.hint})" if error.hint else ""))
    st.rerun()


def _job(*argv: str) -> None:
    """Start an edit that relates the whole archive, and draw the page anew."""
    if not access.is_editor():
        return
    path = state.source().archive.path
    by = [f"--by={name}"] if (name := access.user_name()) else []
    try:
        jobs.start(path, KIND, ["topics", *argv, "--archive", str(path), *by])
    except TextinsightError as error:
        st.session_state["curated"] = ("failed", str(error))
    st.rerun()


def _failed() -> None:
    """Says once why the last edit's job came to nothing."""
    job = jobs.last(state.source().archive.path)
    if job is None or job.kind != KIND or job.state == "done" or st.session_state.get("told_job") == job.id:
        return
    st.session_state["told_job"] = job.id
    st.error("The last edit came to nothing.")
    st.text(job.log_tail(5))
