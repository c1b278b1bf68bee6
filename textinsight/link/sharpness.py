"""How sharply the signals tell in this archive: weights fitted elsewhere may claim too much or too little.

Pairs of a customer's contacts that lie weeks beyond the window are unrelated, and show how unrelated pairs score here.
If pairs in the window are a mixture of such pairs and of one issue, with the odds of the latter rising by `slope` times
the score, then they exceed the unrelated ones by 1 + exp(slope · score + shift) at every score. The slope that explains
this best multiplies all weights. No label takes part.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from textinsight.link.blocking import Pairs, pairs_of
from textinsight.link.compare import SIGNALS
from textinsight.link.config import DAY_US, LinkConfig
from textinsight.link.frame import Frame, Levels
from textinsight.link.prior import Related, control_days, sampled_contacts
from textinsight.link.weights import LinkModel

Reals = npt.NDArray[np.float64]

FEWEST = 200  # control pairs, below which the weights are taken as they are
_GAP, _STATED = ([s.name for s in SIGNALS].index(name) for name in ("gap", "stated_repeat"))
_OF_ONE_BEFORE = 2  # level of stated_repeat; that it is the last one cannot be so weeks later
_UNSCALED = ("company", "volume")  # what the words mean, not what was measured
_SPREAD = 0.5  # standard deviation of the log of the slope between archives, as a prior
_BOUNDS = (0.4, 1.6)


def control_pairs(frame: Frame, config: LinkConfig) -> Pairs:
    """Pairs as far apart as the ones that chance is counted on (see `prior`); none if the time is too short."""
    contacts, days = sampled_contacts(frame, config), control_days(frame, config)
    if days is None:
        return pairs_of(frame, contacts[:0], 0, 1)
    pairs = pairs_of(frame, contacts, days[1] * DAY_US, config.max_earlier)
    return pairs.take(frame.start[pairs.later] - frame.end[pairs.earlier] >= days[0] * DAY_US)


def slope_of(model: LinkModel, levels: Levels, control: Levels, related: Related) -> float:
    """What to multiply the weights with: levels (n_pairs, n_signals) in the window, and of control pairs."""
    from scipy.optimize import minimize

    if min(len(control), len(levels)) < FEWEST:
        return 1.0
    one_issue = float(np.clip(related.share * model.repeat_share, 0.01, 0.9))
    odds = np.log((1 - one_issue) * len(levels) / len(control))
    scores = _content(model, levels), _content(model, control)
    found = minimize(_loss, np.zeros(2), args=(*scores, odds), method="Nelder-Mead", options={"xatol": 1e-3})
    return round(float(np.clip(np.exp(found.x[0]), *_BOUNDS)), 3)


def sharpened(model: LinkModel, slope: float) -> LinkModel:
    """The model with its prior and weights multiplied, but for those set by what words mean."""
    weights = tuple(
        w if signal.name in _UNSCALED else tuple(round(v * slope, 3) for v in w)
        for signal, w in zip(SIGNALS, model.weights, strict=True)
    )
    return replace(model, prior=round(model.prior * slope, 3), weights=weights)


def _content(model: LinkModel, levels: Levels) -> Reals:
    """(n_pairs,) log-odds without what differs by the distance in time alone."""
    levels = levels.copy()
    levels[:, _GAP] = 0
    levels[:, _STATED] = np.minimum(levels[:, _STATED], _OF_ONE_BEFORE)
    return model.log_odds(levels)


def _loss(theta: Reals, window: Reals, control: Reals, odds: float) -> float:
    """Of telling pairs in the window from control pairs; theta: log of the slope, and the shift."""
    slope = np.exp(np.clip(theta[0], -3, 3))
    excess = [odds + np.logaddexp(0, slope * score + theta[1]) for score in (window, control)]
    loss = np.logaddexp(0, -excess[0]).sum() + np.logaddexp(0, excess[1]).sum()
    return float(loss + theta[0] ** 2 / (2 * _SPREAD**2))
