"""One conversation as a chat with its evidence, and the customer's other contacts with what ties them to it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from textinsight.explore import (
    access,
    charts,
    correcting,
    found,
    judging,
    parts,
    sidebar,
    state,
    transcript,
    why,
    words,
)
from textinsight.explore.queries import contacts, conversation
from textinsight.findings import EFFORT_DRIVERS
from textinsight.store import Correction

_LEGEND = (("Issue", "violet"), ("Attention", "orange"), ("Good", "blue"), ("Other", "gray"))


def _header(contact: dict[str, Any], said: list[Correction]) -> None:
    newer, older = contacts.neighbours(state.source(), sidebar.filters(), contact["conversation_id"])
    left, right = st.columns([5, 3], vertical_alignment="bottom")
    with left:
        told = [parts.when(contact["started_at"]), contact["channel"], contact["company"]]
        told += [f"customer {contact['customer_id']}" if contact["customer_id"] else "customer unknown"]
        parts.title("Conversation", " · ".join(str(part) for part in told if isinstance(part, str) and part))
    with right.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            "Find alike", icon=":material/search:", help="Conversations whose issue means the same",
            on_click=_alike, args=(contact["conversation_id"],),
        )  # fmt: skip
        _step("Newer", ":material/chevron_left:", newer)
        _step("Older", ":material/chevron_right:", older)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        parts.topic_badge(contact["topic_label"])
        parts.resolution_badge(contact["resolution"])
        for flag in (text for column, text in words.FLAGS.items() if contact[column] is True):
            st.badge(flag, color="orange")
        for driver in contact["effort_drivers"] if contact["effort_drivers"] is not None else ():
            st.badge("Effort: " + words.escape(words.name(driver, {}).lower()), color="orange")
        st.space("stretch")
        correcting.button(contact)
    correcting.lines(said)


def _alike(conversation_id: str) -> None:
    st.session_state["go_alike"] = conversation_id


def _step(label: str, icon: str, conversation_id: str | None) -> None:
    help_ = f"{label} contact within the filters"
    st.button(
        label, icon=icon, disabled=conversation_id is None, help=help_, on_click=state.turn_to, args=(conversation_id,)
    )


def _chat(turns: pd.DataFrame, findings: pd.DataFrame, said: list[Correction]) -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.caption("Words that decided a tag are marked:", width="content")
        for name, color in _LEGEND:
            st.badge(name, color=color)
    shown = transcript.Shown(
        search=found.looked_for(),
        wrong=correcting.wrong(said),
        edit=correcting.mood_dialog if access.is_editor() else None,
    )
    transcript.chat(turns, findings, shown)


def _facts(contact: dict[str, Any], turns: pd.DataFrame, said: list[Correction]) -> None:
    as_tagged = any(one.tag in EFFORT_DRIVERS and one.new != one.old for one in said)
    with st.container(border=True):
        row = st.container(horizontal=True, gap="large")  # which wraps where there is little room
        row.metric(
            "Effort, as tagged" if as_tagged else "Effort", words.figure(contact["effort_score"], "1..5"),
            help=words.HELP["effort"] + (words.HELP["effort_as_tagged"] if as_tagged else ""),
        )  # fmt: skip
        row.metric("Sentiment", words.figure(contact["sentiment"], "-1..1"), help=words.HELP["sentiment"])
        row.metric("CSAT", words.figure(contact["csat"], "issues"), help="The customer's answer, 1 to 5; – if none.")
        if ((turns["role"] == "customer") & turns["sentiment_score"].notna()).any():
            st.caption("Sentiment of the customer, turn by turn")
            st.echarts_chart(charts.sentiment_path(turns), height=150, alt="Sentiment of the customer's turns")


def _timeline(rows: pd.DataFrame, here: str) -> None:
    st.subheader("Contacts of this customer", anchor=False, help="The nearest in time, and what ties them to this one.")
    for conversation_id, ties in rows.groupby("conversation_id", sort=False):
        _contact(str(conversation_id), parts.records(ties), here)
    if len(rows) == 1:
        st.caption("No other contact is known: the customer has none in this archive, or no id came with it.")


def _contact(conversation_id: str, ties: list[dict[str, Any]], here: str) -> None:
    row = ties[0]
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.caption(words.escape(f"{parts.when(row['started_at'])} · {row['channel']}"), width="content")
            if row["is_this"]:
                st.badge("This contact", color="gray")
            for tie in (tie for tie in ties if isinstance(tie["relation"], str)):
                st.badge(_tie_name(tie), color="orange" if tie["relation"] == "downstream" else "blue")
            st.space("stretch")
            if not row["is_this"]:
                turn = {"on_click": state.turn_to, "args": (conversation_id,)}
                st.button("Open", key=f"open_{conversation_id}", type="tertiary", **turn)
        st.text(f"{words.topic(row['topic_label'])}: {words.short(row['issue_text'], 110) or 'no issue stated'}")
        for tie in (tie for tie in ties if isinstance(tie["relation"], str)):
            _why(tie, conversation_id, here)


def _tie_name(tie: dict[str, Any]) -> str:
    if tie["relation"] == "same_issue":
        what = "Same issue"
    else:
        what = "Brought this on" if tie["is_earlier"] else "Brought on by this"
    return words.escape(f"{what} · {words.chance(tie['probability'])}")


def _why(tie: dict[str, Any], conversation_id: str, here: str) -> None:
    """The signals that tie the two contacts, and for editors whether they are right."""
    evidence = list(tie["evidence"]) if tie["evidence"] is not None else []
    with st.expander(words.escape(f"Why: {tie['gap_days']:.1f} days apart, {len(evidence)} signals")):
        why.waterfall(evidence, stacked=True)
        later, earlier = (here, conversation_id) if tie["is_earlier"] else (conversation_id, here)
        judging.buttons(judging.Pair(later, earlier, tie["relation"], judging.verdict_of(tie["reviewed"])))


def _page() -> None:
    source = state.source()
    chosen = state.chosen_contact() or contacts.first(source, sidebar.filters())
    if chosen is None:
        parts.title("Conversation", "nothing to read yet")
        parts.no_match(source, source.panel.total)
        return
    contact = parts.records(conversation.contact(source, chosen))[0]
    turns, said = conversation.turns(source, chosen), correcting.standing(chosen)
    _header(contact, said)
    chat, about = st.columns([3, 2], gap="medium")
    with chat:
        _chat(turns, conversation.findings(source, chosen), said)
    with about:
        _facts(contact, turns, said)
        judging.pending_bar()
        _timeline(conversation.timeline(source, chosen), chosen)


if like := st.session_state.pop("go_alike", None):
    state.open_page("contacts", like=like)
_page()
