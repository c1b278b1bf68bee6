"""Which topics bring on which: follow-up rates of thread-opening contacts against comparable ones.

A start is the contact that opens a thread of topic A and whose follow-up window is over. It is followed by B if the
customer opens another thread, of topic B, within the window. Two controls: starts of other topics in the same
company and month (topic B's own left out), and the same customers' windows *before* A; the larger rate is the base.
The second guards against customers who just have more to do with B; as it rests on few starts, its lower bound (one
standard error, Wilson) is taken, so that a single chance contact does not hide an edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight.link.config import DAY_US, LinkConfig
from textinsight.link.frame import Codes, Ints
from textinsight.store.schema import DERIVED

Reals = npt.NDArray[np.float64]

_MONTH_US = 30 * DAY_US
_MAX_LAG = 30
_MOST_COMPANIES = 50


@dataclass(frozen=True, slots=True)
class Starts:
    """Thread-opening contacts sorted by customer and time. topic: of the thread, -1 unclear. n_topics: codes in use.

    company: codes, -1 unknown; only starts of the same company and month are comparable.
    """

    customer: Ints
    start: Ints
    end: Ints
    topic: Codes
    company: Codes
    n_topics: int

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True)
class Edges:
    """One entry an edge A → B that was seen at least once, for one window."""

    window_days: int
    topic_a: Ints
    topic_b: Ints
    n_starts: Ints
    n_followed: Ints
    rate: Reals
    base_rate: Reals
    lift: Reals
    lift_low: Reals
    lift_high: Reals
    q_value: Reals
    median_gap_days: Reals
    n_open_excluded: Ints

    def __len__(self) -> int:
        return len(self.topic_a)

    def significant(self, config: LinkConfig) -> npt.NDArray[np.bool_]:
        """(n,) edges with enough starts, a lift above one and a small enough false-discovery rate."""
        kept: npt.NDArray[np.bool_] = (
            (self.q_value <= config.max_q) & (self.lift_low > 1) & (self.n_starts >= config.min_starts)
        )
        return kept

    @property
    def attributable(self) -> Reals:
        """(n,) share of the follow-ups that the base rate does not explain: (rate − base) / rate, at least 0."""
        share: Reals = np.maximum(1 - self.base_rate / self.rate, 0)
        return share


@dataclass(frozen=True, slots=True)
class Followed:
    """Starts and the other threads' topics met within the window, each topic once a start: the nearest.

    met: the opening contact it was met at, after the start or (looking back) before it.
    """

    start: Ints
    topic: Ints
    gap_us: Ints
    met: Ints


def find_edges(starts: Starts, *, window_days: int, as_of_us: int, config: LinkConfig) -> Edges:
    """Every A → B seen within the window, with its control, interval and false-discovery rate."""
    window = window_days * DAY_US
    closed = _closed(starts, window, as_of_us)
    after, before = _followed(starts, window, closed), _preceded(starts, window)
    key = starts.topic[after.start].astype(np.int64) * starts.n_topics + after.topic
    other = starts.topic[after.start] != after.topic
    keys, index, n_followed = np.unique(key[other], return_inverse=True, return_counts=True)
    a, b = keys // starts.n_topics, keys % starts.n_topics
    n_a = _count(starts.topic[closed], starts.n_topics)
    rate = n_followed / n_a[a]
    same_period, n_control = _same_period_base(starts, closed, after, a, b)
    n_before = _count(starts.topic[_look_back(starts, window) & (starts.topic >= 0)], starts.n_topics)
    base, weight = _with_before(starts, before, a, b, n_before=n_before, same_period=same_period, n_control=n_control)
    lift, low, high = _lift(n_followed, n_a[a], base, weight)
    tests = int((n_a >= config.min_starts).sum()) * max(int((n_a > 0).sum()) - 1, 1)
    p_value = np.where(n_a[a] >= config.min_starts, _p_values(n_followed, n_a[a], base, weight), 1.0)
    n_open = _count(starts.topic[~closed & (starts.topic >= 0)], starts.n_topics)
    return Edges(
        window_days, a, b, n_a[a], n_followed, rate, base, lift, low, high, false_discovery(p_value, tests),
        _median(after.gap_us[other] / DAY_US, index, len(keys)), n_open[a],
    )  # fmt: skip


def false_discovery(p_value: Reals, tests: int) -> Reals:
    """Benjamini and Hochberg's q: the smallest false-discovery rate at which a test still passes."""
    order = np.argsort(p_value, kind="stable")
    scaled = p_value[order] * max(tests, len(p_value)) / np.arange(1, len(p_value) + 1)
    q = np.empty(len(p_value))
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def edges_table(edges: list[Edges], topics: tuple[str, ...]) -> pa.Table:
    """The edges table: by window, then false-discovery rate, then lift; ids break ties."""
    names = pa.array(topics, pa.string())
    parts = [_table(e, names) for e in edges]
    return pa.concat_tables([*parts, DERIVED["edges"].empty_table()])


def _table(e: Edges, names: pa.Array) -> pa.Table:
    order = np.lexsort((e.topic_b, e.topic_a, -e.lift_low, e.q_value))
    columns: dict[str, pa.Array] = {
        "topic_a": names.take(pa.array(e.topic_a[order])),
        "topic_b": names.take(pa.array(e.topic_b[order])),
        "window_days": pa.array(np.full(len(e), e.window_days, np.int32)),
    }
    for name in DERIVED["edges"].names[3:]:
        columns[name] = pa.array(getattr(e, name)[order])
    return pa.table(columns, schema=DERIVED["edges"])


def _neighbours(starts: Starts, window: int) -> tuple[Ints, Ints]:
    """(earlier, later) positions of one customer's openings within the window, nearest later first."""
    earlier, later = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    alive = np.arange(len(starts))
    for lag in range(1, _MAX_LAG + 1):
        alive = alive[alive + lag < len(starts)]
        alive = alive[starts.customer[alive] == starts.customer[alive + lag]]
        near = alive[starts.start[alive + lag] - starts.end[alive] <= window]
        earlier.append(near)
        later.append(near + lag)
    return np.concatenate(earlier), np.concatenate(later)


def followed(starts: Starts, *, window_days: int, as_of_us: int) -> Followed:
    """The follow-ups that the edges count, those of the start's own topic left out."""
    window = window_days * DAY_US
    after = _followed(starts, window, _closed(starts, window, as_of_us))
    other = starts.topic[after.start] != after.topic
    return Followed(after.start[other], after.topic[other], after.gap_us[other], after.met[other])


def _closed(starts: Starts, window: int, as_of_us: int) -> npt.NDArray[np.bool_]:
    """(n,) starts with a clear topic whose window is over."""
    return np.asarray((starts.end + window <= as_of_us) & (starts.topic >= 0))


def _followed(starts: Starts, window: int, closed: npt.NDArray[np.bool_]) -> Followed:
    earlier, later = _neighbours(starts, window)
    keep = closed[earlier] & (starts.topic[later] >= 0)
    return _first_per_topic(starts, earlier[keep], later[keep], later[keep], earlier[keep])


def _preceded(starts: Starts, window: int) -> Followed:
    """Like `_followed`, looking back; starts whose look-back reaches before the data are left out."""
    earlier, later = _neighbours(starts, window)
    keep = _look_back(starts, window)[later] & (starts.topic[earlier] >= 0) & (starts.topic[later] >= 0)
    return _first_per_topic(starts, later[keep], earlier[keep], later[keep], earlier[keep])


def _look_back(starts: Starts, window: int) -> npt.NDArray[np.bool_]:
    first = int(starts.start.min()) if len(starts) else 0
    seen: npt.NDArray[np.bool_] = starts.start - window >= first
    return seen


def _first_per_topic(starts: Starts, of: Ints, met: Ints, later: Ints, earlier: Ints) -> Followed:
    gap = np.maximum(starts.start[later] - starts.end[earlier], 0)
    order = np.lexsort((gap, starts.topic[met], of))
    of, met, gap = of[order], met[order], gap[order]
    topic = starts.topic[met].astype(np.int64)
    _, first = np.unique(of * starts.n_topics + topic, return_index=True)
    return Followed(of[first], topic[first], gap[first], met[first])


def _same_period_base(
    starts: Starts, closed: npt.NDArray[np.bool_], after: Followed, a: Ints, b: Ints
) -> tuple[Reals, Reals]:
    """(rate, starts behind it): B after starts of neither A nor B, companies and months weighted as A's are."""
    stratum, n = _strata(starts), starts.n_topics
    strata = int(stratum.max(initial=0)) + 1
    began = _grid(starts.topic[closed], stratum[closed], n, strata)
    met = _grid(after.topic, stratum[after.start], n, strata)
    own = after.topic == starts.topic[after.start]
    met_own = _grid(after.topic[own], stratum[after.start[own]], n, strata)
    edge = _edge_of(starts.topic[after.start] * np.int64(n) + after.topic, a * n + b)
    mine = _grid(edge[edge >= 0], stratum[after.start[edge >= 0]], len(a), strata)
    controls = began.sum(axis=0) - began[a] - began[b]
    hits = met[b] - met_own[b] - mine
    weight = began[a] * (controls > 0)
    share = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1)
    rate = (share * hits / np.maximum(controls, 1)).sum(axis=1)
    return rate, (controls * (weight > 0)).sum(axis=1)


def _with_before(
    starts: Starts,
    before: Followed,
    a: Ints,
    b: Ints,
    *,
    n_before: Ints,
    same_period: Reals,
    n_control: Reals,
) -> tuple[Reals, Reals]:
    """(base rate, starts behind it): the larger of the two controls; half a follow-up is added so that none is 0."""
    edge = _edge_of(starts.topic[before.start] * np.int64(starts.n_topics) + before.topic, a * starts.n_topics + b)
    hits = np.bincount(edge[edge >= 0], minlength=len(a))
    looked = np.maximum(n_before[a], 1)
    own = _lower_bound(hits / looked, looked)
    weight = np.where(own > same_period, looked, n_control)
    rate = np.maximum(own, same_period)
    return (rate * weight + 0.5) / (weight + 1), weight + 1


def _lower_bound(share: Reals, n: Ints) -> Reals:
    """Wilson's lower bound at one standard error."""
    bound: Reals = (share + 1 / (2 * n) - np.sqrt(share * (1 - share) / n + 1 / (4 * n**2))) / (1 + 1 / n)
    return np.maximum(bound, 0)


def _lift(followed: Ints, n: Ints, base: Reals, weight: Reals) -> tuple[Reals, Reals, Reals]:
    """rate / base with its 95% interval on the log scale (delta method for a ratio of two shares)."""
    rate = followed / n
    lift = rate / base
    error = 1.96 * np.sqrt((1 - rate) / followed + (1 - base) / (base * weight))
    return lift, lift * np.exp(-error), lift * np.exp(error)


def _p_values(followed: Ints, n: Ints, base: Reals, weight: Reals) -> Reals:
    """One-sided: so many follow-ups or more if the rate were the base's.

    The tail of a negative binomial: Poisson follow-ups at a base rate that is itself known only from `weight`
    starts. Wider than the binomial's, so on the careful side, and exact far out where the ranking is decided.
    """
    from scipy.special import betainc

    return np.asarray(betainc(followed, base * weight, n / (n + weight)), np.float64)


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


def _edge_of(key: Ints, edges: Ints) -> Ints:
    """The index of each key among the sorted edge keys, -1 where it is none."""
    if not len(edges):
        return np.full(len(key), -1)
    at = np.minimum(np.searchsorted(edges, key), len(edges) - 1)
    return np.where(edges[at] == key, at, -1)


def _count(topic: npt.NDArray[np.integer], n_topics: int) -> Ints:
    return np.bincount(topic, minlength=n_topics).astype(np.int64)


def _median(values: Reals, group: Ints, n_groups: int) -> Reals:
    """(n_groups,) median of each group; every group has at least one value."""
    order = np.lexsort((values, group))
    counts = np.bincount(group, minlength=n_groups)
    first = np.cumsum(counts) - counts
    ordered = values[order]
    return np.asarray((ordered[first + (counts - 1) // 2] + ordered[first + counts // 2]) / 2)
