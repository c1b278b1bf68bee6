from __future__ import annotations

import html
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textinsight.ingest import values
from textinsight.ingest.text import clean, unescaped


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\x00b\x07c", "abc"),
        ("\ufeffhi ", "hi"),
        ("lone \ud800 half", "lone \ufffd half"),
        ("pair \ud83d\ude00", "pair 😀"),
        ("tab\tand 👩‍👧 stay", "tab\tand 👩‍👧 stay"),
    ],
)
def test_clean(raw: str, text: str) -> None:
    assert clean(raw) == text


@given(st.text(st.characters(categories=["L", "C", "Z"]), max_size=80))
def test_clean_text_is_valid_and_stays_as_it_is(raw: str) -> None:
    text = clean(raw)
    assert text.encode("utf-8").decode("utf-8") == text
    assert "\x00" not in text
    assert "\r" not in text
    assert clean(text) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("it&#39;s R&amp;D &lt;b&gt; &quot;5&nbsp;%&quot;", 'it\'s R&D <b> "5\xa0%"'),
        ("&amp;lt; is escaped twice", "&lt; is escaped twice"),
        ("&#x1F600; and &#128;", "😀 and €"),
        ("&#0;&#27;[31m&#x202e;&#55357;&#8232;x", "\ufffd[31m\u202e\ufffd\nx"),
        ("AT&T and R&amp;D", "AT&T and R&amp;D"),  # not escaped as a whole: left as it is
        ("ask?a=1&copy=2&lt=3", "ask?a=1&copy=2&lt=3"),
        ("write &amp and &nosuch; &amp;", "write &amp and &nosuch; &amp;"),
        ("Q&A;", "Q&A;"),
        ("&nbsp;", ""),
    ],
)
def test_entities_become_the_characters_that_were_meant(raw: str, text: str) -> None:
    assert unescaped(raw) == text


@given(st.text(st.sampled_from("ab&;#x1<gtlmp39 \n"), max_size=60))
def test_escaped_text_comes_back_and_other_text_stays_clean(raw: str) -> None:
    assert unescaped(html.escape(clean(raw))) == clean(raw)
    assert clean(unescaped(clean(raw))) == unescaped(clean(raw))


@pytest.mark.parametrize(
    ("value", "text"),
    [("a7", "a7"), (7, "7"), (7.0, "7"), (2.5, "2.5"), (Decimal(9), "9"), (" x\x00 ", "x"), ({"id": 3}, "3"),
     ("", None), (None, None), ("N/A", None)],
)  # fmt: skip
def test_identifiers(value: object, text: str | None) -> None:
    assert values.identifier(value, "id") == text


@pytest.mark.parametrize("value", [True, [1], {"x": 1}, "y" * 201])
def test_what_is_no_identifier(value: object) -> None:
    with pytest.raises(ValueError, match="conversation_id"):
        values.identifier(value, "conversation_id")


def test_numbers_name_field_value_and_range() -> None:
    assert values.number("4", "csat", 1, 5) == 4.0
    assert values.number("", "csat", 1, 5) is None
    for wrong in (11, "11", "good", True, [4]):
        with pytest.raises(ValueError, match=r"csat is .*, expected a number from 1 to 5"):
            values.number(wrong, "csat", 1, 5)


@pytest.mark.parametrize(
    ("word", "channel"),
    [
        ("Phone", "voice"),
        ("live chat", "chat"),
        ("E-Mail", "email"),
        ("Twitter", "social"),
        ("Fax", "fax"),
        (None, "unknown"),
    ],
)
def test_channels(word: str | None, channel: str) -> None:
    assert values.channel(word) == channel
