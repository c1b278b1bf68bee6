"""Which topics bring on which: follow-up rates of thread-opening contacts against comparable ones.

A start is the contact that opens a thread of topic A and whose follow-up window is over. It is followed by B if the
customer opens another thread, of topic B, within the window. Two controls: starts of other topics in the same
company and month (topic B's own left out), and the same customers' windows *before* A; the larger rate is the base
(`control`). Which edges are more than chance is told for all windows at once (`significance`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight.link.config import DAY_US, LinkConfig
from textinsight.link.control import base_rates
from textinsight.link.follow import Followed, Mask, Starts, around
from textinsight.link.frame import Ints
from textinsight.link.rates import lift_of, medians, p_values
from textinsight.link.significance import Tests, q_values
from textinsight.store.derived import DERIVED

Reals = npt.NDArray[np.float64]


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

    def significant(self, config: LinkConfig) -> Mask:
        """(n,) edges with enough starts, a lift above one and a small enough false-discovery rate."""
        kept: Mask = (self.q_value <= config.max_q) & (self.lift_low > 1) & (self.n_starts >= config.min_starts)
        return kept

    @property
    def attributable(self) -> Reals:
        """(n,) share of the follow-ups that the base rate does not explain: (rate − base) / rate, at least 0."""
        share: Reals = np.maximum(1 - self.base_rate / self.rate, 0)
        return share


def find_edges(starts: Starts, *, windows: Iterable[int], as_of_us: int, config: LinkConfig) -> dict[int, Edges]:
    """Window in days → every A → B seen within it, with its control, interval and false-discovery rate.

    The rate is that over all windows together, so a window more costs no false edges.
    """
    days = sorted(set(windows))
    seen = [_count(starts, window_days=w, as_of_us=as_of_us, config=config) for w in days]
    groups = None
    if starts.kin is not None and len(np.unique(starts.kin)) < starts.n_topics:
        whole = _by_kin(starts, starts.kin)
        groups = [_count(whole, window_days=w, as_of_us=as_of_us, config=config).tests for w in days]
    q = q_values([s.tests for s in seen], groups, starts, config.max_q)
    return {w: replace(s.edges, q_value=one) for w, s, one in zip(days, seen, q, strict=True)}


@dataclass(frozen=True, slots=True)
class _Counted:
    """The edges of a window without their q, and what is tested of them."""

    edges: Edges
    tests: Tests


def _count(starts: Starts, *, window_days: int, as_of_us: int, config: LinkConfig) -> _Counted:
    window = window_days * DAY_US
    closed = starts.closed(window, as_of_us)
    after, before = around(starts, window, closed)
    other = after.take(starts.topic[after.start] != after.topic)
    key = starts.topic[other.start].astype(np.int64) * starts.n_topics + other.topic
    keys, index, n_followed = np.unique(key, return_inverse=True, return_counts=True)
    a, b = keys // starts.n_topics, keys % starts.n_topics
    n_a = np.bincount(starts.topic[closed], minlength=starts.n_topics)
    base, weight = base_rates(starts, closed, after, before, a=a, b=b, window=window)
    n_open = np.bincount(starts.topic[~closed & (starts.topic >= 0)], minlength=starts.n_topics)
    gaps = medians(other.gap_us / DAY_US, index, len(keys))
    lift = lift_of(n_followed, n_a[a], base, weight)
    edges = Edges(
        window_days, a, b, n_a[a], n_followed, n_followed / n_a[a], base, *lift, np.ones(len(a)), gaps, n_open[a]
    )
    return _Counted(edges, _tests(edges, other, index, weight, n_a, config))


def _tests(edges: Edges, after: Followed, index: Ints, weight: Reals, n_starts: Ints, config: LinkConfig) -> Tests:
    able = n_starts >= config.min_starts
    p_value = p_values(edges.n_followed, edges.n_starts, edges.base_rate, weight)
    return Tests(
        a=edges.topic_a, b=edges.topic_b, n_starts=edges.n_starts, n_followed=edges.n_followed, base=edges.base_rate,
        weight=weight, rises=edges.lift_low > 1, p_value=np.where(able[edges.topic_a], p_value, 1.0),
        after=after, edge=index, is_able=able, is_seen=n_starts > 0,
    )  # fmt: skip


def _by_kin(starts: Starts, kin: Ints) -> Starts:
    """The same starts with the groups of topics for topics."""
    topic = np.append(kin, -1)[starts.topic].astype(np.int32)
    return replace(starts, topic=topic, n_topics=int(kin.max(initial=0)) + 1, kin=None)


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
