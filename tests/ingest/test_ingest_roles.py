from __future__ import annotations

import time

import pytest

from textinsight.conversation import Role
from textinsight.ingest.roles import _COMPILED, assign, known

C, A, B, S = Role.CUSTOMER, Role.AGENT, Role.BOT, Role.SYSTEM


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("customer", C), ("Customer 2", C), ("END_USER", C), ("endUser", C), ("caller", C), ("inbound", C), ("True", C),
        ("agent", A), ("AGENT_1", A), ("Rep", A), ("Customer Service", A), ("support agent", A), ("False", A),
        ("bot", B), ("IVR", B), ("virtual agent", B), ("AUTOMATED_AGENT", B), ("assistant", B),
        ("System", S), ("event", S),
    ],
)  # fmt: skip
def test_names_that_are_roles(label: str, role: Role) -> None:
    guess = known(label)
    assert guess is not None
    assert (guess.role, guess.confidence) == (role, 1.0)


@pytest.mark.parametrize(
    ("label", "role"), [("Maria (support)", A), ("Delta Customer Service Desk", A), ("Angry customer", C)]
)
def test_names_that_hold_a_role_are_a_little_less_sure(label: str, role: Role) -> None:
    guess = known(label)
    assert guess is not None
    assert (guess.role, guess.confidence) == (role, 0.9)


@pytest.mark.parametrize("label", ["Maria", "Speaker 1", "115712", "A", "sprintcare", "🙂", ""])
def test_names_that_are_none(label: str) -> None:
    assert known(label) is None


def test_speakers_are_told_by_what_they_say() -> None:
    labels = ["Speaker 1", "Speaker 2", "Speaker 1"]
    texts = ["Thanks for calling, how can I help you?", "My card was declined and I want my money back", "Let me check"]
    guesses = assign(labels, texts)
    assert [guess.role for guess in guesses] == [A, C, A]
    assert all(0.8 < guess.confidence < 1 for guess in guesses)


def test_company_handle_and_given_ids_settle_it() -> None:
    guesses = assign(["@Spring Air", "u7", "x9"], ["a", "b", "c"], company="springair", customer="u7", agent="x9")
    assert [(guess.role, guess.confidence) for guess in guesses] == [(A, 0.95), (C, 1.0), (A, 1.0)]


def test_beside_a_known_customer_others_are_agents() -> None:
    assert [guess.role for guess in assign(["customer", "Maria"], ["hi", "hello"])] == [C, A]


def test_beside_a_known_agent_the_other_is_the_customer() -> None:
    assert [guess.role for guess in assign(["agent", "Maria"], ["hello", "hi"])] == [A, C]


def test_a_conversation_never_fails_on_unseen_roles() -> None:
    guesses = assign(["martian", "zorg", "martian"], ["x", "y", "z"])
    assert {guess.role for guess in guesses} == {C, A}
    assert all(0.5 <= guess.confidence < 1 for guess in guesses)


def test_without_labels_only_clear_turns_get_a_role() -> None:
    guesses = assign([None, None, None], ["How may I help you today?", "ok", "I have a problem with my bill"])
    assert [guess.role for guess in guesses] == [A, Role.UNKNOWN, C]
    assert guesses[1].confidence == 0.0


def test_the_reader_may_say_what_an_unlabelled_turn_is() -> None:
    guesses = assign([None, None], ["ok", "yes"], unlabelled=C)
    assert [(guess.role, guess.confidence) for guess in guesses] == [(C, 0.5), (C, 0.5)]


def test_cues_take_linear_time() -> None:
    for unit in ("thank you so much for ", "i'm i am ", "my a ", "can you "):
        text = unit * (100_000 // len(unit))
        begin = time.process_time()
        for _, cue in _COMPILED:
            cue.search(text)
        assert time.process_time() - begin < 1.0
