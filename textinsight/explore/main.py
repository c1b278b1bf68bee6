"""Opens the archive, draws the filter bar and runs the chosen page."""

from __future__ import annotations

import gc
import threading
from importlib import import_module
from pathlib import Path

import streamlit as st

from textinsight import __version__
from textinsight.errors import TextinsightError
from textinsight.explore import access, doors, fresh, progress, sidebar, state, views

_ICON = Path(__file__).parent / "icon.svg"
_FIRST_VIEW_S = 2.0  # that it takes on an archive of a million contacts, about
_ALONE = ("Try it",)  # needs no archive
_FILTERED = ("Overview", "Topics", "Repeat issues", "Downstream map", "Conversations", "Conversation", "Effort")
_BY_CLICK = ("conversation",)  # reached from a list: the menu does not show it
_PAGES = (
    ("overview", "Overview", ":material/monitoring:", "Headline figures, trend, and what to fix first."),
    ("topics", "Topics", ":material/category:", "What customers contact us about, as a tree and as a map."),
    ("repeats", "Repeat issues", ":material/history:", "What customers come back for, and what is solved at once."),
    ("downstream", "Downstream map", ":material/account_tree:", "Which issues bring on which later ones."),
    ("contacts", "Conversations", ":material/forum:", "Search what was said; filter, read, download."),
    ("conversation", "Conversation", ":material/chat:", "One conversation, its evidence, its customer."),
    ("effort", "Effort", ":material/fitness_center:", "What made it hard for customers, in their words."),
    ("data", "Data", ":material/database:", "Add conversations; what was read, refused and why; what can be measured."),
    ("tryit", "Try it", ":material/science:", "Paste a conversation: its tags, and the words that decided them."),
)  # fmt: skip


def main() -> None:
    """Run the app."""
    st.set_page_config("textinsight", str(_ICON), layout="wide", menu_items={"About": f"textinsight {__version__}"})
    pages = [
        st.Page(
            state.PAGES / f"{name}.py",
            title=title,
            icon=icon,
            help=help_,
            default=name == "overview",
            visibility="hidden" if name in _BY_CLICK else "visible",
        )
        for name, title, icon, help_ in _PAGES
    ]
    _warm_up()
    if (refusal := access.refusal()) is not None:
        doors.refused(refusal)
        return
    if access.must_log_in():
        doors.log_in()
        return
    chosen = st.navigation(pages)
    if chosen.title in _ALONE:
        chosen.run()
        return
    try:
        st.session_state["source"] = state.open_source()
        if state.is_empty():
            _welcome()
            return
        if chosen.title in _FILTERED:
            views.saved_views(chosen)
            st.session_state["filters"] = sidebar.filter_bar(state.source().panel)
        fresh.watch(in_sidebar=chosen.title in _FILTERED)
        if page := st.session_state.pop("go_to", None):
            state.open_page(page)
        if contact := st.session_state.pop("go_to_contact", None):
            state.open_contact(contact)
        doors.who()
        if chosen.title != "Data":  # which has a larger one
            with st.sidebar:
                progress.job_bar(state.archive_path())
        chosen.run()
    except TextinsightError as error:
        _no_archive(error)


@st.cache_resource(show_spinner=False)
def _warm_up() -> None:
    """Load after the first view what pages need later: seconds that nobody has to wait for."""
    later = threading.Timer(_FIRST_VIEW_S, _load)
    later.daemon = True
    later.start()


def _load() -> None:
    """Streamlit looks for garbage after every run of a page: among what never goes that costs a tenth of a second."""
    import_module("textinsight.pipeline")
    gc.collect()
    gc.freeze()


def _welcome() -> None:
    from textinsight.explore import welcome  # loads all that reads conversations: not for a view of those that are read

    welcome.welcome(state.archive_path())


def _no_archive(error: TextinsightError) -> None:
    from textinsight.explore import welcome

    path = state.archive_path()
    if welcome.is_free(path):
        welcome.welcome(path)
    else:
        welcome.broken(path, error)
