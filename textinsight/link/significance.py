"""Which edges are more than chance: false-discovery control over all pairs of topics and all windows at once.

Found topics may be splinters of one issue, and no pair of splinters has enough support. So false discovery is
controlled twice, at four fifths and one fifth of the rate: over all pairs of topics, and in families: pairs of kindred
groups of topics first, then the pairs of topics within the significant ones.

A → C may be no more than A → B and B → C. Where both of these are significant, A → C is tested once more on the
follow-ups that came without a B in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from textinsight.link.control import edge_of
from textinsight.link.follow import Followed, Mask, Starts, passes_by
from textinsight.link.frame import Ints
from textinsight.link.rates import false_discovery, p_values

Reals = npt.NDArray[np.float64]

_GROUPS_PART = 0.2  # of the false-discovery rate, for edges that are found through kindred groups of topics


@dataclass(frozen=True, slots=True)
class Tests:
    """One entry an edge of one window. rises: the lift's interval lies above 1. p_value: 1 below the fewest starts.

    after, edge: the follow-ups, and which edge each belongs to. is_able, is_seen: (n_topics,) topics with enough
    closed starts to have edges; with any.
    """

    a: Ints
    b: Ints
    n_starts: Ints
    n_followed: Ints
    base: Reals
    weight: Reals
    rises: Mask
    p_value: Reals
    after: Followed
    edge: Ints
    is_able: Mask
    is_seen: Mask

    @property
    def possible(self) -> int:
        """Pairs of topics that could have been an edge."""
        return int(self.is_able.sum()) * max(int(self.is_seen.sum()) - 1, 1)


def q_values(windows: Sequence[Tests], groups: Sequence[Tests] | None, starts: Starts, max_q: float) -> list[Reals]:
    """(n,) q of every window's edges. groups: the same windows with kindred groups for topics."""
    first = _q(windows, groups, starts, max_q)
    direct = [
        replace(t, p_value=_direct(t, starts, (q <= max_q) & t.rises)) for t, q in zip(windows, first, strict=True)
    ]
    return _q(direct, groups, starts, max_q)


def _q(windows: Sequence[Tests], groups: Sequence[Tests] | None, starts: Starts, max_q: float) -> list[Reals]:
    alone = _jointly([t.p_value for t in windows], sum(t.possible for t in windows))
    if groups is None or starts.kin is None:
        return alone
    in_groups = _within_groups(windows, groups, starts.kin, max_q * _GROUPS_PART)
    return [
        np.minimum(np.minimum(q / (1 - _GROUPS_PART), in_group / _GROUPS_PART), 1.0)
        for q, in_group in zip(alone, in_groups, strict=True)
    ]


def _jointly(p_values_: Sequence[Reals], tests: int) -> list[Reals]:
    """False-discovery rates of several windows' tests taken together."""
    ends = np.cumsum([len(p) for p in p_values_])[:-1]
    return np.split(false_discovery(np.concatenate(p_values_), tests), ends)


def _within_groups(windows: Sequence[Tests], groups: Sequence[Tests], kin: Ints, max_q: float) -> list[Reals]:
    """(n,) q of the edges between groups that are significant as a whole, tested among themselves; 1 for the others.

    An edge cannot be surer than its groups' is (Yekutieli: a family is tested once its parent is rejected).
    """
    whole = _jointly([np.where(g.rises, g.p_value, 1.0) for g in groups], sum(g.possible for g in groups))
    parents, inside, tests = [], [], 0
    for seen, group, q in zip(windows, groups, whole, strict=True):
        n = len(group.is_seen)
        edge = edge_of(kin[seen.a] * n + kin[seen.b], group.a * n + group.b)
        parents.append(np.where(edge >= 0, np.append(q, 1.0)[edge], 1.0))
        inside.append(np.flatnonzero(parents[-1] <= max_q))
        able, size = np.bincount(kin[seen.is_able], minlength=n), np.bincount(kin[seen.is_seen], minlength=n)
        tests += int((able[group.a[q <= max_q]] * size[group.b[q <= max_q]]).sum())
    found = _jointly([t.p_value[i] for t, i in zip(windows, inside, strict=True)], tests)
    out = []
    for parent, rows, q in zip(parents, inside, found, strict=True):
        own = np.ones(len(parent))
        own[rows] = q
        out.append(np.maximum(own, parent))
    return out


def _direct(tests: Tests, starts: Starts, real: Mask) -> Reals:
    """(n,) p-values, those of edges that two others may explain taken over their direct follow-ups alone."""
    p_value = tests.p_value.copy()
    brings = {(a, b) for a, b in zip(tests.a[real].tolist(), tests.b[real].tolist(), strict=True)}
    for at in np.flatnonzero(real).tolist():
        a, c = int(tests.a[at]), int(tests.b[at])
        between = [b for x, b in brings if x == a and (b, c) in brings]
        if between:
            through = np.isin(np.arange(starts.n_topics), between)
            indirect = int(passes_by(starts, tests.after.take(tests.edge == at), through).sum())
            p_value[at] = _p_value(tests, at, int(tests.n_followed[at]) - indirect)
    return p_value


def _p_value(tests: Tests, at: int, n_followed: int) -> float:
    one = slice(at, at + 1)
    if n_followed == 0:
        return 1.0
    return float(p_values(np.array([n_followed]), tests.n_starts[one], tests.base[one], tests.weight[one])[0])
