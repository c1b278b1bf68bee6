"""Repeat issues: issue threads across channels and what holds them together; first contact resolution; handle time."""

from __future__ import annotations

import streamlit as st

from textinsight.explore import parts, resolved, sidebar, state, threads, unrelated, words
from textinsight.explore.judging import pending_bar
from textinsight.explore.panel import Days
from textinsight.explore.queries import repeats

_VIEWS = ("Threads", "First contact resolution", "Handle time")
_SHOWN = ("repeat_share", "fcr_observed", "fcr_stated")


def _cards(days: Days) -> None:
    with st.grid(4, min_column_width=215, gap="small"):
        for name in _SHOWN:
            figure = days.figure(name)
            with st.container(border=True, height="stretch", gap="xsmall"):
                help_ = words.escape(figure.measure.definition)
                st.metric(words.MEASURES[name], words.figure(figure.value, figure.measure.unit), help=help_)
                st.caption("  \n".join(map(words.escape, parts.footnotes(figure))))
        n, n_open = repeats.count(state.source(), sidebar.filters())
        with st.container(border=True, height="stretch", gap="xsmall"):
            st.metric("Threads of several contacts", f"{n:,}", help=words.HELP["threads"])
            st.caption(f"{n_open:,} of them still open")


def _page() -> None:
    panel, filters = state.source().panel, sidebar.filters()
    days = panel.days_of(filters)
    parts.title("Repeat issues", parts.scope(filters, days.contacts, panel.total))
    if not days.contacts:
        parts.no_match(state.source(), panel.total)
        return
    unrelated.note()
    pending_bar()
    parts.small_data_note(days.contacts)
    _cards(days)
    view = st.segmented_control(
        "Show", _VIEWS, default=_VIEWS[0], required=True, key="repeats", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    {"Threads": threads.show, "First contact resolution": resolved.fcr, "Handle time": resolved.handle_time}[view]()


_page()
