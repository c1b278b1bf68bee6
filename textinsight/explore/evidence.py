"""A turn's text with the words that decided its tags highlighted, safe where Markdown is rendered."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from textinsight.explore.words import TAGS, escape, name
from textinsight.findings import Tag

_COLORS = {"issue": "violet", "resolution": "blue", "sentiment 1": "blue"}
_WHOLE = 0.8  # evidence that is nearly all of the turn needs no highlight


def show(text: str, tags: Sequence[Tag]) -> None:
    """The turn's text with its evidence: the one place of the app where a customer's words pass through Markdown."""
    st.markdown(marked(text, tags))


def tag_name(tag: Tag) -> str:
    """The tag as people say it."""
    code = f"{tag.tag} {tag.value}"
    return TAGS.get(code, f"{name(tag.tag, {})}: {name(tag.value, {}).lower()}")


def color(tag: Tag) -> str:
    """Violet: the issue; blue: good or neutral; orange: needs attention."""
    return _COLORS.get(f"{tag.tag} {tag.value}", _COLORS.get(tag.tag, "orange"))


def marked(text: str, tags: Sequence[Tag]) -> str:
    """`text` as Markdown that shows it as typed, on one line, the evidence on a coloured ground; shorter spans win."""
    paint: list[str | None] = [None] * len(text)
    for tag in sorted(tags, key=lambda tag: tag.start - tag.end):
        if tag.end - tag.start < _WHOLE * len(text):
            paint[tag.start : tag.end] = [color(tag)] * (min(tag.end, len(text)) - tag.start)
    out, start = [], 0
    for at in range(1, len(text) + 1):
        if at == len(text) or paint[at] != paint[start]:
            piece, hue = escape(text[start:at]), paint[start]
            out.append(f":{hue}-background[{piece}]" if hue and piece.strip() else piece)
            start = at
    return "".join(out)
