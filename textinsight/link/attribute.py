"""Downstream links: which later threads an earlier contact of the customer probably brought on.

Two sources tell: the significant edges between topics (their attributable share), and where there is none the surplus
of alike steps told by the texts. Then the gap; and then what else may explain it: nothing at all, other threads that
may have brought the same one on, that it is the earlier issue itself, or another contact of the earlier thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight.link.blocking import Pairs, pairs_of
from textinsight.link.causes import Causes, Told, by_gap, by_stating, gaps, log_odds, told_by
from textinsight.link.config import DAY_US, LinkConfig
from textinsight.link.explain import evidence_lists
from textinsight.link.frame import Codes, Frame, Ints
from textinsight.link.reviews import Reviewed, is_among

Reals = npt.NDArray[np.float64]

_STEPS = "other customers take alike steps {:.1f} times as often as chance and the way back explain"
_SAYS = "the customer says that it came of an earlier contact"
_RIVALS = "other issues or contacts may have brought it on, or it is the earlier issue again"
_SUREST = 0.99
_NEAREST = 1.5  # times likelier than a contact before it of the same thread, after as many days


@dataclass(frozen=True, slots=True)
class Attributed:
    """Pairs (later, earlier) with their probability, gap and the log-odds parts that make it up.

    source, gap, stated, rivals: (n,) log-odds of the edge or the surplus, of the gap, of a stated cause (0 if there is
    none), of other possible causes.
    edge: index of the edge that told, -1 where the surplus of alike steps did. times: how large that surplus is.
    """

    pairs: Pairs
    probability: Reals
    gap_us: Ints
    source: Reals
    gap: Reals
    stated: Reals
    rivals: Reals
    edge: Ints
    times: Reals


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
    n = len(frame)
    said, told = _with_reviewed(frame, opener, thread_topic, causes, told=told, reviewed=reviewed)
    pairs = told.pairs
    rejected = is_among(pairs, reviewed.not_caused, n)
    odds = np.exp(told.source + by_gap(causes, gaps(frame, pairs)) + by_stating(causes, frame, pairs))
    total = np.bincount(pairs.later, weights=odds * ~rejected, minlength=n)[pairs.later] + odds * rejected
    probability = odds / (1 + total) * _another_issue(same_issue(pairs), total, told.edge >= 0)
    keep = (probability >= config.min_downstream_probability) | is_among(pairs, said, n)
    told, probability, pairs = told.take(keep), probability[keep], pairs.take(keep)
    fixed = is_among(pairs, said, n) | rejected[keep]
    pairs, share = _likeliest_contacts(frame, opener, pairs, causes, fixed=fixed, config=config)
    gap_us = gaps(frame, pairs)
    parts = told.source, by_gap(causes, gap_us), by_stating(causes, frame, pairs)
    probability = probability * share
    rivals = log_odds(probability) - sum(parts)
    return Attributed(pairs, probability, gap_us, *parts, rivals, edge=told.edge, times=told.surplus.times)


def evidence(found: Attributed, causes: Causes) -> pa.ListArray:
    """(n,) lists of {signal, value, weight}; the weights sum to the link's log-odds. Only a stated cause has a row."""
    n = len(found.pairs)
    told = zip(found.edge.tolist(), found.times.tolist(), strict=True)
    source = [_edge_value(edge, causes) if edge >= 0 else _STEPS.format(times) for edge, times in told]
    gap = np.char.mod("%.2f days", found.gap_us / DAY_US).tolist() if n else []
    first = np.where(found.edge >= 0, "attributable_share", "alike_steps").tolist()
    shown = np.ones((n, 4), bool)
    shown[:, 2] = found.stated != 0
    signal = np.array([(name, "gap", "stated_cause", "rivals") for name in first], object).reshape(n, 4)
    value = np.array([(*row, _SAYS, _RIVALS) for row in zip(source, gap, strict=True)], object).reshape(n, 4)
    weight = np.stack([found.source, found.gap, found.stated, found.rivals], axis=1)
    rows = (pa.array(signal[shown], pa.string()), pa.array(value[shown], pa.string()), pa.array(weight[shown]))
    return evidence_lists(*rows, counts=shown.sum(axis=1))


def _edge_value(edge: int, causes: Causes) -> str:
    names = f"{causes.topic_a[edge]} → {causes.topic_b[edge]}"
    rate, base = 100 * causes.rate[edge], 100 * causes.base_rate[edge]
    return f"{names}: {rate:.1f}% against {base:.1f}% without, lift {causes.lift[edge]:.1f}"


def _with_reviewed(
    frame: Frame, opener: Ints, thread_topic: Codes, causes: Causes, *, told: Told, reviewed: Reviewed
) -> tuple[Pairs, Told]:
    """(confirmed pairs of two threads; the steps, those to threads that reviewed pairs point to at the reviewed pair).

    A review is of the thread. Rejected pairs take the place of a step that there is; confirmed ones need none.
    """
    n = len(frame)
    steps = told.pairs.later * n + opener[told.pairs.earlier]
    said = reviewed.caused.take(opener[reviewed.caused.later] != opener[reviewed.caused.earlier])
    no = reviewed.not_caused
    no = no.take(np.isin(no.later * n + opener[no.earlier], steps) & ~is_among(no, said, n))
    if not len(said) + len(no):
        return said, told
    both = Pairs(np.concatenate([said.later, no.later]), np.concatenate([said.earlier, no.earlier]))
    told = told.take(~np.isin(steps, both.later * n + opener[both.earlier]))
    return said, told.plus(told_by(frame, both, opener, thread_topic, causes))


def _another_issue(one_issue: Reals, total: Reals, has_edge: npt.NDArray[np.bool_]) -> Reals:
    """(n,) what is left of the chance once the pair may be one issue after all.

    Beside an edge one issue and chance share what the edge leaves over; a surplus of alike steps may be missed repeats.
    """
    one_issue = np.minimum(one_issue, _SUREST)
    beside_edge = (1 + total) / (1 + total + one_issue / (1 - one_issue))
    return np.where(has_edge, beside_edge, 1 - one_issue)


def _likeliest_contacts(
    frame: Frame, opener: Ints, pairs: Pairs, causes: Causes, *, fixed: npt.NDArray[np.bool_], config: LinkConfig
) -> tuple[Pairs, Reals]:
    """(pairs, share): the contact of each earlier thread that most probably brought the later one on, by gap and order.

    share: (n,) its part of the chance that any contact of the thread did, 1 where the contact is fixed.
    """
    n, share = len(frame), np.ones(len(pairs))
    loose = np.flatnonzero(~fixed)
    step = pairs.later[loose] * n + opener[pairs.earlier[loose]]
    order = np.argsort(step)
    every = pairs_of(frame, np.unique(pairs.later[loose]), config.window_us, config.max_earlier)
    key = every.later * n + opener[every.earlier]
    at = np.minimum(np.searchsorted(step[order], key), max(len(step) - 1, 0))
    every = every.take(step[order][at] == key) if len(step) else every
    at = order[np.searchsorted(step[order], every.later * n + opener[every.earlier])]
    weight = np.exp(by_gap(causes, gaps(frame, every)))
    weight[np.isin(every.later * n + every.earlier, pairs.later * n + pairs.earlier)] *= _NEAREST
    best = np.lexsort((-every.earlier, -weight, at))  # the first of each step is its likeliest, the nearest on a tie
    best = best[np.unique(at[best], return_index=True)[1]]
    earlier = pairs.earlier.copy()
    earlier[loose[at[best]]] = every.earlier[best]
    share[loose[at[best]]] = weight[best] / np.bincount(at, weights=weight, minlength=len(loose))[at[best]]
    return Pairs(pairs.later, earlier), share
