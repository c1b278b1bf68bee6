from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textinsight.conversation import Conversation, Role
from textinsight.errors import InputError, UsageError
from textinsight.ingest import Limits, Reject, read
from textinsight.ingest.replies import chains
from textinsight.ingest.sessions import SessionConfig, split

NOON = datetime(2024, 5, 31, 12, tzinfo=UTC)
HI = [{"role": "customer", "text": "hi"}]


def items(tmp_path: Path, *records: dict[str, object], limits: Limits | None = None) -> list[Conversation | Reject]:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return list(read(path, limits=limits))


def one(tmp_path: Path, **record: object) -> Conversation:
    (found,) = items(tmp_path, record)
    assert isinstance(found, Conversation), found
    return found


def reason(tmp_path: Path, limits: Limits | None = None, **record: object) -> str:
    (found,) = items(tmp_path, record, limits=limits)
    assert isinstance(found, Reject), found
    return found.reason


def test_every_fact_of_a_row(tmp_path: Path) -> None:
    found = one(
        tmp_path, call_id=5, customer_id="u1", agent_id="a1", channel="Phone", company="Acme", language="en",
        started_at_unix=NOON.timestamp(), duration_s=90, customer_since="2024-05-01", csat="4", nps=10, ces=2, turns=HI,
    )  # fmt: skip
    assert (found.conversation_id, found.customer_id, found.agent_id, found.channel) == ("5", "u1", "a1", "voice")
    assert (found.company, found.language, found.started_at) == ("Acme", "en", NOON)
    assert found.ended_at == NOON + timedelta(seconds=90)
    assert found.tenure_days == 30.5
    assert (found.survey.csat, found.survey.nps, found.survey.ces) == (4.0, 10.0, 2.0)
    assert found.source_line == 1


def test_absent_is_none(tmp_path: Path) -> None:
    found = one(tmp_path, id="x", turns=HI, customer_id="", csat=None, started_at=None)
    assert (found.customer_id, found.survey.csat, found.started_at, found.ended_at) == (None, None, None, None)
    assert (found.channel, found.turns[0].offset_s) == ("unknown", None)


def test_text_alone_is_one_customer_turn(tmp_path: Path) -> None:
    (turn,) = one(tmp_path, id="x", text="my bill is wrong").turns
    assert (turn.role, turn.role_confidence) == (Role.CUSTOMER, 1.0)


def test_text_that_is_a_dialogue_has_its_turns(tmp_path: Path) -> None:
    found = one(tmp_path, id="x", transcript="Agent: hi\nCustomer: yo\nplease")
    assert [(turn.role, turn.text) for turn in found.turns] == [(Role.AGENT, "hi"), (Role.CUSTOMER, "yo\nplease")]


@pytest.mark.parametrize(
    "turns",
    [
        [["agent", "hi"], ["customer", "yo"]],
        ["Agent: hi", "Customer: yo"],
        [{"speaker": "Agent 1", "message": "hi"}, {"speaker": "Customer", "message": "yo"}],
        [{"author": {"type": "admin"}, "body": "hi"}, {"author": {"type": "user"}, "body": "yo"}],
        [{"role": "agent", "content": [{"type": "text", "text": "hi"}]}, {"role": "user", "content": {"text": "yo"}}],
        [{"ParticipantRole": "AGENT", "Content": "hi"}, {"ParticipantRole": "CUSTOMER", "Content": "yo"}],
        '[{"role": "agent", "text": "hi"}, {"role": "customer", "text": "yo"}]',
        [{"role": "customer", "text": "yo", "offset_s": 9}, {"role": "agent", "text": "hi", "offset_s": 1}],
        [{"role": "customer", "text": "yo", "created_at": "2024-05-31T12:01Z"},
         {"role": "agent", "text": "hi", "created_at": "2024-05-31T12:00Z"}],
        [{"role": "agent", "text": "hi"}, {"role": "agent", "text": " "}, {"role": "customer", "text": "yo"}],
    ],
)  # fmt: skip
def test_shapes_of_turns(tmp_path: Path, turns: object) -> None:
    found = one(tmp_path, id="x", turns=turns)
    assert [(turn.role, turn.text) for turn in found.turns] == [(Role.AGENT, "hi"), (Role.CUSTOMER, "yo")]


def test_times_of_turns_give_start_offsets_and_end(tmp_path: Path) -> None:
    turns = [{"role": "customer", "text": "a", "timestamp": NOON.timestamp() + s} for s in (60, 0)]
    found = one(tmp_path, id="x", turns=turns)
    assert (found.started_at, found.ended_at) == (NOON, NOON + timedelta(seconds=60))
    assert [turn.offset_s for turn in found.turns] == [0.0, 60.0]


def test_clock_and_millisecond_offsets(tmp_path: Path) -> None:
    found = one(tmp_path, id="x", turns=[{"text": "a", "start": "00:00:02"}, {"text": "b", "start_ms": 2500}])
    assert [turn.offset_s for turn in found.turns] == [2.0, 2.5]


def test_named_seconds_may_be_many_and_a_bare_start_may_be_a_time(tmp_path: Path) -> None:
    slow = one(
        tmp_path, id="x", started_at=NOON.isoformat(), turns=[*HI, {"role": "agent", "text": "b", "offset_s": 3e6}]
    )
    assert slow.turns[1].offset_s == 3e6
    timed = one(tmp_path, id="x", turns=[{"role": "agent", "text": "b", "start": NOON.isoformat()}])
    assert (timed.started_at, timed.turns[0].offset_s) == (NOON, 0.0)


def test_who_speaks_may_be_told_by_ids(tmp_path: Path) -> None:
    turns = [{"role": "customer", "author_id": "u1", "text": "a"}, {"role": "agent", "author_id": "a1", "text": "b"}]
    found = one(tmp_path, id="x", turns=turns)
    assert (found.customer_id, found.agent_id) == ("u1", "a1")
    found = one(
        tmp_path,
        id="x",
        customer_id="u1",
        company="Acme",
        turns=[{"author_id": "u1", "text": "a"}, {"author_id": "ACME", "text": "b"}],
    )
    assert [turn.role for turn in found.turns] == [Role.CUSTOMER, Role.AGENT]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"csat": 11}, "csat is 11, expected a number from 1 to 5"),
        ({"nps": "often"}, "nps is 'often', expected a number from 0 to 10"),
        ({"started_at": "2150-01-01"}, "started_at: the year 2150 lies outside 1970..2100"),
        ({"started_at": "soon"}, "started_at: 'soon' is no time"),
        ({"started_at": "2024-05-02", "ended_at": "2024-05-01"}, "lies before started_at"),
        ({"duration_s": -1}, "duration_s is -1"),
        ({"customer_since": "2025-01-01", "started_at": "2024-01-01"}, "lies after the contact"),
        ({"conversation_id": ["x"]}, "conversation_id is ['x'], expected text or a number"),
        ({"turns": []}, "no text in any turn"),
        ({"turns": None}, "no text"),
        ({"turns": {"a": 1}}, "turns is a dict"),
        ({"turns": [1]}, "turn 0 is a int"),
        ({"turns": [{"role": "agent"}]}, "turn 0: no text; it has role"),
        ({"turns": [{"text": "a", "offset_s": -3}]}, "turn 0: its offset is -3 s, expected 0 to"),
        ({"turns": [{"text": "a", "created_at": "soon"}]}, "turn 0: created_at: 'soon'"),
        ({"turns": [{"text": "a" * 1000}]}, "turn 0 has 1,000 characters, expected at most 100"),
        ({"turns": HI * 9}, "9 turns, expected at most 8"),
    ],
)
def test_what_is_refused_says_field_value_and_range(tmp_path: Path, record: dict[str, object], expected: str) -> None:
    limits = Limits(max_turn_chars=100, max_turns=8)
    assert expected in reason(tmp_path, limits, **{"conversation_id": "c", "turns": HI, **record})


def test_ids_for_rows_without_one_are_stable_and_differ(tmp_path: Path) -> None:
    records = [{"text": "a"}, {"text": "b"}, {"text": "a"}]
    first = [item.conversation_id for item in items(tmp_path, *records) if isinstance(item, Conversation)]
    again = [item.conversation_id for item in items(tmp_path, *records) if isinstance(item, Conversation)]
    assert first == again
    assert len(set(first)) == 3
    assert all(name.startswith("auto-") and len(name) == 21 for name in first)


def test_rows_of_messages_are_grouped_though_interleaved(tmp_path: Path) -> None:
    def row(name: str, role: str, text: str, minute: int) -> dict[str, object]:
        time = (NOON + timedelta(minutes=minute)).isoformat()
        return {"conversation_id": name, "role": role, "text": text, "created_at": time, "user_id": f"{role}{name}"}

    a, b = items(tmp_path, row("A", "agent", "2", 2), row("B", "customer", "x", 0), row("A", "customer", "1", 1))
    assert isinstance(a, Conversation)
    assert isinstance(b, Conversation)
    assert [(turn.text, turn.offset_s) for turn in a.turns] == [("1", 0.0), ("2", 60.0)]
    assert (a.conversation_id, a.customer_id, a.started_at) == ("A", "customerA", NOON + timedelta(minutes=1))
    assert (b.conversation_id, a.source_line, b.source_line) == ("B", 1, 2)


def test_message_rows_in_equal_rows_out(tmp_path: Path) -> None:
    good = [{"conversation_id": "A", "role": "agent", "text": str(i), "date": "2024-05-31"} for i in range(5)]
    bad = [
        {"conversation_id": "A", "role": "agent", "text": "", "date": "2024-05-31"},
        {"conversation_id": None, "role": "agent", "text": "whose?", "date": "2024-05-31"},
        {"conversation_id": "B", "role": "customer", "text": "when?", "date": "soon"},
        {"conversation_id": "C", "role": "customer", "text": "how?", "date": "2024-05-31", "csat": 9},
    ]
    found = items(tmp_path, *good, *bad)
    stored = [item for item in found if isinstance(item, Conversation)]
    refused = [item for item in found if isinstance(item, Reject)]
    assert sum(len(item.turns) for item in stored) + len(refused) == len(good) + len(bad)
    assert [item.line for item in refused] == [6, 7, 8, 9]


def test_a_refused_group_refuses_each_of_its_rows(tmp_path: Path) -> None:
    rows = [{"conversation_id": "A", "role": "agent", "text": "x"}] * 3
    found = items(tmp_path, *rows, limits=Limits(max_turns=2))
    assert [item.line for item in found if isinstance(item, Reject)] == [1, 2, 3]


def test_messages_of_a_customer_become_sessions(tmp_path: Path) -> None:
    def row(customer: str, hours: float) -> dict[str, object]:
        return {
            "customer_id": customer,
            "speaker": "user",
            "message": "x",
            "time": (NOON + timedelta(hours=hours)).isoformat(),
        }

    found = items(tmp_path, row("u1", 30), row("u1", 0), row("u2", 1), row("u1", 5))
    assert [(c.customer_id, len(c.turns), c.started_at) for c in found if isinstance(c, Conversation)] == [
        ("u1", 2, NOON),
        ("u1", 1, NOON + timedelta(hours=30)),
        ("u2", 1, NOON + timedelta(hours=1)),
    ]
    assert len({c.conversation_id for c in found if isinstance(c, Conversation)}) == 3


def test_messages_hang_together_by_replies(tmp_path: Path) -> None:
    def row(own: int, answers: object, author: str, inbound: bool, minute: int) -> dict[str, object]:
        time = (NOON + timedelta(minutes=minute)).strftime("%a %b %d %H:%M:%S +0000 %Y")
        return {"tweet_id": own, "author_id": author, "inbound": inbound, "created_at": time, "text": f"t{own}",
                "in_response_to_tweet_id": answers}  # fmt: skip

    found = items(
        tmp_path,
        row(3, 2, "u1", True, 9),
        row(2, 1, "acme", False, 5),
        row(7, None, "u2", True, 6),
        row(1, None, "u1", True, 0),
        row(8, 99, "acme", False, 7),
        row(9, 99, "u3", True, 8),
    )
    contacts = [item for item in found if isinstance(item, Conversation)]
    assert [(c.conversation_id, c.customer_id, [turn.text for turn in c.turns]) for c in contacts] == [
        ("1", "u1", ["t1", "t2", "t3"]),
        ("7", "u2", ["t7"]),
        ("8", "u3", ["t8", "t9"]),
    ]
    assert [turn.role for turn in contacts[0].turns] == [Role.CUSTOMER, Role.AGENT, Role.CUSTOMER]
    assert contacts[0].agent_id == "acme"


@given(st.permutations([("a", None), ("b", "a"), ("c", "b"), ("x", None), ("y", "x"), ("z", "gone"), ("w", "gone")]))
def test_chains_do_not_depend_on_order(pairs: list[tuple[str, str | None]]) -> None:
    names = dict(zip([message for message, _ in pairs], chains(pairs), strict=True))
    sets = {frozenset(m for m in names if names[m] == name) for name in set(names.values())}
    assert sets == {frozenset("abc"), frozenset("xy"), frozenset("zw")}


def test_messages_without_any_id_are_one_conversation(tmp_path: Path) -> None:
    (found,) = items(tmp_path, {"speaker": "Agent", "text": "hi"}, {"speaker": "Customer", "text": "yo"})
    assert isinstance(found, Conversation)
    assert (found.conversation_id, len(found.turns)) == ("a", 2)


def test_turn_numbers_order_messages(tmp_path: Path) -> None:
    rows = [{"conversation_id": "A", "turn": n, "text": str(n)} for n in (10, 9, 2)]
    (found,) = items(tmp_path, *rows)
    assert isinstance(found, Conversation)
    assert [turn.text for turn in found.turns] == ["2", "9", "10"]
    assert {turn.role for turn in found.turns} == {Role.CUSTOMER}


def test_start_times_in_seconds_are_offsets(tmp_path: Path) -> None:
    rows = [
        {"call_id": "A", "speaker": who, "text": who, "start_time": at, "end_time": at + 1}
        for who, at in (("customer", 4.5), ("agent", 0))
    ]
    (found,) = items(tmp_path, *rows)
    assert isinstance(found, Conversation)
    assert [(turn.text, turn.offset_s) for turn in found.turns] == [("agent", 0.0), ("customer", 4.5)]
    assert found.started_at is None


def test_an_author_of_single_texts_is_no_form_of_messages(tmp_path: Path) -> None:
    found = items(
        tmp_path, *({"review_id": i, "author": f"name {i}", "review": "Agent: rude\nCustomer: me"} for i in range(3))
    )
    assert [len(item.turns) for item in found if isinstance(item, Conversation)] == [2, 2, 2]


def test_dates_day_first_are_settled_by_the_whole_head(tmp_path: Path) -> None:
    found = items(
        tmp_path,
        *(
            {"id": i, "text": "x", "date": date}
            for i, date in enumerate(["01/02/2024", "02/02/2024"] * 300 + ["13/02/2024"])
        ),
    )
    assert all(isinstance(item, Conversation) for item in found)
    assert found[0].started_at == datetime(2024, 2, 1, tzinfo=UTC)


def test_dates_that_stay_ambiguous_are_refused(tmp_path: Path) -> None:
    assert "day or month first" in reason(tmp_path, id=1, text="x", date="01/02/2024")


def test_no_column_for_text_names_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it has id, words") as caught:
        items(tmp_path, {"id": 1, "words": "hi"})
    assert "--map text=COLUMN" in caught.value.hint


@given(st.lists(st.integers(0, 500), max_size=20).map(sorted))
def test_sessions_are_the_messages_cut_at_long_silences(hours: list[int]) -> None:
    times = [NOON + timedelta(hours=hour) for hour in hours]
    found = split(times)
    assert [i for session in found for i in session] == list(range(len(times)))
    for session in found:
        assert all(hours[i + 1] - hours[i] < 24 for i in session[:-1])
    for before, after in pairwise(found):
        assert hours[after.start] - hours[before.stop - 1] >= 24


def test_a_gap_must_be_positive() -> None:
    with pytest.raises(UsageError, match="above 0"):
        SessionConfig(gap_hours=0)


def test_entities_are_decoded_once_a_turn_and_begin_none(tmp_path: Path) -> None:
    found = one(tmp_path, company="Marks &amp; Co", text="Customer: it&#39;s &lt;3&#10;Agent: resolved\nAgent: R&amp;D")
    assert found.company == "Marks & Co"
    assert [(turn.role, turn.text) for turn in found.turns] == [
        (Role.CUSTOMER, "it's <3\nAgent: resolved"),
        (Role.AGENT, "R&D"),
    ]
    (only,) = one(tmp_path, turns=[{"role": "customer", "text": "&nbsp;"}, *HI]).turns
    assert only.text == "hi"
