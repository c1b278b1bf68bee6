"""What an answer to a question for a number masks, and the ordinary words that it leaves."""

from __future__ import annotations

import pytest

from textinsight.conversation import Conversation, Role, Turn
from textinsight.ingest.redact import mask_conversation


def texts(*lines):
    """Lines start with "a:" or "c:"; gives back the masked texts."""
    roles = {"a": Role.AGENT, "c": Role.CUSTOMER}
    turns = tuple(Turn(roles[line[0]], line[2:].strip()) for line in lines)
    conversation, _ = mask_conversation(Conversation("c1", turns), key=b"0123456789abcdef")
    return [turn.text for turn in conversation.turns]


NUMBERS = {
    "phone": ("what is your phone number", "three one two five five five oh one four five"),
    "account": ("what is your account number", "six eight nine four eight three eight"),
    "card": ("can you read me the card number", "4111 1111 1111 1111"),
    "pin": ("and your pin please", "3 1 0 0"),
}
WORDS = [
    "oh okay",
    "oh oh",
    "oh, okay so one moment",
    "yes that one",
    "the new one",
    "No, just the one",
    "five years",
    "double the price",
    "to me or for me too",
    "one the night before one in the morning",
    "the new one station avenue",
]


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("words", WORDS)
def test_words_after_a_number_are_no_part_of_it(kind, words):
    question, answer = NUMBERS[kind]
    masked = texts(f"a: {question}", f"c: {answer}", "a: thank you, which one is it", f"c: {words}")
    assert masked[1] == f"[{kind.upper()}]"
    assert masked[3] == words


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("words", WORDS)
def test_words_in_place_of_a_number_stay(kind, words):
    assert texts(f"a: {NUMBERS[kind][0]}", f"c: {words}")[1] == words


@pytest.mark.parametrize("pause", ["um", "you know", "i mean", "er uh", "like"])
def test_hesitation_does_not_part_a_number(pause):
    assert texts("a: a contact number please", f"c: my number is 212 555 {pause} 0132")[1] == "my number is [PHONE]"
    assert texts("a: the phone number", f"c: six one {pause} seven five five five oh one three nine")[1] == "[PHONE]"


def test_an_account_asked_for_may_look_like_a_phone_number():
    assert texts("a: can I have your account number", "c: 2125550132")[1] == "[ACCOUNT]"
    assert texts("a: your account number or phone number?", "c: 2125550132")[1] == "[PHONE]"
    assert texts("a: your account number?", "c: +12125550132")[1] == "[PHONE]"


def test_a_label_is_a_question():
    assert texts("a: Account number and pin", "c: 95381901")[1] == "[ACCOUNT]"
    assert texts("a: which email did you register with", "c: janedoe at acme dot net")[1] == "[EMAIL]"


def test_a_number_goes_on_after_a_pause_in_words():
    masked = texts(
        "a: the account number?", "c: it starts with six four nine oh two", "a: go on", "c: and i mean then seven six"
    )
    assert masked[1::2] == ["it starts with [ACCOUNT]", "and i mean then [ACCOUNT]"]


def test_one_digit_alone_goes_on_only_by_itself():
    card = ("a: card number?", "c: 4111 1111 1111 111", "a: and the last digit?")
    assert texts(*card, "c: one")[1::2] == ["[CARD]", "[CARD]"]
    assert texts(*card, "c: the new one")[3] == "the new one"


def test_the_last_four_digits_start_no_number():
    masked = texts("c: it ends in 5100", "a: the card number?", "c: 5105 1051", "a: yes", "c: then 0510 5100")
    assert masked[::2] == ["it ends in 5100", "[CARD]", "then [CARD]"]


def test_another_question_ends_a_number():
    masked = texts("a: account number and pin?", "c: 95381901", "a: and your pin as well please", "c: 9431")
    assert masked[1::2] == ["[ACCOUNT]", "[PIN]"]


def test_a_balance_is_no_pin():
    lines = ("a: what is your pin?", "c: 3100", "a: Your balance is 3601 in credit.")
    assert texts(*lines, "c: 3601")[3] == "3601"
    assert texts("a: what is your pin?", "c: i should have 1200")[1] == "i should have 1200"
    assert texts("a: what is your pin?", "c: 1200 left")[1] == "1200 left"
    assert texts("a: what is your pin?", "c: it's 1200 i think")[1] == "it's [PIN] i think"


def test_a_flight_ticket_is_no_card():
    assert texts("a: which card did you pay with?", "c: 1255683543118")[1] == "1255683543118"
    assert texts("a: the card number?", "c: 8005550199, 247")[1] == "[PHONE], 247"


def test_many_sighs_take_no_time_and_no_depth():
    assert texts("c: " + "oh okay " * 5_000)[0] == ("oh okay " * 5_000).strip()
