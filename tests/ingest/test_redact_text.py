"""What mask_text masks and what it leaves; hand-written cases, properties and time limits."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textinsight.errors import UsageError
from textinsight.ingest.redact import Kind, RedactConfig, mask_text
from textinsight.ingest.redact.cards import luhn

MASKED = [
    ("write jane.doe+x@acme.co.uk.", "write [EMAIL]."),
    ("jane dot doe at gmail dot com", "[EMAIL]"),
    ("it's j doe underscore 7 at outlook dot co dot uk", "it's [EMAIL]"),
    ("my email is jane doe at acme dot com", "my email is [EMAIL]"),
    ("card 4111 1111-1111 1111", "card [CARD]"),
    ("four one one one, double one eleven 1111 one one one one", "[CARD]"),
    ("forty one eleven eleven eleven eleven eleven eleven eleven", "[CARD]"),
    ("my visa is 4111 1111 1111 1112", "my visa is [CARD]"),
    ("card number 4111111111111111, exp 09/25, cvv 123", "card number [CARD], exp [EXPIRY], cvv [CVV]"),
    ("4111-1111-1111-1111 09/25 123", "[CARD] [EXPIRY]"),
    ("the three digits on the back are nine eight seven", "the three digits on the back are [CVV]"),
    ("my pin is 3941 or 9503", "my pin is [PIN] or [PIN]"),
    ("the code you sent is 448812", "the code you sent is [PIN]"),
    ("call me on 07700 900123 or (555) 123-4567", "call me on [PHONE] or [PHONE]"),
    ("+44 20 7946 0958", "[PHONE]"),
    ("five five five oh one two double three nine nine", "[PHONE]"),
    ("account number 12345678 sort code 12-34-56", "account number [ACCOUNT] sort code [ACCOUNT]"),
    ("12345678 is my account number", "[ACCOUNT] is my account number"),
    ("my policy number is PX-448812", "my policy number is [ACCOUNT]"),
    ("GB82 WEST 1234 5698 7654 32 then", "[IBAN] then"),
    ("ssn 123-45-6789, NI AB 12 34 56 C", "ssn [SSN], NI [SSN]"),
    ("mcosta70 at example dot net", "[EMAIL]"),
    ("m costa seventy at example dot net", "[EMAIL]"),
    ("it's jane dot uh doe um at example dot er org", "it's [EMAIL]"),
    ("123, security code", "[CVV], security code"),
    ("448812 - the verification code", "[PIN] - the verification code"),
    ("my pin is 3941 or maybe 9503", "my pin is [PIN] or maybe [PIN]"),
    ("it was 7402 or 9503, my pin", "it was [PIN] or [PIN], my pin"),
    ("no signal on my line 0726668629", "no signal on my line [PHONE]"),
    ("please enter the code 425931", "please enter the code [PIN]"),
    ("date of birth 03/04/1985", "date of birth [DOB]"),
    ("born on march fourth nineteen eighty five", "born on [DOB]"),
]

KEPT = [
    "look at this dot",
    "look at amazon dot com",
    "i bought twenty at amazon dot com",
    "order 448812, account number below",
    "oh okay, one and the other one",
    "two or three of them, my account",
    "your reference is CS-116854",
    "order 448-2231",
    "flight BA 1234 at 10:30 on 2017-10-31 costs $1,234.56",
    "tracking 9400111899223197428490",
    "order 4111 1111 1111 1112 has not come",
    "I changed my pin in 2019",
    "card ending in 4242",
    "@115712 version 11.1.2",
    "I was charged 450000 on my account",
    "one or two things, twenty five dollars, oh well",
    "SR no 1137547480675 on 192.168.1.1",
    "twenty twenty five was a long year",
]


@pytest.mark.parametrize(("text", "expected"), MASKED)
def test_personal_data_is_masked(text, expected):
    assert mask_text(text).text == expected


@pytest.mark.parametrize("text", KEPT)
def test_innocent_numbers_stay(text):
    assert mask_text(text).text == text


def test_spans_and_counts_stand_in_the_masked_text():
    masked = mask_text("cvv 123 and mail a@b.com")
    assert [(masked.text[s:e], kind) for s, e, kind in masked.spans] == [
        ("[CVV]", Kind.CVV),
        ("[EMAIL]", Kind.EMAIL),
    ]
    assert masked.counts == {Kind.CVV: 1, Kind.EMAIL: 1}


def test_only_the_kinds_asked_for():
    config = RedactConfig(kinds=frozenset({Kind.EMAIL}))
    assert mask_text("a@b.com 4111111111111111", config=config).text == "[EMAIL] 4111111111111111"


def test_config_refuses_a_region_that_is_none():
    with pytest.raises(UsageError, match="usa"):
        RedactConfig(regions=("usa",))


PIECES = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.text("0123456789 -.,", max_size=24),
        st.sampled_from(
            [
                "card ",
                "cvv is ",
                "double ",
                "one ",
                "forty ",
                " at ",
                " dot com",
                "@",
                "[CARD]",
                "pin ",
                "GB82WEST",
                "4111 ",
                "account number ",
                "order ",
                "hundred ",
                "born ",
                "may 3 ",
                "exp ",
                "+44",
                "[",
                "]",
                "and ",
                "oh ",
            ]
        ),
    ),
    max_size=12,
).map("".join)
_STRING = re.compile(r"(?<![^\W_])\d(?:[ -]?\d){12,18}(?![ -]?\d)(?!\w)")


@given(PIECES)
@settings(max_examples=300, deadline=None)
def test_masking_is_idempotent_and_leaves_no_card(text):
    masked = mask_text(text)
    assert mask_text(masked.text) == masked
    for start, end, kind in masked.spans:
        assert masked.text[start:end] == kind.placeholder
    for match in _STRING.finditer(masked.text):
        before = masked.text[max(0, match.start() - 2) : match.start()]
        digits = "".join(str(int(char)) for char in match[0] if char.isdigit())
        assert re.search(r"\d[ -]?$", before) or not luhn(digits)


LONG = {
    "digits": "1" * 100_000,
    "spoken": "one " * 25_000,
    "signs": "@" * 100_000,
    "spaces": " " * 100_000,
    "dots": "." * 100_000,
    "spaced dots": " ." * 50_000,
    "half addresses": "a@" * 50_000,
    "half spoken addresses": "x at a dot " * 9_000,
    "cues": "card is " * 12_500,
    "brackets": "[" * 100_000,
    "security codes": "cvv 123 " * 12_500,
    "pins": "pin 1234 or " * 8_300,
    "single digits": "4 " * 50_000,
    "half ibans": "GB82 " * 20_000,
    "sighs": "oh ok " * 16_000,
    "births": "born on may 3 1980 " * 5_200,
}


LIMIT = 12  # times the yardstick; quadratic work takes a hundred times as long


@pytest.mark.parametrize("name", LONG)
def test_time_is_linear_on_hostile_text(name):
    text = LONG[name]
    best = min(_seconds(lambda: mask_text(text)) / _seconds(_yardstick) for _ in range(3))
    assert best < LIMIT, f"{name}: {best:.1f} times the yardstick for {len(text)} characters"


def _yardstick():
    """Plain work that a busy or slow machine slows down as much: 50 ms on a quiet one."""
    return sum(i * i for i in range(1_000_000))


def _seconds(work):
    start = time.process_time()
    work()
    return time.process_time() - start
