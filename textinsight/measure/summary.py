"""Groups of values to value, 95% interval, n and n_unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textinsight.measure.base import Kind, Observed, Reals

Ints = npt.NDArray[np.int64]

_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Summary:
    """(n_groups,) each; value, low, high are NaN where they cannot be computed."""

    value: Reals
    low: Reals
    high: Reals
    n: Ints
    n_unknown: Ints


def summarise(observed: Observed, group: Ints, n_groups: int, *, kind: Kind) -> Summary:
    """The summary of each group (n,) of contacts."""
    known = observed.known
    n = np.bincount(group[known], minlength=n_groups)
    n_unknown = np.bincount(group[observed.applies & ~known], minlength=n_groups)
    value, low, high = _KINDS[kind](observed.value[known], group[known], n)
    return Summary(value, low, high, n, n_unknown)


def wilson(share: Reals, n: Reals | Ints) -> tuple[Reals, Reals]:
    """Wilson's 95% interval of a share; NaN where n is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z / (1 + _Z**2 / n) * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def share_of(n: Reals | Ints, total: Reals | Ints) -> tuple[Reals, Reals, Reals]:
    """(value, low, high) of shares out of their counts; NaN where n is 0."""
    share = _divide(total, n)
    return share, *wilson(share, n)


def mean_of(n: Reals | Ints, total: Reals | Ints, squares: Reals | Ints) -> tuple[Reals, Reals, Reals]:
    """(value, low, high) of means out of the values' sums and sums of squares; one value alone has no interval."""
    mean = _divide(total, n)
    spread = np.maximum(squares - total * np.nan_to_num(mean), 0)
    error = _Z * np.sqrt(_divide(_divide(spread, n - 1), n))
    return mean, mean - error, mean + error


def _count(_values: Reals, _group: Ints, n: Ints) -> tuple[Reals, Reals, Reals]:
    none = np.full(len(n), np.nan)  # a full count has no sampling error
    return n.astype(float), none, none


def _distinct(values: Reals, group: Ints, n: Ints) -> tuple[Reals, Reals, Reals]:
    width = int(values.max(initial=0)) + 1
    different = np.unique(group * width + values.astype(np.int64)) // width
    none = np.full(len(n), np.nan)
    return np.bincount(different, minlength=len(n)).astype(float), none, none


def _share(values: Reals, group: Ints, n: Ints) -> tuple[Reals, Reals, Reals]:
    return share_of(n, _total(values, group, n))


def _mean(values: Reals, group: Ints, n: Ints) -> tuple[Reals, Reals, Reals]:
    """Normal interval of the mean; one value alone has none."""
    mean = _divide(_total(values, group, n), n)
    squares = _total((values - mean[group]) ** 2, group, n)
    error = _Z * np.sqrt(_divide(_divide(squares, n - 1), n))
    return mean, mean - error, mean + error


def _median(values: Reals, group: Ints, n: Ints) -> tuple[Reals, Reals, Reals]:
    """Interval from the order statistics (binomial, normal approximation); fewer than six values have none."""
    ordered = values[np.lexsort((values, group))]
    first = np.cumsum(n) - n
    reach = _Z * np.sqrt(n) / 2
    lower = np.floor(n / 2 - reach).astype(np.int64)
    upper = np.ceil(n / 2 + reach).astype(np.int64)
    middle = (_at(ordered, first + (n - 1) // 2, n > 0) + _at(ordered, first + n // 2, n > 0)) / 2
    wide = n >= 6
    return (
        middle,
        _at(ordered, first + np.maximum(lower, 0), wide),
        _at(ordered, first + np.minimum(upper, n - 1), wide),
    )


def _total(values: Reals, group: Ints, n: Ints) -> Reals:
    return np.asarray(np.bincount(group, weights=values, minlength=len(n)), np.float64)


def _at(ordered: Reals, index: Ints, where: npt.NDArray[np.bool_]) -> Reals:
    out = np.full(len(index), np.nan)
    out[where] = ordered[index[where]]
    return out


def _divide(total: Reals | Ints, n: Reals | Ints) -> Reals:
    return np.asarray(np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0))


_KINDS: dict[Kind, Callable[[Reals, Ints, Ints], tuple[Reals, Reals, Reals]]] = {
    "count": _count,
    "distinct": _distinct,
    "share": _share,
    "mean": _mean,
    "median": _median,
}
