"""The contacts behind a driver of effort, each with the customer's words that show it; a click opens one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from textinsight.explore import parts, state, words
from textinsight.explore.filters import Filters
from textinsight.explore.queries import effort
from textinsight.findings import EFFORT_DRIVERS

_SIZE = 8


def show(filters: Filters, counted: pd.DataFrame) -> None:
    """The contacts behind a driver, in the chosen segment if there is one, each with its words."""
    source = state.source()
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    left.subheader("In the customers' words", anchor=False)
    driver = right.selectbox(
        "Driver", EFFORT_DRIVERS, key="driver", bind="query-params", format_func=lambda d: words.DRIVERS[d][0],
        label_visibility="collapsed",
    )  # fmt: skip
    segment = st.session_state.get("effort_segment")
    here = filters.narrowed(*segment) if segment else filters
    of_segment = effort.counted(source, here, source.panel.step(here)) if segment else counted
    n = effort.number_of(of_segment, driver)
    with st.container(horizontal=True, vertical_alignment="center"):
        told = f"{words.DRIVERS[driver][1]} {n:,} contacts"
        st.text(f"{told} · {words.LABELS[segment[0]]}: {segment[1]}" if segment else told, width="content")
        if segment:
            st.button(
                "All", icon=":material/close:", type="tertiary", on_click=_everywhere, help="Without this segment"
            )
    if not n:
        parts.nothing("No contact within the filters shows this driver.", "Choose another driver, or clear a filter.")
        return
    slot = st.container()
    with st.container(horizontal=True, vertical_alignment="center"):
        number = st.pagination(-(-n // _SIZE), key=f"effort_page_{driver}_{segment}") if n > _SIZE else 1
        st.space("stretch")
        parts.download(source, "Download CSV", f"effort-{driver}.csv", *effort.everything(here, driver))
    with slot:
        _rows(effort.shown(source, here, driver, number=number, size=_SIZE))


def _everywhere() -> None:
    st.session_state["effort_segment"] = None


def _rows(frame: pd.DataFrame) -> None:
    st.session_state["effort_ids"] = frame["conversation_id"].tolist()
    st.dataframe(
        parts.naive(frame, "started_at").assign(topic_label=frame["topic_label"].map(words.topic)),
        key="effort_contacts", hide_index=True, on_select=_open, selection_mode="single-cell", alt="Contacts",
        column_order=["quote", "around", "topic_label", "channel", "effort_score", "started_at"],
        placeholder=words.MASK,
        column_config={
            "quote": st.column_config.TextColumn("Words that show it", width=190),
            "around": st.column_config.TextColumn("What stands around them", width=360),
            "topic_label": st.column_config.TextColumn("Topic", width=140),
            "channel": st.column_config.TextColumn("Channel", width=80),
            "effort_score": st.column_config.NumberColumn("Effort", format="%.1f", width=60, help=words.HELP["effort"]),
            "started_at": parts.time_column(),
        },
    )  # fmt: skip
    st.caption("Hardest contacts first, personal data masked. Click one to read the conversation.")


def _open() -> None:
    row = parts.clicked_row("effort_contacts")
    if row is not None:
        st.session_state["go_to_contact"] = st.session_state["effort_ids"][row]
