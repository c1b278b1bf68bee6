"""Says that links are still to come, or were made by an older version; and starts the job that makes them anew."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from textinsight.errors import TextinsightError
from textinsight.explore import access, jobs, state
from textinsight.explore.words import escape

_NOT_YET = (
    "Topics, links and measures that need them are not built yet: the run is still going, or was stopped. "
    "Running it again goes on where it stopped."
)
_OUTDATED = (
    "An older version of textinsight linked these contacts. Its figures lack columns that this one counts, so repeats, "
    "observed first contact resolution and themes are not shown. Linking again mends it; tags, topics, reviews and "
    "corrections stay."
)


def note() -> None:
    """Nothing where contacts are linked; else why not, and for editors of an older version's archive a way out."""
    source = state.source()
    panel = source.panel
    if not panel.total or panel.is_related:
        return
    if not panel.was_related:
        st.info(_NOT_YET, icon=":material/hourglass_empty:")
        return
    path = source.archive.path
    st.warning(_OUTDATED, icon=":material/update:")
    if jobs.current(path) is not None:
        return
    if access.is_editor() and st.button("Link again", icon=":material/sync:", key="link_again"):
        _link_again(path)
    st.code(f"textinsight link --archive {path}", language=None, wrap_lines=True)


def _link_again(path: Path) -> None:
    try:
        jobs.start(path, "Linking again", ["link", "--archive", str(path)])
    except TextinsightError as error:
        st.error(escape(f"{error}. {error.hint}"), icon=":material/error:")
    else:
        st.rerun()
