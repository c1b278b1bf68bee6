"""Downstream links: which later threads an earlier contact of the customer probably brought on.

Two sources tell: the significant edges between topics (their attributable share), and the surplus of alike steps told
by the texts. The stronger one counts; then the gap, and then what else may explain it: other threads that may have
brought the same one on, or that it is the earlier issue itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight.link.blocking import Pairs, pair_chunks
from textinsight.link.config import DAY_US, LinkConfig
from textinsight.link.downstream import Edges
from textinsight.link.explain import evidence_lists
from textinsight.link.frame import Codes, Frame, Ints
from textinsight.link.reviews import Reviewed, is_among
from textinsight.link.steps import Surplus, SurplusModel, fit_surplus, nothing

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


@dataclass(frozen=True, slots=True)
class Causes:
    """What downstream links are told from. Fitted on all contacts, and kept, so that later ones are told from the same.

    topic_a, topic_b: names of the significant edges; share: attributable; rate, base_rate, lift: of the edge.
    by_day: (window,) log-odds of the gap in days. surplus: None if the texts tell nothing.
    """

    topic_a: tuple[str, ...]
    topic_b: tuple[str, ...]
    share: Reals
    rate: Reals
    base_rate: Reals
    lift: Reals
    by_day: Reals
    surplus: SurplusModel | None


@dataclass(frozen=True, slots=True)
class Told:
    """Steps (pairs) and what the sources say of them: edge (index into `Causes`, -1 none), its share, the surplus."""

    pairs: Pairs
    edge: Ints
    share: Reals
    surplus: Surplus

    @property
    def source(self) -> Reals:
        """(n,) log-odds of the stronger source."""
        return _logit(np.maximum(self.share, self.surplus.probability))

    def plus(self, other: Told) -> Told:
        """Both, one after the other."""
        pairs = (np.concatenate([getattr(t.pairs, side) for t in (self, other)]) for side in ("later", "earlier"))
        edge, share = (np.concatenate([getattr(t, name) for t in (self, other)]) for name in ("edge", "share"))
        chance, times = (
            np.concatenate([getattr(t.surplus, name) for t in (self, other)]) for name in ("probability", "times")
        )
        return Told(Pairs(*pairs), edge, share, Surplus(chance, times))

    def take(self, keep: npt.NDArray[np.bool_]) -> Told:
        """The entries at a mask."""
        surplus = Surplus(self.surplus.probability[keep], self.surplus.times[keep])
        return Told(self.pairs.take(keep), self.edge[keep], self.share[keep], surplus)


def fit_causes(
    frame: Frame, opener: Ints, thread_topic: Codes, edges: Edges, *, n_earlier: Ints, config: LinkConfig
) -> tuple[Causes, Told]:
    """(causes, all steps of the frame as told by them). `thread_topic`: (n,) topic of each contact's thread."""
    real = np.flatnonzero(edges.significant(config))
    names = [tuple(frame.topics[t] for t in codes[real].tolist()) for codes in (edges.topic_a, edges.topic_b)]
    figures = (edges.attributable[real], edges.rate[real], edges.base_rate[real], edges.lift[real])
    pairs = _steps(frame, opener, n_earlier, config)
    model, surplus = fit_surplus(frame, pairs, opener)
    causes = Causes(names[0], names[1], *figures, np.zeros(config.window_days), model)
    told = Told(pairs, *_edge_share(frame, pairs, thread_topic, causes), surplus)
    by_day = _gap_log_odds(_gap(frame, pairs), _probability(told.source), config)
    return replace(causes, by_day=by_day), told


def tell(
    frame: Frame, opener: Ints, thread_topic: Codes, causes: Causes, *, n_earlier: Ints, config: LinkConfig
) -> Told:
    """All steps of a frame as told by causes that were fitted before."""
    return _told(frame, _steps(frame, opener, n_earlier, config), opener, thread_topic, causes)


def attribute(
    frame: Frame,
    opener: Ints,
    thread_topic: Codes,
    causes: Causes,
    *,
    told: Told,
    same_issue: Callable[[Pairs], Reals],
    reviewed: Reviewed,
    config: LinkConfig,
) -> Attributed:
    """Probable and confirmed downstream pairs. told: see `tell`.

    same_issue: gives (n_pairs,) the chance that a pair is one issue after all, though not in one thread.
    A rejected pair explains nothing, so that others may; it stays among the pairs if it was probable.
    """
    said = reviewed.caused.take(opener[reviewed.caused.later] != opener[reviewed.caused.earlier])
    told = _without_other_contacts_of(told, opener, said, reviewed.not_caused)
    told = told.plus(_told(frame, said, opener, thread_topic, causes)) if len(said) else told
    pairs, n = told.pairs, len(frame)
    rejected = is_among(pairs, reviewed.not_caused, n)
    gap_us = _gap(frame, pairs)
    gap = causes.by_day[np.minimum(gap_us // DAY_US, len(causes.by_day) - 1)]
    alone = told.source + gap
    odds = np.exp(alone)
    total = np.bincount(pairs.later, weights=odds * ~rejected, minlength=n)[pairs.later] + odds * rejected
    probability = odds / (1 + total) * (1 - same_issue(pairs))
    edge = np.where(told.share >= told.surplus.probability, told.edge, -1)
    rivals = _logit(probability) - alone
    found = Attributed(pairs, probability, gap_us, told.source, gap, rivals, edge=edge, times=told.surplus.times)
    return found.take((probability >= config.min_downstream_probability) | is_among(pairs, said, n))


def evidence(found: Attributed, causes: Causes) -> pa.ListArray:
    """(n,) lists of {signal, value, weight}; the weights sum to the link's log-odds."""
    n = len(found.pairs)
    told = zip(found.edge.tolist(), found.times.tolist(), strict=True)
    source = [_edge_value(edge, causes) if edge >= 0 else _STEPS.format(times) for edge, times in told]
    gap = np.char.mod("%.2f days", found.gap_us / DAY_US).tolist() if n else []
    value = [v for row in zip(source, gap, ["other possible causes"] * n, strict=True) for v in row]
    name = np.where(found.edge >= 0, "attributable_share", "alike_steps").tolist()
    signal = pa.array([s for first in name for s in (first, "gap", "rivals")], pa.string())
    weight = np.stack([found.source, found.gap, found.rivals], axis=1).reshape(-1)
    return evidence_lists(signal, pa.array(value, pa.string()), pa.array(weight), counts=np.full(n, 3))


def _edge_value(edge: int, causes: Causes) -> str:
    names = f"{causes.topic_a[edge]} → {causes.topic_b[edge]}"
    rate, base = 100 * causes.rate[edge], 100 * causes.base_rate[edge]
    return f"{names}: {rate:.1f}% against {base:.1f}% without, lift {causes.lift[edge]:.1f}"


def _steps(frame: Frame, opener: Ints, n_earlier: Ints, config: LinkConfig) -> Pairs:
    """Contacts that open a thread, each with the nearest contact of every earlier thread within the window.

    n_earlier: (n,) contacts in the window before; with more than are compared, the id is shared and nothing is linked.
    """
    opens = (opener == np.arange(len(frame))) & (n_earlier <= config.max_earlier)
    later, earlier = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for pairs in pair_chunks(frame, window_us=config.window_us, max_earlier=config.max_earlier):
        opening = pairs.take(opens[pairs.later])
        _, first = np.unique(opening.later * len(frame) + opener[opening.earlier], return_index=True)
        later.append(opening.later[first])
        earlier.append(opening.earlier[first])
    return Pairs(np.concatenate(later), np.concatenate(earlier))


def _told(frame: Frame, pairs: Pairs, opener: Ints, thread_topic: Codes, causes: Causes) -> Told:
    surplus = causes.surplus.apply(frame, pairs, opener) if causes.surplus and len(pairs) else nothing(pairs)
    return Told(pairs, *_edge_share(frame, pairs, thread_topic, causes), surplus)


def _without_other_contacts_of(told: Told, opener: Ints, confirmed: Pairs, rejected: Pairs) -> Told:
    """Without steps to the threads that reviewed pairs point to: the review is of the thread, shown at its own pair."""
    n = len(opener)
    step = told.pairs.later * n + opener[told.pairs.earlier]
    reviewed = np.concatenate([p.later * n + opener[p.earlier] for p in (confirmed, rejected)])
    return told.take(~np.isin(step, reviewed) | is_among(told.pairs, rejected, n))


def _gap(frame: Frame, pairs: Pairs) -> Ints:
    return np.asarray(np.maximum(frame.start[pairs.later] - frame.end[pairs.earlier], 0), np.int64)


def _edge_share(frame: Frame, pairs: Pairs, thread_topic: Codes, causes: Causes) -> tuple[Ints, Reals]:
    """(edge of each pair or -1, its attributable share or 0), over the significant edges."""
    n, code = len(frame.topics) + 1, {name: i for i, name in enumerate(frame.topics)}
    keys = np.array([_key(code, a, b, n) for a, b in zip(causes.topic_a, causes.topic_b, strict=True)], np.int64)
    if not len(keys):
        return np.full(len(pairs), -1), np.zeros(len(pairs))
    a, b = thread_topic[pairs.earlier].astype(np.int64), thread_topic[pairs.later].astype(np.int64)
    order = np.argsort(keys)
    at = order[np.minimum(np.searchsorted(keys[order], a * n + b), len(keys) - 1)]
    hit = (keys[at] == a * n + b) & (a >= 0) & (b >= 0)
    return np.where(hit, at, -1), np.where(hit, causes.share[at], 0.0)


def _key(code: Mapping[str, int], a: str, b: str, n: int) -> int:
    """One number a pair of topics, -1 if either is not in the frame."""
    return code[a] * n + code[b] if a in code and b in code else -1


def _gap_log_odds(gap_us: Ints, probability: Reals, config: LinkConfig) -> Reals:
    """(window,) how much likelier a downstream contact is after so many days than an unrelated one: pooled over all."""
    if probability.sum() < _FEWEST:
        return np.zeros(config.window_days)
    day = np.minimum(gap_us // DAY_US, config.window_days - 1)
    caused = _day_shares(day, probability, config.window_days)
    unrelated = _day_shares(day, 1 - probability, config.window_days)
    return np.clip(np.log(caused / unrelated), -_STRONGEST, _STRONGEST)


def _day_shares(day: Ints, weight: Reals, n_days: int) -> Reals:
    """(n_days,) share of the weight at each day; a third is spread evenly, as single days hold few contacts."""
    counts = np.bincount(day, weights=weight, minlength=n_days)
    return np.asarray((2 * counts / counts.sum() + 1 / n_days) / 3, np.float64)


def _probability(log_odds: Reals) -> Reals:
    return np.asarray(1 / (1 + np.exp(-log_odds)), np.float64)


def _logit(p: Reals) -> Reals:
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float64)
