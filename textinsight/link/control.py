"""How often an issue would follow anyway: starts of other topics in the same period, and the same customers before."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textinsight.link.config import DAY_US
from textinsight.link.follow import Followed, Mask, Starts
from textinsight.link.frame import Ints
from textinsight.link.rates import lower_bound

Reals = npt.NDArray[np.float64]

_MONTH_US = 30 * DAY_US
_MOST_COMPANIES = 50


def base_rates(
    starts: Starts, closed: Mask, after: Followed, before: Followed, *, a: Ints, b: Ints, window: int
) -> tuple[Reals, Reals]:
    """(base rate, starts behind it) of each edge: the larger of the two controls; half a follow-up is added, so that

    none is 0. The second control rests on few starts, so its lower bound (one standard error, Wilson) is taken: a
    single chance contact shall not hide an edge.
    """
    same_period, n_control = _same_period(starts, closed, after, a, b)
    n_before = np.bincount(starts.topic[starts.looked_back(window)], minlength=starts.n_topics)
    edge = edge_of(starts.topic[before.start] * np.int64(starts.n_topics) + before.topic, a * starts.n_topics + b)
    hits = np.bincount(edge[edge >= 0], minlength=len(a))
    looked = np.maximum(n_before[a], 1)
    own = lower_bound(hits / looked, looked)
    weight = np.where(own > same_period, looked, n_control)
    rate = np.maximum(own, same_period)
    return (rate * weight + 0.5) / (weight + 1), weight + 1


def edge_of(key: Ints, edges: Ints) -> Ints:
    """The index of each key among the sorted edge keys, -1 where it is none."""
    if not len(edges):
        return np.full(len(key), -1)
    at = np.minimum(np.searchsorted(edges, key), len(edges) - 1)
    return np.where(edges[at] == key, at, -1)


def _same_period(starts: Starts, closed: Mask, after: Followed, a: Ints, b: Ints) -> tuple[Reals, Reals]:
    """(rate, starts behind it): B after starts of neither A nor B, companies and months weighted as A's are."""
    stratum, n = _strata(starts), starts.n_topics
    strata = int(stratum.max(initial=0)) + 1
    began = _grid(starts.topic[closed], stratum[closed], n, strata)
    met = _grid(after.topic, stratum[after.start], n, strata)
    own = after.topic == starts.topic[after.start]
    met_own = _grid(after.topic[own], stratum[after.start[own]], n, strata)
    edge = edge_of(starts.topic[after.start] * np.int64(n) + after.topic, a * n + b)
    mine = _grid(edge[edge >= 0], stratum[after.start[edge >= 0]], len(a), strata)
    controls = began.sum(axis=0) - began[a] - began[b]
    hits = met[b] - met_own[b] - mine
    weight = began[a] * (controls > 0)
    share = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1)
    rate = (share * hits / np.maximum(controls, 1)).sum(axis=1)
    return rate, (controls * (weight > 0)).sum(axis=1)


def _strata(starts: Starts) -> Ints:
    """A code for the company and month (30 days) of each start; beyond the largest companies, the rest is one."""
    if not len(starts):
        return starts.start
    company = starts.company.astype(np.int64) + 1
    large = np.argsort(-np.bincount(company), kind="stable")[:_MOST_COMPANIES]
    company = np.where(np.isin(company, large), company, 0)
    month = (starts.start - starts.start.min()) // _MONTH_US
    codes = company * (month.max() + 1) + month
    return np.asarray(np.unique(codes, return_inverse=True)[1], np.int64)


def _grid(row: npt.NDArray[np.integer], column: Ints, n_rows: int, n_columns: int) -> Reals:
    counts = np.bincount(row.astype(np.int64) * n_columns + column, minlength=n_rows * n_columns)
    return counts.reshape(n_rows, n_columns).astype(np.float64)
