"""A satisfaction estimate for the many contacts whose customer did not answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight.measure.base import Reals
from textinsight.measure.facts import Facts
from textinsight.store.derived import DERIVED

FEWEST_ANSWERS = 100
_FOLDS = 5
_PENALTY = 10.0
_OUTCOMES = ("resolved", "unresolved", "moved")


@dataclass(frozen=True, slots=True)
class CsatPrediction:
    """values: (n,) float32 on 1..5, null where not predicted.

    r2, mae: five-fold cross-validated, None if nothing was fitted.
    mae_of_mean: the error of always saying the mean, to compare with. n_answers: what it was fitted on.
    """

    values: pa.Array
    n_answers: int
    r2: float | None = None
    mae: float | None = None
    mae_of_mean: float | None = None


def predict_csat(contacts: pa.Table) -> CsatPrediction:
    """Ridge regression of the answers on sentiment, its end, effort, resolution and repeat, for every contact.

    With fewer than 100 answers, or answers that are all alike, nothing is predicted. Without sentiment a contact
    gets none: there is no customer turn to judge by.
    """
    facts = Facts(contacts, DERIVED["links"].empty_table(), DERIVED["threads"].empty_table(), 14, None)
    csat, features = facts.numbers("csat"), _features(facts)
    judged = ~np.isnan(facts.numbers("sentiment"))
    answered = np.flatnonzero(~np.isnan(csat) & judged)
    if len(answered) < FEWEST_ANSWERS or np.ptp(csat[answered]) == 0:
        return CsatPrediction(pa.nulls(len(facts), pa.float32()), len(answered))
    held_out = _cross_validated(features[answered], csat[answered], _folds(facts, answered))
    predicted = np.clip(features @ _ridge(features[answered], csat[answered]), 1, 5)
    error = csat[answered] - held_out
    spread = csat[answered] - csat[answered].mean()
    return CsatPrediction(
        pa.array(predicted.astype(np.float32), mask=~judged),
        len(answered),
        r2=float(1 - (error**2).sum() / (spread**2).sum()),
        mae=float(np.abs(error).mean()),
        mae_of_mean=float(np.abs(spread).mean()),
    )


def _features(facts: Facts) -> Reals:
    """(n, k) with a constant; an unknown number takes the mean of the known ones."""
    columns = [_filled(facts.numbers(name)) for name in ("sentiment", "sentiment_end", "effort_score", "stated_repeat")]
    columns += [facts.is_value("resolution", (outcome,)).astype(float) for outcome in _OUTCOMES]
    return np.stack([np.ones(len(facts)), *columns], axis=1)


def _filled(values: Reals) -> Reals:
    known = ~np.isnan(values)
    return np.where(known, values, values[known].mean() if known.any() else 0.0)


def _ridge(features: Reals, target: Reals) -> Reals:
    """Coefficients with a squared penalty on all but the constant."""
    penalty = _PENALTY * np.eye(features.shape[1])
    penalty[0, 0] = 0
    return np.asarray(np.linalg.solve(features.T @ features + penalty, features.T @ target))


def _folds(facts: Facts, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """A fold for each row by the order of conversation ids, so that the input's order does not matter."""
    ids = facts.codes("conversation_id")[0][rows]
    fold = np.empty(len(rows), np.int64)
    fold[np.argsort(ids, kind="stable")] = np.arange(len(rows)) % _FOLDS
    return fold


def _cross_validated(features: Reals, target: Reals, fold: npt.NDArray[np.int64]) -> Reals:
    held_out = np.empty(len(target))
    for f in range(_FOLDS):
        rest = fold != f
        held_out[~rest] = np.clip(features[~rest] @ _ridge(features[rest], target[rest]), 1, 5)
    return held_out
