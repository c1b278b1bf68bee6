"""A conversation as a chat: each turn with its evidence, what was masked, and what somebody corrected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from typing import Any

import pandas as pd
import streamlit as st

from textinsight import search
from textinsight.explore import evidence, parts, words
from textinsight.explore.marked import Mark
from textinsight.findings import Tag

LONG = 400  # turns drawn at once
_BUBBLE = 620
_MOODS = {-1: ("Negative", "orange"), 0: ("Neutral", "gray"), 1: ("Positive", "blue")}
_FIELDS = [one.name for one in fields(Tag)]


@dataclass(frozen=True, slots=True)
class Shown:
    """How a conversation is shown. search: words to mark. wrong: (tag, value, turn, None for all) that somebody
    corrected, which is not marked any more. edit: what a click on a customer's turn calls; None: no button.
    """

    search: str = ""
    wrong: frozenset[tuple[str, str, int | None]] = frozenset()
    edit: Callable[[dict[str, Any]], None] | None = field(default=None, compare=False)


def chat(turns: pd.DataFrame, findings: pd.DataFrame, shown: Shown) -> None:
    """The turns in order, the customer to the left."""
    tags = _by_turn(findings, shown)
    rows = parts.records(turns.head(LONG))
    found = search.marks([str(row["text"]) for row in rows], search.parse(shown.search))
    for place, row in enumerate(rows):
        _turn(row, tags.get(row["turn"], []), found.get(place, ()), shown)
    if len(turns) > LONG:
        st.caption(f"The first {LONG} of {len(turns):,} turns.")


def _by_turn(findings: pd.DataFrame, shown: Shown) -> dict[int, list[Tag]]:
    tags: dict[int, list[Tag]] = {}
    for row in parts.records(findings):
        tag = Tag(**{name: row[name] for name in _FIELDS})
        key, value = (tag.value, "true") if tag.tag == "effort" else (tag.tag, tag.value)
        if not {(key, value, None), (key, value, tag.turn)} & shown.wrong:
            tags.setdefault(tag.turn, []).append(tag)
    return tags


def _turn(turn: dict[str, Any], tags: list[Tag], matches: Iterable[tuple[int, int]], shown: Shown) -> None:
    is_customer = turn["role"] == "customer"
    side, avatar = ("left", ":material/person:") if is_customer else ("right", ":material/support_agent:")
    with (
        st.container(horizontal=True, horizontal_alignment=side),
        st.chat_message("user" if is_customer else "assistant", avatar=avatar, width=_BUBBLE),
        st.container(gap="xsmall"),
    ):
        _head(turn, shown, is_customer=is_customer)
        numbers = list(range(1, len(tags) + 1)) if len(tags) > 1 else None
        found = [Mark(start, end, "yellow") for start, end in matches]
        evidence.say(str(turn["text"]), [*evidence.marks(tags, numbers), *found])
        _badges(tags, numbers)


def _head(turn: dict[str, Any], shown: Shown, *, is_customer: bool) -> None:
    """Who speaks, when, and the customer's sentiment."""
    at = "" if pd.isna(turn["offset_s"]) else f" · {words.elapsed(turn['offset_s'])}"
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption(words.escape(words.name(turn["role"], words.ROLES) + at), width="content")
        if not is_customer or pd.isna(turn["sentiment"]):
            return
        name, color = _MOODS[int(turn["sentiment"])]
        if any(tag == "sentiment" and number == turn["turn"] for tag, _, number in shown.wrong):
            st.badge(f"{name} (corrected)", color=color, icon=":material/edit:")
        elif turn["sentiment"]:
            st.badge(name, color=color)
        if shown.edit is None:
            return
        help_ = "Correct the sentiment of this turn"
        if st.button("Correct", key=f"mood_{turn['turn']}", icon=":material/edit:", type="tertiary", help=help_):
            shown.edit(turn)


def _badges(tags: list[Tag], numbers: list[int] | None) -> None:
    """Each tag that the turn decided, with the figure behind its words if there are several."""
    if not tags or (numbers is None and tags[0].tag == "sentiment"):  # that one stands at the turn's head
        return
    with st.container(horizontal=True, gap="xsmall"):
        for place, tag in enumerate(tags):
            label = f"{numbers[place]} {evidence.tag_name(tag)}" if numbers else evidence.tag_name(tag)
            decided = f"Decided by {words.escape(tag.model)}"
            st.badge(words.escape(label), color=evidence.color(tag), help=decided)
