"""Every number that can be clicked leads to as many contacts as it says."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from textinsight.explore import follows
from textinsight.explore.filters import DIMENSIONS, QUARTERS, REPEAT, Filters
from textinsight.explore.queries import contacts, downstream, facts, repeats
from textinsight.measure import Linked, compute, contact_facts, counted, handle_time

from .conftest import START, TOPICS, contact, link, write_archive

N = 400


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """400 contacts of 25 customers at random, with hand-overs, ties in handle time and facts that are not known."""
    dice = random.Random(7)
    given = []
    for n in range(N):
        topic, customer = dice.choice([*TOPICS, None]), dice.randrange(25)
        start = START + timedelta(hours=6 * n)
        row = contact(n, topic_id=topic, topic_label=TOPICS.get(topic), customer_id=f"cust{customer}")
        row |= {"started_at": start, "ended_at": start + timedelta(minutes=dice.choice((3, 3, 5, 9, 20)))}
        row |= {"thread_id": f"t-{customer}-{topic}-{dice.randrange(3)}"}
        if dice.random() < 0.1:
            row |= {"ended_at": None}
        if dice.random() < 0.05:
            row |= {"customer_id": None, "thread_id": None}
        given.append(row)
    for later in dice.sample(range(1, N), 40):  # hand-overs
        ended = given[later - 1]["ended_at"] or given[later - 1]["started_at"]
        shared = {name: given[later - 1][name] for name in ("customer_id", "thread_id", "topic_id", "topic_label")}
        given[later] |= shared | {"started_at": ended + timedelta(minutes=2), "ended_at": ended + timedelta(minutes=6)}
    relations = dict(zip(("same_issue", "downstream"), (90, 60), strict=True))
    links = [
        link(later, max(later - dice.randrange(1, 9), 0), relation) | {"gap_days": dice.uniform(0, 40)}
        for relation, n in relations.items() for later in dice.sample(range(9, N), n)
    ]  # fmt: skip
    archive = write_archive(tmp_path_factory.mktemp("counts") / "archive", given, links=links)
    table = archive.query("SELECT * FROM conversations ORDER BY conversation_id")
    found = [archive.table(name) for name in ("links", "threads")]
    asked = {"window_days": 14, "wider": {30: Linked(table["thread_id"].combine_chunks(), *found)}}
    archive.replace("handle_time", handle_time(table, *found, **asked))
    archive.replace("measures", compute(table, *found, **asked))
    kept = {"customer_id": table["customer_id"], "window_days": 14, "counted": counted(table, *found, **asked)}
    archive.replace("contact_facts", contact_facts(table, *found, archive.table("topics"), **kept))
    return lambda sql, parameters=(): archive.query(sql, parameters).to_pandas()


def test_each_quarter_of_handle_time(rows):
    seen = 0
    for topic, label in repeats.handle_topics(rows, 14, ()).items():
        told = repeats.handle_time(rows, 14, topic)
        whole = Filters(topic=() if topic == "all" else (label,))
        for row in told[told["quartile"] > 0].to_dict("records"):
            quarter = whole.narrowed("handle", QUARTERS[row["quartile"] - 1])
            assert contacts.count(rows, quarter) == row["n"] > 0
            assert contacts.count(rows, quarter.narrowed("first", "Came back")) == row["n_repeat"]
            seen += row["n_repeat"]
    assert seen > 30


def test_both_readings_in_every_window(rows):
    told = downstream.readings(rows)
    assert told["window_days"].tolist() == [7, 14, 30]
    for row in told.to_dict("records"):
        n = {
            name: contacts.count(rows, Filters(follows=(follows.value(name, row["window_days"]),)))
            for name in follows.READINGS
        }
        assert (n["Follow-ups"], n["Linked"]) == (row["followups"], row["linked"])
        assert n["Related follow-ups"] / n["Follow-ups"] == pytest.approx(row["related"])
        assert n["Downstream"] / n["Linked"] == pytest.approx(row["downstream_share"])
        assert 0 < n["Downstream"] < n["Linked"]


@pytest.mark.parametrize("by", ["topic", "channel"])
def test_first_contact_resolution(rows, by):
    for row in repeats.fcr(rows, Filters(), by, limit=9).to_dict("records"):
        whole = Filters(**{by: (row["name"],)})
        n = {first: contacts.count(rows, whole.narrowed("first", first)) for first in facts.values(rows, "first")}
        solved, open_, unknown = (n.get(key, 0) for key in ("Solved at once", "Window still open", "Not measurable"))
        assert contacts.count(rows, whole) == row["contacts"] == sum(n.values())
        assert solved + n["Came back"] == row["n"]
        assert solved / row["n"] == pytest.approx(row["observed"])
        assert open_ / (row["n"] + open_ + unknown) == pytest.approx(row["open"])
        assert unknown / (row["n"] + open_ + unknown) == pytest.approx(row["not_measurable"])


def test_repeats_of_a_topic_to_fix(rows):
    told = facts.fix_list(rows, Filters())
    for row in told.to_dict("records"):
        topic = Filters(topic=(row["topic"],))
        assert contacts.count(rows, topic) == row["contacts"]
        assert contacts.count(rows, topic.narrowed("repeat", REPEAT)) == row["repeats"] > 0


def test_what_is_listed_is_what_is_downloaded(rows):
    for dimension in DIMENSIONS:
        for value in facts.values(rows, dimension):
            asked = Filters(**{dimension: (value,)})
            sql, values = contacts.everything(asked, order=contacts.NEWEST)
            assert len(rows(sql, values)) == contacts.count(rows, asked)


def test_an_unknown_value_leads_to_nothing(rows):
    assert contacts.count(rows, Filters(follows=("true) OR (true",))) == 0
