"""A refresh keeps what was, finds what is new, and says so."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from textinsight.encode import encode_unique, load_encoder, unit_rows
from textinsight.errors import UsageError
from textinsight.resources import data_path
from textinsight.topics import AssignConfig, Topic, assign, bare, changes, discover, kept_share, refresh


def blobs(sizes: tuple[int, ...], seed: int = 0) -> tuple[list[str], np.ndarray]:
    rng = np.random.default_rng(seed)
    kind = np.repeat(np.arange(len(sizes)), sizes)
    names = ("lost card", "late delivery", "refund request", "password reset")
    texts = [f"{names[k]} {'abcdefghij'[i % 10]}{i}{seed}" for i, k in enumerate(kind)]
    return texts, unit_rows(np.eye(16)[kind] + 0.05 * rng.standard_normal((len(kind), 16)))


def test_a_new_reason_becomes_a_topic_and_old_ones_stay() -> None:
    texts, vectors = blobs((40, 30, 20))
    old = discover(texts, vectors, engine="tiny@1")
    more, more_vectors = blobs((5, 5, 5, 30), seed=1)
    grown = refresh(
        old, texts + more, np.vstack([vectors, more_vectors]), known=np.arange(135) < 90, reserved=("t007",)
    )
    assert grown.topics[:3] == old.topics
    assert [t.topic_id for t in grown.topics[3:]] == ["t008"]
    assert grown.topics[3].label == "password reset"
    before, after = assign(old, vectors).index, assign(grown, vectors).index
    assert kept_share(before, after, old, grown) == 1


def test_contacts_far_from_a_topic_they_are_sure_of_are_new() -> None:
    # A cosine of .4 to one of three topics that lie apart is a confidence of .9, and yet far below its own contacts'.
    texts, vectors = blobs((40, 30, 20))
    old = discover(texts, vectors, engine="tiny@1")
    more, strange = blobs((0, 0, 0, 30), seed=1)
    leaning = unit_rows(strange + 0.44 * vectors[0])
    assert assign(old, leaning).confidence.min() > 0.8
    grown = refresh(old, texts + more, np.vstack([vectors, leaning]), known=np.arange(120) < 90)
    assert [topic.label for topic in grown.topics[3:]] == ["password reset"]
    after = assign(grown, np.vstack([vectors, leaning])).index
    assert (after[90:] == 3).all()
    assert kept_share(assign(old, vectors).index, after[:90], old, grown) == 1


def test_nothing_new_changes_nothing() -> None:
    texts, vectors = blobs((40, 30))
    old = discover(texts, vectors, engine="tiny@1")
    assert refresh(old, texts, vectors) is old
    with pytest.raises(UsageError, match="columns"):
        refresh(old, texts, vectors[:, :4])


def test_demo_contacts_keep_their_topics_when_a_fifth_more_come() -> None:
    with gzip.open(data_path("corpora", "demo", "conversations.jsonl.gz"), "rt", encoding="utf-8") as lines:
        turns = [json.loads(line)["turns"] for _, line in zip(range(1800), lines, strict=False)]
    texts = [next((turn["text"] for turn in some if turn["role"] == "customer"), "") for some in turns]
    encoder = load_encoder()
    vectors = encode_unique(encoder, [bare(text) for text in texts])
    old = discover(texts[:1500], vectors[:1500], engine=encoder.name)
    bound = AssignConfig(unclear_at_most=0.05)
    before = assign(old, vectors[:1500], config=bound).index
    grown = refresh(old, texts, vectors, known=np.arange(len(texts)) < 1500)
    after = assign(grown, vectors, config=bound)
    assert kept_share(before, after.index[:1500], old, grown) >= 0.97
    assert after.unclear_share <= 0.05 + (~vectors.any(1)).mean()


def test_changes_by_hand() -> None:
    # 200 of 1,000 → 400 of 1,000: grown. 30 → 0: gone. 0 → 50: new. 500 → 510: not beyond chance.
    found = changes(
        {"a": 200, "b": 30, "d": 500, "e": 270},
        {"a": 400, "c": 50, "d": 510, "e": 40},
        [Topic("a", "A"), Topic("b", "B"), Topic("c", "C")],
    )
    assert {(c.topic_id, c.kind) for c in found} == {("a", "grown"), ("b", "gone"), ("c", "new"), ("e", "shrunk")}
    assert next(c for c in found if c.topic_id == "a").label == "A"
    assert changes({}, {}, []) == ()
