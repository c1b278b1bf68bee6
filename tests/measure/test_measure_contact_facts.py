from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from textinsight.measure import compute, contact_facts, rank_topics
from textinsight.store import DERIVED

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def tables():
    """Ann calls, is passed on at once, and comes back about it; Bo calls once, late; one caller is not known."""
    rows = [  # id, person, thread, hours, tenure, topic
        ("c1", "ann", "t1", 0, 30.0, "x"), ("c2", "ann", "t1", 0.25, 90.5, "x"), ("c3", "ann", "t1", 48, 121.0, "x"),
        ("c4", "bo", "t2", 24 * 20, None, "y"), ("c5", None, None, 5, 90.0, None),
    ]  # fmt: skip
    contacts = pa.Table.from_pylist(
        [
            {
                "conversation_id": i, "customer_id": who, "thread_id": t, "started_at": START + timedelta(hours=h),
                "ended_at": START + timedelta(hours=h, minutes=12), "tenure_days": tenure, "topic_id": topic,
                "topic_label": topic, "channel": "chat", "sentiment": 0.5, "effort_score": 2.0,
                "effort_drivers": {"c1": ["transfer", "repeat_contact"], "c5": None}.get(i, []),
            }
            for i, who, t, h, tenure, topic in rows[::-1]
        ]
    )  # fmt: skip
    brought_on = {"conversation_id": "c4", "relation": "downstream", "gap_days": 2.0}
    links = pa.Table.from_pylist(
        [
            brought_on | {"earlier_id": "c1", "probability": 0.5},
            brought_on | {"earlier_id": "c3", "probability": 0.7, "reviewed": "rejected"},
        ],
        schema=DERIVED["links"],
    )
    threads = pa.Table.from_pylist(
        [{"thread_id": "t1", "n_contacts": 3, "open": False}, {"thread_id": "t2", "n_contacts": 1, "open": True}],
        schema=DERIVED["threads"],
    )
    topics = pa.Table.from_pylist(
        [
            {"topic_id": "x", "label": "Late parcel", "parent_id": "g"},
            {"topic_id": "g", "label": "Delivery"},
            {"topic_id": "y", "label": "Refund"},
        ],
        schema=DERIVED["topics"],
    )
    return contacts, links, threads, topics


@pytest.fixture(scope="module")
def rows():
    contacts, links, threads, topics = tables()
    shown = pa.chunked_array([[f"id-{i}" for i in range(5)]])
    table = contact_facts(contacts, links, threads, topics, customer_id=shown, window_days=14)
    assert table.schema == DERIVED["contact_facts"]
    return {row["conversation_id"]: row for row in table.to_pylist()}


def test_rows_come_in_the_order_of_time(rows):
    assert list(rows) == ["c1", "c2", "c5", "c3", "c4"]


def test_repeats_hand_overs_and_first_contact_resolution_by_hand(rows):
    flags = {i: (r["opens_issue"], r["is_transfer"], r["is_repeat"], r["fcr_observed"]) for i, r in rows.items()}
    assert flags == {
        "c1": (True, False, False, 0),  # Ann came back two days later
        "c2": (False, True, False, None),  # 3 minutes after c1 ended
        "c3": (False, False, True, None),
        "c4": (True, False, False, None),  # the data end with it: its window is open
        "c5": (None, None, None, None),  # nobody knows who called
    }


def test_drivers_are_bits(rows):
    assert {i: r["drivers"] for i, r in rows.items()} == {"c1": 1 + 8, "c2": 0, "c3": 0, "c4": 0, "c5": 0}


def test_people_customers_tenure_and_themes(rows):
    assert rows["c1"]["person"] == rows["c3"]["person"] != rows["c4"]["person"]
    assert rows["c5"]["person"] is None
    assert [rows[f"c{n}"]["customer_id"] for n in (5, 4, 1)] == ["id-0", "id-1", "id-4"]
    assert [rows[f"c{n}"]["tenure_band"] for n in range(1, 6)] == [
        "0-90 days", "91-120 days", "over 120 days", None, "0-90 days",
    ]  # fmt: skip
    assert (rows["c1"]["theme_id"], rows["c1"]["theme_label"]) == ("g", "Delivery")
    assert rows["c4"]["theme_id"] is None


def test_rejected_links_bring_nothing_on(rows):
    assert rows["c1"]["brought_on"] == pytest.approx(0.5)
    assert rows["c3"]["brought_on"] == 0
    assert rows["c1"]["handle_s"] == 720


def test_sums_agree_with_the_measures(rows):
    contacts, links, threads, _ = tables()
    of = {m: v for m, s, p, v in zip(*(compute(contacts, links, threads, segments=()).select(
        ["measure", "segment", "period", "value"]).to_pydict().values()), strict=True) if p == "all"}  # fmt: skip
    counted = [r for r in rows.values() if r["is_transfer"] is False]
    assert sum(r["is_repeat"] for r in counted) / len(counted) == pytest.approx(of["repeat_share"])
    known = [r["fcr_observed"] for r in rows.values() if r["fcr_observed"] is not None]
    assert sum(known) / len(known) == pytest.approx(of["fcr_observed"])
    fixes = {r["topic_id"]: r for r in rank_topics(contacts, links, threads).to_pylist()}
    assert fixes["x"]["downstream"] == pytest.approx(sum(r["brought_on"] for r in rows.values()))
