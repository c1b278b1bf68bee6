"""Two conversations side by side, with what the earlier one left open and what the later one states marked in both."""

from __future__ import annotations

from typing import Any

import streamlit as st

from textinsight.explore import evidence, parts, state, words
from textinsight.explore.queries import conversation
from textinsight.findings import Tag

_MOST_TURNS = 40
_SHOWN = ("issue", "resolution", "stated_repeat", "sentiment", "effort", "escalation", "churn_risk")


def side_by_side(earlier: tuple[str, str], later: tuple[str, str], *, gap: str) -> None:
    """The two conversations, each by its id and its shard; `gap` stands above the later one."""
    left, right = st.columns(2, border=True)
    with left:
        _conversation(*earlier, "Earlier")
    with right:
        _conversation(*later, gap)


def _conversation(conversation_id: str, shard: str, role: str) -> None:
    source = state.source()
    row = parts.records(conversation.contact(source, conversation_id, shard=shard))[0]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.badge(words.escape(role), color="blue")
        st.space("stretch")
        if st.button("Read", key=f"read_{role}_{conversation_id}", icon=":material/chat:", type="tertiary"):
            state.open_contact(conversation_id)
    told = [parts.when(row["started_at"]), row["channel"], row["company"]]
    st.caption(words.escape(" · ".join(part for part in told if isinstance(part, str))))
    with st.container(horizontal=True, gap="xsmall"):
        parts.topic_badge(row["topic_label"])
        parts.resolution_badge(row["resolution"])
    _turns(conversation_id, shard)


def _turns(conversation_id: str, shard: str) -> None:
    """The turns, with the words that decided a tag highlighted and the tags named below."""
    source = state.source()
    turns = conversation.turns(source, conversation_id, shard=shard)
    findings = conversation.findings(source, conversation_id, shard=shard)
    tags = {turn: list(map(_tag, parts.records(rows))) for turn, rows in findings.groupby("turn")}
    for turn in parts.records(turns.head(_MOST_TURNS)):
        shown = [tag for tag in tags.get(turn["turn"], []) if tag.tag in _SHOWN]
        with st.container(gap=None):
            st.caption(words.escape(words.name(turn["role"], words.ROLES)))
            evidence.show(turn["text"], shown)
            if shown:
                with st.container(horizontal=True, gap="xsmall"):
                    for tag in {evidence.tag_name(tag): tag for tag in shown}.values():
                        st.badge(words.escape(evidence.tag_name(tag)), color=evidence.color(tag))
    if len(turns) > _MOST_TURNS:
        st.caption(f"The first {_MOST_TURNS} of {len(turns):,} turns.")


def _tag(row: dict[str, Any]) -> Tag:
    return Tag(**{name: row[name] for name in Tag.__slots__})
