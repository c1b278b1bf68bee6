"""Templates, spoken numbers, styles and personal data."""

from __future__ import annotations

import re
from random import Random

import pytest

from textinsight.errors import UsageError
from textinsight.synth import SynthConfig, generate
from textinsight.synth.facts import CARDS
from textinsight.synth.numbers import digits, spoken, words
from textinsight.synth.style import bursts, transcribed, typed
from textinsight.synth.template import parse, render


def luhn(number: str) -> bool:
    total = 0
    for i, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + i % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def test_every_card_number_passes_the_check_digit():
    assert all(luhn(card) for card in CARDS)
    assert not luhn("4111111111111112")


def test_templates_draw_alternatives_and_fill_facts():
    template = parse("I [want|[need|seek]] {thing}[ now|].")
    got = {render(template, Random(seed).random, lambda name: name.upper()) for seed in range(60)}
    assert got == {f"I {verb} THING{tail}." for verb in ("want", "need", "seek") for tail in (" now", "")}


@pytest.mark.parametrize("broken", ["a [b|c", "a {b", "a] b"])
def test_broken_templates_are_refused(broken):
    with pytest.raises(UsageError):
        parse(broken)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$42.50 at 10:05", "forty two dollars and fifty cents at ten oh five"),
        ("on the 21st and 30th", "on the twenty first and thirtieth"),
        ("15% of 300", "fifteen percent of three hundred"),
        ("(206) 555-0136", "(two oh six five five five oh one three six"),
        ("ends in 1804, 1800 points", "ends in one eight oh four, one thousand eight hundred points"),
        ("case TE-5031", "case TE-five oh three one"),
    ],
)
def test_numbers_in_words(text, expected):
    assert spoken(text) == expected


def test_words_and_digits():
    assert words(21_019) == "twenty one thousand nineteen"
    assert digits("0 40") == "zero four oh"


def test_transcribed_speech_has_neither_marks_nor_capitals():
    style = transcribed(in_words=True, halting=0.0)
    assert style("Yes, it's ANN.lee@example.com!", Random(1)) == "yes it's ann dot lee at example dot com"


def test_transcribed_figures_keep_their_marks():
    style = transcribed(in_words=False, halting=0.0)
    assert style("It is $11.50 at 10:40. Yes.", Random(1)) == "it is $11.50 at 10:40 yes"


def test_careful_typing_is_left_alone_and_addresses_always():
    text = "Please write to Ann.Lee@example.com today."
    assert typed(0.0)(text, Random(1)) == text
    assert all("Ann.Lee@example.com" in typed(1.0)(text, Random(seed)) for seed in range(30))


def test_bursts_lose_nothing():
    text = "One. Two! Three? Four."
    assert all(" ".join(bursts(text, Random(seed))) == text for seed in range(20))


def test_personal_data_is_invented_and_counted():
    """Typed addresses and phone numbers found in the text of chats are those the truth counts."""
    email = re.compile(r"[\w.]+@example\.(?:com|org|net)")
    phone = re.compile(r"(?:\+1 )?\(?\d{3}\)?[ -]555[ -]01\d\d")
    seen = 0
    for contact in generate(SynthConfig(contacts=860, seed=3, order="customer")):
        if contact.conversation.channel == "voice":
            continue
        text = "\n".join(turn.text for turn in contact.conversation.turns)
        assert len(email.findall(text)) == contact.personal[0]
        assert len(phone.findall(text)) == contact.personal[1]
        assert text.count("@") - text.count("@TellumoHelp") - text.count("@MarlowQuay") == contact.personal[
            0
        ] + text.count("@wickerby") + text.count("@aureviaair")
        seen += contact.n_personal
    assert seen > 100
