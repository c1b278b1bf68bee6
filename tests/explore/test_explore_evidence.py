from __future__ import annotations

import pytest

pytest.importorskip("streamlit")
from textinsight.explore.evidence import color, marks, tag_name
from textinsight.explore.marked import Mark
from textinsight.findings import Tag

pytestmark = pytest.mark.app


def tag(start: int, end: int, name: str = "issue", value: str = "stated") -> Tag:
    return Tag(0, start, end, name, value, 0.9, "", "m@1")


def test_evidence_is_marked_in_its_colour_with_its_number():
    tags = [tag(3, 7), tag(8, 22, "stated_repeat", "true")]
    assert marks(tags) == [Mark(3, 7, "violet"), Mark(8, 22, "orange")]
    assert [mark.number for mark in marks(tags, [1, 2])] == [1, 2]


def test_names_and_colours():
    assert (tag_name(tag(0, 1)), color(tag(0, 1))) == ("Issue", "violet")
    transfer = tag(0, 1, "effort", "transfer")
    assert (tag_name(transfer), color(transfer)) == ("Effort: transfer", "orange")
    assert color(tag(0, 1, "sentiment", "1")) == "blue"
