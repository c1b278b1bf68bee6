"""Quality, explanations, several reasons, the bound on unclear, names from a hook."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from textinsight.encode import load_encoder, unit_rows
from textinsight.errors import UsageError
from textinsight.topics import (
    AssignConfig,
    Assignment,
    SeveralConfig,
    Topic,
    TopicModel,
    assign,
    bare,
    discover,
    explain,
    load_namer,
    quality_table,
    renamed,
    several,
    topic_quality,
)

TWO = TopicModel((Topic("t001", "x"), Topic("t002", "y"), Topic("t003", "z")), unit_rows(np.eye(4)[:3]), "tiny@1")


def test_quality_by_hand() -> None:
    # two contacts at cosines 1 and 0.8 to x, 0 and 0.6 to y: coherence 0.9, separation 0.9 − 0.3
    vectors = np.array([[1, 0, 0, 0], [0.8, 0.6, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]], np.float32)
    rows = topic_quality(TWO, vectors, assign(TWO, vectors), ["a", "b", "c", "d"])
    first, second, third = rows
    assert (first.n, first.share, first.sample) == (2, 0.5, ("a", "b"))
    assert first.coherence == pytest.approx(0.9)
    assert first.separation == pytest.approx(0.6)
    assert second.coherence == pytest.approx(1)
    assert (third.n, third.coherence, third.separation, third.sample) == (0, None, None, ())
    assert quality_table(rows).num_rows == 3


def test_the_deciding_word_decides() -> None:
    encoder = load_encoder()
    groups = ["my card was declined", "the shop declined my card", "card declined again", "why was my card declined"]
    texts = groups * 3 + ["my parcel is late", "where is my parcel", "the parcel never came", "parcel not here yet"] * 3
    vectors = encoder.encode([bare(text) for text in texts])
    model = discover(texts, vectors, engine="e")
    text = "hello, they have declined the card"
    found = explain(model, text, encoder, texts=texts, vectors=vectors)
    assert found.topic is not None
    assert "declined" in found.topic.label
    assert "declined" in {word.word for word in found.words[:2]}
    assert all(text[word.start : word.end] == word.word for word in found.words)
    assert found.nearest[0].cosine >= found.nearest[-1].cosine > 0.5
    assert explain(model, "", encoder).topic is None


def test_several_reasons_by_hand() -> None:
    main = Assignment(np.array([0, 1, -1]), np.array([0.9, 0.8, 0], np.float32))
    # contact 0 states topics 0, 2 (twice, surer the second time) and an unsure 1; contact 1 nothing of its own
    contact = np.array([0, 0, 0, 0, 1, 2])
    stated = Assignment(np.array([0, 2, 2, 1, 0, 1]), np.array([0.7, 0.6, 0.8, 0.2, 0.3, 0.9], np.float32))
    found = several(main, contact, stated)
    rows = list(zip(found.contact, found.topic, found.rank, found.statement, strict=True))
    assert rows == [(0, 0, 1, 0), (0, 2, 2, 2), (1, 1, 1, 4)]
    assert found.confidence.tolist() == pytest.approx([0.9, 0.8, 0.8])
    alone = several(main, contact, stated, config=SeveralConfig(most=1))
    assert alone.rank.tolist() == [1, 1]


def test_unclear_is_bounded_and_the_nearest_are_let_in_first() -> None:
    far = np.array([[0.1, 0, 0, 0.995], [0.05, 0, 0, 0.9987], [0.14, 0, 0, 0.99], [0.01, 0, 0, 1]], np.float32)
    vectors = np.vstack([np.tile(unit_rows(np.eye(4)[:1]), (4, 1)), far, np.zeros((2, 4), np.float32)])
    assert assign(TWO, vectors).index.tolist() == [0] * 4 + [-1] * 6
    bounded = assign(TWO, vectors, config=AssignConfig(unclear_at_most=0.25))
    assert bounded.index.tolist() == [0, 0, 0, 0, 0, -1, 0, -1, -1, -1]  # the blank ones are not counted
    assert (bounded.confidence[[4, 6]] > 0).all()
    none = assign(TWO, vectors, config=AssignConfig(unclear_at_most=0))
    assert none.index.tolist() == [0] * 8 + [-1, -1]


def test_a_namer_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("my_names")
    module.name = lambda topic: {"t001": "  Lost   card ", "t002": "lost CARD", "t003": "z" * 61}[topic.topic_id]
    module.fails = lambda topic: 1 / 0
    monkeypatch.setitem(sys.modules, "my_names", module)
    assert [t.label for t in renamed(TWO, load_namer("my_names:name")).topics] == ["Lost card", "y", "z"]
    given = {"t002": "Lost CARD"}
    assert [t.label for t in renamed(TWO, lambda topic: "Lost card", given=given).topics] == ["x", "y", "z"]
    asked: list[str] = []
    renamed(TWO, lambda topic: asked.append(topic.topic_id), given=given)
    assert "t002" not in asked
    for wrong in ("unclear", "red\x1b[31m", " "):
        assert renamed(TWO, lambda topic: wrong).topics == TWO.topics  # noqa: B023  called at once
    with pytest.raises(UsageError, match="failed at topic t001: ZeroDivisionError"):
        renamed(TWO, load_namer("my_names:fails"))


@pytest.mark.parametrize("spec", ["os", "no_such_module:x", "os:no_such_name", "os:name"])
def test_a_namer_that_is_none(spec: str) -> None:
    with pytest.raises(UsageError, match="namer"):
        load_namer(spec)
