"""Contacts: every contact, filtered, searched and paged in the archive; a click opens the conversation."""

from __future__ import annotations

import streamlit as st

from textinsight.explore import parts, sidebar, state, words
from textinsight.explore.queries import contacts

_SIZE = 50
_TABLE = {
    "started_at": parts.time_column(),
    "channel": st.column_config.TextColumn("Channel", width=70),
    "topic_label": st.column_config.TextColumn("Topic", width=150),
    "issue_text": st.column_config.TextColumn("Issue, as the customer says it", width=330, help=words.HELP["issue"]),
    "resolution": st.column_config.TextColumn("Outcome", width=95, help=words.HELP["resolution"]),
    "repeat": st.column_config.TextColumn("Repeat", width=65, help=words.HELP["repeat"]),
    "effort_score": st.column_config.NumberColumn("Effort", width=60, format="%.1f", help=words.HELP["effort"]),
    "sentiment": st.column_config.NumberColumn("Sentiment", width=80, format="%+.2f", help=words.HELP["sentiment"]),
    "csat": st.column_config.NumberColumn("CSAT", width=55, format="%d"),
    "company": st.column_config.TextColumn("Company", width=110),
    "n_turns": st.column_config.NumberColumn("Turns", width=60),
}


def _open() -> None:
    row = parts.clicked_row("contacts")
    if row is not None:
        st.session_state["go_to_contact"] = st.session_state["contact_ids"][row]


def _first_page() -> None:
    st.session_state["page"] = 1


def _table(search: str, order: str, n: int) -> None:
    slot = st.empty()
    with st.container(horizontal=True, vertical_alignment="center"):
        number = st.pagination(max(1, -(-n // _SIZE)), key="page")
        st.space("stretch")
        sql, values = contacts.everything(sidebar.filters(), search, order=order)
        label = "Download CSV" if n <= parts.CSV_ROWS else f"Download the first {parts.CSV_ROWS:,} as CSV"
        parts.download(state.source(), label, "contacts.csv", sql, values)
    frame = contacts.page(state.source(), sidebar.filters(), search, order=order, number=number, size=_SIZE)
    st.session_state["contact_ids"] = frame["conversation_id"].tolist()
    frame = parts.naive(frame, "started_at").assign(
        topic_label=frame["topic_label"].map(words.topic),
        resolution=frame["resolution"].map(lambda code: words.name(code, words.RESOLUTIONS)),
        repeat=frame["repeat"].map({True: "repeat", False: ""}),
    )
    shown = [column for column in _TABLE if not frame[column].isna().all()]
    slot.dataframe(
        frame, key="contacts", hide_index=True, column_config=_TABLE, column_order=shown, height=600, on_select=_open,
        selection_mode="single-cell", placeholder=words.MASK, alt="Contacts",
    )  # fmt: skip


def _page() -> None:
    source, filters = state.source(), sidebar.filters()
    heading = st.container()
    left, right = st.columns([4, 1])
    search = left.text_input(
        "Search", key="search", bind="query-params", max_chars=200, icon=":material/search:", on_change=_first_page,
        placeholder="Words in the customer's issue, for example: late refund", label_visibility="collapsed",
    )  # fmt: skip
    order = right.selectbox(
        "Sort by", list(contacts.ORDERS), key="sort", bind="query-params", on_change=_first_page,
        label_visibility="collapsed",
    )  # fmt: skip
    n, total = contacts.count(source, filters, search), source.panel.total
    with heading:
        parts.title("Contacts", parts.scope(filters, n, total))
    if n:
        _table(search, order, n)
        st.caption("Click a row to read the conversation.")
    else:
        parts.no_match(source, total)


_page()
