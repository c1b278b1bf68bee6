"""Corrections through the stages: the contact's sentiment, linking again, precision, and labels."""

from __future__ import annotations

import json

import pytest

from textinsight import Archive
from textinsight.learn.evaluate import evaluate
from textinsight.pipeline import Settings, build_archive, relink
from textinsight.pipeline.correcting import correct, corrections_of, tag_precision, undo_correction, write_gold
from textinsight.store import Correction
from textinsight.store.corrections import TAGS
from textinsight.tag.sentiment import overall


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("correcting")
    turns = [
        {"role": "customer", "text": "My order never arrived and nobody answers, this is a disgrace."},
        {"role": "agent", "text": "I am sorry, I have sent a new one."},
        {"role": "customer", "text": "Thank you so much, that is wonderful."},
    ]
    rows = [
        {
            "conversation_id": f"c{n}",
            "customer_id": f"k{n % 3}",
            "started_at": f"2026-01-{n + 1:02d}T10:00:00Z",
            "turns": turns,
        }
        for n in range(9)
    ]
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    build_archive([folder / "in.jsonl"], folder / "archive", settings=Settings(processes=1))
    return folder / "archive"


@pytest.fixture
def archive(made, tmp_path):
    import shutil

    shutil.copytree(made, tmp_path / "archive")
    return Archive(tmp_path / "archive")


def contact(archive, name):
    return archive.query("SELECT * FROM conversations WHERE conversation_id = ?", [name]).to_pylist()[0]


def test_a_turns_sentiment_corrects_the_contacts(archive):
    scores = archive.query("SELECT sentiment_score AS s FROM turns WHERE conversation_id = 'c0' AND role = 'customer'")[
        "s"
    ]
    before = contact(archive, "c0")["sentiment"]
    stored = correct(archive, Correction("c0", "sentiment", "1", turn=0))
    after = contact(archive, "c0")["sentiment"]
    assert after == pytest.approx(overall([1.0, scores[1].as_py()], 2.0), abs=1e-4)
    correct(archive, Correction("c0", "sentiment", "-1", turn=2))
    assert contact(archive, "c0")["sentiment"] == pytest.approx(overall([1.0, -1.0], 2.0), abs=1e-4)
    undo_correction(archive, stored[0])
    correct(archive, Correction("c0", "sentiment", None, turn=2))
    assert contact(archive, "c0")["sentiment"] == pytest.approx(before, abs=1e-4)


def test_linking_again_uses_corrections_and_keeps_them_apart(archive):
    was = contact(archive, "c4")["resolution"]
    correct(archive, Correction("c4", "resolution", "unclear"), Correction("c4", "churn_risk", "true"))
    relink(archive)
    assert contact(archive, "c4")["resolution"] == "unclear"
    facts = archive.query("SELECT resolution, churn_risk FROM contact_facts WHERE conversation_id = 'c4'").to_pylist()
    assert facts == [{"resolution": "unclear", "churn_risk": True}]
    stated = archive.query(
        "SELECT n_unknown FROM measures WHERE measure = 'fcr_stated' AND segment = 'all' AND period = 'all'"
    )
    undo_correction(archive, corrections_of(archive, "c4")[-1])
    undo_correction(archive, corrections_of(archive, "c4")[-1])
    assert contact(archive, "c4")["resolution"] == was
    assert contact(archive, "c4")["churn_risk"] is False
    relink(archive)
    now = archive.query(
        "SELECT n_unknown FROM measures WHERE measure = 'fcr_stated' AND segment = 'all' AND period = 'all'"
    )
    assert (stated["n_unknown"][0].as_py() > now["n_unknown"][0].as_py()) == (was != "unclear")


def test_precision_counts_the_right_and_the_wrong_ones(archive):
    was = contact(archive, "c0")["resolution"]
    other = next(value for value in TAGS["resolution"] if value != was)
    for n in range(4):
        correct(archive, Correction(f"c{n}", "resolution", other if n == 0 else was))
    line = next(line for line in tag_precision(archive) if line.tag == "resolution")
    assert (line.value, line.n, line.n_right, line.share) == (was, 4, 3, 0.75)
    assert (line.low, line.high) == (pytest.approx(0.3006, abs=1e-4), pytest.approx(0.9544, abs=1e-4))  # Wilson, 3 of 4


def test_corrections_become_labels_that_evaluate_reads(archive, tmp_path):
    drivers = [name for name in TAGS if TAGS[name] == ("true", "false")]
    correct(archive, Correction("c1", "sentiment", "-1", turn=0), Correction("c1", "resolution", "moved"))
    correct(archive, *(Correction("c2", name, "true" if name == "long_wait" else "false") for name in drivers))
    assert write_gold(archive, tmp_path / "gold.jsonl") == 2
    first, second = (json.loads(line) for line in (tmp_path / "gold.jsonl").read_text().splitlines())
    assert first["gold"] == {"turn_sentiment": {"0": -1}, "resolution": "moved"}
    assert [turn["role"] for turn in first["turns"]] == ["customer", "agent", "customer"]
    assert second["gold"]["effort"] == ["long_wait"]
    card = evaluate(tmp_path / "gold.jsonl")
    assert {line.tag for line in card.lines} >= {"turn_sentiment", "resolution", "effort_drivers", "churn_risk"}
