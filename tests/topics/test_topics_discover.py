"""Discovery on made-up vectors whose groups are known."""

from __future__ import annotations

import numpy as np
import pytest

from textinsight.encode import unit_rows
from textinsight.errors import UsageError
from textinsight.topics import TopicModel, TopicsConfig, assign, discover

WORDS = ("lost card", "late delivery", "refund request", "password reset", "wrong address", "broken phone")


def blobs(sizes: tuple[int, ...], *, noise: float = 0.05, seed: int = 0) -> tuple[list[str], np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = np.eye(32, dtype=np.float32)[: len(sizes)]
    gold = np.repeat(np.arange(len(sizes)), sizes)
    texts = [f"{WORDS[g % len(WORDS)]} {'abcdefghij'[i % 10]}{i}" for i, g in enumerate(gold)]
    return texts, unit_rows(centres[gold] + noise * rng.standard_normal((len(gold), 32))), gold


def agree(predicted: np.ndarray, gold: np.ndarray) -> bool:
    pairs = set(zip(predicted.tolist(), gold.tolist(), strict=True))
    return len(pairs) == len(set(predicted.tolist())) == len(set(gold.tolist()))


@pytest.mark.parametrize("sizes", [(30, 30), (200, 40, 8), (60, 50, 40, 30, 20, 10)])
def test_finds_uneven_groups_and_their_number(sizes: tuple[int, ...]) -> None:
    texts, vectors, gold = blobs(sizes)
    model = discover(texts, vectors, engine="tiny@1")
    assert model.engine == "tiny@1"
    assert agree(assign(model, vectors).index, gold)
    assert [t.n for t in model.topics] == list(sizes)
    assert [t.label for t in model.topics] == list(WORDS[: len(sizes)])
    assert [t.topic_id for t in model.topics] == [f"t{i + 1:03d}" for i in range(len(sizes))]


def test_finds_many_even_groups_in_noise() -> None:
    texts, vectors, gold = blobs((16,) * 24, noise=0.2)
    found = assign(discover(texts, vectors), vectors).index
    assert len(set(found.tolist())) == 24
    assert np.mean([np.bincount(found[gold == g]).max() / 16 for g in range(24)]) > 0.9


def test_reasons_that_lie_apart_are_not_parted_by_their_wordings() -> None:
    # Eight reasons of one size in three wordings each: groups of twenty would part the texts about as well.
    rng = np.random.default_rng(0)
    reasons = unit_rows(rng.standard_normal((8, 32)))
    wordings = np.repeat(reasons, 3, 0) + 0.5 * unit_rows(rng.standard_normal((24, 32)))
    vectors = unit_rows(np.repeat(wordings, 20, 0) + 0.3 * unit_rows(rng.standard_normal((480, 32))))
    texts = [f"{WORDS[i // 60 % len(WORDS)]} {'abcdefghij'[i % 10]}{i}" for i in range(480)]
    assert agree(assign(discover(texts, vectors), vectors).index, np.arange(480) // 60)


def test_support_is_counted_in_contacts() -> None:
    # One reason in three wordings, and three texts that have nothing in common with it: all said by twenty contacts.
    rng = np.random.default_rng(0)
    vectors = unit_rows(
        np.eye(4, 16)[[0, 0, 0, 1, 2, 3]] + np.repeat([0.5, 0], 3)[:, None] * unit_rows(rng.normal(size=(6, 16)))
    )
    model = discover(list(WORDS) * 20, np.tile(vectors, (20, 1)))
    assert agree(assign(model, vectors).index, np.array([0, 0, 0, 1, 2, 3]))


def test_few_texts_are_not_drawn_together() -> None:
    rng = np.random.default_rng(0)
    vectors = unit_rows(unit_rows(rng.normal(size=(8, 24))) + 0.6 * unit_rows(rng.normal(size=(1, 24))))
    model = discover([*WORDS, "new plan", "old bill"] * 10, np.tile(vectors, (10, 1)))
    assert agree(assign(model, vectors).index, np.arange(8))


def test_order_of_the_input_does_not_matter() -> None:
    texts, vectors, _ = blobs((40, 30, 20), noise=0.15)
    order = np.random.default_rng(1).permutation(len(texts))
    shuffled = discover([texts[i] for i in order], vectors[order])
    model = discover(texts, vectors)
    assert shuffled.topics == model.topics
    np.testing.assert_array_equal(shuffled.centroids, model.centroids)


def test_repeated_texts_count_but_do_not_crowd() -> None:
    texts, vectors, _ = blobs((20, 20))
    model = discover(texts + texts[:1] * 500, np.vstack([vectors, np.repeat(vectors[:1], 500, 0)]))
    assert sorted(t.n for t in model.topics) == [20, 520]


def test_the_sample_bounds_the_work() -> None:
    texts, vectors, gold = blobs((1500, 1500))
    model = discover(texts, vectors, config=TopicsConfig(sample=400, grouped=200))
    assert sum(t.n for t in model.topics) == 400
    assert agree(assign(model, vectors).index, gold)


@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_few_texts_give_few_topics(n: int) -> None:
    texts, vectors, _ = blobs((n,))
    model = discover(texts, vectors)
    assert len(model.topics) == min(n, 1)
    assert assign(model, vectors).unclear_share == 0


def test_texts_without_a_vector_take_no_part() -> None:
    texts, vectors, _ = blobs((20, 20))
    blind = np.vstack([vectors, np.zeros((5, 32), np.float32)])
    model = discover([*texts, "", None, "??", "", None], blind)
    assert sum(t.n for t in model.topics) == 40
    assert assign(model, blind).index[-5:].tolist() == [-1] * 5


def test_identical_texts_are_one_topic() -> None:
    model = discover(["lost card"] * 30, np.tile(unit_rows(np.ones((1, 8))), (30, 1)))
    assert [(t.label, t.n) for t in model.topics] == [("lost card", 30)]


def test_themes_group_many_topics_and_round_trip_through_the_table() -> None:
    texts, vectors, _ = blobs((20,) * 16)
    model = discover(texts, vectors)
    themes = [t for t in model.topics if t.topic_id.startswith("g")]
    parents = {t.parent_id for t in model.topics if t.topic_id.startswith("t")}
    assert parents == {t.topic_id for t in themes}
    assert len(model.leaves) == 16
    back = TopicModel.from_table(model.to_table())
    assert back.topics == model.topics
    np.testing.assert_array_equal(back.centroids, model.centroids)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="2 texts but 1 vectors"):
        discover(["a", "b"], np.ones((1, 4), np.float32))


@pytest.mark.parametrize(
    "wrong", [{"closest": 0.0}, {"closest": 0.96}, {"held": 1.1}, {"support": 1.0}, {"least": 0}, {"grouped": 1}]
)
def test_config_is_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        TopicsConfig(**wrong)  # type: ignore[arg-type]
