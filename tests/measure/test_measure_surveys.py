from __future__ import annotations

import numpy as np

from textinsight.measure import predict_csat


def answered(n, n_silent=20, noise=0.3, seed=0):
    rng = np.random.default_rng(seed)
    mood = rng.uniform(-1, 1, n + n_silent)
    csat = np.clip(3 + 2 * mood + noise * rng.standard_normal(n + n_silent), 1, 5)
    return [
        {"day": i, "sentiment": m, "effort_score": 3 - m, "resolution": "resolved", "csat": c if i < n else None}
        for i, (m, c) in enumerate(zip(mood.tolist(), csat.tolist(), strict=True))
    ]


def test_answers_that_follow_the_mood_are_predicted_for_the_silent(make_contacts):
    rows = answered(200)
    rows.append({"day": 300, "resolution": "resolved"})  # no customer turn: nothing to judge by
    got = predict_csat(make_contacts(rows))
    assert got.n_answers == 200
    assert got.r2 > 0.8
    assert got.mae < got.mae_of_mean / 2
    values = got.values.to_pylist()
    assert values[-1] is None
    assert all(1 <= v <= 5 for v in values[:-1])


def test_answers_that_follow_nothing_are_said_to(make_contacts):
    rng = np.random.default_rng(5)
    rows = [r | {"csat": float(rng.integers(1, 6)) if r["csat"] else None} for r in answered(300)]
    assert predict_csat(make_contacts(rows)).r2 < 0.1


def test_too_few_or_equal_answers_predict_nothing(make_contacts):
    few = predict_csat(make_contacts(answered(99)))
    assert (few.n_answers, few.r2, few.mae, few.values.null_count) == (99, None, None, 119)
    same = predict_csat(make_contacts([r | {"csat": 4} for r in answered(150)]))
    assert same.values.null_count == 170
    assert len(predict_csat(make_contacts([])).values) == 0


def test_row_order_changes_nothing(make_contacts):
    contacts = make_contacts(answered(150))
    order = np.random.default_rng(1).permutation(len(contacts))
    one, other = predict_csat(contacts), predict_csat(contacts.take(order))
    assert np.allclose(one.values.to_numpy()[order], other.values.to_numpy(), atol=1e-5)
    assert abs(one.r2 - other.r2) < 1e-9
