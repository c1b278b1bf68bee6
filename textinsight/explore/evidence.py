"""What was said, with the words that decided its tags on a coloured ground.

The one place of the app where customers' words pass through Markdown: `marked` makes it, so that every character shows
as it was typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from textinsight.explore.marked import Color, Mark, markdown
from textinsight.explore.words import TAGS, escape, name
from textinsight.findings import Tag

_COLORS: dict[str, Color] = {
    "issue": "violet",
    "sales_offer": "gray",
    "sentiment 1": "blue",
    "resolution resolved": "blue",
    "resolution moved": "gray",
}


def say(text: str, marks: Iterable[Mark] = (), *, before: str = "") -> None:
    """The text as it was typed, with marks; before: who says it."""
    st.markdown(f"{escape(before)} {markdown(text, marks)}" if before else markdown(text, marks))


def show(text: str, tags: Sequence[Tag]) -> None:
    """The turn's text with its evidence."""
    say(text, marks(tags))


def marks(tags: Iterable[Tag], numbers: Sequence[int] | None = None) -> list[Mark]:
    """Where the tags' evidence stands; numbers: a small figure behind each, to find its badge."""
    return [Mark(tag.start, tag.end, color(tag), numbers[i] if numbers else 0) for i, tag in enumerate(tags)]


def tag_name(tag: Tag) -> str:
    """The tag as people say it."""
    code = f"{tag.tag} {tag.value}"
    return TAGS.get(code, f"{name(tag.tag, {})}: {name(tag.value, {}).lower()}")


def color(tag: Tag) -> Color:
    """Violet: the issue; blue: good; orange: needs attention; grey: neither."""
    return _COLORS.get(f"{tag.tag} {tag.value}", _COLORS.get(tag.tag, "orange"))
