"""Correcting tags in the reader: what somebody said of them, the form to say it, and taking it back."""

from __future__ import annotations

from typing import Any, Literal

import streamlit as st

from textinsight.errors import TextinsightError
from textinsight.explore import access, parts, state, words
from textinsight.explore.queries import conversation
from textinsight.findings import EFFORT_DRIVERS
from textinsight.pipeline.correcting import correct, corrections_of, undo_correction
from textinsight.store import Correction
from textinsight.store.corrections import FLAGS, TAGS

NAMES = {"topic": "Topic", "resolution": "Outcome", "sentiment": "Sentiment", **words.FLAGS}
MOODS = {"-1": "Negative", "0": "Neutral", "1": "Positive"}
_TOLD = "told_of_tags"  # what to say once the page is drawn again
_FOLLOWS = (
    "All pages count with it at once; threads, links and arrows follow when contacts are linked again. The effort "
    "score and the words that the models marked stay as they are."
)


def standing(conversation_id: str) -> list[Correction]:
    """What holds of the corrections of this conversation, newest first."""
    return corrections_of(state.source().archive, conversation_id)


def wrong(said: list[Correction]) -> frozenset[tuple[str, str, int | None]]:
    """(tag, value, turn) that a person found wrong."""
    return frozenset((one.tag, one.old or "", one.turn) for one in said if one.new != one.old)


def button(contact: dict[str, Any]) -> None:
    """For editors: what opens the form with every tag of the conversation."""
    if access.is_editor() and st.button("Check the tags", icon=":material/fact_check:", key="check_tags"):
        _check(contact)


def lines(said: list[Correction]) -> None:
    """What people said of the tags, each to be taken back."""
    if told := st.session_state.pop(_TOLD, None):
        st.toast(words.escape(told), icon=":material/info:")
    right = [one for one in said if one.new == one.old]
    labels = conversation.topic_names(state.source()) if said else {}
    for one in said:
        if one.new != one.old:
            _line(f"{_named(one)}: {_value(one.tag, one.old, labels)} → {_value(one.tag, one.new, labels)}", [one])
    if right:
        _line(f"{len(right)} {'tag' if len(right) == 1 else 'tags'} checked and right", right)


def mood_dialog(turn: dict[str, Any]) -> None:
    """Ask what the sentiment of a turn should be; not from a callback, where the dialog would lose its place."""
    _mood(turn)


def _line(text: str, said: list[Correction]) -> None:
    newest = said[0]
    by = f" · {newest.editor}" if newest.editor else ""
    at = f" · {newest.corrected_at:%-d %b %Y}" if newest.corrected_at else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge("Corrected" if newest.new != newest.old else "Checked", icon=":material/edit:", color="violet")
        st.caption(words.escape(text + by + at), width="content")
        if access.is_editor():
            key = f"undo_{newest.tag}_{newest.turn}_{newest.new == newest.old}"
            st.button("Undo", key=key, icon=":material/undo:", type="tertiary", on_click=_undo, args=(said,))


@st.dialog("Check the tags", width="medium")
def _check(contact: dict[str, Any]) -> None:
    """Every tag of the conversation as it stands, to be changed."""
    topics = {"": words.UNCLEAR, **conversation.topic_names(state.source())}
    now = _as_shown(contact)
    with st.form("check", border=False):
        keys = list(topics)
        at = keys.index(now["topic"]) if now["topic"] in topics else 0
        st.selectbox("Topic", keys, index=at, key="check_topic", format_func=lambda key: topics[key])
        st.segmented_control(
            "Outcome", TAGS["resolution"], default=now["resolution"], key="check_resolution", required=True,
            format_func=lambda code: words.RESOLUTIONS[code], help=words.HELP["resolution"],
        )  # fmt: skip
        st.multiselect(
            "What made it hard", EFFORT_DRIVERS, default=[name for name in EFFORT_DRIVERS if now[name] == "true"],
            key="check_drivers", format_func=lambda code: words.name(code, {}), placeholder="Nothing",
        )  # fmt: skip
        with st.container(horizontal=True):
            for flag in FLAGS:
                st.checkbox(words.FLAGS[flag], value=now[flag] == "true", key=f"check_{flag}")
        st.caption(_FOLLOWS)
        with st.container(horizontal=True):
            saved = [
                st.form_submit_button(label, type=kind, help=help_, on_click=_save_tags, args=(contact, all_))
                for label, kind, help_, all_ in _SAVE
            ]
    if any(saved):
        st.rerun()


_SAVE: tuple[tuple[str, Literal["primary", "secondary"], str, bool], ...] = (
    ("Save changes", "secondary", "What you leave as it is stays unjudged.", False),
    (
        "All checked: save",
        "primary",
        "You have read the conversation: what you leave counts as right in the measured precision.",
        True,
    ),
)


def _save_tags(contact: dict[str, Any], everything: bool) -> None:
    asked = st.session_state
    told = {"topic": asked["check_topic"], "resolution": asked["check_resolution"]}
    told |= {name: _yes(name in asked["check_drivers"]) for name in EFFORT_DRIVERS}
    told |= {flag: _yes(asked[f"check_{flag}"]) for flag in FLAGS}
    before = _as_shown(contact)
    given = {tag: value for tag, value in told.items() if everything or value != before[tag]}
    _store([Correction(contact["conversation_id"], tag, value, editor=_editor()) for tag, value in given.items()])


@st.dialog("Sentiment of this turn")
def _mood(turn: dict[str, Any]) -> None:
    st.text(words.short(turn["text"], 300))
    with st.form("mood", border=False):
        st.segmented_control(
            "It is", list(MOODS), default=str(int(turn["sentiment"])), key="check_mood", required=True,
            format_func=lambda code: MOODS[code],
        )  # fmt: skip
        help_ = "Left as it is, it counts as checked and right."
        saved = st.form_submit_button(
            "Save sentiment", type=parts.emphasis(), help=help_, on_click=_save_mood, args=(turn,)
        )
    if saved:
        st.rerun()


def _save_mood(turn: dict[str, Any]) -> None:
    value = st.session_state["check_mood"]
    _store([Correction(turn["conversation_id"], "sentiment", value, turn=int(turn["turn"]), editor=_editor())])


def _as_shown(contact: dict[str, Any]) -> dict[str, str]:
    drivers = list(contact["effort_drivers"]) if contact["effort_drivers"] is not None else []
    return {
        "topic": contact["topic_id"] if isinstance(contact["topic_id"], str) else "",
        "resolution": contact["resolution"] or "unclear",
        **{name: _yes(name in drivers) for name in EFFORT_DRIVERS},
        **{flag: _yes(contact[flag] is True) for flag in FLAGS},
    }


def _store(given: list[Correction]) -> None:
    if not access.is_editor() or not given:
        return
    try:
        correct(state.source().archive, *given)
        st.session_state[_TOLD] = "Saved. All pages count with it from now on."
    except TextinsightError as error:
        st.session_state[_TOLD] = str(error)


def _undo(said: list[Correction]) -> None:
    if not access.is_editor():
        return
    try:
        for one in said:
            undo_correction(state.source().archive, one, editor=_editor())
    except TextinsightError as error:
        st.session_state[_TOLD] = str(error)


def _editor() -> str | None:
    """Who edits, without the host of an e-mail address."""
    return (access.user_name() or "").partition("@")[0][:100] or None


def _named(one: Correction) -> str:
    name = NAMES.get(one.tag) or words.name(one.tag, {})
    return name if one.turn is None else f"{name} of turn {one.turn + 1}"


def _value(tag: str, value: str | None, topics: dict[str, str]) -> str:
    if tag == "topic":
        return topics.get(value or "", words.UNCLEAR)
    if tag == "sentiment":
        return MOODS[value or "0"].lower()
    return words.name(value, words.RESOLUTIONS | {"true": "yes", "false": "no"}).lower()


def _yes(value: bool) -> str:
    return "true" if value else "false"
