"""How sharply the signals tell in this archive, and how many related pairs are one issue: both differ between archives.

Pairs of a customer's contacts that lie weeks beyond the window are unrelated, and show how unrelated pairs score here.
If pairs in the window are a mixture of such pairs and of one issue, with the odds of the latter rising by `slope` times
the score, then they exceed the unrelated ones by 1 + exp(slope · score + shift) at every score. The slope that explains
this best multiplies all weights. How far the low scores are thinned out says how many pairs are one issue: other pairs
that are related by their times were brought on, and score as unrelated ones do. They may score higher, so that more
pairs than usual are believed less readily than fewer. No label takes part.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
_FEWER, _MORE = (
    1.0,
    0.15,
)  # and of the logit of the share of related pairs that are one issue, below and above the usual
_BOUNDS = (0.4, 1.6)
_SHARES = (0.01, 0.95)


def control_pairs(frame: Frame, config: LinkConfig) -> Pairs:
    """Pairs as far apart as the ones that chance is counted on (see `prior`); none if the time is too short."""
    contacts, days = sampled_contacts(frame, config), control_days(frame, config)
    if days is None:
        return pairs_of(frame, contacts[:0], 0, 1)
    pairs = pairs_of(frame, contacts, days[1] * DAY_US, config.max_earlier)
    return pairs.take(frame.start[pairs.later] - frame.end[pairs.earlier] >= days[0] * DAY_US)


@dataclass(frozen=True, slots=True)
class Sharpness:
    """slope: what to multiply the weights with. repeat_share: of the related pairs, how many are one issue."""

    slope: float
    repeat_share: float


def sharpness_of(model: LinkModel, levels: Levels, control: Levels, related: Related) -> Sharpness:
    """From the levels (n_pairs, n_signals) of pairs in the window and of control pairs; the model's own if too few."""
    from scipy.optimize import minimize

    if min(len(control), len(levels)) < FEWEST:
        return Sharpness(1.0, model.repeat_share)
    scores = _content(model, levels), _content(model, control)
    facts = float(np.clip(related.share, *_SHARES)), _logit(float(np.clip(model.repeat_share, *_SHARES)))
    found = minimize(_loss, np.zeros(3), args=(*scores, *facts), method="Nelder-Mead", options={"xatol": 1e-3})
    slope = float(np.clip(np.exp(found.x[0]), *_BOUNDS))
    return Sharpness(round(slope, 3), round(_share(facts[1] + found.x[2]), 3))


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


def _loss(theta: Reals, window: Reals, control: Reals, related: float, repeat: float) -> float:
    """Of telling pairs in the window from control pairs.

    theta: log of the slope; the shift; what is added to `repeat`, the logit of the share that is one issue.
    """
    slope = np.exp(np.clip(theta[0], -3, 3))
    odds = np.log(len(window) / len(control)) + np.log1p(-related * _share(repeat + theta[2]))
    excess = [odds + np.logaddexp(0, slope * score + theta[1]) for score in (window, control)]
    loss = np.logaddexp(0, -excess[0]).sum() + np.logaddexp(0, excess[1]).sum()
    spread = _MORE if theta[2] > 0 else _FEWER
    return float(loss + theta[0] ** 2 / (2 * _SPREAD**2) + theta[2] ** 2 / (2 * spread**2))


def _share(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))
