from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from textinsight.link import LinkConfig, build, load_model
from textinsight.link.adapt import ADAPTED, adapt
from textinsight.link.blocking import Pairs
from textinsight.link.compare import SIGNALS, cosine
from textinsight.link.config import DAY_US
from textinsight.link.frame import make_frame
from textinsight.link.prior import Related, related_share, shift_of
from textinsight.link.usual import usual_similarity
from textinsight.link.weights import probability

TIME = pa.timestamp("us", tz="UTC")


def contacts_at(customers, days, **more):
    start = pa.array((np.asarray(days) * DAY_US).astype(np.int64), TIME)
    ids = pa.array([f"c{i:06}" for i in range(len(days))])
    return pa.table({"conversation_id": ids, "customer_id": pa.array(customers), "started_at": start, **more})


def by_chance(n, n_customers, seed=0, days=200):
    rng = np.random.default_rng(seed)
    return [f"k{c}" for c in rng.integers(0, n_customers, n)], rng.uniform(0, days, n)


def frame_of(contacts, d=4):
    return make_frame(contacts, np.zeros((contacts.num_rows, d), np.float32))


def test_contacts_at_random_times_are_not_related():
    related = related_share(frame_of(contacts_at(*by_chance(12_000, 3_000))), LinkConfig())
    assert related.share < 0.06
    assert related.pairs > 2_000


def test_planted_follow_ups_are_counted_whatever_the_chance_ones():
    customers, days = by_chance(9_000, 3_000)
    again = np.random.default_rng(1).uniform(0.1, 13.5, 2_000)
    contacts = contacts_at(customers + customers[:2_000], np.concatenate([days, days[:2_000] + again]))
    related = related_share(frame_of(contacts), LinkConfig())
    # 2,000 pairs were planted; each planted contact also meets chance contacts, which count as chance
    assert related.share * related.pairs == pytest.approx(2_000, rel=0.08)


def test_too_short_or_too_few_tell_nothing():
    assert related_share(frame_of(contacts_at(*by_chance(9_000, 2_000, days=40))), LinkConfig()) is None
    assert related_share(frame_of(contacts_at(*by_chance(300, 300))), LinkConfig()) is None
    assert related_share(frame_of(contacts_at([], np.zeros(0))), LinkConfig()) is None


def test_a_shared_id_does_not_tell_of_the_others():
    customers, days = by_chance(9_000, 3_000)
    busy = np.random.default_rng(2).uniform(100, 120, 3_000)
    contacts = contacts_at(customers + ["switchboard"] * 3_000, np.concatenate([days, busy]))
    assert related_share(frame_of(contacts), LinkConfig()).share < 0.08


def test_the_shift_meets_the_target_is_shrunk_and_bounded():
    log_odds = np.random.default_rng(0).normal(0, 2, 5_000)
    shift = shift_of(log_odds, Related(0.4, 10**9), 0.5)
    assert probability(log_odds + shift).mean() == pytest.approx(0.2, abs=0.001)
    assert shift_of(log_odds, Related(0.4, 200), 0.5) == pytest.approx(shift / 2, abs=0.01)
    assert shift_of(log_odds + 50, Related(0.1, 10**9), 0.5) == pytest.approx(-2.5, abs=0.001)


def test_only_the_weights_that_differ_between_archives_are_moved():
    model = load_model()
    rng = np.random.default_rng(0)
    levels = np.zeros((4_000, len(SIGNALS)), np.int8)
    for s, signal in enumerate(SIGNALS):
        levels[:, s] = rng.integers(0, len(signal.labels), 4_000)
    own = adapt(model, levels, Related(0.5, 4_000))
    for signal, before, after in zip(SIGNALS, model.weights, own.weights, strict=True):
        assert after[0] == 0
        assert (before == after) == (signal.name not in ADAPTED), signal.name
        if signal.ordered:
            assert list(after[1:]) == sorted(after[1:])
    assert adapt(model, levels[::-1], Related(0.5, 4_000)) == own


def test_similarity_that_tells_nothing_loses_its_weight():
    model = load_model()
    at = [s.name for s in SIGNALS].index("issue_similarity")
    rng = np.random.default_rng(0)
    levels = np.zeros((20_000, len(SIGNALS)), np.int8)
    linked = rng.random(20_000) < 0.4
    for s, signal in enumerate(SIGNALS):
        if signal.name in ("stated_repeat", "earlier_outcome", "gap"):
            levels[:, s] = np.where(linked, rng.integers(2, len(signal.labels), 20_000), 1)
    levels[:, at] = rng.integers(1, len(SIGNALS[at].labels), 20_000)
    own = adapt(model, levels, Related(0.5, 20_000))
    spread = [max(m.weights[at]) - min(m.weights[at]) for m in (model, own)]
    assert spread[1] < 0.5 * spread[0]


def test_usual_similarity_is_that_of_all_contacts_of_the_company():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(600, 8)).astype(np.float32) + np.repeat([[2.0], [0.0]], 300, axis=0) * np.eye(8)[0]
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    company = pa.array(["acme"] * 300 + ["other"] * 300)
    frame = make_frame(contacts_at([f"k{i:04}" for i in range(600)], np.arange(600), company=company), vectors)
    usual = usual_similarity(frame)
    for rows in (range(300), range(300, 600)):
        among = vectors[list(rows)] @ vectors[list(rows)].T
        assert usual.mean[list(rows)] == pytest.approx(among.mean(axis=1), abs=1e-4)
        assert usual.deviation[list(rows)] == pytest.approx(among.std(axis=1), abs=1e-4)
    pairs = Pairs(np.array([1]), np.array([0]))
    both = [(cosine(frame, pairs)[0] - usual.mean[i]) / usual.deviation[i] for i in (0, 1)]
    assert usual.excess(pairs, cosine(frame, pairs))[0] == pytest.approx(np.mean(both))


def test_the_prior_row_says_what_it_was_adapted_to():
    customers, days = by_chance(3_000, 1_000)
    again = days[:1_500] + np.random.default_rng(1).uniform(0.1, 5, 1_500)
    contacts = contacts_at(customers + customers[:1_500], np.concatenate([days, again]))
    contacts = contacts.append_column("resolution", pa.array(["unresolved"] * contacts.num_rows))
    found = build(contacts, np.tile(np.eye(4, dtype=np.float32)[:1], (contacts.num_rows, 1)))
    rows = found.links["evidence"][0].as_py()
    assert rows[0]["signal"] == "prior"
    assert "related here, by their times" in rows[0]["value"]
    assert rows[0]["weight"] != load_model().prior
    odds = sum(row["weight"] for row in rows)
    assert probability(np.array([odds]))[0] == pytest.approx(found.links["probability"][0].as_py(), abs=1e-5)


def test_a_model_of_another_repeat_share_gives_other_links():
    customers, days = by_chance(3_000, 1_000)
    contacts = contacts_at(customers, days)
    vectors = np.tile(np.eye(4, dtype=np.float32)[:1], (contacts.num_rows, 1))
    model = load_model()
    few, many = (build(contacts, vectors, model=replace(model, repeat_share=share)).links for share in (0.01, 1.0))
    assert few.num_rows <= many.num_rows


def test_contacts_with_two_companies_are_hardly_one_issue():
    rows = {"conversation_id": ["a", "b"], "customer_id": ["kim", "kim"], "resolution": ["unresolved"] * 2}
    start = pa.array([0, 2 * DAY_US], TIME)
    vectors = np.eye(2, dtype=np.float32)[[0, 0]]
    found = {}
    for second in ("acme", "other"):
        table = pa.table({**rows, "company": ["acme", second], "stated_repeat": [False, True], "started_at": start})
        found[second] = build(table, vectors).links["relation"].to_pylist().count("same_issue")
    assert found == {"acme": 1, "other": 0}
