from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from textinsight.conversation import Conversation, Role
from textinsight.ingest import Reject, read
from textinsight.ingest.speech import is_dialogue, split_label, utterances


def one(tmp_path: Path, text: str, name: str = "call7.txt") -> Conversation:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    (found,) = read(path)
    assert isinstance(found, Conversation)
    return found


def test_one_file_is_one_conversation_named_after_it(tmp_path: Path) -> None:
    found = one(
        tmp_path, "Agent: Hello\nand welcome\n\nCustomer: Hi, note: my bill is wrong\nAgent: https://x.example\n"
    )
    assert found.conversation_id == "call7"
    assert [(turn.role, turn.text) for turn in found.turns] == [
        (Role.AGENT, "Hello\nand welcome"),
        (Role.CUSTOMER, "Hi, note: my bill is wrong"),
        (Role.AGENT, "https://x.example"),
    ]
    assert found.turns[0].offset_s is None


@pytest.mark.parametrize(
    "line", ["[00:01:02] Agent: hi", "00:01:02 Agent: hi", "(01:02) Agent: hi", "Agent [00:01:02]: hi",
     "[00:01:02]Agent: hi",
             "[00:01:02] **Agent:** hi", "00:01:02 - Agent: hi", "[Agent]: hi"]
)  # fmt: skip
def test_ways_to_write_a_turn(line: str) -> None:
    (found,) = utterances([line])
    assert (found.label, found.text) == ("Agent", "hi")
    assert found.when in ("00:01:02", "01:02", "")


def test_times_of_day_give_the_start(tmp_path: Path) -> None:
    found = one(tmp_path, "[2024-05-31 10:00:00] Customer: hi\n[2024-05-31 10:00:30] Agent: hello\n")
    assert found.started_at == datetime(2024, 5, 31, 10, tzinfo=UTC)
    assert [turn.offset_s for turn in found.turns] == [0.0, 30.0]
    assert found.ended_at == datetime(2024, 5, 31, 10, 0, 30, tzinfo=UTC)


def test_several_conversations_with_headings_rules_and_facts(tmp_path: Path) -> None:
    path = tmp_path / "day.txt"
    path.write_text(
        "Conversation: c1\nCustomer ID: u7\nDate: 2024-05-31\nChannel: Phone\n-----\n[00:01] Agent: hi\nCustomer: yo\n"
        "=====\nMaria: my card does not work\nTom: how can I help you?\nMaria: I want my money\n"
        "--- Call 12 ---\nAgent: hi\n***\nprose without speakers\n"
    )
    first, second, third, prose = read(path)
    assert isinstance(first, Conversation)
    assert isinstance(second, Conversation)
    assert isinstance(third, Conversation)
    assert (first.conversation_id, first.customer_id, first.channel) == ("c1", "u7", "voice")
    assert first.started_at == datetime(2024, 5, 31, tzinfo=UTC)
    assert (second.conversation_id, [turn.role for turn in second.turns]) == (
        "day-2", [Role.CUSTOMER, Role.AGENT, Role.CUSTOMER])  # fmt: skip
    assert (third.conversation_id, third.source_line) == ("12", 12)
    assert isinstance(prose, Reject)
    assert (prose.line, prose.excerpt) == (15, "prose without speakers")


def test_unknown_speakers_are_kept_apart(tmp_path: Path) -> None:
    found = one(tmp_path, "Speaker 1: Thanks for calling, how can I help?\nSpeaker 2: I have a problem with my bill\n")
    assert [turn.role for turn in found.turns] == [Role.AGENT, Role.CUSTOMER]
    assert all(turn.role_confidence < 1 for turn in found.turns)


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("Agent: hi\nCustomer: yo", True),
        ("A: hi\nB: yo\nA: so\nB: no", True),
        ("My router is broken.\nModel: X1\nStatus: red", False),
        ("Note: hi\nStatus: yo", False),
        ("Agent: hi", False),
        ("My agent said:\nAgent: no\nCustomer: why", False),
    ],
)
def test_which_cells_are_dialogues(text: str, yes: bool) -> None:
    assert is_dialogue(text) is yes


def test_split_label() -> None:
    assert split_label("Agent: hi") == ("Agent", "hi")
    assert split_label("Subject: hi") == (None, "Subject: hi")


@pytest.mark.parametrize("unit", ["a", " ", "[", "a ", "1:", "(a", "*", "[00:00:00] ", "a:"])
def test_lines_are_split_in_linear_time(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    begin = time.process_time()
    utterances([text, text + ":"])
    assert time.process_time() - begin < 0.5
