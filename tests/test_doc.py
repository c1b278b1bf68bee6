from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span

from textinsight.conversation import Conversation, Role, Survey, Turn
from textinsight.doc import EXTENSIONS, ensure_extensions, to_conversation, to_doc

NLP = spacy.blank("en")

texts = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="a \n\t\r\u00a0\u2028\u3000'’.-😀👩‍👩‍👧é", max_size=40),
    st.sampled_from(["", " ", "\n", "can't  wait :) ", " 👍🏽 ", "don’t\r\n\r\nDM us  @ http://a.b/c?d=e "]),
)
turns = st.builds(
    Turn,
    role=st.sampled_from(Role),
    text=texts,
    offset_s=st.none() | st.floats(0, 1e6),
    role_confidence=st.floats(0, 1),
)


@given(st.lists(turns, min_size=1, max_size=6), st.booleans())
@settings(max_examples=150, deadline=None)
def test_round_trip_is_exact(rows: list[Turn], plain: bool) -> None:
    conversation = Conversation("c1", tuple(rows))
    doc = to_doc(conversation, NLP.vocab if plain else NLP)
    assert to_conversation(doc) == conversation
    assert doc.text == "\n".join(turn.text for turn in rows)
    assert [span.label_ for span in doc.spans["turns"]] == [turn.role.value for turn in rows]


def full() -> Conversation:
    return Conversation(
        "c1",
        (Turn(Role.CUSTOMER, "my card is lost", 0.0, 0.9), Turn(Role.AGENT, "Sorry to hear that 😟 ", 4.5)),
        customer_id="u1",
        agent_id="a7",
        channel="chat",
        company="Acme",
        started_at=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
        ended_at=datetime(2026, 1, 2, 3, 9, tzinfo=UTC),
        language="en",
        tenure_days=12.5,
        survey=Survey(csat=4, nps=None, ces=2),
    )


def test_metadata_is_json_and_survives_bytes() -> None:
    doc = to_doc(full(), NLP)
    json.dumps(doc._.ti_conversation)
    stored = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    back = next(iter(DocBin().from_bytes(stored).get_docs(spacy.blank("en").vocab)))
    assert to_conversation(back) == full()
    assert [span.label_ for span in back.spans["turns"]] == ["customer", "agent"]


def test_plain_doc_is_one_customer_turn() -> None:
    conversation = to_conversation(NLP("where is my order"))
    assert conversation.turns == (Turn(Role.CUSTOMER, "where is my order"),)


def test_foreign_turn_spans_are_read_and_odd_roles_are_unknown() -> None:
    doc = NLP("hello there who are you")
    doc.spans["turns"] = [Span(doc, 0, 2, label="agent"), Span(doc, 2, 5, label="narrator")]
    assert to_conversation(doc).turns == (
        Turn(Role.AGENT, "hello there"),
        Turn(Role.UNKNOWN, "who are you"),
    )


def test_longer_than_max_length() -> None:
    nlp = spacy.blank("en", meta={"name": "short"})
    nlp.max_length = 50
    nlp.add_pipe("sentencizer")
    conversation = Conversation("long", tuple(Turn(Role.CUSTOMER, "my order is late. " * 10) for _ in range(5)))
    doc = nlp(to_doc(conversation, nlp))
    assert len(doc.text) > nlp.max_length
    assert to_conversation(doc) == conversation


def test_lone_surrogate_keeps_offsets() -> None:
    conversation = Conversation("s", (Turn(Role.CUSTOMER, "ab\ud83dcd"),))
    assert to_conversation(to_doc(conversation, NLP)).turns[0].text == "ab\ufffdcd"


def test_extensions_are_declared_once_and_not_forced() -> None:
    ensure_extensions()
    ensure_extensions()
    assert all(Doc.has_extension(name) for name in EXTENSIONS)


@pytest.mark.slow
def test_parallel_pipe_keeps_the_conversation() -> None:
    code = (
        "import spacy; from textinsight.conversation import *; from textinsight.doc import *\n"
        "if __name__ == '__main__':\n"
        "    nlp = spacy.blank('en'); nlp.add_pipe('sentencizer')\n"
        "    ours = [Conversation(f'{i}', (Turn(Role.AGENT, 'hi '), Turn(Role.CUSTOMER, 'no'))) for i in range(5)]\n"
        "    docs = nlp.pipe([to_doc(c, nlp) for c in ours], n_process=2, batch_size=2)\n"
        "    print([to_conversation(doc) for doc in docs] == ours)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "True"
