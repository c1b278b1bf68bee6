from __future__ import annotations

from pathlib import Path

import pytest

from textinsight.conversation import Conversation, Role
from textinsight.ingest import Reject, read


def items(tmp_path: Path, text: str, name: str = "call7.vtt") -> list[Conversation | Reject]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return list(read(path))


def test_voices_make_turns(tmp_path: Path) -> None:
    (found,) = items(
        tmp_path,
        "\ufeffWEBVTT\n\nNOTE a note\n\n"
        "1\n00:01.000 --> 00:02.000\n<v Maria>How can I\n\n00:02.500 --> 00:03.000\n<v Maria>help you?\n\n"
        "00:04.000 --> 00:05.000 align:start\n<v.loud Tom>My <i>bill</i> is wrong</v> <v Maria>ok &amp; fine\n",
    )
    assert isinstance(found, Conversation)
    assert found.conversation_id == "call7"
    assert [(turn.role, turn.text, turn.offset_s) for turn in found.turns] == [
        (Role.AGENT, "How can I help you?", 1.0),
        (Role.CUSTOMER, "My bill is wrong", 4.0),
        (Role.AGENT, "ok & fine", 4.0),
    ]


def test_srt_with_names(tmp_path: Path) -> None:
    (found,) = items(
        tmp_path,
        "1\n00:00:01,000 --> 00:00:02,000\nAgent: hello\n\n2\n01:00:03,500 --> 01:00:04,000\nthere\n\n"
        "3\n01:00:05,000 --> 01:00:06,000\n- Customer: hi\n",
        "a.srt",
    )
    assert isinstance(found, Conversation)
    assert [(turn.role, turn.text, turn.offset_s) for turn in found.turns] == [
        (Role.AGENT, "hello\nthere", 1.0),
        (Role.CUSTOMER, "hi", 3605.0),
    ]


def test_without_speakers_cues_stay_apart_and_unknown(tmp_path: Path) -> None:
    (found,) = items(
        tmp_path,
        "WEBVTT\n\n00:01.000 --> 00:02.000\nall right\n\n00:03.000 --> 00:04.000\nI have a problem with my bill\n",
    )
    assert isinstance(found, Conversation)
    assert [(turn.role, turn.role_confidence < 1) for turn in found.turns] == [
        (Role.UNKNOWN, True),
        (Role.CUSTOMER, True),
    ]


@pytest.mark.parametrize("name", ["a.vtt", "a.txt"])
def test_a_missing_header_says_so(tmp_path: Path, name: str) -> None:
    (found,) = items(tmp_path, "00:01.000 --> 00:02.000\nhi\n", name)
    assert isinstance(found, Reject)
    assert "the first line must be WEBVTT" in found.reason


def test_a_header_alone_holds_nothing(tmp_path: Path) -> None:
    (found,) = items(tmp_path, "WEBVTT")
    assert isinstance(found, Reject)
    assert found.reason == "no cues with text"


def test_cues_with_broken_times_are_refused_one_by_one(tmp_path: Path) -> None:
    bad, worse, found = items(
        tmp_path,
        "1\n00:00:01,000 --> 00:00:02,000\nAgent: hi\n\n2\n00:00:03,000 -> 00:00:04,000\nlost\n\n3\nx --> y\nlost\n\n"
        "4\n00:00:05,000 --> 00:00:06,000\nCustomer: yo\n",
        "a.srt",
    )
    assert isinstance(bad, Reject)
    assert isinstance(worse, Reject)
    assert [bad.line, worse.line] == [6, 10]
    assert isinstance(found, Conversation)
    assert [turn.text for turn in found.turns] == ["hi", "yo"]


def test_a_file_of_broken_cues_only_is_refused_with_each(tmp_path: Path) -> None:
    found = items(
        tmp_path, "x --> 00:01.000\nlost\n\n00:00:0a,000 --> 00:01.000\nlost\n\n00:01.000 --> 00:02.000 \n", "a.vtt"
    )
    assert [item.line for item in found if isinstance(item, Reject)] == [1, 4, None]


def test_srt_by_content_whatever_its_name(tmp_path: Path) -> None:
    (found,) = items(tmp_path, "1\n00:00:01,000 --> 00:00:02,000\nAgent: hi\n", "a.vtt")
    assert isinstance(found, Conversation)
    assert found.turns[0].text == "hi"
