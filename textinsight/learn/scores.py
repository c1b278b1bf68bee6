"""What the accuracy card is made of: measures of gold against predicted values."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def macro_f1(gold: Array, predicted: Array) -> float:
    """Mean over the gold labels of 2·TP / (2·TP + FP + FN); higher is better."""
    return float(np.mean([f1(gold == label, predicted == label) for label in np.unique(gold)]))


def macro_recall(gold: Array, predicted: Array) -> float:
    """Mean over the gold labels of TP / (TP + FN); higher is better."""
    return float(np.mean([(predicted[gold == label] == label).mean() for label in np.unique(gold)]))


def micro_f1(gold: Array, predicted: Array) -> float:
    """F1 of the yes answers; NaN where gold has no yes; higher is better."""
    return f1(gold.astype(bool), predicted.astype(bool)) if gold.any() else float("nan")


def accuracy(gold: Array, predicted: Array) -> float:
    """Share of equal answers; higher is better."""
    return float(np.mean(gold == predicted))


def spearman(gold: Array, predicted: Array) -> float:
    """Rank correlation, ties at their mean rank; 0 where one side is constant; higher is better."""
    from scipy.stats import rankdata

    ranks = [rankdata(values) for values in (gold, predicted)]
    if min(float(rank.std()) for rank in ranks) == 0:
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def f1(gold: Array, predicted: Array) -> float:
    """2·TP / (2·TP + FP + FN) of (n,) truth values; 0 without any; higher is better."""
    hit = int(np.sum(gold & predicted))
    return 2 * hit / max(1, int(gold.sum()) + int(predicted.sum()))
