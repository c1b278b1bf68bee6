from __future__ import annotations

import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from textinsight.errors import StoreError, UsageError
from textinsight.search import Index, drop, find, parse, refresh
from textinsight.search.build import searchable
from textinsight.search.files import FOLDER, WORDS
from textinsight.search.passages import Passage, marks
from textinsight.store import STORED, Archive, search_lock


def ids(archive, text, **how):
    return [hit.conversation_id for hit in find(archive, text, **how).hits]


def test_words_in_any_turn_and_their_other_forms(archive):
    assert ids(archive, "refund") == ["late"]  # refund and refunds
    assert ids(archive, "money billing") == ["bill"]  # the customer says one, the agent the other
    assert ids(archive, "late") == ["card", "late"]  # three times and once
    assert ids(archive, "late", speaker="customer") == ["late"]
    assert ids(archive, "cafe") == ["café"]
    assert ids(archive, "late -refund") == ["card"]
    assert ids(archive, "slow OR twice") == ["bill", "wifi"]
    assert ids(archive, "nothing of it") == []


def test_a_phrase_stays_within_a_turn(archive):
    assert ids(archive, '"refund it is late"') == ["late"]
    assert ids(archive, '"late your"') == []
    assert ids(archive, '"evening cancel"') == []


def test_masks_are_no_words(archive):
    assert ids(archive, "card") == ["card"]
    assert searchable("my [CARD] is 5") == "my        is 5"
    assert ids(archive, '"my card declined"') == []


def test_a_hit_shows_its_passage_and_where_to_mark(archive, talks):
    hit = find(archive, "refund late").hits[0]
    assert (hit.conversation_id, hit.passage.turn, hit.passage.role) == ("late", 0, "customer")
    marked = [hit.passage.text[start:end] for start, end in hit.passage.spans]
    assert marked == ["refund", "late"]
    assert hit.passage.n_turns == 2
    assert hit.issue_text == talks["late"][0]


def test_meaning_finds_other_words(archive):
    assert ids(archive, "internet speed is bad at night", by="meaning", limit=1) == ["wifi"]
    assert ids(archive, "late", by="like", limit=10)[0] != "late"
    assert len(ids(archive, "late", by="like", limit=10)) == 4


def test_cosines_are_those_of_the_stored_vectors(archive):
    refresh(archive)
    index = Index.open(archive)
    stored = archive.query("SELECT conversation_id, vector FROM vectors").to_pylist()
    vectors = {row["conversation_id"]: np.frombuffer(row["vector"], "<f2").astype(np.float32) for row in stored}
    hits = index.like("late")
    for number, score in zip(hits.numbers, hits.scores, strict=True):
        assert score == pytest.approx(float(vectors["late"] @ vectors[index.ids[number].as_py()]), abs=0.003)


def test_the_nearest_are_chosen_among_those_allowed(archive):
    refresh(archive)
    index = Index.open(archive)
    hits = index.meaning("refund", among=index.ids.filter([False, True, True, False, False]))
    assert sorted(index.ids.take(hits.numbers).to_pylist()) == ["card", "wifi"]
    assert hits.n == 2
    assert len(index.meaning("refund", among=index.ids.slice(0, 0)).numbers) == 0


def test_only_new_shards_are_added(archive, shard_of):
    assert (refresh(archive).added, refresh(archive).added) == (5, 0)
    archive.append_shard(shard_of(["parcel"]))
    assert Index.open(archive).missing == 1
    assert (refresh(archive).added, Index.open(archive).missing) == (1, 0)
    assert ids(archive, "parcel") == ["parcel"]


def test_an_index_sees_what_was_there_when_it_was_opened(archive, shard_of):
    refresh(archive)
    index = Index.open(archive)
    archive.append_shard(shard_of(["parcel"]))
    refresh(archive)
    assert index.words(parse("stolen OR wifi")).n == 1
    assert Index.open(archive).words(parse("stolen OR wifi")).n == 2


def test_a_killed_build_goes_on(archive, shard_of):
    def killed(numbers):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refresh(archive, progress=killed)
    (archive.path / FOLDER / "vectors.i8").open("ab").write(b"torn")
    assert len(Index.open(archive)) == 5  # committed before it was told
    archive.append_shard(shard_of(["parcel"]))
    refresh(archive)
    index = Index.open(archive)
    assert len(index) == 6
    assert index.like("late", most=6).numbers.tolist().count(5) == 1


def test_a_shard_that_has_gone_is_gone_from_the_index(archive):
    refresh(archive)
    archive._tables["conversations"].commit(remove=[archive.shards()[0]])
    assert Index.open(Archive(archive.path)) is None
    assert ids(Archive(archive.path), "refund") == []
    assert ids(Archive(archive.path), "wifi") == ["wifi"]


def test_dropped_and_damaged(archive):
    assert ids(archive, "wifi") == ["wifi"]
    drop(archive)
    assert not (archive.path / FOLDER).exists()
    assert Index.open(archive) is None
    refresh(archive)
    (archive.path / FOLDER / WORDS).write_bytes(b"no database at all" * 100)
    for leftover in (archive.path / FOLDER).glob(f"{WORDS}-*"):
        leftover.unlink()
    with pytest.raises(StoreError, match="search index") as caught:
        Index.open(archive)
    assert "textinsight search --build" in caught.value.hint
    shutil.rmtree(archive.path / FOLDER)


def test_one_builder_at_a_time_and_readers_go_on(archive):
    refresh(archive)
    with search_lock(archive.path):
        with pytest.raises(StoreError, match="another program"):
            refresh(archive)
        assert ids(archive, "wifi") == ["wifi"]


def test_what_cannot_be_asked(archive):
    with pytest.raises(UsageError, match="no conversation"):
        find(archive, "nobody", by="like")
    with pytest.raises(UsageError, match="limit"):
        find(archive, "late", limit=0)


def test_an_empty_archive_has_nothing_to_find_until_it_is_filled(tmp_path, shard_of):
    empty = Archive(tmp_path / "empty", create=True)
    for by in ("words", "meaning"):
        assert find(empty, "late", by=by).hits == ()
    empty.append_shard(shard_of(["late", "card"]))
    assert ids(empty, "refund", by="meaning", limit=1) == ["late"]


def test_without_vectors_words_are_found_all_the_same(tmp_path, shard_of):
    bare = Archive(tmp_path / "bare", create=True)
    bare.append_shard(shard_of(["late"]) | {"vectors": STORED["vectors"].empty_table()})
    assert ids(bare, "refund") == ["late"]
    assert ids(bare, "refund", by="meaning") == []
    assert ids(bare, "late", by="like") == []


@given(st.text(max_size=60))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_question_ever_raises(archive, text):
    for by in ("words", "meaning"):
        assert len(find(archive, text, by=by, limit=2).hits) <= 2


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_marks_lie_within_the_text(text):
    for spans in marks([text], parse("a OR b* OR late")).values():
        assert all(0 <= start < end <= len(text) for start, end in spans)


def test_a_long_turn_is_shown_around_its_first_match():
    text = "word " * 100 + "refund " + "word " * 100
    shown, spans = Passage(0, "customer", text, ((500, 506),), 1).around(80)
    assert [shown[start:end] for start, end in spans] == ["refund"]
    assert len(shown) < 100
    assert shown.startswith("… ")
    assert shown.endswith(" …")
