"""Weights that claim too much or too little are found out by pairs that cannot be related, without any label."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from textinsight.link import LinkConfig, load_model
from textinsight.link.compare import SIGNALS
from textinsight.link.config import DAY_US
from textinsight.link.frame import make_frame
from textinsight.link.prior import Related, shift_of
from textinsight.link.scorer import Scorer
from textinsight.link.sharpness import FEWEST, Sharpness, control_pairs, sharpened, sharpness_of
from textinsight.link.weights import probability

N = 30_000
SCORED = [s for s, signal in enumerate(SIGNALS) if signal.name not in ("gap", "company", "volume", "stated_repeat")]


@pytest.fixture(scope="module")
def mixture():
    """(levels in the window, control levels, whether one issue) drawn as the shipped weights say, 40% one issue."""
    rng, model = np.random.default_rng(0), load_model()
    levels = np.zeros((4 * N, len(SIGNALS)), np.int8)
    for s in SCORED:
        levels[:, s] = rng.integers(1, len(SIGNALS[s].labels), len(levels))
    odds = np.exp(model.log_odds(levels) - model.prior)
    one = rng.choice(len(levels), int(0.4 * N), p=odds / odds.sum())
    other, control = rng.choice(len(levels), int(0.6 * N)), rng.choice(len(levels), N)
    linked = np.arange(N) < len(one)
    return levels[np.concatenate([one, other])], levels[control], linked


@pytest.mark.parametrize("claim", [0.7, 1.0, 1.6])
def test_the_slope_undoes_what_the_weights_claim_too_much(mixture, claim):
    levels, control, _ = mixture
    model = replace(sharpened(load_model(), claim), repeat_share=1.0)
    assert sharpness_of(model, levels, control, Related(0.4, N)).slope == pytest.approx(1 / claim, rel=0.12)


def test_sharpened_weights_are_calibrated(mixture):
    levels, control, linked = mixture
    model = replace(sharpened(load_model(), 1.6), repeat_share=1.0)
    model = sharpened(model, sharpness_of(model, levels, control, Related(0.4, N)).slope)
    odds = model.log_odds(levels) - 1.5  # levels drawn evenly speak for links more than real ones; shifts are bounded
    odds += shift_of(odds, Related(0.4, 10**9), 1.0)
    sure = probability(odds) > 0.8
    assert abs(probability(odds)[sure].mean() - linked[sure].mean()) < 0.05


def test_few_pairs_leave_the_weights_alone(mixture):
    levels, control, _ = mixture
    as_it_is = Sharpness(1.0, load_model().repeat_share)
    assert sharpness_of(load_model(), levels, control[: FEWEST - 1], Related(0.4, N)) == as_it_is
    assert sharpness_of(load_model(), levels[:50], control, Related(0.4, N)) == as_it_is


@pytest.mark.parametrize("related", [0.55, 0.6, 0.8])
def test_how_many_related_pairs_are_one_issue_is_told_from_the_scores(mixture, related):
    """Two in five pairs are one issue, whatever share of them times find related: the rest was brought on."""
    levels, control, _ = mixture
    told = sharpness_of(load_model(), levels, control, Related(related, N)).repeat_share
    assert told == pytest.approx(0.4 / related, abs=0.04)


def test_more_repeats_than_usual_are_believed_less_readily_than_fewer(mixture):
    levels, control, _ = mixture
    usual = load_model().repeat_share
    few, many = (sharpness_of(load_model(), levels[::8], control[::8], Related(r, N)).repeat_share for r in (0.6, 0.42))
    assert few < usual - 0.05
    assert usual < many < 0.4 / 0.42 - 0.03


def test_what_words_mean_is_not_scaled():
    model = load_model()
    half = sharpened(model, 0.5)
    for signal, before, after in zip(SIGNALS, model.weights, half.weights, strict=True):
        scale = 1.0 if signal.name in ("company", "volume") else 0.5
        assert after == pytest.approx([scale * w for w in before], abs=1e-3)


def test_control_pairs_are_weeks_beyond_the_window_and_of_one_person(planted_world):
    contacts, vectors = planted_world(4_000, 800)
    frame, config = make_frame(contacts, vectors), LinkConfig()
    pairs = control_pairs(frame, config)
    gap = (frame.start[pairs.later] - frame.end[pairs.earlier]) / DAY_US
    assert len(pairs) > FEWEST
    assert gap.min() >= 21
    assert gap.max() <= 63
    assert (frame.customer[pairs.later] == frame.customer[pairs.earlier]).all()
    short = make_frame(contacts.slice(0, 20), vectors[:20])
    assert len(control_pairs(make_frame(contacts.slice(0, 0), vectors[:0]), config)) == 0
    assert Scorer.fitted_to(short, load_model(), config).model == load_model()
