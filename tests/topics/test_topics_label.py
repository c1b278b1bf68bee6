"""Labels are the contacts' own words, readable and distinct."""

from __future__ import annotations

import numpy as np
import pytest

from textinsight.topics.label import name_groups, theme_name
from textinsight.topics.words import clauses, key_of, phrases, stem

CARD = ["My card hasn't arrived yet.", "the card has not arrived", "my new card hasn't arrived, where is it?"] * 3
REFUND = ["I was charged twice", "you charged me twice for one order", "I have been charged twice!"] * 3


def name(texts: list[str], group: list[int]) -> list[str]:
    n = len(texts)
    names = name_groups(texts, np.array(group), np.ones(n, np.int64), np.linspace(1, 0, n, dtype=np.float32))
    return [one.label for one in names]


def test_labels_keep_negation_and_word_order() -> None:
    assert name(CARD + REFUND, [0] * 9 + [1] * 9) == ["card hasn't arrived", "charged twice"]


def test_labels_are_distinct_though_texts_are_alike() -> None:
    labels = name(CARD + CARD, [0] * 9 + [1] * 9)
    assert len(set(labels)) == 2


def test_examples_are_the_nearest_texts() -> None:
    near = np.array([0.1, 0.9, 0.5, 0.7], np.float32)
    texts = ["lost card a", "lost card b", "lost card c", "lost card d"]
    one = name_groups(texts, np.zeros(4, np.int64), np.ones(4, np.int64), near)[0]
    assert one.examples == ("lost card b", "lost card d", "lost card c")


def test_a_text_often_said_is_the_example_and_the_name_where_no_phrase_is() -> None:
    # .9, .5 × √37 = 3.0 and .8: what most contacts say comes first.
    texts, near = ["???", "Other", "!!"], np.array([0.9, 0.5, 0.8], np.float32)
    one = name_groups(texts, np.zeros(3, np.int64), np.array([1, 37, 1]), near)[0]
    assert one.examples == ("Other", "???", "!!")
    assert one.label == "“Other”"


def test_group_without_words_still_has_a_name() -> None:
    assert name(["?? !!", "12345"], [0, 0]) == ["topic 1"]
    assert name(["カードが届きません"] * 9 + REFUND, [0] * 9 + [1] * 9)[0] == "カードが届きません"


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        (("refund",), "refund …"),
        (("refund", "late parcel"), "refund, late parcel"),
        (("refund", "late parcel", "lost parcel"), "refund, late parcel …"),
        (("transfer", "transferred", "top up", "top-up"), "transfer, top up …"),
        (("transfer", "transferred"), "transfer …"),
    ],
)
def test_a_theme_is_named_by_its_largest_topics(labels: tuple[str, ...], name: str) -> None:
    assert theme_name(labels) == name


def test_label_is_never_the_same_word_twice() -> None:
    texts = ["it works not", "that worked", "this is working", "work"] * 3
    assert name(texts + REFUND, [0] * 12 + [1] * 9)[0] in ("work", "works", "worked", "working")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I need to reset my password", {"reset", "password", "reset password"}),
        ("call me at 555-1234 or [EMAIL]", set()),
        ("", set()),
        ("top up", {"top", "top up"}),
    ],
)
def test_phrases(text: str, expected: set[str]) -> None:
    assert set(phrases(text).values()) == expected


@pytest.mark.parametrize(
    ("text", "said", "unsaid"),
    [
        ("the technician did not show up", "technician did not show up", "technician not show up"),
        ("why don't you have my marketing emails", "don't have marketing emails", "don't marketing emails"),
        ("my order has not been delivered", "order not delivered", "order has not delivered"),
        ("it does not work with my card", "does not work with card", "not work with card"),
        ("I don't want your emails", "don't want emails", "want emails"),
        ("a burrito although it is dressed", "burrito", "burrito although dressed"),
        ("man where's my internet", "internet", "man where's internet"),
        ("for my flight I need to check bags", "flight", "flight need to check"),
    ],
)
def test_labels_read_well(text: str, said: str, unsaid: str) -> None:
    assert said in phrases(text).values()
    assert unsaid not in phrases(text).values()


def test_one_key_for_what_is_not_done() -> None:
    keys = [set(phrases(text)) for text in ("card did not arrive", "card didn't arrive", "card has not arrived")]
    assert all("card not arriv" in some for some in keys)
    assert key_of("card did not arrive") == "card not arriv"


def test_phrases_do_not_cross_clauses() -> None:
    assert "card flight" not in phrases("lost card. flight late")
    assert [len(c) for c in clauses("a b c. " * 100)] == [3] * 26 + [2]  # 80 words are read


def test_stem_joins_inflections() -> None:
    assert stem("cards") == stem("card")
    assert stem("hasn't") == stem("not")
    assert stem("cancelled") == stem("cancelling")
    assert stem("address") == "address"
