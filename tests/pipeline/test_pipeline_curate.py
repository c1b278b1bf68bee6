"""An archive's topics in its analysts' hands: changes show in the tables, survive new contacts, can be taken back."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace

import pyarrow as pa
import pytest

from textinsight.errors import InputError, UsageError
from textinsight.pipeline import Settings, build_archive, curate
from textinsight.pipeline.curate import (
    edit_topics,
    explain_contact,
    refresh_topics,
    split_topic,
    topics_report,
    undo,
    use_taxonomy,
)
from textinsight.pipeline.reasons import current_topics, stored_edits, stored_taxonomy
from textinsight.pipeline.relink import relink
from textinsight.store import Archive
from textinsight.store.schema import KEPT
from textinsight.topics import Edit, Reason, Topic

ONE = Settings(processes=1)
TAXONOMY = (Reason("net", "Internet down", None, "the internet connection drops", ("my connection keeps dropping",)),)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """An archive of 96 contacts about four issues."""
    import importlib.util
    import json
    from pathlib import Path

    spec = importlib.util.spec_from_file_location("world", Path(__file__).with_name("conftest.py"))
    world = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(world)
    folder = tmp_path_factory.mktemp("curate")
    path = folder / "contacts.jsonl"
    path.write_text("".join(json.dumps(world.contact(n)) + "\n" for n in range(96)), "utf-8")
    build_archive([path], folder / "made", settings=ONE)
    return folder / "made"


@pytest.fixture
def archive(built, tmp_path):
    shutil.copytree(built, tmp_path / "made")
    return Archive(tmp_path / "made")


def labels(archive: Archive) -> dict[str, int]:
    rows = archive.query("SELECT topic_label, count(*) AS n FROM conversations GROUP BY 1").to_pylist()
    return {row["topic_label"]: row["n"] for row in rows}


def topic_of(archive: Archive) -> dict[str, str]:
    rows = archive.query("SELECT conversation_id, topic_id FROM conversations").to_pylist()
    return {row["conversation_id"]: row["topic_id"] for row in rows}


def leaves(archive: Archive) -> list[Topic]:
    return [topic for topic in topics_report(archive).topics if topic.topic_id.startswith("t")]


def test_tables_of_topics_are_made_by_a_run(archive):
    assert archive.table("topic_quality").num_rows == len(leaves(archive)) >= 3
    main = archive.query("SELECT * FROM contact_topics WHERE rank = 1").num_rows
    clear = archive.query("SELECT count(*) AS n FROM conversations WHERE topic_id IS NOT NULL").to_pylist()[0]["n"]
    assert main == clear == 96
    spans = archive.query(
        "SELECT substr(t.text, r.start + 1, r.end - r.start) AS said FROM contact_topics r"
        " JOIN turns t USING (conversation_id, turn) WHERE rank = 1"
    )["said"].to_pylist()
    assert all(any(word in said for word in ("connection", "bill", "address", "card")) for said in spans)


def test_rename_merge_move_and_undo(archive):
    first, second, *_ = leaves(archive)
    edit_topics(archive, Edit("rename", first.label, value="Mine"), Edit("merge", second.topic_id, target_id="Mine"))
    assert labels(archive)["Mine"] == first.n + second.n
    edit_topics(archive, Edit("move", "Mine", target_id="Everything"))
    theme = next(topic for topic in topics_report(archive).topics if topic.label == "Everything")
    assert theme.n == first.n + second.n
    assert [undo(archive).op for _ in range(3)] == ["move", "merge", "rename"]
    assert labels(archive)[first.label] == first.n
    assert len(stored_edits(archive)) == 6
    with pytest.raises(UsageError, match="no edit"):
        undo(archive)


def test_names_and_themes_written_at_once_are_those_of_a_full_run(archive, monkeypatch):
    first, second, *_ = leaves(archive)
    with monkeypatch.context() as patch:
        patch.setattr(curate, "relate", lambda *_, **__: pytest.fail("related the archive"))
        edit_topics(archive, Edit("rename", first.topic_id, value="Mine"), Edit("describe", "Mine", value="All mine"))
        edit_topics(archive, Edit("move", "Mine", target_id="Everything"), Edit("pin", second.topic_id))
        undo(archive)
    at_once = contents(archive)
    assert {row["theme_label"] for row in at_once["contact_facts"] if row["topic_label"] == "Mine"} == {"Everything"}
    relink(archive.path)
    assert contents(archive) == at_once


def test_an_edit_that_a_later_one_needs_is_not_taken_back(archive):
    first, second, *_ = leaves(archive)
    edit_topics(archive, Edit("rename", first.topic_id, value="Mine"))
    edit_topics(archive, Edit("rename", second.topic_id, value=first.label))
    with pytest.raises(UsageError, match="edit 2 needs it"):
        undo(archive, 1)
    assert len(stored_edits(archive)) == 2
    assert [undo(archive, 2, editor="ana").number, stored_edits(archive)[-1].editor] == [2, "ana"]
    assert undo(archive, 1).op == "rename"


def contents(archive: Archive) -> dict[str, list]:
    """Every table that names a topic, without the order of its rows."""
    tables = "topics", "assignments", "contact_facts", "topic_quality", "clusters", "avoidable", "handle_time"
    return {name: sorted(archive.query(f"SELECT * FROM {name}").to_pylist(), key=repr) for name in tables}


def test_nothing_is_kept_of_edits_that_cannot_be(archive):
    with pytest.raises(UsageError, match="no topics named"):
        edit_topics(archive, Edit("rename", leaves(archive)[0].topic_id, value="A"), Edit("pin", "nothing"))
    assert stored_edits(archive) == ()


def test_names_and_ids_stay_when_new_contacts_come_and_all_is_found_anew(archive, write_contacts):
    first = leaves(archive)[0]
    edit_topics(archive, Edit("rename", first.topic_id, value="Mine"))
    before = topic_of(archive)
    build_archive([write_contacts(range(96, 116), name="more.jsonl")], archive.path, settings=ONE)
    for _ in range(2):
        after = dict(
            Archive(archive.path).query("SELECT conversation_id, topic_id FROM conversations").to_pandas().values
        )
        assert sum(after[i] == topic for i, topic in before.items()) >= 0.97 * len(before)
        assert labels(Archive(archive.path))["Mine"] >= first.n
        refresh_topics(archive.path, anew=True)


def test_what_does_not_part_is_not_split(archive):
    first = leaves(archive)[0]
    with pytest.raises(UsageError, match="names"):
        split_topic(archive, first.label, parts=3, labels=("A", "B"))
    with pytest.raises(UsageError, match="do not part"):  # they all say the same
        split_topic(archive, first.label)


def test_a_split_is_not_taken_back_while_its_parts_are_edited(archive):
    first, second, third, *_ = leaves(archive)
    edit_topics(archive, Edit("merge", second.topic_id, target_id=first.topic_id))
    part = split_topic(archive, first.label).part_ids[1]
    edit_topics(archive, Edit("rename", part, value="Part"), Edit("rename", third.topic_id, value="Other"))
    edit_topics(archive, Edit("pin", part))
    with pytest.raises(UsageError, match="edits 3, 5 need it"):
        undo(archive, 2)
    assert len(stored_edits(archive)) == 5


def test_merges_of_one_command_are_taken_back_together(archive):
    before = labels(archive)
    first, second, third, *_ = leaves(archive)
    into = Edit("merge", third.topic_id, target_id=first.topic_id)
    kept = edit_topics(archive, replace(into, topic_id=second.topic_id), replace(into, topic_id=second.label), into)
    assert [edit.topic_id for edit in kept] == [second.topic_id, third.topic_id]
    assert undo(archive, 1).number == 1
    assert labels(archive) == before
    assert [(edit.op, edit.value) for edit in stored_edits(archive)[2:]] == [("undo", "1"), ("undo", "2")]


def test_the_target_of_a_move_is_a_theme_or_a_new_name(archive):
    use_taxonomy(archive, (*TAXONOMY, Reason("POST", "Delivery"), Reason("lost", "Lost parcel", "POST")))
    first, second, *_ = leaves(archive)
    for wrong in (second.topic_id, second.topic_id.upper(), "g0O1", "g999", "post ", "lost"):
        said = "is it 'POST'" if wrong == "post " else f"{wrong!r} is no theme"
        with pytest.raises(UsageError, match=said) as refused:
            edit_topics(archive, Edit("move", first.topic_id, target_id=wrong))
        assert "topics move" in refused.value.hint
    assert stored_edits(archive) == ()
    moved = edit_topics(archive, Edit("move", first.topic_id, target_id="POST"))
    assert (moved[0].target_id, moved[0].value) == ("POST", "Delivery")
    (made,) = edit_topics(archive, Edit("move", second.topic_id, target_id=" Every \n thing"))
    assert made.value == "Every thing"


def test_a_merge_can_be_split_again(archive):
    first, second, *_ = leaves(archive)
    edit_topics(archive, Edit("merge", second.topic_id, target_id=first.topic_id))
    edit = split_topic(archive, first.label, parts=2, labels=("A", "B"))
    assert edit.part_ids[0] == first.topic_id
    found = labels(archive)
    assert {found["A"], found["B"]} == {first.n, second.n}


def test_a_taxonomy_comes_first_and_goes_again(archive):
    before = labels(archive)
    found = use_taxonomy(archive, TAXONOMY)
    mine = next(topic for topic in found.topics if topic.topic_id == "net")
    assert mine.source == "taxonomy"
    dropping = archive.query("SELECT topic_id FROM conversations WHERE issue_text LIKE '%dropping%'")["topic_id"]
    assert set(dropping.to_pylist()) == {"net"}
    assert len(found.topics) > 1
    use_taxonomy(archive, ())
    assert len(labels(archive)) == len(before)


def test_edits_that_a_taxonomy_gets_in_the_way_of_lock_nothing(archive, write_contacts):
    first, second, third, *_ = leaves(archive)
    edit_topics(archive, Edit("rename", first.topic_id, value="Internet DOWN"))
    use_taxonomy(archive, (*TAXONOMY, Reason("post", "Post"), Reason("lost", "Lost parcel", "post")))
    found = {topic.topic_id: topic.label for topic in topics_report(archive).topics}
    assert (found[first.topic_id], found["net"]) == (first.label, "Internet down")
    assert list(topics_report(archive).missed) == [1]
    edit_topics(
        archive, Edit("move", second.topic_id, target_id="post"), Edit("merge", third.topic_id, target_id="lost")
    )
    assert stored_edits(archive)[1].value == "Post"
    done = use_taxonomy(archive, ())
    theme = next(topic for topic in done.topics if topic.topic_id == "post")
    assert (theme.label, theme.n) == ("Post", next(t.n for t in done.topics if t.topic_id == second.topic_id))
    assert list(done.missed) == [3]
    assert {topic.topic_id: topic.label for topic in done.topics}[first.topic_id] == "Internet DOWN"
    assert "'lost'" in done.missed[3]
    report = build_archive([write_contacts(range(96, 110), name="more.jsonl")], archive.path, settings=ONE)
    assert report.inputs[0].n_stored == 14
    assert refresh_topics(archive.path, anew=True).missed == done.missed
    assert [undo(archive.path).number for _ in range(3)] == [3, 2, 1]
    assert topics_report(archive.path).missed == {}


def test_a_taxonomy_that_fails_leaves_the_archive_as_it_was(archive, monkeypatch):
    before = contents(archive)
    with monkeypatch.context() as patch:
        patch.setattr(curate, "relate", lambda *_, **__: pytest.fail("stop"))
        with pytest.raises(pytest.fail.Exception, match="stop"):
            use_taxonomy(archive, TAXONOMY)
    with pytest.raises(InputError, match="looks like"):
        use_taxonomy(archive, (Reason("t001", "Internet down"),))
    assert (contents(archive), stored_taxonomy(archive)) == (before, ())


def test_a_namer_leaves_the_names_that_people_gave(archive):
    first, second, *_ = leaves(archive)
    edit_topics(archive, Edit("rename", first.topic_id, value="Mine"))
    asked = []
    done = refresh_topics(archive, namer=lambda topic: asked.append(topic.topic_id) or "mine")
    assert {t.topic_id: t.label for t in done.topics}[second.topic_id] == second.label
    assert second.topic_id in asked
    assert first.topic_id not in asked


def test_edits_that_write_names_alone_mend_tables_that_a_failed_step_left(archive):
    first = leaves(archive)[0]
    rows = [{"version": 1, "place": 0, **asdict(TAXONOMY[0])}]
    archive.keep("taxonomy", pa.Table.from_pylist(rows, schema=KEPT["taxonomy"]))
    edit_topics(archive, Edit("rename", first.topic_id, value="Mine"))
    assert labels(archive)["Internet down"] > 0


def test_an_explanation_names_the_words(archive):
    row = archive.query("SELECT conversation_id FROM conversations WHERE issue_text LIKE '%dropping%'").to_pylist()[0]
    found = explain_contact(archive, row["conversation_id"])
    assert found.topic is not None
    assert {"connection", "internet", "dropping"} & {word.word for word in found.words}
    with pytest.raises(UsageError, match="no contact"):
        explain_contact(archive, "nobody")


def test_a_contact_that_was_let_in_is_explained_by_its_topic(archive, monkeypatch):
    model = current_topics(archive)
    monkeypatch.setattr(curate, "current_topics", lambda _: replace(model, centroids=-model.centroids))  # all are far
    conversation_id = next(iter(topic_of(archive)))
    assert explain_contact(archive, conversation_id).topic is not None
