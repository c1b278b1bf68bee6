"""Two conversations side by side, with what the earlier one left open and what the later one states marked in both."""

from __future__ import annotations

from typing import Any

import streamlit as st

from textinsight.explore import parts, state, words
from textinsight.explore.queries import conversation

_MOST_TURNS, _QUOTED = 40, 48
_SHOWN = ("issue", "resolution", "stated_repeat", "sentiment", "effort", "escalation", "churn_risk")
_COLORS = {"issue": "blue", "resolution": "gray", "sentiment": "gray"}


def side_by_side(earlier: str, later: str, *, gap: str) -> None:
    """The two conversations; `gap` stands above the later one."""
    left, right = st.columns(2, border=True)
    with left:
        _conversation(earlier, "Earlier")
    with right:
        _conversation(later, gap)


def _conversation(conversation_id: str, role: str) -> None:
    source = state.source()
    row = parts.records(conversation.contact(source, conversation_id))[0]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.badge(words.escape(role), color="primary")
        st.space("stretch")
        if st.button("Read", key=f"read_{role}_{conversation_id}", icon=":material/chat:", type="tertiary"):
            state.open_contact(conversation_id)
    told = [parts.when(row["started_at"]), row["channel"], row["company"]]
    st.caption(words.escape(" · ".join(part for part in told if isinstance(part, str))))
    with st.container(horizontal=True, gap="xsmall"):
        parts.topic_badge(row["topic_label"])
        parts.resolution_badge(row["resolution"])
    _turns(conversation_id)


def _turns(conversation_id: str) -> None:
    source = state.source()
    turns, findings = conversation.turns(source, conversation_id), conversation.findings(source, conversation_id)
    tags = {turn: parts.records(rows) for turn, rows in findings.groupby("turn")}
    for turn in parts.records(turns.head(_MOST_TURNS)):
        with st.container(gap=None):
            st.caption(words.escape(words.name(turn["role"], words.ROLES)))
            st.text(turn["text"])
            _evidence(tags.get(turn["turn"], []))
    if len(turns) > _MOST_TURNS:
        st.caption(f"The first {_MOST_TURNS} of {len(turns):,} turns.")


def _evidence(tags: list[dict[str, Any]]) -> None:
    """The tags that the turn decided, one badge a kind, with the words that decided it."""
    kinds = {tag["tag"]: tag for tag in tags if tag["tag"] in _SHOWN}
    if not kinds:
        return
    with st.container(horizontal=True, gap="xsmall"):
        for kind, tag in kinds.items():
            code = f"{kind} {tag['value']}"
            label = words.TAGS.get(code, code.replace("_", " ").capitalize())
            quote = words.short(tag["quote"], _QUOTED)
            st.badge(words.escape(f"{label}: “{quote}”"), color=_COLORS.get(kind, "orange"))
