"""Masking over turns, and pseudonyms of ids."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textinsight.conversation import Conversation, Role, Turn
from textinsight.errors import UsageError
from textinsight.ingest.redact import Kind, mask_conversation, pseudonym

KEY = b"0123456789abcdef"


def masked(*lines, **ids):
    """Lines start with "a:" or "c:"; gives back the masked texts and counts."""
    roles = {"a": Role.AGENT, "c": Role.CUSTOMER}
    turns = tuple(Turn(roles[line[0]], line[2:].strip()) for line in lines)
    conversation, counts = mask_conversation(Conversation("c1", turns, **ids), key=KEY)
    return [turn.text for turn in conversation.turns], counts


def test_a_card_read_out_over_turns_with_the_agents_okay_between():
    texts, counts = masked("c: it's 4111 1111", "a: okay, go ahead", "c: one one one one", "a: mm-hm", "c: and 1111")
    assert texts == ["it's [CARD]", "okay, go ahead", "[CARD]", "mm-hm", "and [CARD]"]
    assert counts == {Kind.CARD: 3}


def test_a_misheard_card_is_masked_if_it_was_asked_for():
    texts, _ = masked("a: What's your card number?", "c: 4111 1111", "a: yes", "c: 1111 1112")
    assert texts[1::2] == ["[CARD]", "[CARD]"]


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("And the three digits on the back?", "it's one two three", "it's [CVV]"),
        ("Can I have your date of birth?", "03 04 1985", "[DOB]"),
        ("Could you give me your date of birth please?", "the fifth of june nineteen eighty", "the [DOB]"),
        ("What is your account number?", "sure, 12345678", "sure, [ACCOUNT]"),
        ("What's the expiry date?", "oh nine twenty five", "[EXPIRY]"),
        ("Please tell me your email", "jane doe at acme dot com", "[EMAIL]"),
        ("Your PIN as well please", "3100", "[PIN]"),
        ("Can I get your order number?", "4482231", "4482231"),
        ("What is your PIN?", "I am missing over 3,000 credits", "I am missing over 3,000 credits"),
    ],
)
def test_the_question_says_what_bare_digits_are(question, answer, expected):
    assert masked(f"a: {question}", f"c: {answer}")[0][1] == expected


def test_a_question_stays_open_while_the_customer_looks():
    texts, _ = masked("a: the security code?", "c: hang on", "a: take your time", "c: it's 987")
    assert texts[3] == "it's [CVV]"


def test_masking_again_changes_nothing():
    first, _ = masked("a: card number and cvv?", "c: 4111 1111", "a: ok", "c: 1111 1111 then 123")
    assert masked(f"a: {first[0]}", f"c: {first[1]}", f"a: {first[2]}", f"c: {first[3]}")[0] == first
    assert "1111" not in " ".join(first)
    assert "123" not in first[3]


@pytest.mark.parametrize("value", ["cust000147", "115712", "714682ad-f218-f762-7605-00e7c4baee47", "agent19"])
def test_opaque_ids_stay(value):
    turns = (Turn(Role.CUSTOMER, "hello"),)
    conversation, _ = mask_conversation(Conversation(value, turns, customer_id=value, agent_id=value), key=KEY)
    assert (conversation.conversation_id, conversation.customer_id, conversation.agent_id) == (value, value, value)


@pytest.mark.parametrize(
    "value", ["Jane@Doe.com", "+1 (202) 555-0123", "tel:+442079460958", "4111 1111 1111 1111", "Jane Doe", "jane.doe"]
)
def test_personal_ids_become_pseudonyms(value):
    turns = (Turn(Role.CUSTOMER, "hello"),)
    conversation, _ = mask_conversation(Conversation("c1", turns, customer_id=value), key=KEY)
    assert conversation.customer_id == pseudonym(value, key=KEY)
    assert len(conversation.customer_id) == 22
    assert conversation.customer_id.startswith("p_")


def test_pseudonyms_ignore_spelling_but_not_the_key():
    assert pseudonym("Jane@Doe.com", key=KEY) == pseudonym(" jane@doe.com", key=KEY)
    assert pseudonym("+1 202 555 0123", key=KEY) == pseudonym("12025550123", key=KEY)
    assert pseudonym("jane@doe.com", key=KEY) != pseudonym("jane@doe.com", key=KEY[::-1])


def test_a_short_key_is_refused():
    with pytest.raises(UsageError, match="16 bytes, got 3"):
        pseudonym("jane@doe.com", key=b"abc")


def test_channel_and_company_are_masked_as_text():
    turns = (Turn(Role.CUSTOMER, "hello"),)
    conversation, _ = mask_conversation(
        Conversation("c1", turns, channel="sms +442079460958", company="a@b.com"), key=KEY
    )
    assert (conversation.channel, conversation.company) == ("sms [PHONE]", "[EMAIL]")


SAID = st.lists(
    st.sampled_from(
        [
            "4111 1111",
            "1111",
            "one two three",
            "card number?",
            "cvv?",
            "okay",
            "my pin is",
            "order 12345",
            "what is your",
            "date of birth?",
            "0925",
            "account number?",
            "555 123",
            "4567",
            "jane at gmail dot com",
            "[CARD]",
            "€",
            "oh",
        ]
    ),
    max_size=3,
).map(" ".join)


@given(st.lists(st.tuples(st.sampled_from(list(Role)), SAID), min_size=1, max_size=8))
@settings(max_examples=200, deadline=None)
def test_masking_a_conversation_is_idempotent(lines):
    turns = tuple(Turn(role, text) for role, text in lines)
    once, counts = mask_conversation(Conversation("c1", turns), key=KEY)
    assert mask_conversation(once, key=KEY) == (once, counts)
