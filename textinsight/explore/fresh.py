"""New data without a restart: a look at the archive's stamp now and then, which costs under a millisecond."""

from __future__ import annotations

import streamlit as st

from textinsight.explore import parts, state

_EVERY_S = 10.0


def watch(*, in_sidebar: bool = True) -> None:
    """Once a job has written: an offer to show what is new. Any other click shows it too.

    in_sidebar: not on a page that has nothing else there, for the bar would draw a line above nothing.
    """
    with st.sidebar if in_sidebar else st.container():
        _look(state.source().stamp)


@st.fragment(run_every=_EVERY_S)
def _look(shown: tuple[str, ...]) -> None:
    if state.source().archive.stamp != shown and st.button(
        "New data: show it", icon=":material/refresh:", type=parts.emphasis(), key="show_new", width="stretch"
    ):
        st.rerun(scope="app")
