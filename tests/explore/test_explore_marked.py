from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from textinsight.explore.marked import Mark, literal, markdown

_OURS = re.compile(r"(?<!\\):(?:blue|orange|violet|gray|yellow)-background\[((?:[^\]\\]|\\.)*)\]", re.DOTALL)
_MASK = re.compile(r":gray-badge\[:material/lock: [\w -]+\]")
SPECIAL = "\\`*_{}[]()<>#+-.!|~$:&=^"


def plain(found: str) -> str:
    """What is left when our own marks are taken off: escapes resolved, joiners gone."""
    return re.sub(r"\\(.)", r"\1", _OURS.sub(r"\1", _MASK.sub("", found))).replace("\u2060", "")


def test_marks_and_their_numbers():
    found = markdown("cancel my account now", [Mark(0, 6, "orange", 1), Mark(10, 17, "violet", 2)])
    assert found == ":orange-background[cancel]¹ my :violet-background[account]² now"


def test_the_shorter_mark_shows_where_two_overlap():
    found = markdown("all of it", [Mark(0, 9, "violet"), Mark(4, 6, "orange")])
    assert found == ":violet-background[all] :orange-background[of] :violet-background[it]"


def test_overlapping_marks_of_one_colour_are_one():
    found = markdown("all of it now", [Mark(0, 9, "orange"), Mark(4, 6, "orange"), Mark(7, 13, "orange")])
    assert found == ":orange-background[all of it now]"
    numbered = markdown("all of it now", [Mark(0, 6, "orange", 1), Mark(4, 13, "orange", 2)])
    assert numbered == ":orange-background[all of]¹ :orange-background[it now]²"
    around = markdown("my [CARD] fails", [Mark(0, 15, "orange"), Mark(3, 9, "orange")])
    assert around.count("orange-background") == 2
    assert "[CARD]" not in around


def test_two_numbers_behind_one_word_stay_apart():
    found = markdown("again", [Mark(0, 5, "orange", 2), Mark(0, 5, "orange", 3)])
    assert found == ":orange-background[again]²\u2009³"


def test_masked_data_is_a_badge_even_inside_a_mark():
    found = markdown("my card [CARD] fails", [Mark(0, 20, "orange")])
    assert ":gray-badge[:material/lock: card number]" in found
    assert "[CARD]" not in found
    assert "CARD" in markdown("my [NOTAMASK] [CARDS]")


def test_lines_stay_lines_and_each_is_marked():
    found = markdown("one\r\ntwo", [Mark(0, 8, "blue")])
    assert found == ":blue-background[one]  \n:blue-background[two]"


@pytest.mark.parametrize("unseen", ["\u202e", "\u2066", "\x00", "\x1b", "\ufeff", "\x9b"])
def test_unseen_characters_are_seen(unseen):
    assert literal(f"a{unseen}b") == f"a⟨U+{ord(unseen):04X}⟩b"


def test_arabic_and_hebrew_letters_and_emoji_stay():
    text = "مرحبا שלום 😀 \u200fx"
    assert plain(markdown(text)) == text


@given(
    st.text(max_size=80),
    st.lists(
        st.tuples(st.integers(-5, 90), st.integers(-5, 90), st.sampled_from(["blue", "orange", "yellow"])), max_size=5
    ),
)
@example("<script>alert(1)</script>", [(0, 3, "blue")])
@example("![x](http://evil.test/x.png) [a](javascript:alert(1))", [(2, 20, "blue")])
@example("$x$ `y` :smile: :red[x] :orange-background[y] www.evil.test me@evil.test", [(0, 70, "orange")])
def test_nothing_but_our_marks_is_markup(text, spans):
    found = markdown(text, [Mark(*span) for span in spans])
    lines = [re.sub(r"\s+", " ", literal(line)) for line in re.split(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", text)]
    shown = [re.sub(r"\s+", " ", line) for line in plain(found).replace("  \n", "\n").split("\n")]
    assert "".join("".join(shown).split()) == "".join("".join(lines).split()).replace("\u2060", "")
    bare = _OURS.sub(r"\1", _MASK.sub("", found))
    for at, char in enumerate(bare):
        if char in SPECIAL and char != "\\":
            assert bare[at - 1] == "\\"
