"""Corrections: checked, kept, winning on reading at once, and undone as easily."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from textinsight.errors import UsageError
from textinsight.findings import DRIVER_BITS
from textinsight.store import DERIVED, STORED, Archive, Correction

ROW = {
    "conversation_id": "a", "started_at": datetime(2026, 1, 1, tzinfo=UTC), "resolution": "resolved", "sentiment": 0.5,
    "stated_repeat": False, "escalation": False, "churn_risk": True, "effort_drivers": ["transfer", "long_wait"],
}  # fmt: skip
TOPICS = [("t1", "late refund", "g1"), ("t2", "slow wifi", None), ("g1", "money", None)]


@pytest.fixture
def archive(tmp_path):
    store = Archive(tmp_path / "archive", create=True)
    rows: dict[str, list[dict]] = {
        "conversations": [ROW, ROW | {"conversation_id": "b"}],
        "turns": [
            {
                "conversation_id": "a",
                "turn": n,
                "role": "customer",
                "text": "x",
                "sentiment": s,
                "sentiment_score": s / 2,
            }
            for n, s in enumerate((1, 0, -1))
        ],
    }
    store.append_shard({name: pa.Table.from_pylist(rows.get(name, []), schema=STORED[name]) for name in STORED})
    assigned = [{"conversation_id": name, "topic_id": "t2", "topic_label": "slow wifi"} for name in "ab"]
    topics = [{"topic_id": name, "label": label, "parent_id": parent} for name, label, parent in TOPICS]
    bits = DRIVER_BITS["transfer"] | DRIVER_BITS["long_wait"]
    facts = [ROW | {"drivers": bits} | row for row in assigned]
    for name, data in {"assignments": assigned, "topics": topics, "contact_facts": facts}.items():
        store.replace(name, pa.Table.from_pylist(data, schema=DERIVED[name]))
    return store


def seen(archive, conversation_id="a"):
    """The contact as both views show it; the one shows drivers as names, the other as bits."""
    shared = "topic_id, topic_label, resolution, stated_repeat, escalation, churn_risk, sentiment"
    drivers = {"conversations": "effort_drivers", "contact_facts": "drivers"}
    rows = [
        archive.query(f"SELECT {shared}, {said} FROM {v} WHERE conversation_id = ?", [conversation_id]).to_pylist()[0]
        for v, said in drivers.items()
    ]
    bits = sum(DRIVER_BITS[driver] for driver in rows[0]["effort_drivers"])
    assert rows[1] == {name: value for name, value in rows[0].items() if name != "effort_drivers"} | {"drivers": bits}
    return rows[0]


def test_every_tag_can_be_corrected_and_both_views_follow(archive):
    before = seen(archive)
    stored = archive.add_corrections(
        [
            Correction("a", "resolution", "unresolved", editor="ann"),
            Correction("a", "topic", "t1"),
            Correction("a", "churn_risk", "false"),
            Correction("a", "stated_repeat", "true"),
            Correction("a", "transfer", "false"),
            Correction("a", "channel_switch", "true"),
            Correction("a", "sentiment", "0", turn=2, sentiment=0.25),
        ]
    )
    assert [one.old for one in stored] == ["resolved", "t2", "true", "false", "true", "false", "-1"]
    reader = Archive(archive.path)
    assert seen(reader) == {
        "topic_id": "t1", "topic_label": "late refund", "resolution": "unresolved", "stated_repeat": True,
        "effort_drivers": ["long_wait", "channel_switch"], "escalation": False, "churn_risk": False, "sentiment": 0.25,
    }  # fmt: skip
    assert reader.query("SELECT theme_label FROM contact_facts WHERE topic_id = 't1'")["theme_label"].to_pylist() == [
        "money"
    ]
    turns = reader.query("SELECT sentiment, sentiment_score FROM turns ORDER BY turn").to_pylist()
    assert [(row["sentiment"], row["sentiment_score"]) for row in turns] == [(1, 0.5), (0, 0.0), (0, 0.0)]
    assert seen(reader, "b")["resolution"] == "resolved"
    for one in stored:
        back = Correction("a", one.tag, None, turn=one.turn, sentiment=0.5 if one.turn else None)
        assert archive.add_corrections([back])[0].old == one.old
    assert seen(archive) == before
    assert archive.table("corrections").num_rows == 14


def test_no_topic_is_a_topic_too_and_one_that_has_gone_cannot_stand(archive):
    archive.add_corrections([Correction("a", "topic", "")])
    assert (seen(archive)["topic_id"], seen(archive)["topic_label"]) == (None, None)
    archive.add_corrections([Correction("a", "topic", "t1")])
    left = [{"topic_id": "t2", "label": "slow wifi"}]
    archive.replace("topics", pa.Table.from_pylist(left, schema=DERIVED["topics"]))
    assert seen(archive)["topic_label"] == "slow wifi"


def test_the_last_word_on_a_tag_holds_and_all_are_kept(archive):
    for value in ("moved", "unclear", "unresolved"):
        archive.add_corrections([Correction("a", "resolution", value)])
    assert seen(archive)["resolution"] == "unresolved"
    assert archive.table("corrections")["old"].to_pylist() == ["resolved"] * 3


def test_corrections_survive_every_rebuild(archive):
    archive.add_corrections([Correction("a", "resolution", "moved")])
    for name in DERIVED:
        archive.replace(name, DERIVED[name].empty_table())
    assert (
        archive.query("SELECT resolution FROM conversations WHERE conversation_id = 'a'")["resolution"][0].as_py()
        == "moved"
    )


@pytest.mark.parametrize(
    "words",
    [
        {"tag": "mood"},
        {"new": "maybe"},
        {"tag": "churn_risk", "new": "resolved"},
        {"turn": 1},
        {"tag": "sentiment", "new": "1"},
        {"tag": "sentiment", "new": "2", "turn": 0},
        {"editor": "x" * 101},
    ],
)
def test_what_cannot_be_is_refused(words):
    with pytest.raises(UsageError):
        Correction(**({"conversation_id": "a", "tag": "resolution", "new": "moved"} | words))


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (Correction("nope", "resolution", "moved"), "'nope' is not in the archive"),
        (Correction("a", "topic", "t9"), "no topic 't9'"),
        (Correction("a", "sentiment", "1", turn=9), "no turn 9"),
    ],
)
def test_what_is_not_there_is_refused_and_nothing_is_stored(archive, one, why):
    with pytest.raises(UsageError, match=why):
        archive.add_corrections([Correction("a", "resolution", "moved"), one])
    assert archive.table("corrections").num_rows == 0
