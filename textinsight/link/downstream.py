"""Which topics bring on which: follow-up rates of thread-opening contacts against comparable ones.

A start is the contact that opens a thread of topic A and whose follow-up window is over. It is followed by B if the
customer opens another thread, of topic B, within the window. Two controls: starts of other topics in the same
company and month (topic B's own left out), and the same customers' windows *before* A; the larger rate is the base.
The second guards against customers who just have more to do with B; as it rests on few starts, its lower bound (one
standard error, Wilson) is taken, so that a single chance contact does not hide an edge.

Found topics may be splinters of one issue, and no pair of splinters has enough support. So false discovery is
controlled twice, at four fifths and one fifth of the rate: over all pairs of topics, and in families: pairs of kindred
groups of topics first, then the pairs of topics within the significant ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight.link.config import DAY_US, LinkConfig
from textinsight.link.frame import Codes, Ints
from textinsight.link.rates import false_discovery, lift_of, lower_bound, medians, p_values
from textinsight.store.schema import DERIVED

Reals = npt.NDArray[np.float64]

_MONTH_US = 30 * DAY_US
_MAX_LAG = 30
_MOST_COMPANIES = 50
_GROUPS_PART = 0.2  # of the false-discovery rate, for edges that are found through kindred groups of topics


@dataclass(frozen=True, slots=True)
class Starts:
    """Thread-opening contacts sorted by customer and time. topic: of the thread, -1 unclear. n_topics: codes in use.

    company: codes, -1 unknown; only starts of the same company and month are comparable.
    kin: (n_topics,) group of each topic (`kin.kin_of`), None: every topic is its own.
    """

    customer: Ints
    start: Ints
    end: Ints
    topic: Codes
    company: Codes
    n_topics: int
    kin: Ints | None = None

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
    seen = _count_edges(starts, window_days=window_days, as_of_us=as_of_us, config=config)
    q_value = false_discovery(seen.p_value, seen.tests)
    if starts.kin is not None and len(np.unique(starts.kin)) < starts.n_topics:
        groups = _count_edges(_by_kin(starts, starts.kin), window_days=window_days, as_of_us=as_of_us, config=config)
        in_groups = _q_within_groups(seen, groups, starts.kin, config.max_q * _GROUPS_PART)
        q_value = np.minimum(np.minimum(q_value / (1 - _GROUPS_PART), in_groups / _GROUPS_PART), 1.0)
    rate = seen.n_followed / seen.n_starts
    return Edges(
        window_days, seen.a, seen.b, seen.n_starts, seen.n_followed, rate, seen.base, seen.lift, seen.lift_low,
        seen.lift_high, q_value, seen.median_gap_days, seen.n_open,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Counted:
    """One entry an edge as in `Edges`, before false-discovery control. p_value: 1 below the fewest starts.

    starts_of: (n_topics,) closed starts. is_tested: (n_topics,) topics with enough of them to have edges. tests: pairs.
    """

    a: Ints
    b: Ints
    n_starts: Ints
    n_followed: Ints
    base: Reals
    lift: Reals
    lift_low: Reals
    lift_high: Reals
    p_value: Reals
    median_gap_days: Reals
    n_open: Ints
    starts_of: Ints
    is_tested: npt.NDArray[np.bool_]
    tests: int


def _count_edges(starts: Starts, *, window_days: int, as_of_us: int, config: LinkConfig) -> _Counted:
    window = window_days * DAY_US
    closed = _closed(starts, window, as_of_us)
    after, before = _followed(starts, window, closed), _preceded(starts, window)
    key = starts.topic[after.start].astype(np.int64) * starts.n_topics + after.topic
    other = starts.topic[after.start] != after.topic
    keys, index, n_followed = np.unique(key[other], return_inverse=True, return_counts=True)
    a, b = keys // starts.n_topics, keys % starts.n_topics
    n_a = _count(starts.topic[closed], starts.n_topics)
    same_period, n_control = _same_period_base(starts, closed, after, a, b)
    n_before = _count(starts.topic[_look_back(starts, window) & (starts.topic >= 0)], starts.n_topics)
    base, weight = _with_before(starts, before, a, b, n_before=n_before, same_period=same_period, n_control=n_control)
    is_tested = n_a >= config.min_starts
    tests = int(is_tested.sum()) * max(int((n_a > 0).sum()) - 1, 1)
    p_value = np.where(is_tested[a], p_values(n_followed, n_a[a], base, weight), 1.0)
    n_open = _count(starts.topic[~closed & (starts.topic >= 0)], starts.n_topics)
    gaps = medians(after.gap_us[other] / DAY_US, index, len(keys))
    lift = lift_of(n_followed, n_a[a], base, weight)
    return _Counted(a, b, n_a[a], n_followed, base, *lift, p_value, gaps, n_open[a], n_a, is_tested, tests)


def _by_kin(starts: Starts, kin: Ints) -> Starts:
    """The same starts with the groups of topics for topics."""
    topic = np.append(kin, -1)[starts.topic].astype(np.int32)
    return replace(starts, topic=topic, n_topics=int(kin.max(initial=0)) + 1, kin=None)


def _q_within_groups(seen: _Counted, groups: _Counted, kin: Ints, max_q: float) -> Reals:
    """(n,) q of the edges between groups that are significant as a whole, tested among themselves; 1 for the others.

    An edge cannot be surer than its groups' is (Yekutieli: a family is tested once its parent is rejected).
    """
    n_groups = len(groups.starts_of)
    whole = np.where(groups.lift_low > 1, false_discovery(groups.p_value, groups.tests), 1.0)
    edge = _edge_of(kin[seen.a] * n_groups + kin[seen.b], groups.a * n_groups + groups.b)
    of_groups = np.where(edge >= 0, np.append(whole, 1.0)[edge], 1.0)
    sure = whole <= max_q
    able = np.bincount(kin[seen.is_tested], minlength=n_groups)
    size = np.bincount(kin[seen.starts_of > 0], minlength=n_groups)
    inside = np.flatnonzero(of_groups <= max_q)
    q_value = np.ones(len(seen.a))
    q_value[inside] = false_discovery(seen.p_value[inside], int((able[groups.a[sure]] * size[groups.b[sure]]).sum()))
    return np.maximum(q_value, of_groups)


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
    own = lower_bound(hits / looked, looked)
    weight = np.where(own > same_period, looked, n_control)
    rate = np.maximum(own, same_period)
    return (rate * weight + 0.5) / (weight + 1), weight + 1


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
