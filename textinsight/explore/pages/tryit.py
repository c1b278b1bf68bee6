"""Try it: paste a conversation, see its tags and the words that decided them. Nothing is stored."""

from __future__ import annotations

import streamlit as st

from textinsight.conversation import CLERKS
from textinsight.errors import TextinsightError
from textinsight.explore import evidence, parts, words
from textinsight.explore.pasted import MOST, Pasted, read_pasted
from textinsight.findings import Tag

EXAMPLE = """\
Customer: Hi, this is the third time I'm calling about my bill. You charged me twice again.
Agent: I'm sorry about that. Can I have your account number?
Customer: It's 4111 1111 1111 1111, I already gave it to the last person. If this isn't sorted today I'm cancelling.
Agent: I've refunded the second charge, you will see it in two days.
Customer: Great, thank you, that's all I needed."""

_NOTE = "One line a turn, beginning with who speaks; free text is taken as the customer's words. English."
_FLAGS = {"stated_repeat": "Says it is a repeat", "escalation": "Escalation", "churn_risk": "Churn risk"}


def _input() -> str:
    st.session_state.setdefault("pasted", EXAMPLE)
    with st.form("paste", border=False):
        text = st.text_area("Conversation", key="pasted", height=200, max_chars=MOST, help=_NOTE)
        st.form_submit_button("Read it", type=parts.emphasis(), icon=":material/science:")
    return str(text or "")


def _overall(found: Pasted) -> None:
    analysis = found.analysis
    with st.container(border=True):
        cells = st.columns(3)
        cells[0].metric("Sentiment", words.figure(analysis.sentiment, "-1..1"), help=words.HELP["sentiment"])
        cells[1].metric("Effort", words.figure(analysis.effort_score, "1..5"), help=words.HELP["effort"])
        with cells[2]:
            st.caption("Resolution", help=words.HELP["resolution"])
            parts.resolution_badge(analysis.resolution)
        with st.container(horizontal=True, gap="xsmall"):
            for flag in (text for name, text in _FLAGS.items() if getattr(analysis, name)):
                st.badge(flag, color="orange")
            for driver in analysis.effort_drivers:
                st.badge("Effort: " + words.escape(words.name(driver, {}).lower()), color="orange")
        st.caption("Issue, in the customer's words", help=words.HELP["issue"])
        st.text(words.short(analysis.issue_text, 300) or "none stated")
        if found.masked:
            kinds = ", ".join(f"{kind.name.lower()} ({n})" for kind, n in sorted(found.masked.items()))
            st.badge("Masked: " + words.escape(kinds), icon=":material/lock:", color="gray")


def _chat(found: Pasted) -> None:
    for number, turn in enumerate(found.conversation.turns):
        tags = [tag for tag in found.analysis.tags if tag.turn == number]
        is_agent = turn.role in CLERKS
        avatar = ":material/support_agent:" if is_agent else ":material/person:"
        with (
            st.container(horizontal=True, horizontal_alignment="right" if is_agent else "left"),
            st.chat_message("assistant" if is_agent else "user", avatar=avatar, width=620),
            st.container(gap="xsmall"),
        ):
            st.caption(words.escape(words.name(turn.role.value, words.ROLES)))
            evidence.show(turn.text, tags)
            _badges(tags)


def _badges(tags: list[Tag]) -> None:
    named = {evidence.tag_name(tag): tag for tag in sorted(tags, key=lambda tag: abs(tag.score))}  # the surest of each
    with st.container(horizontal=True, gap="xsmall"):
        for tag in named.values():
            score = f"{tag.score:+.2f}" if tag.tag == "sentiment" else f"{tag.score:.2f}"
            help_ = f"{score}, decided by {tag.model}"
            st.badge(words.escape(evidence.tag_name(tag)), color=evidence.color(tag), help=words.escape(help_))


def _page() -> None:
    parts.title("Try it", "Personal data is masked first, and nothing is stored.")
    left, right = st.columns([2, 3], gap="large")
    with left:
        text = _input()
    if not text.strip():
        with right:
            parts.nothing("Nothing to read yet.", "Paste a conversation on the left, or a few sentences of a customer.")
        return
    try:
        with right, st.spinner("Reading …"):
            found = read_pasted(text)
    except TextinsightError as error:
        right.error(words.escape(f"{error}. {error.hint}"), icon=":material/error:")
        return
    with left:
        _overall(found)
    with right:
        _chat(found)


_page()
