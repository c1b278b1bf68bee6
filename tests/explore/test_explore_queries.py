from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pytest

from textinsight.explore.filters import Filters
from textinsight.explore.queries import contacts, conversation, data, downstream, topics
from textinsight.store import Archive

from .conftest import contact, write_archive


@pytest.fixture(scope="module")
def rows(small_archive):
    archive = Archive(small_archive)
    return lambda sql, parameters=(): archive.query(sql, parameters).to_pandas()


def found_of(small_archive, *ids):
    """Queries beside what a search found."""
    archive = Archive(small_archive)
    hits = pa.table({"conversation_id": list(ids), "place": range(len(ids)), "score": [1.0] * len(ids)})
    return lambda sql, parameters=(): archive.query(sql, parameters, tables={"hits": hits}).to_pandas()


def test_filters_are_bound_values(rows):
    assert contacts.count(rows, Filters()) == 120
    assert contacts.count(rows, Filters(channel=("x') OR ('1'='1",))) == 0


def test_what_was_found_is_narrowed_and_sorted(rows, small_archive):
    found = found_of(small_archive, "c007", "c003", "c110", "c004")
    assert contacts.count(found, Filters(channel=("chat",)), found=True) == 2
    for order, ids in {
        contacts.BEST: ["c007", "c003", "c110", "c004"],
        "Newest first": ["c110", "c007", "c004", "c003"],
    }.items():
        page = contacts.page(found, Filters(), order=order, number=1, size=10, found=True)
        assert page["conversation_id"].tolist() == ids
        sql, values = contacts.everything(Filters(), order=order, found=True)
        assert found(sql, values)["conversation_id"].tolist() == ids
    assert set(found(sql, values).columns) >= {"score", "issue_text", "conversation_id"}


def test_pages_cover_every_contact_once(rows):
    seen = []
    for number in range(1, 4):
        page = contacts.page(rows, Filters(), order=contacts.NEWEST, number=number, size=50)
        seen += page["conversation_id"].tolist()
        assert page["issue_text"].tolist() == [f"issue number {int(name[1:])}" for name in page["conversation_id"]]
    assert seen == [f"c{n:03d}" for n in range(119, -1, -1)]


@pytest.mark.parametrize("order", list(contacts.ORDERS))
def test_every_order_is_valid_sql(rows, order):
    assert len(contacts.page(rows, Filters(), order=order, number=1, size=5)) == 5
    sql, values = contacts.everything(Filters(), order=order)
    assert len(rows(sql, values)) == 120


def test_repeats_are_marked(rows):
    page = contacts.page(rows, Filters(), order="Oldest first", number=1, size=120)
    assert page.loc[page["repeat"], "conversation_id"].tolist() == ["c010"]


def test_neighbours_stay_within_the_filters(rows):
    assert contacts.neighbours(rows, Filters(), "c050") == ("c051", "c049")
    assert contacts.neighbours(rows, Filters(channel=("voice",)), "c050") == ("c052", "c048")
    assert contacts.neighbours(rows, Filters(), "c119") == (None, "c118")
    assert contacts.first(rows, Filters(channel=("nothing",))) is None


def test_timeline_ties_both_ways_and_keeps_to_the_customer(rows):
    found = conversation.timeline(rows, "c000").set_index("conversation_id")
    assert found.loc["c010", "relation"] == "same_issue"
    assert not found.loc["c010", "is_earlier"]
    assert found.loc["c000", "is_this"]
    assert set(found.index) == {f"c{n:03d}" for n in range(0, 120, 10)}
    assert conversation.timeline(rows, "c010").set_index("conversation_id").loc["c000", "is_earlier"]


def test_pairs_behind_an_edge(rows):
    asked = {"window_days": 14, "filters": Filters(), "number": 1, "size": 10}
    pairs = downstream.pairs(rows, ("t2", "t3"), **asked)
    first = pairs.iloc[0]
    assert (first["conversation_id_a"], first["conversation_id_b"], first["probability"]) == ("c001", "c011", 0.9)
    assert pairs["probability"].isna().sum() == len(pairs) - 1
    assert first["n_all"] == first["n"] == len(downstream.pairs(rows, ("t2", "t3"), **asked | {"size": 1000}))
    chat = downstream.pairs(rows, ("t2", "t3"), **asked | {"filters": Filters(channel=("chat",))})
    assert set(chat["channel_a"]) == {"chat"}
    assert chat["n"].iloc[0] < chat["n_all"].iloc[0] == first["n_all"]
    day = pairs["started_at_a"].min().date()
    early = downstream.pairs(rows, ("t2", "t3"), **asked | {"filters": Filters(end=day + timedelta(days=1))})
    assert 0 < early["n"].iloc[0] < first["n_all"]
    assert (early["started_at_a"].dt.date <= day).all()


def test_edges_are_sorted_and_narrowed_to_topics(rows):
    asked = {"window_days": 14, "min_starts": 1, "topics": (), "limit": 10}
    found = downstream.edges(rows, **asked)
    assert found[["label_a", "label_b", "is_clear"]].values.tolist() == [
        ["Unexpected bill", "Slow wifi", True], ["Slow wifi", "Plan change", False],
    ]  # fmt: skip
    assert len(downstream.edges(rows, **asked | {"min_starts": 100})) == 1
    assert len(downstream.edges(rows, **asked | {"topics": ("Plan change",)})) == 1
    assert downstream.windows(rows) == [7, 14]
    assert downstream.counts(rows, window_days=14, min_starts=1, topics=(), many=100) == (2, 1, 1)


def test_inputs_add_up_and_coverage_counts(rows):
    inputs = data.inputs(rows).iloc[0]
    assert (inputs["n_read"], inputs["n_stored"], inputs["n_rejected"]) == (121, 120, 1)
    coverage = data.coverage(rows).set_index("fact")
    assert coverage.loc["customer"].tolist() == [120, 120]
    assert coverage.loc["role"].tolist() == [240, 240]
    assert coverage.loc["nps"].tolist() == [0, 120]
    assert data.window_days(rows) == 14


def test_missing_things_are_said_not_raised(empty_archive):
    archive = Archive(empty_archive)

    def nothing(sql, parameters=()):
        return archive.query(sql, parameters).to_pandas()

    assert data.window_days(nothing) == 14
    assert downstream.windows(nothing) == []
    assert contacts.first(nothing, Filters()) is None
    assert not conversation.exists(nothing, "c1")
    assert data.coverage(nothing)["known"].tolist() == [0] * 11


def test_segments_count_contacts_without_a_time_as_not_here(tmp_path):
    timeless = contact(0, channel="fax", started_at=None, ended_at=None)
    archive = write_archive(tmp_path / "archive", [timeless, contact(1)])

    def rows(sql, parameters=()):
        return archive.query(sql, parameters).to_pandas()

    found = topics.segments(rows, Filters(start=date(2026, 1, 1)), Filters())
    channels = found[found["dimension"] == "channel"]
    assert dict(zip(channels["value"], channels["here"], strict=True)) == {"fax": 0, "chat": 1}


def test_filters_mean_the_same_over_both_views(small_archive):
    archive = Archive(small_archive)
    for filters in (
        Filters(),
        Filters(date(2026, 2, 1), date(2026, 3, 1), channel=("voice",)),
        Filters(topic=("Slow wifi", "Unclear"), resolution=("resolved",), company=("Acme",)),
        Filters(sentiment=("positive",), tenure=("unknown",)),
        Filters(sentiment=("negative", "neutral")),
    ):
        where, values = filters.where()
        both = [
            archive.query(f"SELECT conversation_id FROM {view} WHERE {where} ORDER BY 1", values)
            for view in ("conversations", "contact_facts")
        ]
        assert both[0].equals(both[1])
    where, values = Filters(sentiment=("positive",), tenure=("unknown",)).where()
    assert archive.query(f"SELECT count(*) AS n FROM contact_facts WHERE {where}", values)["n"][0].as_py() == 120
