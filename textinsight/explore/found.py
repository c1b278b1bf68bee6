"""Found conversations as a list: when, about what, and the words around the match."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from textinsight.explore import evidence, parts, state, words
from textinsight.explore.marked import Mark
from textinsight.search import Passage

_WIDTH = 260  # characters of a passage


def cards(rows: Sequence[dict[str, Any]], passages: Mapping[str, Passage], *, search: str) -> None:
    """One card a conversation; search: the words asked for, marked in the reader too."""
    for row in rows:
        _card(row, passages.get(row["conversation_id"]), search)


def _card(row: dict[str, Any], passage: Passage | None, search: str) -> None:
    name = row["conversation_id"]
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            told = [parts.when(row["started_at"]), row["channel"], row["company"]]
            st.caption(words.escape(" · ".join(part for part in told if isinstance(part, str))), width="content")
            parts.topic_badge(row["topic_label"])
            parts.resolution_badge(row["resolution"])
            if row["repeat"]:
                st.badge("Repeat", color="orange", help=words.HELP["repeat"])
            st.space("stretch")
            st.caption(words.escape(" · ".join(_figures(row, passage))), width="content")
            st.button(
                "Read", key=f"read_{name}", icon=":material/chat:", type="tertiary", on_click=_go, args=(name, search)
            )
        if passage is None:
            st.text(words.short(row["issue_text"], _WIDTH) or "No issue is stated.")
        else:
            text, spans = passage.around(_WIDTH)
            said_by = words.name(passage.role, words.ROLES)
            evidence.say(_one_line(text), [Mark(start, end, "yellow") for start, end in spans], before=f"{said_by}:")


def _one_line(text: str) -> str:
    """The text without line breaks, each character where it was."""
    return re.sub(r"\s", " ", text)


def _figures(row: dict[str, Any], passage: Passage | None) -> list[str]:
    more = [f"{passage.n_turns} turns match"] if passage is not None and passage.n_turns > 1 else []
    figures = [("effort", row["effort_score"], "1..5"), ("sentiment", row["sentiment"], "-1..1")]
    told = [f"{name} {words.figure(value, unit)}" for name, value, unit in figures if not pd.isna(value)]
    return [*more, *told]


def _go(conversation_id: str, search: str) -> None:
    st.session_state["go_to_contact"] = conversation_id
    st.session_state["looked_for"] = search


def looked_for() -> str:
    """The words that led to the conversation; empty if none did."""
    return str(st.session_state.get("looked_for", "")) if state.source() else ""
