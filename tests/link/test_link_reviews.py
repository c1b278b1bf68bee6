"""Reviews win: what is rejected is never linked, what is confirmed always is, and nobody else's links move."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textinsight.link import LinkConfig, build
from textinsight.link.blocking import Pairs
from textinsight.link.threads import ThreadBuilder
from textinsight.store.schema import KEPT

DAY_US = 86_400_000_000
TIME = pa.timestamp("us", tz="UTC")
NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)


def row(conversation_id, day, customer_id="kim", **more):
    return {"conversation_id": conversation_id, "customer_id": customer_id, "day": day, "topic_id": "card", **more}


def reviews(*said):
    """said: (later, earlier, verdict) or with the relation; in order of time."""
    rows = [
        {
            "conversation_id": s[0], "earlier_id": s[1], "verdict": s[2],
            "relation": s[3] if len(s) > 3 else "same_issue", "reviewed_at": NOON.replace(minute=i),
        }
        for i, s in enumerate(said)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=KEPT["reviews"])


def linked(result):
    return {(r["conversation_id"], r["earlier_id"]): (r["relation"], r["reviewed"]) for r in result.links.to_pylist()}


@pytest.fixture
def three(make_contacts, make_vectors):
    """Three contacts that are one issue to the model."""
    open_, again = {"resolution": "unresolved"}, {"stated_repeat": True}
    contacts = make_contacts([row("a", 0, **open_), row("b", 2, **open_, **again), row("c", 4, **again)])
    return contacts, make_vectors([0, 0, 0])


def test_without_reviews_all_three_are_one_thread(three):
    assert build(*three).thread_of.to_pylist() == ["t-a"] * 3


def test_a_rejected_link_parts_the_thread_and_stays_as_rejected(three):
    found = build(*three, reviews=reviews(("b", "a", "rejected")))
    assert found.thread_of.to_pylist()[:2] == ["t-a", "t-b"]
    assert linked(found)["b", "a"] == ("same_issue", "rejected")
    threads = {t["thread_id"]: t["n_contacts"] for t in found.threads.to_pylist()}
    assert sum(threads.values()) == 3
    assert len(threads) == 2


def test_a_confirmed_pair_is_linked_whatever_the_model_says(make_contacts, make_vectors):
    contacts = make_contacts([row("a", 0, resolution="resolved"), row("b", 3, topic_id="loan"), row("c", 40)])
    vectors = make_vectors([0, 1, 2])
    assert build(contacts, vectors).links.num_rows == 0
    found = build(contacts, vectors, reviews=reviews(("b", "a", "confirmed"), ("c", "a", "confirmed")))
    assert linked(found) == {("b", "a"): ("same_issue", "confirmed"), ("c", "a"): ("same_issue", "confirmed")}
    assert found.thread_of.to_pylist() == ["t-a"] * 3
    weights = [sum(e["weight"] for e in link["evidence"]) for link in found.links.to_pylist()]
    assert all(1 / (1 + np.exp(-w)) < 0.5 for w in weights)  # the model's own view stays to be seen


def test_the_last_review_of_a_pair_counts(three):
    back = build(*three, reviews=reviews(("b", "a", "rejected"), ("b", "a", "confirmed")))
    assert back.thread_of.to_pylist() == ["t-a"] * 3
    assert linked(back)["b", "a"] == ("same_issue", "confirmed")
    other = reviews(("b", "a", "confirmed"), ("b", "a", "confirmed", "downstream"))
    found = build(*three, reviews=other)
    assert linked(found)["b", "a"] == ("downstream", "confirmed")
    assert found.thread_of.to_pylist()[:2] == ["t-a", "t-b"]


def test_reviews_of_other_people_or_unknown_contacts_change_nothing(three):
    same = build(*three)
    said = reviews(("b", "nope", "confirmed"), ("nope", "c", "rejected"), ("a", "a", "rejected"))
    found = build(*three, reviews=said)
    assert found.links.equals(same.links)


def test_a_confirmed_downstream_pair_is_a_downstream_link(make_contacts, make_vectors):
    contacts = make_contacts([row("a", 0, resolution="resolved"), row("b", 3, topic_id="loan")])
    found = build(contacts, make_vectors([0, 1]), reviews=reviews(("b", "a", "confirmed", "downstream")))
    assert linked(found) == {("b", "a"): ("downstream", "confirmed")}
    assert found.thread_of.to_pylist() == ["t-a", "t-b"]
    no = build(contacts, make_vectors([0, 1]), reviews=reviews(("b", "a", "rejected", "downstream")))
    assert no.links.num_rows == 0


def test_a_rejected_cause_makes_room_for_another(planted_world):
    contacts, vectors = planted_world()
    before = build(contacts, vectors)
    link = next(r for r in before.links.to_pylist() if r["relation"] == "downstream")
    pair = (link["conversation_id"], link["earlier_id"])
    after = build(contacts, vectors, reviews=reviews((*pair, "rejected", "downstream")), state=before.state)
    rows = {(r["conversation_id"], r["earlier_id"], r["relation"]): r["reviewed"] for r in after.links.to_pylist()}
    assert rows[*pair, "downstream"] == "rejected"
    rest = {(r["conversation_id"], r["earlier_id"], r["relation"]) for r in before.links.to_pylist()}
    assert {k for k in rest - rows.keys() if k[0] != pair[0]} == set()
    assert after.threads.equals(before.threads)


def test_together_wins_over_apart_and_over_a_full_thread():
    pairs = Pairs(np.array([1, 2]), np.array([0, 0]))
    builder = ThreadBuilder(3, LinkConfig(max_thread_contacts=1), together={1: 0, 2: 1}, apart={2: [0]})
    builder.add(pairs, np.array([0.1, 0.1]))
    assert builder.opener.tolist() == [0, 0, 0]


def test_forced_contacts_without_pairs_are_decided_in_their_turn():
    builder = ThreadBuilder(4, LinkConfig(), together={1: 0, 3: 1})
    none = Pairs(np.empty(0, np.int64), np.empty(0, np.int64))
    builder.add(none, np.empty(0), before=2)
    assert builder.opener.tolist() == [0, 0, 2, 3]
    builder.add(Pairs(np.array([3]), np.array([2])), np.array([0.9]), before=4)
    assert builder.opener.tolist() == [0, 0, 2, 0]


SAID = st.lists(
    st.tuples(
        st.integers(0, 9), st.integers(0, 9), st.sampled_from(["confirmed", "rejected"]),
        st.sampled_from(["same_issue", "downstream"]),
    ),
    max_size=12,
)  # fmt: skip


CONTACT = st.tuples(st.sampled_from(["kim", "lee"]), st.integers(0, 3), st.integers(0, 20))


@settings(max_examples=60, deadline=None)
@given(st.lists(CONTACT, min_size=10, max_size=10), SAID)
def test_whatever_is_said_holds(contacts, said):
    ids = [f"c{i}" for i in range(10)]
    table = pa.table(
        {
            "conversation_id": ids,
            "customer_id": [c[0] for c in contacts],
            "started_at": pa.array([c[2] * DAY_US + i for i, c in enumerate(contacts)], TIME),
            "resolution": ["unresolved"] * 10,
            "stated_repeat": [True] * 10,
        }
    )
    vectors = np.eye(4, dtype=np.float32)[[c[1] for c in contacts]]
    given_ = reviews(*((ids[a], ids[b], verdict, relation) for a, b, verdict, relation in said))
    found = build(table, vectors, reviews=given_)
    customer = {i: c[0] for i, c in zip(ids, contacts, strict=True)}
    thread = dict(zip(ids, found.thread_of.to_pylist(), strict=True))
    start = dict(zip(ids, table["started_at"].to_pylist(), strict=True))
    links = {(r["conversation_id"], r["earlier_id"], r["relation"]): r["reviewed"] for r in found.links.to_pylist()}
    assert len(links) == found.links.num_rows
    assert Counter(thread.values()) == {t["thread_id"]: t["n_contacts"] for t in found.threads.to_pylist()}
    for (later, earlier, relation), reviewed in links.items():
        assert customer[later] == customer[earlier]
        assert start[earlier] <= start[later]
        assert (thread[later] == thread[earlier]) == (relation == "same_issue") or reviewed == "rejected"
    last = {}
    for a, b, verdict, relation in said:
        pair = tuple(sorted((ids[a], ids[b]), key=start.get, reverse=True))
        if a != b and customer[pair[0]] == customer[pair[1]]:
            last[(*pair, relation)] = verdict
            if verdict == "confirmed":
                other = (*pair, "downstream" if relation == "same_issue" else "same_issue")
                if last.get(other) == "confirmed":
                    del last[other]
    for key, verdict in last.items():
        if verdict == "confirmed" and key[2] == "same_issue":
            assert links[key] == "confirmed"
            assert thread[key[0]] == thread[key[1]]
        if verdict == "confirmed" and key[2] == "downstream":
            assert links.get(key) == "confirmed" or thread[key[0]] == thread[key[1]]
        if verdict == "rejected":
            assert links.get(key) in (None, "rejected")
