"""Downstream links: which later threads an earlier contact of the customer probably brought on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight.link.blocking import Pairs, pair_chunks
from textinsight.link.config import DAY_US, LinkConfig
from textinsight.link.downstream import Edges
from textinsight.link.explain import evidence_lists
from textinsight.link.frame import Codes, Frame, Ints

Reals = npt.NDArray[np.float64]

_FEWEST = 50  # follow-ups needed before the gap says anything
_STRONGEST = np.log(5.0)  # the gap may change the odds by this factor at most


@dataclass(frozen=True, slots=True)
class Attributed:
    """Pairs (later, earlier) with their probability, gap and the log-odds parts that make it up.

    share, gap, rivals: (n,) log-odds of the edge's attributable share, of the gap, of other possible causes.
    edge: index into the edges.
    """

    pairs: Pairs
    probability: Reals
    gap_us: Ints
    share: Reals
    gap: Reals
    rivals: Reals
    edge: Ints


def attribute(frame: Frame, opener: Ints, thread_topic: Codes, edges: Edges, config: LinkConfig) -> Attributed:
    """Probable downstream pairs over the significant edges; `thread_topic`: (n,) topic of each contact's thread."""
    real = np.flatnonzero(edges.significant(config) & (edges.attributable > 0))
    pairs, edge = _candidates(frame, opener, thread_topic, edges, real=real, config=config)
    gap_us = np.maximum(frame.start[pairs.later] - frame.end[pairs.earlier], 0)
    share = _logit(edges.attributable)[edge]
    gap = _gap_log_odds(gap_us, edges, real, config)
    odds = np.exp(share + gap)
    alone = odds / (1 + odds)
    total = np.bincount(pairs.later, weights=odds, minlength=len(frame))
    probability = odds / (1 + total[pairs.later]) if len(pairs) else alone
    keep = probability >= config.min_probability
    rivals = _logit(probability) - _logit(alone)
    return Attributed(
        pairs.take(keep), probability[keep], gap_us[keep], share[keep], gap[keep], rivals[keep], edge[keep]
    )


def evidence(found: Attributed, edges: Edges, topics: tuple[str, ...]) -> pa.ListArray:
    """(n,) lists of {signal, value, weight}; the weights sum to the link's log-odds."""
    edge, n = found.edge, len(found.pairs)
    names = np.array([*topics, ""], object)
    share = [
        f"{names[a]} → {names[b]}: {100 * r:.1f}% against {100 * base:.1f}% without, lift {lift:.1f}"
        for a, b, r, base, lift in zip(
            edges.topic_a[edge],
            edges.topic_b[edge],
            edges.rate[edge],
            edges.base_rate[edge],
            edges.lift[edge],
            strict=True,
        )
    ]
    gap = np.char.mod("%.2f days", found.gap_us / DAY_US).tolist() if n else []
    value = [v for row in zip(share, gap, ["other possible causes"] * n, strict=True) for v in row]
    signal = pa.array(["attributable_share", "gap", "rivals"] * n, pa.string())
    weight = np.stack([found.share, found.gap, found.rivals], axis=1).reshape(-1)
    return evidence_lists(signal, pa.array(value, pa.string()), pa.array(weight), counts=np.full(n, 3))


def _candidates(
    frame: Frame, opener: Ints, thread_topic: Codes, edges: Edges, *, real: Ints, config: LinkConfig
) -> tuple[Pairs, Ints]:
    """(pairs, edges): thread openers, each with the nearest contact of every thread that an edge ties to it."""
    n_topics = max(len(frame.topics), 1)
    keys = edges.topic_a[real] * n_topics + edges.topic_b[real]
    later, earlier, edge = [], [], []
    for pairs in pair_chunks(frame, window_us=config.window_us, max_earlier=config.max_earlier):
        a, b = thread_topic[pairs.earlier].astype(np.int64), thread_topic[pairs.later].astype(np.int64)
        hit = (opener[pairs.later] == pairs.later) & (a >= 0) & (b >= 0)
        at = (
            np.minimum(np.searchsorted(keys, a * n_topics + b), len(keys) - 1)
            if len(keys)
            else np.zeros(len(a), np.int64)
        )
        hit &= keys[at] == a * n_topics + b if len(keys) else False
        kept, of = pairs.take(hit), at[hit]
        _, first = np.unique(kept.later * len(frame) + opener[kept.earlier], return_index=True)
        later.append(kept.later[first])
        earlier.append(kept.earlier[first])
        edge.append(real[of[first]])
    empty = np.empty(0, np.int64)
    return Pairs(np.concatenate([empty, *later]), np.concatenate([empty, *earlier])), np.concatenate([empty, *edge])


def _gap_log_odds(gap_us: Ints, edges: Edges, real: Ints, config: LinkConfig) -> Reals:
    """(n,) how much likelier a caused follow-up is at this gap than at any other, pooled over the edges.

    Unrelated follow-ups fall evenly over the window; what exceeds them at a gap was brought on.
    """
    if len(gap_us) < _FEWEST:
        return np.zeros(len(gap_us))
    days = np.minimum(gap_us // DAY_US, config.window_days - 1)
    seen = np.bincount(days, minlength=config.window_days).astype(float)
    expected = (edges.n_starts[real] * edges.base_rate[real]).sum() / config.window_days
    overall = np.clip(1 - expected * config.window_days / seen.sum(), 0.05, 0.95)
    excess = np.maximum(seen - expected, 0)
    share = (excess + 5 * overall) / (np.maximum(seen, expected) + 5)
    by_day = np.clip(_logit(share) - _logit(overall), -_STRONGEST, _STRONGEST)
    return by_day[days]


def _logit(p: Reals | float) -> Reals:
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    logit: Reals = np.log(clipped / (1 - clipped))
    return logit
