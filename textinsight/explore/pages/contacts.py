"""Conversations: search by words, by meaning or like a given one; filter, sort, page, download; a click opens one."""

from __future__ import annotations

from typing import Any

import streamlit as st

from textinsight.errors import TextinsightError
from textinsight.explore import found, parts, sidebar, state, words
from textinsight.explore.queries import contacts, conversation
from textinsight.explore.searching import Question, Results, asked, ready
from textinsight.search import Speaker

_SIZE = 50
_HITS = 20  # found conversations a page: each with the words around the match
_BY = {"Words": "words", "Meaning": "meaning"}
_WHO: dict[str, Speaker] = {"Anyone says": "anyone", "Customer says": "customer"}
_HELP = {
    "words": 'All words must occur, in any form: refund finds refunded. "late refund" as a phrase, late OR slow, '
    "refund -card without card, cancel* for every word that begins so.",
    "meaning": "Describe the problem in your own words: conversations whose issue means the same come first.",
}
_PLACEHOLDER = {"words": 'for example: "late refund" -card', "meaning": "for example: my money never came back"}
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


def _forget_like() -> None:
    st.query_params.pop("like", None)
    _first_page()


def _question() -> Question:
    """The search box; what is asked."""
    like = st.query_params.get("like", "")
    if like:
        _like(like)
        return asked("like", like)
    chosen = st.segmented_control(
        "Search by", list(_BY), default="Words", key="by", bind="query-params", on_change=_first_page, required=True,
        label_visibility="collapsed", width="content",
    )  # fmt: skip
    how = _BY[chosen or "Words"]
    text = st.text_input(
        "Search", key="search", bind="query-params", max_chars=200, icon=":material/search:", on_change=_first_page,
        placeholder=f"Search {'what was said' if how == 'words' else 'by meaning'}, {_PLACEHOLDER[how]}",
        label_visibility="collapsed",
    )  # fmt: skip
    speaker = st.selectbox(
        "Who says it", list(_WHO), key="who", bind="query-params", on_change=_first_page, disabled=how != "words",
        label_visibility="collapsed", width=160,
    )  # fmt: skip
    return asked(
        "meaning" if how == "meaning" else "words", text, speaker=_WHO[speaker] if how == "words" else "anyone"
    )


def _like(conversation_id: str) -> None:
    row = conversation.contact(state.source(), conversation_id)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(gap=None):
            st.caption("Conversations whose issue is like this one, the most alike first:")
            st.text(words.short(row["issue_text"].iloc[0], 160) if len(row) else "a conversation that is not here")
        st.button("Back to search", icon=":material/close:", on_click=_forget_like, type="tertiary")


def _bar(n: int, size: int, sql: str, values: tuple[Any, ...], **tables: Any) -> int:
    """Paging to the left, the download to the right; the page's number."""
    with st.container(horizontal=True, vertical_alignment="center"):
        number = st.pagination(max(1, -(-n // size)), key="page")
        st.space("stretch")
        label = "Download CSV" if n <= parts.CSV_ROWS else f"Download the first {parts.CSV_ROWS:,} as CSV"
        parts.download(state.source(), label, "conversations.csv", sql, values, **tables)
    return int(number)


def _table(order: str, n: int) -> None:
    """Every contact that the filters let through, a row each."""
    source, filters = state.source(), sidebar.filters()
    slot = st.empty()
    number = _bar(n, _SIZE, *contacts.everything(filters, order=order))
    frame = contacts.page(source, filters, order=order, number=number, size=_SIZE)
    st.session_state["contact_ids"] = frame["conversation_id"].tolist()
    frame = parts.naive(frame, "started_at").assign(
        topic_label=frame["topic_label"].map(words.topic),
        resolution=frame["resolution"].map(lambda code: words.name(code, words.RESOLUTIONS)),
        repeat=frame["repeat"].map({True: "repeat", False: ""}),
    )
    shown = [column for column in _TABLE if not frame[column].isna().all()]
    slot.dataframe(
        frame, key="contacts", hide_index=True, column_config=_TABLE, column_order=shown, height=600, on_select=_open,
        selection_mode="single-cell", placeholder=words.MASK, alt="Conversations",
    )  # fmt: skip
    st.caption("Click a row to read the conversation.")


def _results(results: Results, order: str, n: int) -> None:
    """What was found, the matching words marked."""
    filters = sidebar.filters()
    slot = st.container()
    sql, values = contacts.everything(filters, order=order, found=True)
    number = _bar(n, _HITS, sql, values, tables=lambda: results.tables)
    frame = contacts.page(results, filters, order=order, number=number, size=_HITS, found=True)
    with slot:
        found.cards(parts.records(frame), results.passages(frame), search=_asked_words(results.question))


def _asked_words(question: Question) -> str:
    return question.text if question.by == "words" else ""


def _order(question: Question, ranked: bool) -> str:
    if not question.is_asked:
        orders, key = list(contacts.ORDERS), "sort"
    else:
        orders, key = ([contacts.BEST, *contacts.ORDERS] if ranked else list(contacts.ORDERS)), "rank"
    return str(
        st.selectbox(
            "Sort by", orders, key=key, bind="query-params", on_change=_first_page, label_visibility="collapsed"
        )
    )


def _scope(question: Question, n: int, total: int) -> str:
    told = parts.scope(sidebar.filters(), n, total)
    return f"the nearest {told}" if question.is_asked and question.by != "words" else told


def _page() -> None:
    source, filters = state.source(), sidebar.filters()
    heading = st.container()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        question = _question()
        sort = st.container(width=180)
    if not question.is_asked:
        st.caption(_HELP["meaning" if st.session_state.get("by") == "Meaning" else "words"])
    if question.is_asked and not ready(source):
        question = asked("words", "")
    results = Results(source, question)
    ranked = not question.is_asked or results.hits.ranked
    n = contacts.count(results if question.is_asked else source, filters, found=question.is_asked)
    with sort:
        order = _order(question, ranked)
    with heading:
        parts.title("Conversations", _scope(question, n, source.panel.total))
    if not ranked:
        st.caption("Too many conversations hold these words to rank them by how well they match: add a word.")
    if not n:
        parts.no_match(source, source.panel.total)
    elif question.is_asked:
        _results(results, order, n)
    else:
        _table(order, n)


try:
    _page()
except TextinsightError as error:
    parts.nothing(str(error), words.escape(error.hint))
