"""What differs between contacts of one reason is taken off."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textinsight.topics import bare


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Hello, I was charged $45.20 twice", "i was charged twice"),
        ("um my bill of one hundred thirty nine dollars is wrong", "my bill is wrong"),
        ("order RE440696 never came", "order never came"),
        ("the flight on May 3rd was cancelled", "the flight was cancelled"),
        ("my name is Ann Lee I lost my card three days ago", "i lost my card"),
        ("@shop it broke on Monday", "it broke on"),
        ("one of my cards is missing", "one of my cards is missing"),
        ("can i pay later, may i?", "can i pay later, may i?"),
    ],
)
def test_what_is_left(text: str, left: str) -> None:
    words = bare(text).lstrip(" ,").split()
    assert " ".join(words) == left


def test_nothing_but_numbers_stays() -> None:
    assert bare("12 34") == "12 34"


def test_linear_time() -> None:
    started = time.process_time()
    bare("twenty one hundred and five " * 4000)
    assert time.process_time() - started < 1


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    assert len(bare(text)) <= len(text.lower()) + 1
