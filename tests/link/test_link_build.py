from __future__ import annotations

import math

import numpy as np
import pytest

from textinsight.errors import UsageError
from textinsight.link import LinkConfig, build
from textinsight.store.derived import DERIVED


def row(conversation_id, customer_id, day, **more):
    return {"conversation_id": conversation_id, "customer_id": customer_id, "day": day, **more}


def links_of(result):
    return {(r["conversation_id"], r["earlier_id"], r["relation"]): r["probability"] for r in result.links.to_pylist()}


def test_same_words_left_open_is_one_thread(make_contacts, make_vectors):
    contacts = make_contacts(
        [
            row("a", "kim", 0, topic_id="card", resolution="unresolved"),
            row("b", "kim", 3, topic_id="card", resolution="resolved", stated_repeat=True),
            row("c", "kim", 5, topic_id="loan"),
            row("d", "lee", 1, topic_id="card"),
            row("e", None, 2, topic_id="card"),
        ]
    )
    result = build(contacts, make_vectors([0, 0, 3, 0, 0]))
    assert set(links_of(result)) == {("b", "a", "same_issue")}
    assert result.thread_of.to_pylist() == ["t-a", "t-a", "t-c", "t-d", None]
    assert result.threads.schema == DERIVED["threads"]
    assert result.links.schema == DERIVED["links"]
    assert result.edges.schema == DERIVED["edges"]
    assert result.counts.without_customer == 1


def test_solved_other_words_is_no_repeat(make_contacts, make_vectors):
    contacts = make_contacts(
        [row("a", "kim", 0, topic_id="card", resolution="resolved"), row("b", "kim", 3, topic_id="loan")]
    )
    assert build(contacts, make_vectors([0, 1])).links.num_rows == 0


def test_a_hand_over_minutes_later_joins_even_without_text(make_contacts, make_vectors):
    ten_minutes = 10 / 1440
    contacts = make_contacts([row("a", "kim", 0, hours=0), row("b", "kim", ten_minutes)])
    result = build(contacts, make_vectors([0, None]))
    assert set(links_of(result)) == {("b", "a", "same_issue")}
    later = make_contacts([row("a", "kim", 0, hours=0), row("b", "kim", 9)])
    assert build(later, make_vectors([0, None])).links.num_rows == 0


def test_evidence_starts_with_the_prior_and_sums_to_the_log_odds(make_contacts, make_vectors):
    contacts = make_contacts(
        [row("a", "kim", 0, resolution="unresolved"), row("b", "kim", 2, stated_repeat=True, channel="chat")]
    )
    link = build(contacts, make_vectors([1, 1])).links.to_pylist()[0]
    signals = [e["signal"] for e in link["evidence"]]
    assert signals[0] == "prior"
    assert "channel" not in signals  # the earlier channel is unknown: nothing is claimed about it
    weights = [abs(e["weight"]) for e in link["evidence"][1:]]
    assert weights == sorted(weights, reverse=True)
    total = sum(e["weight"] for e in link["evidence"])
    assert link["probability"] == pytest.approx(1 / (1 + math.exp(-total)), abs=1e-6)
    assert {e["signal"]: e["value"] for e in link["evidence"]}["gap"] == "up to 3 days: 2.00 days"
    assert link["gap_days"] == pytest.approx(2 - 0.1 / 24)


def test_outside_the_window_nothing_is_linked(make_contacts, make_vectors):
    rows = [row("a", "kim", 0, resolution="unresolved", topic_id="t"), row("b", "kim", 14.5, topic_id="t")]
    contacts, vectors = make_contacts(rows), make_vectors([0, 0])
    assert build(contacts, vectors).links.num_rows == 0
    assert build(contacts, vectors, config=LinkConfig(window_days=30)).links.num_rows == 1


def test_contacts_without_time_are_threads_of_their_own(make_contacts, make_vectors):
    contacts = make_contacts([row("a", "kim", None, channel="chat", topic_id="t"), row("b", "kim", 1)])
    result = build(contacts, make_vectors([0, 0]))
    assert result.thread_of.to_pylist() == ["t-a", "t-b"]
    untimed = result.threads.to_pylist()[0]
    assert (untimed["first_at"], untimed["open"], untimed["n_contacts"]) == (None, None, 1)
    assert (untimed["channels"], untimed["topic_id"]) == (["chat"], "t")
    assert result.counts.without_time == 1


def test_threads_table_counts_channels_and_openness(make_contacts, make_vectors):
    contacts = make_contacts(
        [
            row("a", "kim", 0, channel="voice", topic_id="t", resolution="unresolved"),
            row("b", "kim", 1, channel="chat", topic_id="t", stated_repeat=True),
            row("z", "lee", 30),
        ]
    )
    by_id = {t["thread_id"]: t for t in build(contacts, make_vectors([0, 0, 5])).threads.to_pylist()}
    assert by_id["t-a"]["n_contacts"] == 2
    assert by_id["t-a"]["channels"] == ["chat", "voice"]
    assert by_id["t-a"]["topic_id"] == "t"
    assert by_id["t-a"]["open"] is False
    assert by_id["t-z"]["open"] is True


def test_a_shared_reference_links_different_words(make_contacts, make_vectors):
    texts = ["my claim is CS-116854", "reference cs 116854, any news?", "reference CS-999999"]
    contacts = make_contacts([row(f"c{i}", "kim", i, issue_text=t) for i, t in enumerate(texts)])
    result = build(contacts, make_vectors([0, 1, 2]))
    assert set(links_of(result)) == {("c1", "c0", "same_issue")}


def test_no_contacts_at_all(make_contacts, make_vectors):
    result = build(make_contacts([]), make_vectors([]))
    assert (result.links.num_rows, result.threads.num_rows, result.edges.num_rows) == (0, 0, 0)
    assert len(result.thread_of) == 0
    assert result.as_of is None


def test_needed_columns_and_shapes_are_named(make_contacts, make_vectors):
    contacts = make_contacts([row("a", "kim", 0)])
    with pytest.raises(UsageError, match="lack customer_id"):
        build(contacts.drop_columns(["customer_id"]), make_vectors([0]))
    with pytest.raises(UsageError, match=r"expected \(1, d\)"):
        build(contacts, np.zeros((2, 8), np.float32))
    with pytest.raises(UsageError, match="window_days must be at least 1, got 0"):
        LinkConfig(window_days=0)
