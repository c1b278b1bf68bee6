"""New data without a restart: a look at the archive's stamp now and then, which costs under a millisecond."""

from __future__ import annotations

import streamlit as st

from textinsight.explore import state

_EVERY_S = 10.0


def watch() -> None:
    """In the sidebar, once a job has written: an offer to show what is new. Any other click shows it too."""
    with st.sidebar:
        _look(state.source().stamp)


@st.fragment(run_every=_EVERY_S)
def _look(shown: tuple[str, ...]) -> None:
    if state.source().archive.stamp != shown and st.button(
        "New data: show it", icon=":material/refresh:", type="primary", key="show_new", width="stretch"
    ):
        st.rerun(scope="app")
