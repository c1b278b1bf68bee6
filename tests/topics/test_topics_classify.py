"""A company's own reasons from few examples: right, calibrated, and silent about what is not theirs."""

from __future__ import annotations

import numpy as np
import pytest

from textinsight.encode import load_encoder, unit_rows
from textinsight.errors import InputError, UsageError
from textinsight.topics import ClassifyConfig, Reason, assign, discover_beside, fit_reasons, fit_vectors, taxonomy_model
from textinsight.topics.bare import bare

REASONS = (
    Reason("cards", "Cards"),
    Reason("lost", "Lost card", "cards", "the card is lost or stolen", ("i lost my card", "my card was stolen")),
    Reason("pin", "PIN", "cards", "change or reset the pin", ("i forgot my pin", "how can i change my pin")),
    Reason("refund", "Refund", None, "money back for an order", ("i want my money back", "where is my refund")),
)
PARCELS = [f"{a} {b}" for a in ("where is", "i still wait for", "no sign of") for b in ("my parcel", "the package")] * 3


def blobs(k: int, each: int, noise: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    kind = np.repeat(np.arange(k), each)
    return unit_rows(np.eye(24)[kind] + noise * rng.standard_normal((k * each, 24))), kind


def test_few_examples_suffice_where_reasons_are_apart() -> None:
    train, kind = blobs(4, 6, 0.15)
    test, gold = blobs(4, 50, 0.15, seed=1)
    best, sure, fits = fit_vectors(("a", "b", "c", "d"), train, kind).decide(test)
    assert (best == gold).mean() > 0.98
    assert fits.mean() > 0.9
    assert 0 < sure.min() <= sure.max() <= 1


def test_confidence_is_about_the_share_that_is_right() -> None:
    train, kind = blobs(6, 12, 0.45)
    test, gold = blobs(6, 300, 0.45, seed=1)
    best, sure, _ = fit_vectors(tuple("abcdef"), train, kind).decide(test)
    right = best == gold
    assert 0.5 < right.mean() < 0.99  # hard enough that calibration means something
    assert abs(sure.mean() - right.mean()) < 0.07


def test_what_is_not_in_the_taxonomy_is_told() -> None:
    train, kind = blobs(6, 10, 0.12)
    test, gold = blobs(6, 40, 0.12, seed=1)
    known = kind < 4
    fits = fit_vectors(tuple("abcd"), train[known], kind[known]).decide(test)[2]
    assert fits[gold < 4].mean() > 0.9
    assert fits[gold >= 4].mean() < 0.1


def test_descriptions_alone_will_do() -> None:
    encoder = load_encoder()
    bareboned = tuple(Reason(r.id, r.name, r.parent, r.description) for r in REASONS)
    model = fit_reasons(bareboned, encoder)
    best, _, _ = model.decide(encoder.encode(["somebody stole my card", "reset my pin please", "give my money back"]))
    assert [model.topic_ids[i] for i in best] == ["lost", "pin", "refund"]


def test_parents_are_themes_and_get_no_contact() -> None:
    encoder = load_encoder()
    model = taxonomy_model(REASONS, fit_reasons(REASONS, encoder))
    assert {model.topics[i].topic_id for i in model.leaves} == {"lost", "pin", "refund"}
    assert {topic.source for topic in model.topics} == {"taxonomy"}
    found = assign(model, encoder.encode(["my card was stolen yesterday"]))
    assert model.topics[found.index[0]].topic_id == "lost"


def test_new_topics_stand_beside_the_taxonomy() -> None:
    encoder = load_encoder()
    lost = [f"{a} my card {b}" for a in ("i lost", "i think i lost") for b in ("today", "on the bus", "again")] * 3
    texts = lost + PARCELS
    vectors = encoder.encode([bare(text) for text in texts])
    model = discover_beside(REASONS, fit_reasons(REASONS, encoder), texts, vectors, engine="e", encoder=encoder)
    ids = [model.topics[i].topic_id for i in assign(model, vectors).index]
    assert set(ids[: len(lost)]) == {"lost"}
    assert {model.topics[model.row_of[i]].source for i in ids[len(lost) :]} == {"discovered"}


def test_an_id_like_a_discovered_one_is_refused() -> None:
    reasons = (Reason("t001", "Refund"),)
    with pytest.raises(InputError, match="t001"):
        taxonomy_model(reasons, fit_reasons(reasons, load_encoder()))


def test_no_reason_and_odd_settings_are_refused() -> None:
    with pytest.raises(UsageError, match="no reason"):
        fit_reasons((), load_encoder())
    with pytest.raises(UsageError, match="penalty"):
        ClassifyConfig(penalty=0)
