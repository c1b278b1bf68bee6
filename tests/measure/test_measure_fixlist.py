from __future__ import annotations

import pytest

from textinsight.measure import rank_topics
from textinsight.store.derived import DERIVED

THREADS = DERIVED["threads"].empty_table()


def test_avoidable_contacts_counted_by_hand(make_contacts, make_links):
    contacts = make_contacts(
        [
            {
                "day": 0,
                "customer_id": "kim",
                "thread_id": "t0",
                "topic_id": "card",
                "topic_label": "Card",
                "effort_score": 4,
            },
            {
                "day": 2,
                "customer_id": "kim",
                "thread_id": "t0",
                "topic_id": "card",
                "topic_label": "Card",
                "effort_score": 2,
            },
            {
                "day": 4,
                "customer_id": "kim",
                "thread_id": "t1",
                "topic_id": "pin",
                "topic_label": "PIN",
                "sentiment": -0.5,
            },
            {"day": 9, "customer_id": "lee", "thread_id": "t2"},
        ]
    )
    links = make_links(("c1", "c0", "same_issue"), ("c2", "c1", "downstream"))
    rows = rank_topics(contacts, links, THREADS).to_pylist()
    assert [r["topic_id"] for r in rows] == ["card", "pin", "unclear"]
    card = rows[0]
    assert (card["rank"], card["contacts"], card["repeats"], card["topic_label"]) == (1, 2, 1, "Card")
    assert card["downstream"] == pytest.approx(0.8)
    assert card["avoidable"] == pytest.approx(1.8)
    assert card["avoidable_share"] == pytest.approx(0.9)
    assert card["effort"] == 3
    assert card["sentiment"] is None
    assert (rows[1]["avoidable"], rows[1]["sentiment"]) == (0, -0.5)


def test_no_contacts_give_no_rows(make_contacts, make_links):
    assert rank_topics(make_contacts([]), make_links(), THREADS).num_rows == 0
