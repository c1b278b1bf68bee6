"""What downstream links are told from: significant edges between topics, the surplus of alike steps, and the gap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from textinsight.link.blocking import Pairs, pair_chunks
from textinsight.link.config import DAY_US, LinkConfig
from textinsight.link.downstream import Edges
from textinsight.link.frame import Codes, Frame, Ints, Levels
from textinsight.link.steps import Surplus, SurplusModel, fit_surplus, nothing

Reals = npt.NDArray[np.float64]

STATED = 2
_USUALLY = (0.06, 0.01)  # of downstream and of unrelated contacts, how many state a cause …
_DOUBT = 100.0  # … as sure as if it had been seen in so many
_FEWEST = 50.0  # downstream contacts needed before the gap says anything
_STRONGEST = np.log(5.0)  # the gap may change the odds by this factor at most


@dataclass(frozen=True, slots=True)
class Causes:
    """What downstream links are told from. Fitted on all contacts, and kept, so that later ones are told from the same.

    topic_a, topic_b: names of the significant edges; share: attributable; rate, base_rate, lift: of the edge.
    by_day: (window,) log-odds of the gap in days. stated: of a cause that the customer states. surplus: None if the
    texts tell nothing.
    """

    topic_a: tuple[str, ...]
    topic_b: tuple[str, ...]
    share: Reals
    rate: Reals
    base_rate: Reals
    lift: Reals
    by_day: Reals
    stated: float
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
        """(n,) log-odds of the source that tells: the edge's share, without an edge the surplus."""
        return log_odds(np.where(self.edge >= 0, self.share, self.surplus.probability))

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
    causes = Causes(names[0], names[1], *figures, np.zeros(config.window_days), 0.0, None)
    edge, share = _edge_share(frame, pairs, thread_topic, causes)
    model, surplus = fit_surplus(frame, pairs, opener, explained=edge >= 0)
    told = Told(pairs, edge, share, surplus)
    probability = _probability(told.source)
    by_day = _gap_log_odds(gaps(frame, pairs), probability, config)
    stated = _stated_log_odds(frame.cause[pairs.later], probability)
    return replace(causes, by_day=by_day, stated=stated, surplus=model), told


def tell(
    frame: Frame, opener: Ints, thread_topic: Codes, causes: Causes, *, n_earlier: Ints, config: LinkConfig
) -> Told:
    """All steps of a frame as told by causes that were fitted before."""
    return told_by(frame, _steps(frame, opener, n_earlier, config), opener, thread_topic, causes)


def told_by(frame: Frame, pairs: Pairs, opener: Ints, thread_topic: Codes, causes: Causes) -> Told:
    """The pairs as the causes tell of them. thread_topic: (n,) of each contact's thread."""
    surplus = causes.surplus.apply(frame, pairs, opener) if causes.surplus and len(pairs) else nothing(pairs)
    return Told(pairs, *_edge_share(frame, pairs, thread_topic, causes), surplus)


def by_gap(causes: Causes, gap_us: Ints) -> Reals:
    """(n,) log-odds of the gap."""
    return causes.by_day[np.minimum(gap_us // DAY_US, len(causes.by_day) - 1)]


def by_stating(causes: Causes, frame: Frame, pairs: Pairs) -> Reals:
    """(n_pairs,) log-odds of a cause that the later contact states, 0 where it states none."""
    return np.where(frame.cause[pairs.later] == STATED, causes.stated, 0.0)


def gaps(frame: Frame, pairs: Pairs) -> Ints:
    """(n_pairs,) µs from the earlier contact's end to the later one's start, 0 if they overlap."""
    return np.asarray(np.maximum(frame.start[pairs.later] - frame.end[pairs.earlier], 0), np.int64)


def log_odds(p: Reals) -> Reals:
    """(n,) log-odds of probabilities, those of 0 and 1 kept finite."""
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float64)


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


def _stated_log_odds(cause: Levels, probability: Reals) -> float:
    """How much oftener downstream contacts state a cause than unrelated ones, 0 or more."""
    known = cause > 0
    said, p = cause[known] == STATED, probability[known]
    shares = [
        (float(weight @ said) + _DOUBT * usual) / (float(weight.sum()) + _DOUBT)
        for weight, usual in ((p, _USUALLY[0]), (1 - p, _USUALLY[1]))
    ]
    return float(np.clip(np.log(shares[0] / shares[1]), 0.0, _STRONGEST))


def _day_shares(day: Ints, weight: Reals, n_days: int) -> Reals:
    """(n_days,) share of the weight at each day; a third is spread evenly, as single days hold few contacts."""
    counts = np.bincount(day, weights=weight, minlength=n_days)
    return np.asarray((2 * counts / counts.sum() + 1 / n_days) / 3, np.float64)


def _probability(log_odds: Reals) -> Reals:
    return np.asarray(1 / (1 + np.exp(-log_odds)), np.float64)
