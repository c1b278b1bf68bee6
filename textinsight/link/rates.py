"""Rates of follow-ups against a base: bounds, intervals, p-values and false-discovery control."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]


def false_discovery(p_value: Reals, tests: int) -> Reals:
    """Benjamini and Hochberg's q: the smallest false-discovery rate at which a test still passes."""
    order = np.argsort(p_value, kind="stable")
    scaled = p_value[order] * max(tests, len(p_value)) / np.arange(1, len(p_value) + 1)
    q = np.empty(len(p_value))
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def lower_bound(share: Reals, n: Ints) -> Reals:
    """Wilson's lower bound at one standard error."""
    bound: Reals = (share + 1 / (2 * n) - np.sqrt(share * (1 - share) / n + 1 / (4 * n**2))) / (1 + 1 / n)
    return np.maximum(bound, 0)


def lift_of(followed: Ints, n: Ints, base: Reals, weight: Reals) -> tuple[Reals, Reals, Reals]:
    """rate / base with its 95% interval on the log scale (delta method for a ratio of two shares)."""
    rate = followed / n
    lift = rate / base
    error = 1.96 * np.sqrt((1 - rate) / followed + (1 - base) / (base * weight))
    return lift, lift * np.exp(-error), lift * np.exp(error)


def p_values(followed: Ints, n: Ints, base: Reals, weight: Reals) -> Reals:
    """One-sided: so many follow-ups or more if the rate were the base's.

    The tail of a negative binomial: Poisson follow-ups at a base rate that is itself known only from `weight`
    starts. Wider than the binomial's, so on the careful side, and exact far out where the ranking is decided.
    """
    from scipy.special import betainc

    return np.asarray(betainc(followed, base * weight, n / (n + weight)), np.float64)


def medians(values: Reals, group: Ints, n_groups: int) -> Reals:
    """(n_groups,) median of each group; every group has at least one value."""
    order = np.lexsort((values, group))
    counts = np.bincount(group, minlength=n_groups)
    first = np.cumsum(counts) - counts
    ordered = values[order]
    return np.asarray((ordered[first + (counts - 1) // 2] + ordered[first + counts // 2]) / 2)
