from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textinsight.ingest import values
from textinsight.ingest.text import clean


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
