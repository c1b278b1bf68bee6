"""The log-odds table adapted to an archive: its own prior, and its own weights of what differs most between archives.

How alike two texts on one issue are depends on how people speak, and whether they come back on the same channel on the
business. By expectation and maximisation (Winkler 1988): the pairs' probabilities under the present weights give each
level's share among links and among other pairs, these give new weights, and so on. The fitted weights count like
`_DOUBT` further pairs on either side. All other weights and the archive's times hold the estimate in place.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from textinsight.link.compare import SIGNALS
from textinsight.link.frame import Levels
from textinsight.link.prior import Related, shift_of
from textinsight.link.sharpness import sharpened, sharpness_of
from textinsight.link.weights import LinkModel, probability

Reals = npt.NDArray[np.float64]
Counts = npt.NDArray[np.number]

ADAPTED = ("issue_similarity", "channel")
_DOUBT = 300.0
_ROUNDS = 8
_PACE = 0.5  # of the way to the new weights in each round
_LARGEST = 4.0


def adapt(model: LinkModel, levels: Levels, related: Related, control: Levels | None = None) -> LinkModel:
    """The model of an archive whose pairs (or a sample of them) are at these levels (n_pairs, n_signals).

    control: levels of pairs that are unrelated, from which it is told how sharp the weights are here and how many
    related pairs are one issue (`sharpness`); weights are then moved once more, by that share.
    """
    own = _estimated(model, levels, related)
    if control is None:
        return own
    share = sharpness_of(own, levels, control, related).repeat_share
    own = _estimated(replace(model, repeat_share=share), levels, related)
    told = sharpness_of(replace(own, repeat_share=model.repeat_share), levels, control, related)
    return _shifted(replace(sharpened(own, told.slope), repeat_share=told.repeat_share), levels, related)


def _estimated(model: LinkModel, levels: Levels, related: Related) -> LinkModel:
    own = model
    for _ in range(_ROUNDS):
        p = probability(_shifted(own, levels, related).log_odds(levels))
        moved = [_moved(model, own, s, levels[:, s], p) for s in range(len(SIGNALS))]
        own = replace(own, weights=tuple(moved))
    return _shifted(own, levels, related)


def _shifted(model: LinkModel, levels: Levels, related: Related) -> LinkModel:
    shift = shift_of(model.log_odds(levels), related, model.repeat_share)
    return replace(model, prior=round(model.prior + shift, 3))


def _moved(fitted: LinkModel, own: LinkModel, signal: int, levels: Levels, p: Reals) -> tuple[float, ...]:
    """The signal's weights after one round; level 0, the unknown, stays at 0."""
    if SIGNALS[signal].name not in ADAPTED:
        return own.weights[signal]
    before, start = np.array(own.weights[signal][1:]), np.array(fitted.weights[signal][1:])
    linked = np.bincount(levels, weights=p, minlength=len(before) + 1)[1:]
    other = np.bincount(levels, weights=1 - p, minlength=len(before) + 1)[1:]
    new = np.where(linked + other > 0, _log_ratio(linked, other, start), start)
    new = np.clip(before + _PACE * (new - before), -_LARGEST, _LARGEST)
    new = np.maximum.accumulate(new) if SIGNALS[signal].ordered else new
    return (0.0, *new.round(3).tolist())


def _log_ratio(linked: Counts, other: Counts, fitted: Reals) -> Reals:
    """(n_levels,) log of each level's share among links over that among other pairs, shrunk towards the fitted one."""
    total = linked + other
    odds = np.exp(fitted)
    shares = []
    for seen, expected in ((linked, total * odds / (1 + odds)), (other, total / (1 + odds))):
        usual = _DOUBT * expected / max(expected.sum(), 1e-9)
        shares.append((seen + usual + 1e-9) / (seen.sum() + _DOUBT))
    return np.asarray(np.log(shares[0] / shares[1]), np.float64)
