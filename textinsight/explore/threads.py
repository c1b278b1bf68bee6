"""Issue threads as timelines, and one of them contact by contact with the reason for every link."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from textinsight.explore import link_charts, parts, sidebar, state, why, words
from textinsight.explore.judging import Pair, buttons, precision_line, verdict_of
from textinsight.explore.queries import repeats

_SIZE = 12
_COLUMNS = {
    "topic": st.column_config.TextColumn("Topic", width=190),
    "customer_id": st.column_config.TextColumn("Customer", width=120, help=words.HELP["customer"]),
    "n_contacts": st.column_config.NumberColumn("Contacts", format="localized", help=words.HELP["thread_contacts"]),
    "channels": st.column_config.TextColumn("Channels", width=130),
    "first_at": parts.time_column("First contact"),
    "span_days": st.column_config.NumberColumn("Days", format="%.1f", help="From the first contact to the last."),
    "state": st.column_config.TextColumn("State", help=words.HELP["open"]),
}


def show() -> None:
    """The threads of the filtered contacts, and the chosen one."""
    source, filters = state.source(), sidebar.filters()
    n, _ = repeats.count(source, filters)
    if not n:
        parts.nothing("No customer came back for the same issue here.", "Clear a filter in the sidebar.")
        return
    head = st.container(horizontal=True, vertical_alignment="bottom")
    order = head.selectbox("Order", list(repeats.ORDERS), key="order", bind="query-params", width=220)
    number = max(int(st.session_state.get("threads_page", 1)), 1)
    found = repeats.page(source, filters, order=order, number=number, size=_SIZE)
    if found.empty and number > 1:
        found = repeats.page(source, filters, order=order, number=1, size=_SIZE)
    if n > _SIZE:
        head.space("stretch")
        head.pagination(-(-n // _SIZE), key="threads_page")
    contacts = repeats.dots(source, tuple(found["thread_id"]))
    _timelines(found, contacts)
    _table(found)
    ids = found["thread_id"].tolist()
    wanted = st.query_params.get("thread")
    thread = parts.records(found)[ids.index(wanted) if wanted in ids else 0]
    _thread(thread, contacts[contacts["thread_id"] == thread["thread_id"]])


def _timelines(found: pd.DataFrame, contacts: pd.DataFrame) -> None:
    contacts = contacts.assign(when=contacts["started_at"].map(parts.when))
    st.session_state["dots"] = {
        channel: link_charts.dots(contacts, channel)["conversation_id"].tolist()
        for channel in link_charts.channels(contacts)
    }
    spec = link_charts.timelines(found, contacts)
    st.echarts_chart(
        spec, height=70 + 32 * len(found), key="timelines", on_select=_open_dot, alt="Threads of contacts over time"
    )
    st.caption(
        "A line is an issue thread, a dot a contact, placed by days since the thread's first one; its shape is the "
        "channel. Blue: the conversation shows the issue resolved; orange: not resolved; grey: passed on or unclear. "
        "Click a dot to read the conversation, or a row to see what holds its thread together."
    )


def _open_dot() -> None:
    for group in st.session_state["timelines"].selection.selected:
        channels = list(st.session_state["dots"])
        if group["series_index"] < len(channels) and group["data_indices"]:
            ids = st.session_state["dots"][channels[group["series_index"]]]
            st.session_state["go_to_contact"] = ids[group["data_indices"][0]]


def _table(found: pd.DataFrame) -> None:
    st.session_state["thread_ids"] = found["thread_id"].tolist()
    frame = parts.naive(found, "first_at").assign(
        channels=[", ".join(channel for channel in channels if channel) for channels in found["channels"]],
        state=["Open" if is_open else "Closed" for is_open in found["open"]],
        customer_id=found["customer_id"].map(lambda customer: words.short(customer, 20)),
    )
    st.dataframe(
        frame, key="threads", hide_index=True, column_config=_COLUMNS, column_order=list(_COLUMNS),
        height=parts.table_height(len(frame), most=460),
        on_select=_choose, selection_mode="single-cell", alt="Issue threads of several contacts",
    )  # fmt: skip


def _choose() -> None:
    row = parts.clicked_row("threads")
    if row is not None:
        st.query_params["thread"] = st.session_state["thread_ids"][row]
        st.session_state.pop("link", None)


def _thread(thread: dict[str, Any], contacts: pd.DataFrame) -> None:
    """The contacts in order at the left, and why the chosen one belongs to an earlier one at the right."""
    rows = parts.records(repeats.contacts(state.source(), contacts))
    st.subheader("One thread, contact by contact", anchor=False)
    st.text(f"{thread['topic']}: {thread['n_contacts']:,} contacts in {thread['span_days']:.1f} days")
    linked = [row for row in rows if isinstance(row["earlier_id"], str)]
    wanted = st.session_state.get("link")
    chosen = next((row for row in linked if row["conversation_id"] == wanted), linked[0] if linked else None)
    left, right = st.columns([5, 6], gap="medium")
    with left:
        for number, row in enumerate(rows, 1):
            _contact(number, row, is_chosen=row is chosen)
    with right:
        if chosen is not None:
            _why(chosen, {row["conversation_id"]: number for number, row in enumerate(rows, 1)})


def _contact(number: int, row: dict[str, Any], *, is_chosen: bool) -> None:
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.badge(str(number), color="blue" if is_chosen else "gray")
            st.caption(words.escape(f"{parts.when(row['started_at'])} · {row['channel']}"), width="content")
            st.space("stretch")
            parts.resolution_badge(row["resolution"])
        st.text(words.short(row["issue_text"], 160) or "no issue stated")
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            if isinstance(row["earlier_id"], str):
                what, color = ("Hand-over", "gray") if row["is_transfer"] is True else ("Same issue", "orange")
                st.badge(words.escape(f"{what} · {words.chance(row['probability'])}"), color=color)
                if isinstance(row["reviewed"], str):
                    st.badge(words.name(row["reviewed"], {}), color="gray")
            st.space("stretch")
            if isinstance(row["earlier_id"], str):
                st.button(
                    "Why", key=f"why_{row['conversation_id']}", type="tertiary", icon=":material/account_tree:",
                    on_click=_choose_link, args=(row["conversation_id"],), disabled=is_chosen,
                )  # fmt: skip
            if st.button("Read", key=f"read_{row['conversation_id']}", type="tertiary", icon=":material/chat:"):
                state.open_contact(row["conversation_id"])


def _choose_link(conversation_id: str) -> None:
    st.session_state["link"] = conversation_id


def _why(row: dict[str, Any], number: dict[str, int]) -> None:
    earlier = number.get(row["earlier_id"])
    with st.container(border=True):
        told = f"Why contact {number[row['conversation_id']]} is linked to " + (
            f"contact {earlier}" if earlier else "an earlier one of another thread"
        )
        st.text(told)
        buttons(Pair(row["conversation_id"], row["earlier_id"], "same_issue", verdict_of(row["reviewed"])))
        precision_line("same_issue")
        why.waterfall(row["evidence"], stacked=True)
