"""Reviews: checked, kept, and winning over the model at once on reading."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from textinsight.errors import UsageError
from textinsight.store import DERIVED, STORED, Archive, Review
from textinsight.store.doctor import examine
from textinsight.store.export import export
from textinsight.store.reviews import problems

DAYS = {"a": ("kim", 1), "b": ("kim", 3), "c": ("kim", 5), "x": ("lee", 2), "y": (None, 4), "z": ("kim", None)}


@pytest.fixture
def archive(tmp_path):
    store = Archive(tmp_path / "archive", create=True)
    rows = [
        {"conversation_id": i, "customer_id": who, "started_at": day and datetime(2026, 1, day, tzinfo=UTC)}
        for i, (who, day) in DAYS.items()
    ]
    shard = {name: schema.empty_table() for name, schema in STORED.items()}
    store.append_shard(shard | {"conversations": pa.Table.from_pylist(rows, schema=STORED["conversations"])})
    links = [
        {"conversation_id": later, "earlier_id": earlier, "relation": relation, "probability": 0.75}
        for later, earlier, relation in (("b", "a", "same_issue"), ("c", "b", "downstream"))
    ]
    store.replace("links", pa.Table.from_pylist(links, schema=DERIVED["links"]))
    return store


def reviewed(store):
    return {(r["conversation_id"], r["earlier_id"]): r["reviewed"] for r in store.table("links").to_pylist()}


def test_a_review_is_seen_at_once_by_readers_and_in_exports(archive, tmp_path):
    reader = Archive(archive.path)
    assert reviewed(reader) == {("b", "a"): None, ("c", "b"): None}
    stored = archive.review("b", "a", "rejected", reviewer="ann", note="another card")
    assert stored.probability == pytest.approx(0.75)
    assert stored.reviewed_at is not None
    assert reviewed(reader) == {("b", "a"): "rejected", ("c", "b"): None}
    export(reader, "links", tmp_path / "links.csv")
    assert "rejected" in (tmp_path / "links.csv").read_text()
    assert export(reader, "reviews", tmp_path / "reviews.jsonl") == 1


def test_the_last_review_of_a_pair_wins_and_all_are_kept(archive):
    for verdict in ("rejected", "confirmed", "rejected", "confirmed"):
        archive.review("b", "a", verdict)
    archive.review("c", "b", "rejected", relation="downstream")
    assert reviewed(archive) == {("b", "a"): "confirmed", ("c", "b"): "rejected"}
    assert archive.table("reviews").num_rows == 5


def test_an_older_review_that_is_stored_later_does_not_win(archive):
    archive.review("b", "a", "rejected")
    archive.add_reviews([Review("b", "a", "confirmed", reviewed_at=datetime(2020, 1, 1, tzinfo=UTC))])
    assert reviewed(archive)["b", "a"] == "rejected"


def test_a_review_of_one_relation_says_nothing_of_the_other(archive):
    archive.review("c", "b", "rejected", relation="same_issue")
    assert reviewed(archive)["c", "b"] is None
    assert archive.table("reviews")["probability"].to_pylist() == [None]


def test_reviews_survive_every_rebuild(archive):
    archive.review("b", "a", "confirmed")
    for name in DERIVED:
        archive.replace(name, DERIVED[name].empty_table())
    assert archive.table("reviews").num_rows == 1
    assert examine(archive.path, mend=True) == []
    assert Archive(archive.path).table("reviews").num_rows == 1


@pytest.mark.parametrize(
    ("pair", "why"),
    [
        (("b", "nope"), "'nope' is not in the archive"),
        (("a", "b"), "give the later contact first"),
        (("x", "a"), "of one customer"),
        (("y", "a"), "of one customer"),
        (("z", "a"), "without a start time"),
    ],
)
def test_what_cannot_be_a_pair_is_refused(archive, pair, why):
    with pytest.raises(UsageError, match=why):
        archive.review(*pair, "confirmed")
    assert problems(archive.query, [Review(*pair, "confirmed"), Review("b", "a", "confirmed")])[1] is None
    assert archive.table("reviews").num_rows == 0


@pytest.mark.parametrize(
    "words",
    [
        {"verdict": "maybe"},
        {"relation": "unrelated"},
        {"earlier_id": "b"},
        {"earlier_id": ""},
        {"note": "call kim@example.com"},
        {"note": "her number is 555 0100 2345"},
        {"note": "x" * 501},
        {"reviewed_at": datetime(2026, 1, 1)},
    ],
)
def test_words_that_are_not_known_and_personal_data_are_refused(words):
    given = {"conversation_id": "b", "earlier_id": "a", "verdict": "confirmed", **words}
    with pytest.raises(UsageError):
        Review(**given)


def test_many_reviewers_at_once_lose_nothing(archive):
    def judge(number):
        Archive(archive.path).review("b", "a", "confirmed", reviewer=f"r{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(judge, range(12)))
    found = archive.table("reviews")["reviewer"].to_pylist()
    assert sorted(found) == sorted(f"r{i}" for i in range(12))
