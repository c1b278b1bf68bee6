"""Opens the archive, draws the filter bar and runs the chosen page."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from textinsight import __version__
from textinsight.errors import TextinsightError
from textinsight.explore import access, doors, fresh, sidebar, state, views
from textinsight.explore.words import escape

_ICON = Path(__file__).parent / "icon.svg"
_FILTERED = ("Overview", "Contacts", "Conversation")
_PAGES = (
    ("overview", "Overview", ":material/monitoring:", "Headline figures, trend, and what to fix first."),
    ("contacts", "Contacts", ":material/forum:", "Every contact: filter, search, read, download."),
    ("conversation", "Conversation", ":material/chat:", "One conversation, its evidence, and what it is linked to."),
    ("downstream", "Downstream map", ":material/account_tree:", "Which issues bring on which later ones."),
    ("data", "Data", ":material/database:", "What was read, what was refused and why, and what can be measured."),
)  # fmt: skip


def main() -> None:
    """Run the app."""
    st.set_page_config("textinsight", str(_ICON), layout="wide", menu_items={"About": f"textinsight {__version__}"})
    pages = [
        st.Page(state.PAGES / f"{name}.py", title=title, icon=icon, help=help_, default=name == "overview")
        for name, title, icon, help_ in _PAGES
    ]
    if (refusal := access.refusal()) is not None:
        doors.refused(refusal)
        return
    if access.must_log_in():
        doors.log_in()
        return
    chosen = st.navigation(pages)
    try:
        st.session_state["source"] = state.open_source()
        if chosen.title in _FILTERED:
            st.session_state["filters"] = sidebar.filter_bar(state.source().panel)
            views.saved_views(chosen)
        fresh.watch()
        if page := st.session_state.pop("go_to", None):
            state.open_page(page)
        doors.who()
        chosen.run()
    except TextinsightError as error:
        _no_archive(error)


def _no_archive(error: TextinsightError) -> None:
    path = os.environ.get(state.VARIABLE, "")
    st.title("No archive to show", anchor=False)
    st.text(str(error) if path else f"The app was started without an archive: {state.VARIABLE} is not set.")
    if path and error.hint:
        st.caption(escape(error.hint))
    st.text("See it with the conversations that come with textinsight:")
    st.code("textinsight demo", language="bash")
    st.text("Or with your own:")
    st.code("textinsight run calls.jsonl --archive ./archive\ntextinsight app --archive ./archive", language="bash")
