"""Identity keys: one spelling a person, nothing for placeholders, never stored in clear."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textinsight import ingest
from textinsight.conversation import Conversation
from textinsight.ingest.identity import account, email, keys, phone
from textinsight.ingest.redact import mask_conversation

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("spellings", "key"),
    [
        (["+1 (212) 555-0147", "212-555-0147", "tel:+12125550147", 2125550147, 12125550147.0], "2125550147"),
        (["+44 20 7946 0958", "020 7946 0958", "00442079460958"], "2079460958"),
        (["611223344", "+611223344"], "611223344"),
    ],
)
def test_a_number_is_one_however_it_is_dialled(spellings, key):
    assert {phone(s) for s in spellings} == {key}


@pytest.mark.parametrize("value", [None, "", "anonymous", "withheld", "4711", "0000000000", "9999999999", "n/a", True])
def test_what_is_no_number_is_no_key(value):
    assert phone(value) is None


def test_area_codes_tell_numbers_apart():
    assert phone("212 555 0147") != phone("312 555 0147")


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("Jane.Doe@Example.org", "jane.doe@example.org"),
        ("mailto:jane@x.io", "jane@x.io"),
        ("Jane Doe <jane@x.io>", "jane@x.io"),
        ("noreply@shop.com", None),
        ("jane at x.io", None),
        (12, None),
    ],
)
def test_addresses_have_one_spelling(value, key):
    assert email(value) == key


def test_accounts_have_one_spelling_and_placeholders_are_none():
    assert account("AC-00 417") == account("ac00417") == "ac00417"
    assert [account(v) for v in ("0000", "n/a", "12", None, 1.5)] == [None] * 5


def test_a_customer_id_that_is_an_address_or_number_is_a_key_too():
    assert keys("jane@x.io", None, None, None) == ("email:jane@x.io",)
    assert keys("+12125550147", None, None, "a417") == ("account:a417", "phone:2125550147")
    assert keys("c-1042", None, None, None) == ()


@given(st.one_of(st.none(), st.text(max_size=300), st.integers(), st.floats(), st.booleans(), st.lists(st.integers())))
def test_no_value_crashes(value):
    for read in (phone, email, account):
        assert read(value) is None or isinstance(read(value), str)


def conversations(tmp_path, rows, **mapping):
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return [c for c in ingest.read(path, mapping=mapping) if isinstance(c, Conversation)]


def test_columns_are_recognised_and_mapped(tmp_path):
    rows = [
        {"conversation_id": "1", "customer_id": "k1", "Phone Number": "+1 212 555 0147", "text": "hi"},
        {"conversation_id": "2", "text": "hi", "Reach": "jane@x.io"},
    ]
    found = conversations(tmp_path, rows, email="Reach")
    assert [c.identity_keys for c in found] == [("phone:2125550147",), ("email:jane@x.io",)]


def test_an_account_number_alone_is_still_the_customer_and_a_key(tmp_path):
    both = conversations(tmp_path, [{"conversation_id": "1", "account_number": "AC417", "text": "hi"}])
    assert (both[0].customer_id, both[0].identity_keys) == ("AC417", ("account:ac417",))


def test_an_agents_address_is_no_key(tmp_path):
    rows = [
        {"conversation_id": "1", "role": "agent", "email": "help@shop.com", "text": "Hello, how can I help?"},
        {"conversation_id": "1", "role": "customer", "email": "jane@x.io", "text": "My card is lost"},
    ]
    assert conversations(tmp_path, rows)[0].identity_keys == ("email:jane@x.io",)


def test_keys_leave_ingestion_as_pseudonyms_of_their_kind(tmp_path):
    row = {"conversation_id": "1", "phone": "2125550147", "account": "2125550147", "text": "hi"}
    masked, _ = mask_conversation(conversations(tmp_path, [row])[0], key=KEY)
    assert len(set(masked.identity_keys)) == 2
    assert all(k.startswith("p_") and "2125550147" not in k for k in masked.identity_keys)
    again, _ = mask_conversation(conversations(tmp_path, [row])[0], key=KEY)
    assert masked.identity_keys == again.identity_keys
