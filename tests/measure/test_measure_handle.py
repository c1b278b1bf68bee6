from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textinsight.measure import handle_time
from textinsight.measure.association import associate, false_discovery
from textinsight.store.derived import DERIVED

THREADS = DERIVED["threads"].empty_table()
LINKS = DERIVED["links"].empty_table()


def journeys(minutes_and_repeats, *, topic="card", channel="chat", prefix="k"):
    """An issue each: (minutes of the first contact, whether the customer comes back after three days)."""
    rows = []
    for i, (minutes, again) in enumerate(minutes_and_repeats):
        one = {"customer_id": f"{prefix}{i}", "thread_id": f"t-{prefix}{i}", "topic_id": topic, "channel": channel}
        rows.append({**one, "day": 0, "minutes": minutes, "conversation_id": f"{prefix}{i}a"})
        if again:
            rows.append({**one, "day": 3, "minutes": 5, "conversation_id": f"{prefix}{i}b"})
    return rows


LATE = {"day": 60, "customer_id": "zoe", "thread_id": "tz", "topic_id": "loan", "conversation_id": "z"}


def rows_of(table, topic, window=14):
    rows = [r for r in table.to_pylist() if r["topic_id"] == topic and r["window_days"] == window]
    return {r["quartile"]: r for r in rows}


def test_quartiles_and_association_counted_by_hand(make_contacts):
    # eight contacts of 1..8 minutes; those of 1, 2 and 5 minutes are followed by a repeat
    said = journeys([(m, m in (1, 2, 5)) for m in range(1, 9)])
    got = rows_of(handle_time(make_contacts([*said, LATE]), LINKS, THREADS), "card")
    assert [(got[q]["n"], got[q]["n_repeat"]) for q in range(5)] == [(8, 3), (2, 2), (2, 0), (2, 1), (2, 0)]
    assert got[1]["repeat_rate"] == 1.0
    assert got[1]["median_s"] == pytest.approx(90)
    # of 3 × 5 pairs the repeat is the shorter one in 5 + 5 + 3, the longer one in 0 + 0 + 2
    assert got[0]["association"] == pytest.approx(11 / 15)
    assert got[0]["association_low"] < 11 / 15 < got[0]["association_high"] <= 1
    assert 0 < got[0]["q_value"] <= 1
    assert got[0]["low"] < 3 / 8 < got[0]["high"]


def test_contacts_are_compared_within_their_channel(make_contacts):
    # letters take long and bring repeats, calls are short and do not: within either there is no difference
    said = journeys([(1000, True)] * 4, channel="email", prefix="e") + journeys([(5, False)] * 4, prefix="v")
    got = rows_of(handle_time(make_contacts([*said, LATE]), LINKS, THREADS), "card")
    assert got[0]["association"] is None and got[0]["q_value"] is None
    assert (got[0]["n"], got[0]["n_repeat"]) == (8, 4)


def test_unknown_stays_unknown(make_contacts):
    said = journeys([(5, False), (6, True), (7, False)])
    said[0]["ended_at"] = None
    no_customer = {"day": 1, "topic_id": "card", "conversation_id": "x"}
    still_open = {"day": 59, "customer_id": "yan", "thread_id": "ty", "topic_id": "card", "conversation_id": "y"}
    got = rows_of(handle_time(make_contacts([*said, no_customer, still_open, LATE]), LINKS, THREADS), "card")
    assert (got[0]["n"], got[0]["n_unknown"]) == (2, 3)
    assert {r["window_days"] for r in handle_time(make_contacts([*said, LATE]), LINKS, THREADS).to_pylist()} == {7, 14}


def test_a_window_of_ones_own_is_counted_too(make_contacts):
    late_again = {**journeys([(5, True)])[1], "day": 17}  # within 20 days, not within 14
    contacts = make_contacts([journeys([(5, True)])[0], late_again, LATE])
    told = handle_time(contacts, LINKS, THREADS, window_days=20)
    assert {days: rows_of(told, "card", days)[0]["n_repeat"] for days in (7, 14, 20)} == {7: 0, 14: 0, 20: 1}


def test_a_hand_over_belongs_to_the_handle_time(make_contacts):
    one = {"customer_id": "kim", "thread_id": "t1", "topic_id": "card"}
    said = [{**one, "day": 0, "minutes": 10}, {**one, "day": 11 / 1440, "minutes": 20}, {**one, "day": 3, "minutes": 1}]
    got = rows_of(handle_time(make_contacts([*said, {**LATE, "conversation_id": "z"}]), LINKS, THREADS), "card")
    assert (got[0]["median_s"], got[0]["n_repeat"]) == (pytest.approx(1800), 1)


def test_all_topics_are_pooled_within_topics(make_contacts):
    said = journeys([(m, m <= 4) for m in range(1, 9)], prefix="a") + journeys(
        [(m * 100, m <= 4) for m in range(1, 9)], topic="loan", prefix="b"
    )
    got = rows_of(handle_time(make_contacts([*said, LATE]), LINKS, THREADS), "all")
    assert got[0]["association"] == 1.0
    assert got[1]["n"] == got[1]["n_repeat"] == 4


def test_no_contacts_no_times_and_no_topics(make_contacts):
    assert handle_time(make_contacts([]), LINKS, THREADS).num_rows == 0
    assert handle_time(make_contacts([]), LINKS, THREADS).schema == DERIVED["handle_time"]
    untimed = handle_time(make_contacts([{"customer_id": "kim", "thread_id": "t1"}]), LINKS, THREADS).to_pylist()
    assert {(r["topic_id"], r["n"], r["n_unknown"], r["repeat_rate"]) for r in untimed} == {
        ("unclear", 0, 1, None),
        ("all", 0, 1, None),
    }
    bare = make_contacts([{"day": 0, "customer_id": "kim", "thread_id": "t1"}, LATE]).drop_columns(["topic_id"])
    assert {r["topic_id"] for r in handle_time(bare, LINKS, THREADS).to_pylist()} == {"unclear", "all"}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.booleans(), st.integers(0, 2)), max_size=30), st.randoms())
def test_association_is_bounded_turns_round_and_ignores_order(rows, random):
    number, yes, stratum = (np.array(c) for c in zip(*rows, strict=True)) if rows else (np.zeros(0),) * 3
    group, stratum = np.zeros(len(rows), np.int64), stratum.astype(np.int64)
    one = associate(number.astype(float), yes.astype(bool), group, stratum, 1)
    order = list(range(len(rows)))
    random.shuffle(order)
    order = np.array(order, np.int64)
    same = associate(number[order].astype(float), yes[order].astype(bool), group, stratum[order], 1)
    turned = associate(-number.astype(float), yes.astype(bool), group, stratum, 1)
    assert same.value == pytest.approx(one.value, nan_ok=True)
    assert turned.value == pytest.approx(-one.value, nan_ok=True)
    assert np.isnan(one.value[0]) or -1 <= one.low[0] <= one.value[0] <= one.high[0] <= 1


def test_chance_alone_is_seldom_an_association():
    rng = np.random.default_rng(0)
    n, topics = 12_000, 300
    told = associate(
        rng.gamma(2, 200, n), rng.random(n) < 0.2, np.sort(rng.integers(0, topics, n)), rng.integers(0, 2, n), topics
    )
    assert 0.02 < np.mean(told.p_value < 0.05) < 0.08
    assert np.nanmin(false_discovery(told.p_value)) > 0.05


def test_false_discovery_leaves_out_what_was_not_tested():
    q = false_discovery(np.array([0.01, np.nan, 0.03, 0.02]))
    assert q[[0, 2, 3]] == pytest.approx([0.03, 0.03, 0.03])
    assert np.isnan(q[1])
    assert len(false_discovery(np.empty(0))) == 0


def test_row_order_changes_nothing(make_contacts):
    rng = np.random.default_rng(1)
    said = journeys([(int(m), bool(r)) for m, r in zip(rng.integers(1, 30, 40), rng.random(40) < 0.3, strict=True)])
    one = make_contacts([*said, LATE])
    other = one.take(pa.array(rng.permutation(one.num_rows)))
    assert handle_time(one, LINKS, THREADS).equals(handle_time(other, LINKS, THREADS))
