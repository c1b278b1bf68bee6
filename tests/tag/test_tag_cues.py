from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textinsight.conversation import Conversation, Role, Turn
from textinsight.tag.cues import AGENT, CUSTOMER, WORDS
from textinsight.tag.scan import Cue, CueTable, Hit, belief, cue_labels, scan, tables
from textinsight.tag.words import fold, places, spoken

CUES = [*CUSTOMER, *AGENT]


@pytest.mark.parametrize("cue", CUES, ids=lambda cue: f"{cue.label}: {cue.example}")
def test_every_cue_fires_on_its_example(cue: Cue) -> None:
    assert CueTable([cue], WORDS).find(spoken(cue.example))


@pytest.mark.parametrize("cue", CUES, ids=lambda cue: f"{cue.label}: {cue.example}")
def test_every_cue_fires_without_case_or_punctuation(cue: Cue) -> None:
    heard = cue.example.upper().rstrip(".!")
    assert CueTable([cue], WORDS).find(spoken(heard))


def test_weights_are_probabilities() -> None:
    assert all(0 < cue.weight < 1 for cue in CUES)


@pytest.mark.parametrize(
    ("text", "label", "holds"),
    [
        ("I want to speak to a manager", "escalation", True),
        ("I don't want to speak to a manager", "escalation", False),
        ("i dont need to make a complaint", "escalation", False),
        ("if it isn't fixed I will leave you", "churn_risk", True),
        ("i want to cancle my subscription", "churn_risk", True),
        ("I need to cancel my flight", "churn_risk", False),
        ("please cancel the order", "churn_risk", False),
        ("I don’t want to cancel my account", "churn_risk", False),
        ("it works now", "confirms", True),
        ("it works now?", "confirms", False),
        ("I hope it works now", "confirms", False),
        ("that has not fixed it", "confirms", False),
        ("I called twice about this", "repeat_contact", True),
        ("I haven't contacted you before", "repeat_contact", False),
        ("this is the first time I call", "repeat_contact", False),
        ("i was on hold for an hour", "long_wait", True),
        ("please transfer the money to my savings", "transfer", False),
        ("I was transferred four times", "transfer", True),
    ],
)
def test_negation_condition_and_object_decide(text: str, label: str, holds: bool) -> None:
    found = belief(hit for hit in tables()[0].find(spoken(text)) if hit.label == label)
    assert (found >= 0.5) is holds


def test_sent_messages_count_only_before_the_agent_asks_for_them() -> None:
    sent = Turn(Role.CUSTOMER, "I sent you a message")
    ask = Turn(Role.AGENT, "Please DM us your details")
    labels = [[hit.label for hit in hits] for hits in _scan(sent, ask, sent)]
    assert "repeat_contact" in labels[0]
    assert "repeat_contact" not in labels[2]


def test_system_and_unknown_turns_carry_no_cues() -> None:
    text = "I want to speak to a manager"
    assert _scan(Turn(Role.SYSTEM, text), Turn(Role.UNKNOWN, text)) == ((), ())


def _scan(*turns: Turn) -> tuple[tuple[Hit, ...], ...]:
    conversation = Conversation("c", turns)
    return scan(conversation, [spoken(turn.text) for turn in turns])


def test_belief_is_noisy_or() -> None:
    assert belief([Hit("a", 0, 1, 0.5), Hit("a", 2, 3, 0.5)]) == 0.75
    assert belief([]) == 0.0


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_offsets_lie_in_the_text_and_folding_keeps_places(text: str) -> None:
    read = spoken(text)
    assert len(fold(text)) == len(text)
    assert len(places(read)) == len(read.words)
    for hit in tables()[0].find(read):
        assert 0 <= hit.start < hit.end <= len(text)


ADVERSARIAL = ("i have called ", "never ", "not ", "a ", "still ", "was been now just ", "waiting for the ", "on hold ")


@pytest.mark.parametrize("piece", ADVERSARIAL)
def test_patterns_stay_linear_on_repetition(piece: str) -> None:
    """A quadratic pattern would take seconds here; a linear one takes milliseconds."""
    text = piece * (30_000 // len(piece))
    for table in tables():
        for pattern in table.patterns:
            began = time.process_time()
            sum(1 for _ in pattern.finditer(text))
            assert time.process_time() - began < 0.25, pattern.pattern[:80]


def test_labels_of_a_text() -> None:
    assert cue_labels("still waiting for a reply to my email") == ("long_wait", "repeat_contact", "still_fails")


@pytest.mark.parametrize("piece", ["a", "!", "http://", "ab1 ", "@", "I called twice and still nothing. "])
def test_a_very_long_turn_is_read_at_once(piece: str) -> None:
    read = spoken(piece * (100_000 // len(piece)))
    began = time.process_time()
    for table in tables():
        table.find(read)
    assert time.process_time() - began < 1.0


def test_no_key_is_longer_than_what_is_looked_up() -> None:
    assert max(len(key) for cue in CUES for key in cue.keys.split()) <= 24
