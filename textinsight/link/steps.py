"""Which pairs of issues follow one another more often than chance, told by the texts alone.

Topics may split or mix issues, so edges between topics miss much. Here every step (an earlier thread, then a thread
that opens within the window) is compared with the steps of other customers: how many begin alike *and* end alike,
against how many would if beginnings and ends were drawn apart. What is as frequent the other way round is a habit of
the customers and no consequence, so it is taken off. The chance that a step is one of the surplus comes from a null:
the same steps with their ends exchanged between customers of the same time. Steps that an edge explains stay out of it,
as they are not what is asked for, and chance would look rarer beside them than it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from textinsight.link.blocking import Pairs
from textinsight.link.compare import Floats
from textinsight.link.frame import Frame, Ints

Reals = npt.NDArray[np.float64]

FEWEST_STEPS = 200  # below, the null is too coarse to tell anything
_REFERENCES = 4096  # steps that all others are compared with; a sample of large archives …
_FEWEST_REFERENCES = 512
_COMPARISONS = 1_200_000_000  # … and a smaller one of huge archives, so that the time stays bounded
_BLOCK = 512
_EVEN, _SHARP, _MOST = 0.45, 8.0, 10.0  # kernel of the shipped encoder's cosines: even odds at .45, at most 10 to 1
_NULLS = 5
_PERIOD = 256  # steps, in order of time, among which ends are exchanged
_MOST_SAMENESS = 0.2  # with fewer than some five issues, one frequent step makes all others look rare or frequent
_PACKED = ("begin", "end", "starts")
_CAUTION = 3.0  # null steps added beyond the best one: a handful of lucky steps is no surplus


@dataclass(frozen=True, slots=True)
class _Steps:
    """begin, end: (n, d) mean vectors of the threads at either side. customer: (n,).

    starts: (k, d) a sample of all threads, whether a step begins there or not; only references have them.
    """

    begin: Floats
    end: Floats
    customer: Ints
    starts: Floats

    def __len__(self) -> int:
        return len(self.customer)

    def take(self, rows: npt.NDArray[np.int64]) -> _Steps:
        return _Steps(self.begin[rows], self.end[rows], self.customer[rows], self.starts)


@dataclass(frozen=True, slots=True)
class Surplus:
    """probability: (n,) chance that the step is one of the surplus, 0 if it cannot be told. times: alike / expected."""

    probability: Reals
    times: Reals


@dataclass(frozen=True, slots=True)
class SurplusModel:
    """What steps are read against, so that later ones can be read against the same.

    people: (k,) whose step each reference is. prior: see `_mean_expected`. points, rise: the chance that a step of this
    surplus is no step of the null. unrelated: share of steps that the null explains.
    """

    references: _Steps
    people: tuple[str, ...]
    prior: float
    points: Reals
    rise: Reals
    unrelated: float

    def apply(self, frame: Frame, pairs: Pairs, opener: Ints) -> Surplus:
        """The surplus of steps of any frame; pairs and opener as in `fit_surplus`."""
        out, told = nothing(pairs), _told(frame, pairs)
        surplus = _surplus_of(frame, pairs.take(told), opener, self._in(frame), self.prior)
        out.times[told], out.probability[told] = np.exp(surplus), self.chance(surplus)
        return out

    def chance(self, surplus: Reals) -> Reals:
        """(n,) 1 − local false-discovery rate."""
        odds = np.interp(surplus, self.points, self.rise)
        return np.asarray(np.clip(1 - self.unrelated * (1 - odds) / odds, 0.0, 0.98), np.float64)

    def _in(self, frame: Frame) -> _Steps:
        """The references with this frame's customer codes, -1 for people who are not in it."""
        code = {name: i for i, name in enumerate(frame.people)}
        return replace(self.references, customer=np.array([code.get(p, -1) for p in self.people], np.int64))


def pack_steps(steps: _Steps) -> dict[str, Floats]:
    """The arrays of references, named, as `unpack_steps` takes them; whose they are is kept beside."""
    return {name: getattr(steps, name) for name in _PACKED}


def unpack_steps(arrays: Mapping[str, npt.NDArray[np.generic]]) -> _Steps:
    """References that belong to nobody yet; see `SurplusModel.people`."""
    begin, end, starts = (arrays[name].astype(np.float32) for name in _PACKED)
    return _Steps(begin, end, np.full(len(begin), -1, np.int64), starts)


def fit_surplus(
    frame: Frame, pairs: Pairs, opener: Ints, *, explained: npt.NDArray[np.bool_] | None = None
) -> tuple[SurplusModel | None, Surplus]:
    """(the model, None if the steps are too few or too much the same; the surplus of every pair).

    pairs: a thread opener and a contact of an earlier thread of the customer. opener: (n,) of each contact's thread.
    explained: (n_pairs,) steps that significant edges tell of.
    """
    out, told = nothing(pairs), _told(frame, pairs)
    rest = np.ones(len(told), bool) if explained is None else ~explained[told]
    if rest.sum() < FEWEST_STEPS:
        return None, out
    pairs = pairs.take(told)
    by_time = np.lexsort((pairs.later, frame.start[pairs.later]))
    sampled = by_time[np.linspace(0, len(told) - 1, _n_references(len(told))).astype(np.int64)]
    references = _steps(frame, pairs.take(sampled), opener, starts=_sample_of_threads(frame, opener, len(sampled)))
    if _sameness(references.begin) > _MOST_SAMENESS or _sameness(references.end) > _MOST_SAMENESS:
        return None, out
    prior = _mean_expected(references)
    surplus = _surplus_of(frame, pairs, opener, references, prior)
    null = _null(references, np.flatnonzero(rest[sampled]), prior)
    if not len(null):
        return None, out
    curve = _one_minus_false_discovery(surplus[rest], null)
    people = tuple(frame.people[c] for c in references.customer.tolist())
    model = SurplusModel(references, people, prior, *curve)
    out.times[told], out.probability[told] = np.exp(surplus), model.chance(surplus)
    return model, out


def nothing(pairs: Pairs) -> Surplus:
    """The surplus where it cannot be told."""
    return Surplus(np.zeros(len(pairs)), np.ones(len(pairs)))


def _told(frame: Frame, pairs: Pairs) -> Ints:
    return np.flatnonzero(frame.has_text[pairs.later] & frame.has_text[pairs.earlier])


def _surplus_of(frame: Frame, pairs: Pairs, opener: Ints, references: _Steps, prior: float) -> Reals:
    """(n,) `_surplus` of every pair, in blocks."""
    surplus = np.empty(len(pairs))
    for b in range(0, len(pairs), _BLOCK):
        block = pairs.take(np.arange(b, min(b + _BLOCK, len(pairs))))
        surplus[b : b + _BLOCK] = _surplus(_steps(frame, block, opener), references, prior)
    return surplus


def _n_references(n: int) -> int:
    return min(n, _REFERENCES, max(_COMPARISONS // n, _FEWEST_REFERENCES))


def _sample_of_threads(frame: Frame, opener: Ints, n: int) -> Floats:
    threads = np.flatnonzero((opener == np.arange(len(frame))) & frame.has_text)
    return thread_vectors(frame, opener, threads[np.linspace(0, len(threads) - 1, n).astype(np.int64)])


def _steps(frame: Frame, pairs: Pairs, opener: Ints, *, starts: Floats | None = None) -> _Steps:
    begin = thread_vectors(frame, opener, opener[pairs.earlier])
    end = thread_vectors(frame, opener, pairs.later)
    return _Steps(begin, end, frame.customer[pairs.later], begin[:0] if starts is None else starts)


def thread_vectors(frame: Frame, opener: Ints, threads: Ints) -> Floats:
    """(n, d) unit mean of the vectors of each thread's contacts; threads are given by their openers."""
    order = np.argsort(opener, kind="stable")
    first = np.searchsorted(opener[order], threads, side="left")
    size = np.searchsorted(opener[order], threads, side="right") - first
    ends = np.cumsum(size)
    member = order[np.repeat(first - (ends - size), size) + np.arange(ends[-1] if len(ends) else 0)]
    total = np.add.reduceat(frame.vectors[frame.row[member]].astype(np.float32), ends - size, axis=0)
    norm = np.linalg.norm(total, axis=1, keepdims=True)
    return np.asarray(total / np.where(norm > 0, norm, 1), np.float32)


def _surplus(steps: _Steps, references: _Steps, prior: float, *, end_of: Ints | None = None) -> Reals:
    """(n,) log of how many times more alike steps there are than expected, less the same for steps turned round.

    end_of: customers whose ends the steps were given in the null; their own steps are no evidence either.
    """
    own = steps.customer[:, None] == references.customer[None]
    if end_of is not None:
        own |= end_of[:, None] == references.customer[None]
    forward = _log_lift(steps.begin, steps.end, references, own, prior)
    turned = _log_lift(steps.end, steps.begin, references, own, prior)
    return forward - np.maximum(turned, 0)


def _alike(one: Floats, other: Floats) -> Floats:
    """(n, n_other) odds that two issues are the same, in place as this is where the time goes."""
    cosine: Floats = one @ other.T
    cosine -= np.float32(_EVEN)
    cosine *= np.float32(_SHARP)
    np.exp(cosine, out=cosine)
    return np.minimum(cosine, np.float32(_MOST), out=cosine)


def _log_lift(one: Floats, other: Floats, references: _Steps, own: npt.NDArray[np.bool_], prior: float) -> Reals:
    """Log of seen / expected. Beginnings are as frequent as among steps or among all threads, whichever is more:

    a strong consequence of one issue thins out its other steps, and must not make those of others look frequent.
    """
    begin, end = _alike(one, references.begin), _alike(other, references.end)
    share = _alike(one, references.starts).mean(axis=1, dtype=np.float64)
    begin[own] = 0
    end[own] = 0
    seen = np.einsum("ij,ij->i", begin, end).astype(np.float64)
    expected = np.maximum(begin.mean(axis=1, dtype=np.float64), share) * end.sum(axis=1, dtype=np.float64)
    return np.asarray(np.log((seen + prior) / (expected + prior)))


def _mean_expected(references: _Steps) -> float:
    """What is added to seen and expected, so that rare issues with one alike step do not stand out."""
    totals = [0.0, 0.0]
    for b in range(0, len(references), _BLOCK):
        block = references.take(np.arange(b, min(b + _BLOCK, len(references))))
        begin = _alike(block.begin, references.begin).sum(axis=1, dtype=np.float64)
        end = _alike(block.end, references.end).sum(axis=1, dtype=np.float64)
        totals[0] += float(begin @ end) / len(references)
    return totals[0] / len(references)


def _sameness(vectors: Floats) -> float:
    """Chance that two are alike, 0..1: one over the number of issues that there are in effect."""
    sample = vectors[np.linspace(0, len(vectors) - 1, min(len(vectors), _BLOCK)).astype(np.int64)]
    return float(_alike(sample, sample).mean() / _MOST)


def _null(references: _Steps, rows: Ints, prior: float) -> Reals:
    """The surplus of reference steps at these rows, in order of time, with the ends moved on within each period."""
    steps, out = references.take(rows), []
    n = len(steps)
    for shift in np.linspace(7, _PERIOD - 7, _NULLS).astype(np.int64):
        rows = np.arange(n)
        period = rows // _PERIOD * _PERIOD
        length = np.minimum(n - period, _PERIOD)
        partner = period + (rows - period + shift % length) % length
        moved = np.flatnonzero(steps.customer != steps.customer[partner])
        for b in range(0, len(moved), _BLOCK):
            part = moved[b : b + _BLOCK]
            mixed = replace(steps.take(part), end=steps.end[partner[part]])
            out.append(_surplus(mixed, references, prior, end_of=steps.customer[partner[part]]))
    return np.concatenate([np.empty(0), *out])


def _one_minus_false_discovery(surplus: Reals, null: Reals) -> tuple[Reals, Reals, float]:
    """(points, rise, unrelated) of a `SurplusModel`: it rises with the surplus, by isotonic regression."""
    from scipy.optimize import isotonic_regression

    share = len(surplus) / len(null)
    value = np.concatenate([surplus, null, [max(surplus.max(), null.max()) + 1e-9]])
    real = np.concatenate([np.ones(len(surplus)), np.zeros(len(null) + 1)])
    weight = np.concatenate([np.ones(len(surplus)), np.full(len(null), share), [_CAUTION]])
    points, place = np.unique(value, return_inverse=True)
    mass = np.bincount(place, weight)
    rise = isotonic_regression(np.bincount(place, weight * real) / mass, weights=mass).x
    bend = np.concatenate([[True], np.diff(rise) != 0])
    corners = bend | np.append(bend[1:], True)  # the first and last point of every level say it all
    unrelated = min(1.0, 2 * float((surplus <= np.median(null)).mean()))
    return points[corners], np.clip(rise[corners], 1e-3, 1 - 1e-3), unrelated
