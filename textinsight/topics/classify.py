"""Which reason of a company's own list a contact has: a classifier fitted on few examples, or on descriptions alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from textinsight.encode import Encoder, unit_rows
from textinsight.errors import UsageError
from textinsight.topics.bare import bare
from textinsight.topics.model import Vectors
from textinsight.topics.taxonomy import Reason

_FOLDS = 5
_ZERO_SHOT = 12.0  # slope of cosines to descriptions in the softmax, where no examples tell it
_SLOPES = np.geomspace(0.2, 8, 40)  # that confidence is calibrated over


@dataclass(frozen=True, slots=True)
class ClassifyConfig:
    """penalty: of the squared weights of the logistic regression, as scikit-learn's 1 / C.

    said: what a description counts for, in examples. least: chance of being in the taxonomy at all from which a
    contact is given one of its reasons. outside: cosine to the nearest text of the taxonomy up to which a contact is
    outside, where too few examples tell it.
    """

    penalty: float = 0.1
    said: float = 0.5
    least: float = 0.5
    outside: float = 0.35

    def __post_init__(self) -> None:
        if self.penalty <= 0 or self.said < 0:
            raise UsageError(f"penalty > 0 and said ≥ 0 expected, got {self.penalty}, {self.said}", hint="penalty=0.1")
        if not 0 <= self.least <= 1:
            raise UsageError(f"least must lie in [0, 1], got {self.least}", hint="least=0.5")


@dataclass(frozen=True)
class ReasonClassifier:
    """Linear scores over vectors: weights (k, d), bias (k,); `slope` turns scores into calibrated log odds.

    known: (m, d) unit vectors of the taxonomy's texts, kind: (m,) reason of each; inside: slope and shift of the log
    odds that a contact is in the taxonomy at all, over its cosine to the nearest of them.
    """

    topic_ids: tuple[str, ...]
    weights: Vectors
    bias: Vectors
    slope: float
    known: Vectors
    kind: npt.NDArray[np.int64]
    inside: tuple[float, float]
    least: float

    @cached_property
    def centroids(self) -> Vectors:
        """(k, d) unit mean of each reason's texts."""
        return _means(self.known, self.kind, len(self.topic_ids))

    def scores(self, vectors: Vectors) -> Vectors:
        """(n, k) calibrated log odds up to a constant a row."""
        return np.asarray((vectors @ self.weights.T + self.bias) * self.slope, np.float32)

    def decide(self, vectors: Vectors) -> tuple[npt.NDArray[np.int64], Vectors, npt.NDArray[np.bool_]]:
        """(n,) number of the likeliest reason, chance that it is right, and whether the contact is in the taxonomy."""
        chance = _softmax(self.scores(vectors))
        best = chance.argmax(1)
        near = (vectors @ self.known.T).max(1)
        slope, shift = self.inside
        within = 1 / (1 + np.exp(-(slope * near + shift)))
        return best, chance[np.arange(len(best)), best], within >= self.least


def fit_reasons(
    reasons: tuple[Reason, ...],
    encoder: Encoder,
    *,
    prepare: Callable[[str], str] = bare,
    config: ClassifyConfig = ClassifyConfig(),
) -> ReasonClassifier:
    """The classifier of the reasons that contacts may have (those that are no parent of others).

    Each reason's name and description count as one text, its examples as one each. prepare: what the contacts' texts
    went through before they were encoded. UsageError for no reason.
    """
    parents = {reason.parent for reason in reasons}
    leaves = [reason for reason in reasons if reason.id not in parents]
    if not leaves:
        raise UsageError("the taxonomy has no reason", hint='add one: [[reason]] id = "refund" name = "Refund"')
    texts = [(prepare(reason.said), row, config.said) for row, reason in enumerate(leaves)]
    texts += [(prepare(example), row, 1.0) for row, reason in enumerate(leaves) for example in reason.examples]
    vectors = encoder.encode([text for text, _, _ in texts])
    kind = np.array([row for _, row, _ in texts], np.int64)
    weight = np.array([w for _, _, w in texts], np.float64) * vectors.any(1)
    return fit_vectors(tuple(reason.id for reason in leaves), vectors, kind, weight, config=config)


def fit_vectors(
    topic_ids: tuple[str, ...],
    vectors: Vectors,
    kind: npt.NDArray[np.int64],
    weight: npt.NDArray[np.float64] | None = None,
    *,
    config: ClassifyConfig = ClassifyConfig(),
) -> ReasonClassifier:
    """The classifier from unit vectors (n, d) of known reason `kind` (n,), each counting `weight` (n,)."""
    weight = np.ones(len(kind)) if weight is None else weight
    weights, bias = _logistic(vectors, kind, weight, len(topic_ids), config)
    examples = np.flatnonzero(weight >= 1)
    slope, inside = 1.0, (40.0, -40.0 * config.outside)
    if len(examples) >= 2 * len(topic_ids) and len(topic_ids) > 1:
        slope = _calibrated(vectors, kind, weight, len(topic_ids), config)
        inside = _boundary(vectors[examples], kind[examples]) or inside
    elif not len(examples):
        weights, bias, slope = _means(vectors, kind, len(topic_ids)), np.zeros(len(topic_ids), np.float32), _ZERO_SHOT
    return ReasonClassifier(topic_ids, weights, bias, slope, vectors, kind, inside, config.least)


def _means(vectors: Vectors, kind: npt.NDArray[np.int64], k: int) -> Vectors:
    return unit_rows(np.stack([vectors[kind == row].sum(0) for row in range(k)]))


def _logistic(
    vectors: Vectors, kind: npt.NDArray[np.int64], weight: npt.NDArray[np.float64], k: int, config: ClassifyConfig
) -> tuple[Vectors, Vectors]:
    """Weights (k, d) and bias (k,) of multinomial logistic regression, reasons counting alike; from the means on."""
    from scipy.optimize import minimize

    x = np.hstack([vectors, np.ones((len(vectors), 1), np.float32)]).astype(np.float64)
    total = np.bincount(kind, weight, k)
    balanced = weight / np.maximum(total, 1e-9)[kind] * total.mean()
    target = np.zeros((len(kind), k))
    target[np.arange(len(kind)), kind] = 1

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        w = flat.reshape(k, -1)
        scores = x @ w.T
        scores -= scores.max(1, keepdims=True)
        log_sum = np.log(np.exp(scores).sum(1))
        gap = (np.exp(scores - log_sum[:, None]) - target) * balanced[:, None]
        value = (balanced * (log_sum - (scores * target).sum(1))).sum() + config.penalty / 2 * (w[:, :-1] ** 2).sum()
        gradient = gap.T @ x
        gradient[:, :-1] += config.penalty * w[:, :-1]
        return float(value), gradient.ravel()

    start = np.zeros((k, x.shape[1]))
    start[:, :-1] = 3 * _means(vectors, kind, k)
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 100}).x.reshape(k, -1)
    return found[:, :-1].astype(np.float32), found[:, -1].astype(np.float32)


def _calibrated(
    vectors: Vectors, kind: npt.NDArray[np.int64], weight: npt.NDArray[np.float64], k: int, config: ClassifyConfig
) -> float:
    """The slope under which examples left out of the fit are likeliest, over five folds."""
    fold = _folds(kind, weight)
    scores, truth = [], []
    for number in range(_FOLDS):
        out = (fold == number) & (weight >= 1)
        w, b = _logistic(vectors[~out], kind[~out], weight[~out], k, config)
        scores.append(vectors[out] @ w.T + b)
        truth.append(kind[out])
    held, true = np.concatenate(scores), np.concatenate(truth)
    losses = [-np.log(_softmax(held * s)[np.arange(len(true)), true] + 1e-12).mean() for s in _SLOPES]
    return float(_SLOPES[int(np.argmin(losses))])


def _folds(kind: npt.NDArray[np.int64], weight: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """(n,) fold of each text, its reason's examples spread evenly; descriptions are in none (-1)."""
    fold = np.full(len(kind), -1, np.int64)
    for row in np.unique(kind):
        mine = np.flatnonzero((kind == row) & (weight >= 1))
        fold[mine] = (np.arange(len(mine)) + row) % _FOLDS
    return fold


def _boundary(vectors: Vectors, kind: npt.NDArray[np.int64]) -> tuple[float, float] | None:
    """Slope and shift of the log odds of being in the taxonomy, over the cosine to its nearest text.

    Inside: an example against the others. Outside: the same example against those of other reasons. None if they do
    not differ.
    """
    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, -1)
    own = kind[:, None] == kind[None]
    many = own.sum(1) > 1
    within, without = cosine[many].max(1), np.where(own, -1, cosine).max(1)
    mean_in, mean_out = within.mean(), without.mean()
    spread = (within.var() + without.var()) / 2
    if mean_in <= mean_out or spread <= 0:
        return None
    slope = (mean_in - mean_out) / spread
    return float(slope), float(-slope * (mean_in + mean_out) / 2)


def _softmax(scores: npt.NDArray[np.floating]) -> Vectors:
    shifted = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(shifted / shifted.sum(1, keepdims=True), np.float32)
