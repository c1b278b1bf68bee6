"""How a number and a yes/no go together within strata: a stratified rank comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textinsight.measure.base import Mask, Reals
from textinsight.measure.facts import Ints

_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Association:
    """(n_groups,) each, NaN where one of the two sides is empty. value in −1..1, low and high its 95% interval."""

    value: Reals
    low: Reals
    high: Reals
    p_value: Reals


@dataclass(frozen=True, slots=True)
class _Stratum:
    """P(yes below no) − P(yes above no) in one stratum, its weight, variance, and variance if nothing is there."""

    value: float
    weight: float
    variance: float
    null: float


def associate(number: Reals, yes: Mask, group: Ints, stratum: Ints, n_groups: int) -> Association:
    """P(a yes has the smaller number) − P(it has the larger one), over pairs of one stratum; ties count for neither.

    Strata lie within groups and are weighted by n_yes · n_no / (n_yes + n_no) (van Elteren). Variance after DeLong;
    the two-sided p-value uses the variance under no association, corrected for ties. Somers' D of the two.
    """
    out = np.full((4, n_groups), np.nan)
    order = np.lexsort((number, stratum, group))
    key = np.stack([group[order], stratum[order]])
    cuts = np.flatnonzero((np.diff(key) != 0).any(axis=0)) + 1
    parts: dict[int, list[_Stratum]] = {}
    for rows in np.split(order, cuts):
        if len(rows) and 0 < yes[rows].sum() < len(rows):
            parts.setdefault(int(group[rows[0]]), []).append(_compare(number[rows], yes[rows]))
    for at, strata in parts.items():
        out[:, at] = _pool(strata)
    return Association(*out)


def false_discovery(p_value: Reals) -> Reals:
    """Benjamini and Hochberg's q of the tests that could be done; NaN where there was none."""
    known = np.flatnonzero(~np.isnan(p_value))
    order = known[np.argsort(p_value[known], kind="stable")]
    scaled = p_value[order] * len(order) / np.arange(1, len(order) + 1)
    q = np.full(len(p_value), np.nan)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def _compare(number: Reals, yes: Mask) -> _Stratum:
    """One stratum, sorted by number. Placements: for each one, the share of the other side above minus below it."""
    one, other = number[yes], number[~yes]
    m, k = len(one), len(other)
    of_yes = 1 - (np.searchsorted(other, one, "left") + np.searchsorted(other, one, "right")) / k
    of_no = (np.searchsorted(one, other, "left") + np.searchsorted(one, other, "right")) / m - 1
    n = m + k
    ties = np.unique(number, return_counts=True)[1].astype(np.float64)
    tied = float((ties**3 - ties).sum() / (n * (n**2 - 1)))
    null = 4 * (n + 1) / (12 * m * k) * (1 - tied)
    variance = of_yes.var(ddof=1) / m + of_no.var(ddof=1) / k if min(m, k) > 1 else null
    return _Stratum(float(of_yes.mean()), m * k / n, float(variance), null)


def _pool(strata: list[_Stratum]) -> tuple[float, float, float, float]:
    from math import erfc, sqrt

    total = sum(s.weight for s in strata)
    value = sum(s.weight * s.value for s in strata) / total
    error = _Z * sqrt(sum(s.weight**2 * s.variance for s in strata)) / total
    null = sqrt(sum(s.weight**2 * s.null for s in strata)) / total
    p_value = erfc(abs(value) / null / sqrt(2)) if null > 0 else 1.0
    return value, max(value - error, -1.0), min(value + error, 1.0), p_value
