from __future__ import annotations

import re

import pytest

pytest.importorskip("streamlit")
from hypothesis import given
from hypothesis import strategies as st

from textinsight.explore.evidence import color, marked, tag_name
from textinsight.explore.words import escape
from textinsight.findings import Tag

pytestmark = pytest.mark.app


def tag(start: int, end: int, name: str = "issue", value: str = "stated") -> Tag:
    return Tag(0, start, end, name, value, 0.9, "", "m@1")


def test_evidence_is_on_a_coloured_ground():
    assert marked("my bill is wrong again", [tag(3, 7)]) == "my :violet-background[bill] is wrong again"


def test_the_shorter_span_wins():
    text = "this is the third time about my bill you see"
    found = marked(text, [tag(0, 34), tag(8, 22, "stated_repeat", "true")])
    assert found.startswith(":violet-background[this is ]:orange-background[the third time]")


def test_evidence_that_is_the_whole_turn_is_not_coloured():
    assert marked("too bad", [tag(0, 7)]) == "too bad"


def test_a_span_beyond_the_text_is_no_fault():
    assert marked("short text here", [tag(6, 10), tag(40, 50)]) == "short :violet-background[text] here"


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=4))
def test_nothing_but_the_colours_is_markup(text, spans):
    found = marked(text, [tag(min(span), max(span)) for span in spans])
    plain = re.sub(r":violet-background\[((?:[^\]\\]|\\.)*)\]", r"\1", found, flags=re.DOTALL)
    assert re.sub(r"\s+", " ", plain) == re.sub(r"\s+", " ", escape(text))


def test_names_and_colours():
    assert (tag_name(tag(0, 1)), color(tag(0, 1))) == ("Issue", "violet")
    transfer = tag(0, 1, "effort", "transfer")
    assert (tag_name(transfer), color(transfer)) == ("Effort: transfer", "orange")
    assert color(tag(0, 1, "sentiment", "1")) == "blue"
