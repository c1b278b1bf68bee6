"""What is taken for the reason of a contact, and what is left out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textinsight.conversation import Conversation, Role, Turn
from textinsight.tag.issue import IssueConfig, tag_issue
from textinsight.tag.reading import read
from textinsight.tag.stating import stating_model, words_of


def issue_of(*said: str, most: int = 250) -> str:
    conversation = Conversation("c", tuple(Turn(Role.CUSTOMER, text) for text in said))
    found = tag_issue(read([conversation])[0], config=IssueConfig(most_characters=most))
    for tag in found.tags:
        assert tag.quote == conversation.turns[tag.turn].text[tag.start : tag.end] != ""
    return found.text


@pytest.mark.parametrize(
    ("said", "kept", "dropped"),
    [
        ("Good morning. I waited 40 minutes on hold. My kettle arrived broken. Bye", "kettle", "40 minutes"),
        ("hello this is ann it took twenty minutes until somebody answered i want to cancel my subscription",
         "cancel my subscription", "twenty minutes"),
        ("Subject: Wrong charger in the box\n\nDear team,\n\nI hope you can help me.", "Wrong charger", "hope"),
        ("I was double charged for my train ticket. No rush. Call me back in the evening.", "charged", "evening"),
    ],
)  # fmt: skip
def test_asides_are_left_out(said: str, kept: str, dropped: str) -> None:
    text = issue_of(said)
    assert kept in text
    assert dropped not in text


def test_the_reason_may_come_later() -> None:
    assert "reset my password" in issue_of("hi", "john smith", "i can't reset my password")


@pytest.mark.parametrize("said", ["", "hi", "thanks, bye", "ok"])
def test_nothing_stated(said: str) -> None:
    assert issue_of(said or ".") == ""


def test_the_length_is_bounded() -> None:
    text = issue_of("My modem is broken. " * 50, most=100)
    assert 0 < len(text) <= 100


def test_fillers_and_numbers_of_speech() -> None:
    found = [word.text for word in words_of("um i paid twenty five dollars uh on 3rd")]
    assert found == ["i", "paid", "0", "dollars", "on", "0"]


def test_statements_outweigh_asides() -> None:
    model = stating_model()
    assert model.score(["my", "parcel", "has", "not", "arrived"]) > 0 > model.score(["have", "a", "nice", "day"])


@pytest.mark.parametrize("wrong", [{"most_characters": 0}, {"first_turns": 0}, {"near": -1.0}])
def test_config_is_checked(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        IssueConfig(**wrong)


@given(st.lists(st.text(max_size=200), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_any_text_is_quoted_exactly(said: list[str]) -> None:
    assert len(issue_of(*[text or "." for text in said])) <= IssueConfig().most_characters
