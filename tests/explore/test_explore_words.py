from __future__ import annotations

import pytest

from textinsight.explore import words


@pytest.mark.parametrize(
    "text", ["**b**", "![x](http://e.test/i.png)", "<b>x</b>", "$a$", "# h", "`c`", "~~s~~", "a_b_c"]
)
def test_every_markdown_sign_is_escaped(text):
    shown = words.escape(text)
    for sign in "*_`[]()<>#$~!":
        assert shown.count(sign) == shown.count("\\" + sign)


@pytest.mark.parametrize("text", ["https://e.test", "www.e.test", "me@e.test", ":smile:", ":material/home:"])
def test_links_icons_and_emoji_are_hidden_by_a_joiner(text):
    assert "\u2060" in words.escape(text)
    assert words.escape(text).replace("\u2060", "").replace("\\", "") == text


def test_escape_puts_text_on_one_line():
    assert words.escape("a\n\n# b") == "a \\# b"


def test_figures_carry_their_unit_and_unknown_is_a_dash():
    assert words.figure(0.1234, "share") == "12.3%"
    assert words.figure(1234.0, "contacts") == "1,234"
    assert words.figure(None, "share") == words.figure(float("nan"), "1..5") == "–"


def test_changes_are_points_percent_or_differences():
    assert words.change(0.20, 0.18, "share") == "+2.0 pp"
    assert words.change(110, 100, "contacts") == "+10%"
    assert words.change(2.0, 2.5, "1..5") == "-0.50"
    assert words.change(0.2, 0.20001, "share") == 0
    assert words.change(5, 0, "contacts") == ""


def test_probabilities_never_claim_certainty():
    assert (words.chance(0.9999), words.chance(0.5), words.chance(0.001)) == ("> 99%", "50%", "< 1%")


def test_short_cuts_at_a_word():
    assert words.short("one two three", 9) == "one two…"
    assert words.short("one\ntwo", 9) == "one two"
    assert words.short(None) == ""
