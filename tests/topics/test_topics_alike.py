"""What pairs of texts on one issue tell: made-up vectors whose reasons and wording are known."""

from __future__ import annotations

import numpy as np
import pytest

from textinsight.encode import unit_rows
from textinsight.topics import Alike, assign, discover
from textinsight.topics.alike import agreement, centres_apart, less_wording, parted
from textinsight.topics.cluster import centroids_of, nearest
from textinsight.topics.discover import _sample

N = 60  # texts of each reason
NO_PAIRS = np.zeros((0, 2), np.int64)


def reasons(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(vectors, reason): two reasons a little apart in one direction, wording that varies widely in six others."""
    rng = np.random.default_rng(seed)
    reason = np.repeat([0, 1], N)
    rows = np.zeros((2 * N, 16))
    rows[:, 0] = 3
    rows[:, 1] = np.where(reason == 0, 0.7, -0.7) + 0.2 * rng.standard_normal(2 * N)
    rows[:, 2:8] = rng.standard_normal((2 * N, 6))
    return unit_rows(rows), reason


def pairs_within(reason: np.ndarray, n: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    first = rng.integers(len(reason), size=n)
    return np.stack([first, [rng.choice(np.flatnonzero(reason == reason[i])) for i in first]], axis=1)


def kinds(n: int = 2 * N) -> np.ndarray:
    return np.zeros(n, np.int64)


def neighbours_agree(vectors: np.ndarray, reason: np.ndarray) -> float:
    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, -1)
    return float((reason[cosine.argmax(1)] == reason).mean())


def test_wording_counts_for_less() -> None:
    vectors, reason = reasons()
    known = Alike(pairs_within(reason, 80), kinds())
    before, after = neighbours_agree(vectors, reason), neighbours_agree(less_wording(vectors, known), reason)
    assert before < 0.93
    assert after > before + 0.05
    np.testing.assert_allclose(np.linalg.norm(less_wording(vectors, known), axis=1), 1, atol=1e-5)


def test_without_pairs_nothing_changes() -> None:
    vectors, _ = reasons()
    known = Alike(NO_PAIRS, kinds())
    np.testing.assert_array_equal(less_wording(vectors, known), vectors)
    group = np.zeros(2 * N, np.int64)
    np.testing.assert_array_equal(parted(vectors, group, known, least=3), group)


def apart(seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """(vectors, half): two clusters of wording."""
    half = np.repeat([0, 1], N)
    return unit_rows(np.eye(8)[half] + 0.05 * np.random.default_rng(seed).standard_normal((2 * N, 8))), half


def test_halves_that_no_pair_crosses_are_two_reasons() -> None:
    vectors, half = apart()
    found = parted(vectors, kinds(), Alike(pairs_within(half, 30), kinds()), least=5)
    assert len(set(found[half == 0])) == len(set(found[half == 1])) == 1
    assert found[0] != found[-1]


def test_halves_that_pairs_cross_are_one() -> None:
    vectors, _ = apart()
    across = pairs_within(kinds(), 30)
    assert parted(vectors, kinds(), Alike(across, kinds()), least=5).max() == 0


@pytest.mark.parametrize(("n", "parts"), [(6, 1), (30, 2)])
def test_few_pairs_part_nothing(n: int, parts: int) -> None:
    # by chance half of the pairs would cross: of 6 three, which may be none; of 30 fifteen
    vectors, half = apart()
    assert parted(vectors, kinds(), Alike(pairs_within(half, n), kinds()), least=5).max() == parts - 1


def test_companies_are_no_reasons() -> None:
    vectors, half = apart()  # each half is the wording of one company's customers, who never come to the other
    assert parted(vectors, kinds(), Alike(pairs_within(half, 30), half), least=5).max() == 0


def test_small_parts_stay() -> None:
    vectors, half = apart()
    assert parted(vectors, kinds(), Alike(pairs_within(half, 30), kinds()), least=N + 1).max() == 0


def test_pairs_of_one_text_or_of_a_text_left_out_say_nothing() -> None:
    known = Alike(np.array([[0, 1], [1, 2], [2, 2]]), np.array([7, 8, 9]))
    kept = known.among(np.array([1, 2]))
    assert kept.pairs.tolist() == [[0, 1]]
    assert kept.kind.tolist() == [8, 9]


def test_discovery_parts_what_the_texts_alone_do_not() -> None:
    rng = np.random.default_rng(3)
    reason = np.repeat([0, 1, 2], N)
    centre = np.zeros((3, 16))
    centre[:, 0] = [1, 1, 0]
    centre[:, 1] = [0.35, -0.35, 0]  # the first two are near each other
    centre[2, 2] = 1
    vectors = unit_rows(centre[reason] + 0.12 * rng.standard_normal((3 * N, 16)))
    texts = [f"words {i}" for i in range(3 * N)]
    alone, known = discover(texts, vectors), Alike(pairs_within(reason, 90), kinds(3 * N))
    told = discover(texts, vectors, alike=known)
    assert (len(alone.leaves), len(told.leaves)) == (2, 3)
    index = assign(told, vectors).index
    assert all(np.mean(index[reason == r] == np.bincount(index[reason == r]).argmax()) > 0.95 for r in range(3))
    order = rng.permutation(3 * N)
    place = np.argsort(order)
    again = discover([texts[i] for i in order], vectors[order], alike=Alike(place[known.pairs], kinds(3 * N)))
    assert [t.examples for t in again.topics] == [t.examples for t in told.topics]


def test_agreement_is_what_groups_hold_beyond_chance() -> None:
    known = Alike(np.array([[0, 1], [2, 3], [4, 5], [6, 7]]), np.array([0] * 4 + [3] * 4))
    within = agreement(np.array([0, 0, 1, 1, 2, 2, 3, 3]), known)
    assert within.modularity == pytest.approx(1 - 0.5)  # of two groups a kind, chance holds half of its pairs
    assert within.error == 0
    assert agreement(np.zeros(8, np.int64), known).modularity == pytest.approx(0)
    assert agreement(np.array([0, 1, 0, 1, 0, 1, 0, 1]), known).modularity == pytest.approx(-0.5)


def worded() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(vectors, reason, wording): eight reasons, each said in three ways that lie clearly apart."""
    rng = np.random.default_rng(5)
    reason, wording = np.repeat(np.arange(8), 30), np.tile(np.arange(3), 80)
    rows = np.eye(40)[reason] + 0.9 * np.eye(40)[8 + 3 * reason + wording] + 0.04 * rng.standard_normal((240, 40))
    return unit_rows(rows).astype(np.float32), reason, 3 * reason + wording


@pytest.mark.parametrize("by", ["reason", "wording"])
def test_pairs_tell_how_fine_topics_are(by: str) -> None:
    vectors, reason, wording = worded()
    texts, known = [f"text {i}" for i in range(240)], reason if by == "reason" else wording
    model = discover(texts, vectors, alike=Alike(pairs_within(known, 150), kinds(240)))
    found = assign(model, vectors).index
    assert len(set(zip(found.tolist(), known.tolist(), strict=True))) == len(set(known)) == len(set(found))


def test_texts_with_pairs_are_looked_at_first() -> None:
    vectors = worded()[0]
    texts, pairs = [f"text {i}" for i in range(240)], np.stack([np.arange(60), np.arange(60) + 1], axis=1)
    sample = _sample(texts, vectors, 80, frozenset(texts[i] for i in pairs.ravel()))
    assert {f"text {i}" for i in range(61)} <= set(sample.texts)
    assert len(sample.texts) == 80


def test_centres_lean_to_what_sets_groups_apart() -> None:
    vectors, reason = reasons()
    known = Alike(pairs_within(reason, 80), kinds())
    plain, leant = centroids_of(vectors, reason), centres_apart(vectors, reason, known)
    np.testing.assert_allclose(np.linalg.norm(leant, axis=1), 1, atol=1e-5)
    assert abs(leant[0, 1] - leant[1, 1]) > 1.15 * abs(plain[0, 1] - plain[1, 1])  # column 1 holds the reason
    assert (nearest(vectors, leant) == reason).mean() >= (nearest(vectors, plain) == reason).mean()
    np.testing.assert_array_equal(centres_apart(vectors, reason, Alike(NO_PAIRS, kinds())), plain)
