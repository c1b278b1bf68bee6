"""The main job: counts add up, personal data is gone, runs add and never repeat."""

from __future__ import annotations

import json

import pytest

import textinsight as ti
from textinsight.errors import ExitCode, InputError, UsageError
from textinsight.pipeline import Settings
from textinsight.store import PUBLIC, Archive

SMALL = Settings(processes=1, shard_size=16)


def sorted_rows(store: Archive, name: str) -> list[str]:
    return sorted(json.dumps(row, default=str, sort_keys=True) for row in store.table(name).to_pylist())


@pytest.fixture
def archive(tmp_path):
    return tmp_path / "archive"


def test_every_table_is_there_and_counts_add_up(write_contacts, archive):
    report = ti.build_archive([write_contacts(range(60), extra="{broken\n")], archive, settings=SMALL)
    assert (report.n_stored, report.n_rejected, report.exit_code) == (60, 1, ExitCode.PARTLY_REFUSED)
    store = Archive(archive)
    assert {name: store.table(name).schema.names for name in PUBLIC} == {n: s.names for n, s in PUBLIC.items()}
    assert store.table("conversations").num_rows == 60
    assert store.table("turns").num_rows == 240
    assert store.table("rejects").to_pylist()[0]["line"] == 61
    run = store.table("runs").to_pylist()[0]
    assert json.loads(run["inputs"]) == [{"source": "contacts.jsonl", "n_read": 61, "n_stored": 60, "n_rejected": 1}]


def test_no_personal_data_reaches_the_disk(write_contacts, archive):
    ti.build_archive(
        [write_contacts(range(20), extra='{"broken": "mail me at leak@example.com"')], archive, settings=SMALL
    )
    texts = Archive(archive).table("turns")["text"].to_pylist()
    assert any("[EMAIL]" in text for text in texts)
    rejects = Archive(archive).table("rejects").to_pylist()
    assert "[EMAIL]" in rejects[0]["excerpt"]
    everything = json.dumps([Archive(archive).table(name).to_pylist() for name in PUBLIC], default=str)
    assert "@example.com" not in everything


def test_a_file_named_after_a_caller_is_not_stored_under_that_name(write_contacts, archive):
    source = write_contacts(range(6), name="jane.doe@example.com.jsonl", extra="{broken\n")
    report = ti.build_archive([source], archive, settings=SMALL)
    assert "jane" not in report.inputs[0].source
    stored = [Archive(archive).table(name).to_pylist() for name in ("conversations", "rejects", "runs")]
    assert "jane.doe" not in json.dumps(stored, default=str)


def test_the_same_input_again_changes_nothing(write_contacts, archive):
    source = write_contacts(range(40))
    first = ti.build_archive([source], archive, settings=SMALL)
    copy = source.with_name("copy.jsonl")
    copy.write_bytes(source.read_bytes())
    again = ti.build_archive([source, copy], archive, settings=SMALL)
    assert [count.known for count in again.inputs] == [True, True]
    assert (again.n_stored, again.exit_code) == (first.n_stored, ExitCode.OK)
    assert Archive(archive).table("conversations").num_rows == 40


def test_new_contacts_are_added_and_old_ids_refused(write_contacts, archive):
    ti.build_archive([write_contacts(range(30))], archive, settings=SMALL)
    report = ti.build_archive([write_contacts(range(20, 50), name="more.jsonl")], archive, settings=SMALL)
    assert (report.n_stored, report.n_rejected) == (20, 10)
    store = Archive(archive)
    assert store.table("conversations").num_rows == 50
    assert all("stored already" in reason for reason in store.table("rejects")["reason"].to_pylist())
    links = store.table("links").to_pylist()
    assert any(link["conversation_id"] >= "c030" > link["earlier_id"] for link in links)


def test_links_go_from_later_to_earlier_within_a_customer(write_contacts, archive):
    ti.build_archive([write_contacts(range(60))], archive, settings=SMALL)
    contacts = {row["conversation_id"]: row for row in Archive(archive).table("conversations").to_pylist()}
    links = Archive(archive).table("links").to_pylist()
    assert links
    for link in links:
        later, earlier = contacts[link["conversation_id"]], contacts[link["earlier_id"]]
        assert later["customer_id"] == earlier["customer_id"]
        assert later["started_at"] > earlier["started_at"]


def test_one_process_and_two_give_the_same_tables(write_contacts, tmp_path):
    source = write_contacts(range(64))
    tables = []
    for workers in (1, 2):
        folder = tmp_path / f"by{workers}"
        ti.build_archive([source], folder, settings=Settings(processes=workers, shard_size=16))
        tables.append({name: sorted_rows(Archive(folder), name) for name in PUBLIC if name != "runs"})
    assert tables[0] == tables[1]


def test_an_unreadable_file_beside_a_good_one_is_refused_alone(write_contacts, archive, tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    report = ti.build_archive([write_contacts(range(12)), empty], archive, settings=SMALL)
    assert (report.n_stored, report.n_rejected, report.exit_code) == (12, 1, ExitCode.PARTLY_REFUSED)
    only = ti.build_archive([empty], tmp_path / "other", settings=SMALL)
    assert only.exit_code is ExitCode.NOTHING_USABLE


def test_a_missing_input_is_an_error_before_anything_is_made(archive, tmp_path):
    with pytest.raises(InputError):
        ti.build_archive([tmp_path / "nope.jsonl"], archive)
    assert not archive.exists()


def test_settings_are_checked():
    with pytest.raises(UsageError, match="window_days"):
        Settings(window_days=0)


def test_load_takes_conversations_and_texts():
    nlp = ti.load()
    talk = ti.Conversation(
        "x",
        (
            ti.Turn(ti.Role.AGENT, "How can I help?"),
            ti.Turn(ti.Role.CUSTOMER, "I called last week about this and I have been on hold for an hour. Terrible."),
        ),
    )
    doc = nlp(talk)
    assert doc._.ti_repeat
    assert len(doc.spans["turns"]) == 2
    assert next(d.text for d in nlp.pipe(["one", talk])) == "one"
    assert nlp("a plain text").text == "a plain text"
