"""Linking an archive again: what is new alone, what reviewers said, weights learnt from them; nothing is run through
taggers here, the stored rows are written as they would leave them."""

from __future__ import annotations

import csv
import itertools
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from textinsight import link
from textinsight.errors import InputError, ModelError, UsageError
from textinsight.learn.relearn_links import RelearnConfig, learn_links
from textinsight.pipeline import Settings, relink
from textinsight.pipeline.relate import load_contacts
from textinsight.pipeline.reviewing import import_reviews, to_review, write_to_review
from textinsight.pipeline.runs import last_settings
from textinsight.pipeline.weights import forget_weights, link_model, weights_folder
from textinsight.store import DERIVED, STORED, Archive

N_ISSUES, DAYS = 6, 100
COMPARED = ("links", "threads", "edges", "measures", "conversations")


def world(n=900, seed=3):
    """(contacts, issue of each): customers come back with the same issue, half of them saying so."""
    rng = np.random.default_rng(seed)
    customer, day, issue = rng.integers(0, 260, n), rng.uniform(0, DAYS, n), rng.integers(0, N_ISSUES, n)
    again = rng.choice(n, n // 3, replace=False)
    customer, issue = np.append(customer, customer[again]), np.append(issue, issue[again])
    day = np.append(day, day[again] + rng.uniform(0.1, 8, len(again)))
    rows = []
    for i in np.argsort(day).tolist():
        start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day[i])
        rows.append(
            {
                "conversation_id": f"c{len(rows):04}",
                "customer_id": None if customer[i] % 20 == 0 else f"k{customer[i]:03}",
                "identity_keys": [f"p{customer[i]:03}"] if customer[i] % 40 == 0 else [],
                "channel": "voice",
                "started_at": start,
                "ended_at": start + timedelta(minutes=5),
                "n_turns": 1,
                "resolution": "unresolved" if rng.random() < 0.5 else "resolved",
                "resolution_confidence": 0.9,
                "stated_repeat": bool(i >= n and rng.random() < 0.5),
                "effort_drivers": [],
                "issue_text": f"issue number {issue[i]}",
            }
        )
    return rows, issue[np.argsort(day)]


def shard(rows, issues):
    vectors = np.eye(16, dtype=np.float32)[issues]
    vectors += 0.15 * np.random.default_rng(0).standard_normal((len(issues), 16)).astype(np.float32)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("<f2")
    stored = {
        "conversations": rows,
        "vectors": [
            {"conversation_id": r["conversation_id"], "engine": "toy@1", "vector": v.tobytes()}
            for r, v in zip(rows, vectors, strict=True)
        ],
    }
    return {name: pa.Table.from_pylist(stored.get(name, []), schema=schema) for name, schema in STORED.items()}


@pytest.fixture(scope="module")
def contacts():
    return world()


@pytest.fixture
def archive(tmp_path, contacts):
    store = Archive(tmp_path / "archive", create=True)
    store.append_shard(shard(*contacts))
    relink(store)
    return store


def tables(store):
    return {name: sorted(map(str, store.table(name).to_pylist())) for name in COMPARED}


def links(store):
    return {(r["conversation_id"], r["earlier_id"], r["relation"]): r for r in store.table("links").to_pylist()}


def value(store, measure):
    rows = store.query("SELECT value FROM measures WHERE measure = ? AND segment = 'all' AND period = 'all'", [measure])
    return rows.to_pylist()[0]["value"]


def at_once(store):
    """All contacts linked together by the measure that the archive keeps."""
    state = store.query("SELECT state FROM link_states WHERE window_days = 14").to_pylist()[0]["state"]
    contacts = load_contacts(store, "toy@1")
    assigned = store.query("SELECT topic_id FROM assignments ORDER BY conversation_id")
    table = contacts.table.append_column("topic_id", assigned["topic_id"])
    return link.build(table, contacts.vectors, state=link.LinkState.from_bytes(state))


def test_new_days_link_alone_and_give_what_linking_all_at_once_by_the_same_measure_gives(tmp_path, contacts):
    rows, issues = contacts
    grown = Archive(tmp_path / "grown", create=True)
    cuts = [0, 900, 1_100, 1_101, len(rows)]
    looked = []
    for first, last in itertools.pairwise(cuts):
        grown.append_shard(shard(rows[first:last], issues[first:last]))
        looked.append(relink(grown).relinked)
    assert looked[1] < looked[0] > 5 * looked[2] > 0
    found = at_once(grown)
    assert links(grown).keys() == {
        (r["conversation_id"], r["earlier_id"], r["relation"]) for r in found.links.to_pylist()
    }
    assert grown.table("threads").sort_by("thread_id").equals(found.threads)
    assert sorted(map(str, grown.table("edges").to_pylist())) == sorted(map(str, found.edges.to_pylist()))
    before = tables(grown)
    assert relink(grown).relinked == 0
    assert tables(grown) == before


def test_after_a_kill_between_the_tables_everybody_is_linked(archive):
    n = relink(archive, full=True).relinked
    assert relink(archive).relinked == 0
    archive.replace("linking", DERIVED["linking"].empty_table())
    assert relink(archive).relinked == n


def test_an_archive_that_has_doubled_is_measured_anew(tmp_path, contacts):
    rows, issues = contacts
    store = Archive(tmp_path / "archive", create=True)
    store.append_shard(shard(rows[:500], issues[:500]))
    first = relink(store).relinked
    store.append_shard(shard(rows[500:], issues[500:]))
    assert relink(store).relinked > 2 * first
    fitted = link.LinkState.from_bytes(store.query("SELECT state FROM link_states").to_pylist()[0]["state"]).fitted_on
    assert fitted > 2 * first


def test_rejecting_a_link_changes_threads_and_measures_and_confirming_brings_them_back(archive):
    before, repeat = tables(archive), value(archive, "repeat_share")
    pair = next(key for key, r in sorted(links(archive).items()) if key[2] == "same_issue")
    archive.review(*pair[:2], "rejected")
    report = relink(archive)
    assert 0 < report.relinked < 30
    assert links(archive)[pair]["reviewed"] == "rejected"
    threads = {r["conversation_id"]: r["thread_id"] for r in archive.table("conversations").to_pylist()}
    assert threads[pair[0]] != threads[pair[1]]
    assert value(archive, "repeat_share") < repeat
    archive.review(*pair[:2], "confirmed")
    relink(archive)
    after = tables(archive)
    assert {name for name in before if after[name] != before[name]} <= {"links"}
    assert links(archive)[pair]["reviewed"] == "confirmed"
    assert value(archive, "repeat_share") == repeat


def test_confirming_what_the_model_leaves_open_links_it(archive):
    threads = archive.query(
        "SELECT a.conversation_id AS later, b.conversation_id AS earlier FROM conversations a JOIN conversations b"
        " ON a.customer_id = b.customer_id AND a.started_at > b.started_at + INTERVAL 40 DAY"
        " WHERE a.thread_id <> b.thread_id ORDER BY 1, 2 LIMIT 1"
    ).to_pylist()[0]
    archive.review(threads["later"], threads["earlier"], "confirmed")
    relink(archive)
    assert links(archive)[threads["later"], threads["earlier"], "same_issue"]["reviewed"] == "confirmed"


def test_contacts_with_a_key_and_no_id_are_linkable_and_the_others_counted(archive):
    report = relink(archive)
    assert report.by_key > 0
    assert report.without_customer > 0
    assert report.linkable + report.not_linkable == report.contacts
    known = archive.query("SELECT count(*) AS n FROM conversations WHERE customer_id IS NULL AND thread_id IS NOT NULL")
    assert known.to_pylist() == [{"n": report.by_key}]


def test_a_hand_over_is_one_contact_in_threads_and_measures(tmp_path):
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    times = {"a": 0, "b": 15, "c": 9_000}  # minutes; a ends after 5, so b follows within 15
    rows = [
        {
            "conversation_id": name, "customer_id": "kim", "channel": channel, "agent_id": f"agent-{name}",
            "started_at": start + timedelta(minutes=at), "ended_at": start + timedelta(minutes=at + 5), "n_turns": 1,
            "resolution": "moved", "effort_drivers": [], "issue_text": "the card is lost",
        }
        for (name, at), channel in zip(times.items(), ("chat", "voice", "voice"), strict=True)
    ]  # fmt: skip
    late = start + timedelta(days=60)
    end = {"conversation_id": "z", "customer_id": "lee", "started_at": late, "n_turns": 1, "effort_drivers": []}
    two = Archive(tmp_path / "two", create=True)
    two.append_shard(shard([*rows[:2], end], np.array([1, 1, 2])))
    relink(two)
    assert [t["n_contacts"] for t in two.table("threads").to_pylist() if t["customer_id"] == "kim"] == [2]
    assert value(two, "repeat_share") == 0
    assert value(two, "fcr_observed") == 1.0
    three = Archive(tmp_path / "three", create=True)
    three.append_shard(shard([*rows, end], np.array([1, 1, 1, 2])))
    relink(three)
    assert value(three, "repeat_share") == pytest.approx(1 / 3)  # c repeats; b is no contact of its own
    assert value(three, "fcr_observed") == 0.0


def test_another_window_is_remembered(archive):
    assert relink(archive, settings=Settings(window_days=7)).window_days == 7
    assert last_settings(archive).window_days == 7
    assert relink(archive).window_days == 7
    assert relink(archive, settings=Settings()).relinked == relink(archive, full=True).relinked


def test_an_archive_without_contacts_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no contacts"):
        relink(Archive(tmp_path / "new", create=True))


def judged(archive, tmp_path, truth, n=120):
    path = tmp_path / "pairs.csv"
    assert write_to_review(archive, path, n=n) > 0
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["verdict"] = "yes" if truth(row) else "no"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path, rows


def test_a_sample_goes_out_and_comes_back_judged(archive, tmp_path, contacts):
    sample = to_review(archive, n=40).to_pylist()
    assert len({(r["conversation_id"], r["earlier_id"], r["relation"]) for r in sample}) == len(sample)
    known = links(archive)
    near = [r for r in sample if (r["conversation_id"], r["earlier_id"], r["relation"]) not in known]
    assert 0 < len(near) < len(sample) / 2
    assert all(0.2 <= float(r["probability"]) < 0.5 and r["why"].startswith("prior") for r in near)
    first = [float(r["probability"]) for r in sample[:5]]
    assert 0.4 <= first[0] < 0.6
    assert max(first) >= 0.9  # a round goes through all bands
    path, rows = judged(archive, tmp_path, lambda row: row["earlier_issue"] == row["later_issue"])
    rows[0]["verdict"] = ""
    with path.open("a", encoding="utf-8") as file:
        file.write("nope,c0001,same_issue,,,,,,yes,,\n" + "c0002,c0001,same_issue,,,,,,perhaps,,\n")
    done = import_reviews(archive, path, reviewer="ann")
    assert done.n_stored == len(rows)
    assert [r.line for r in done.refused] == [len(rows) + 2, len(rows) + 3]
    assert "not in the archive" in done.refused[0].reason
    assert "expected confirmed or rejected" in done.refused[1].reason
    assert set(archive.table("reviews")["reviewer"].to_pylist()) == {"ann"}
    with pytest.raises(InputError, match="no column verdict"):
        (tmp_path / "bad.csv").write_text("conversation_id,earlier_id\n")
        import_reviews(archive, tmp_path / "bad.csv")


def test_learning_moves_little_with_few_reviews_helps_with_many_and_can_be_forgotten(archive, tmp_path):
    with pytest.raises(UsageError, match="learning needs at least 20"):
        learn_links(archive)
    path, _ = judged(archive, tmp_path, lambda row: "stated_repeat customer says so" in row["why"], n=150)
    import_reviews(archive, path)
    few = learn_links(archive, config=RelearnConfig(spread=0.01), force=True)
    assert max(abs(m.after - m.before) for m in few.weights) < 0.1
    done = learn_links(archive)
    assert done.adopted
    assert done.log_loss_after < done.log_loss_before
    stated = {m.label: m.after - m.before for m in done.weights if m.signal == "stated_repeat"}
    assert stated["customer says so, of the last"] > 0.2 > -0.2 > stated["not stated"]
    report = relink(archive)
    assert report.model == f"link-reviews@{done.n_reviews}" == link_model(archive).name
    assert learn_links(archive).log_loss_before == done.log_loss_before  # always learnt from the shipped ones
    (weights_folder(archive) / "weights.json").write_text("{}")
    with pytest.raises(ModelError, match="altered"):
        relink(archive)
    assert forget_weights(archive) == done.n_reviews
    assert forget_weights(archive) is None
    assert relink(archive).model == link.load_model().name
