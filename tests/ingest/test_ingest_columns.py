from __future__ import annotations

import pytest

from textinsight.errors import InputError, UsageError
from textinsight.ingest.columns import FIELDS, bind, bind_turn, check_mapping, is_known, normal


@pytest.mark.parametrize(
    "name", ["conversation_id", "Conversation ID", "conversationId", " CONVERSATION-ID ", "conversation.id"]
)
def test_spellings_are_one(name: str) -> None:
    assert normal(name) == "conversation_id"
    assert bind([name]) == {"conversation_id": name}


def test_well_known_names() -> None:
    names = [
        "Call ID",
        "Client ID",
        "Agent Name",
        "Channel Type",
        "Brand",
        "Start Time",
        "End Time",
        "Lang",
        "CSAT Score",
        "Body",
    ]
    fields = [
        "conversation_id",
        "customer_id",
        "agent_id",
        "channel",
        "company",
        "started_at",
        "ended_at",
        "language",
        "csat",
        "text",
    ]
    assert bind(names) == dict(zip(fields, names, strict=True))


def test_the_first_of_several_names_wins() -> None:
    assert bind(["body", "text", "message"])["text"] == "text"
    assert bind(["author_id", "author", "role"]) == {"role": "role", "speaker_id": "author_id"}
    assert bind(["contact_id", "text"])["conversation_id"] == "contact_id"
    assert bind(["contact_id", "conversation_id"]) == {
        "conversation_id": "conversation_id",
        "customer_id": "contact_id",
    }


def test_keys_of_a_turn() -> None:
    assert bind_turn(("author_id", "role", "text")) == {"role": "role", "speaker_id": "author_id", "text": "text"}
    assert bind_turn(("name", "value")) == {"role": "name", "text": "value"}
    assert bind_turn(("speaker", "start_time", "utterance"))["offset_s"] == "start_time"


def test_a_mapping_wins_over_names_and_a_mapped_column_is_taken() -> None:
    assert bind(["text", "note"], {"text": "note"}) == {"text": "note"}
    assert bind(["user_id", "id"], {"agent_id": "user_id"}) == {"agent_id": "user_id", "id": "id"}


def test_wrong_mappings_name_what_there_is() -> None:
    with pytest.raises(UsageError) as caught:
        check_mapping({"words": "text"})
    assert "conversation_id" in caught.value.hint
    with pytest.raises(InputError) as missing:
        bind(["a", "b"], {"text": "c"})
    assert missing.value.hint == "the columns are 'a', 'b'"


def test_the_table_holds_normal_names_only_once_a_field() -> None:
    for names in FIELDS.values():
        assert len(set(names)) == len(names)
        assert all(is_known(name) for name in names)
        assert [name for name in names if name != "_id"] == [normal(name) for name in names if name != "_id"]
