"""Downstream links: which later threads an earlier contact of the customer probably brought on.

Two sources tell: the significant edges between topics (their attributable share), and the surplus of alike steps told
by the texts. The stronger one counts; then the gap, and then what else may explain
it: other threads that may have brought the same one on, or that it is the earlier issue itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight.link.blocking import Pairs, pair_chunks
from textinsight.link.config import DAY_US, LinkConfig
from textinsight.link.downstream import Edges
from textinsight.link.explain import evidence_lists
from textinsight.link.frame import Codes, Frame, Ints
from textinsight.link.steps import find_surplus

Reals = npt.NDArray[np.float64]

_FEWEST = 50.0  # downstream contacts needed before the gap says anything
_STEPS = "other customers take alike steps {:.1f} times as often as chance and the way back explain"
_STRONGEST = np.log(5.0)  # the gap may change the odds by this factor at most


@dataclass(frozen=True, slots=True)
class Attributed:
    """Pairs (later, earlier) with their probability, gap and the log-odds parts that make it up.

    source, gap, rivals: (n,) log-odds of the edge or the surplus, of the gap, of other possible causes.
    edge: index of the edge that told, -1 where the surplus of alike steps did. times: how large that surplus is.
    """

    pairs: Pairs
    probability: Reals
    gap_us: Ints
    source: Reals
    gap: Reals
    rivals: Reals
    edge: Ints
    times: Reals

    def take(self, keep: npt.NDArray[np.bool_]) -> Attributed:
        """The entries at a mask."""
        return Attributed(
            pairs=self.pairs.take(keep),
            probability=self.probability[keep],
            gap_us=self.gap_us[keep],
            source=self.source[keep],
            gap=self.gap[keep],
            rivals=self.rivals[keep],
            edge=self.edge[keep],
            times=self.times[keep],
        )


def attribute(
    frame: Frame,
    opener: Ints,
    thread_topic: Codes,
    edges: Edges,
    *,
    n_earlier: Ints,
    same_issue: Callable[[Pairs], Reals],
    config: LinkConfig,
) -> Attributed:
    """Probable downstream pairs; `thread_topic`: (n,) topic of each contact's thread.

    n_earlier: (n,) contacts in the window before; with more than are compared, the id is shared and nothing is linked.
    same_issue: gives (n_pairs,) the chance that a pair is one issue after all, though not in one thread.
    """
    pairs = _steps(frame, opener, (opener == np.arange(len(frame))) & (n_earlier <= config.max_earlier), config)
    edge, share = _edge_share(pairs, thread_topic, edges, max(len(frame.topics), 1), config)
    surplus = find_surplus(frame, pairs, opener)
    source = _logit(np.maximum(share, surplus.probability))
    gap_us = np.maximum(frame.start[pairs.later] - frame.end[pairs.earlier], 0)
    gap = _gap_log_odds(gap_us, _probability(source), config)
    alone = source + gap
    odds = np.exp(alone)
    total = np.bincount(pairs.later, weights=odds, minlength=len(frame))[pairs.later]
    probability = odds / (1 + total) * (1 - same_issue(pairs))
    edge = np.where(share >= surplus.probability, edge, -1)
    rivals = _logit(probability) - alone
    found = Attributed(pairs, probability, gap_us, source, gap, rivals, edge=edge, times=surplus.times)
    return found.take(probability >= config.min_downstream_probability)


def evidence(found: Attributed, edges: Edges, topics: tuple[str, ...]) -> pa.ListArray:
    """(n,) lists of {signal, value, weight}; the weights sum to the link's log-odds."""
    n = len(found.pairs)
    told = zip(found.edge.tolist(), found.times.tolist(), strict=True)
    source = [_edge_value(edge, edges, topics) if edge >= 0 else _STEPS.format(times) for edge, times in told]
    gap = np.char.mod("%.2f days", found.gap_us / DAY_US).tolist() if n else []
    value = [v for row in zip(source, gap, ["other possible causes"] * n, strict=True) for v in row]
    name = np.where(found.edge >= 0, "attributable_share", "alike_steps").tolist()
    signal = pa.array([s for first in name for s in (first, "gap", "rivals")], pa.string())
    weight = np.stack([found.source, found.gap, found.rivals], axis=1).reshape(-1)
    return evidence_lists(signal, pa.array(value, pa.string()), pa.array(weight), counts=np.full(n, 3))


def _edge_value(edge: int, edges: Edges, topics: tuple[str, ...]) -> str:
    names = f"{topics[edges.topic_a[edge]]} → {topics[edges.topic_b[edge]]}"
    rate, base = 100 * edges.rate[edge], 100 * edges.base_rate[edge]
    return f"{names}: {rate:.1f}% against {base:.1f}% without, lift {edges.lift[edge]:.1f}"


def _steps(frame: Frame, opener: Ints, opens: npt.NDArray[np.bool_], config: LinkConfig) -> Pairs:
    """Contacts that open a thread, each with the nearest contact of every earlier thread within the window."""
    later, earlier = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for pairs in pair_chunks(frame, window_us=config.window_us, max_earlier=config.max_earlier):
        opening = pairs.take(opens[pairs.later])
        _, first = np.unique(opening.later * len(frame) + opener[opening.earlier], return_index=True)
        later.append(opening.later[first])
        earlier.append(opening.earlier[first])
    return Pairs(np.concatenate(later), np.concatenate(earlier))


def _edge_share(
    pairs: Pairs, thread_topic: Codes, edges: Edges, n_topics: int, config: LinkConfig
) -> tuple[Ints, Reals]:
    """(edge of each pair or -1, its attributable share or 0), over the significant edges."""
    real = np.flatnonzero(edges.significant(config))
    a, b = thread_topic[pairs.earlier].astype(np.int64), thread_topic[pairs.later].astype(np.int64)
    if not len(real):
        return np.full(len(pairs), -1), np.zeros(len(pairs))
    keys = edges.topic_a[real] * n_topics + edges.topic_b[real]
    at = np.minimum(np.searchsorted(keys, a * n_topics + b), len(keys) - 1)
    hit = (keys[at] == a * n_topics + b) & (a >= 0) & (b >= 0)
    edge = np.where(hit, real[at], -1)
    return edge, np.where(hit, edges.attributable[edge], 0.0)


def _gap_log_odds(gap_us: Ints, probability: Reals, config: LinkConfig) -> Reals:
    """(n,) how much likelier a downstream contact is at this gap, in days, than an unrelated one: pooled over all."""
    if probability.sum() < _FEWEST:
        return np.zeros(len(gap_us))
    day = np.minimum(gap_us // DAY_US, config.window_days - 1)
    caused = _day_shares(day, probability, config.window_days)
    unrelated = _day_shares(day, 1 - probability, config.window_days)
    by_day = np.clip(np.log(caused / unrelated), -_STRONGEST, _STRONGEST)
    return np.asarray(by_day[day], np.float64)


def _day_shares(day: Ints, weight: Reals, n_days: int) -> Reals:
    """(n_days,) share of the weight at each day; a third is spread evenly, as single days hold few contacts."""
    counts = np.bincount(day, weights=weight, minlength=n_days)
    return np.asarray((2 * counts / counts.sum() + 1 / n_days) / 3, np.float64)


def _probability(log_odds: Reals) -> Reals:
    return np.asarray(1 / (1 + np.exp(-log_odds)), np.float64)


def _logit(p: Reals) -> Reals:
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float64)
