"""What texts known to be on one issue tell about topics: how wording varies, how fine they are, which are two reasons.

A customer who comes again on the same issue says it in other words. The directions in which such pairs of texts differ
are wording and not reason, so they count for less when texts are grouped (within-class covariance normalisation: Hatch,
Kajarekar and Stolcke 2006). Topics that are too fine part such pairs, and topics that are too coarse hold together what
nothing connects: in between, the modularity of the pairs is highest (Newman and Girvan 2004). And a group of texts on
one reason has such pairs across any two halves of it; where none cross, the halves are two reasons.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textinsight.encode import unit_rows
from textinsight.topics.cluster import Index, centroids_of
from textinsight.topics.model import Vectors
from textinsight.topics.split import parts_of

_APART = 0.25  # of the expected crossings: halves that fewer pairs cross are two reasons …
_ONE_REASON = 0.5  # … if so few are unlikely even where people keep to their wording, so that half as many cross …
_UNLIKELY = 0.1  # … by this probability: none of 4.6 expected, 1 of 7.8


@dataclass(frozen=True, slots=True)
class Alike:
    """pairs: (k, 2) rows of texts that are on one issue. kind: (n,) of each text: its company, say.

    A pair never crosses kinds, so what crosses is expected within each.
    """

    pairs: Index
    kind: Index

    def among(self, rows: Index) -> Alike:
        """The same for the texts at these rows, pairs of others left out; rows may repeat (one text said twice)."""
        place = np.full(len(self.kind), -1, np.int64)
        place[rows] = np.arange(len(rows))
        return Alike(_known(place[self.pairs]), self.kind[rows])

    def of_texts(self, number: Index, kind: Index) -> Alike:
        """The same for distinct texts: number (n,) of each row's text, -1 left out; kind: of each distinct text."""
        return Alike(_known(number[self.pairs]), kind)


def _known(pairs: Index) -> Index:
    """Pairs without those of one text, or of a text that is left out."""
    return np.asarray(pairs[(pairs >= 0).all(1) & (pairs[:, 0] != pairs[:, 1])].reshape(-1, 2), np.int64)


def less_wording(vectors: Vectors, alike: Alike) -> Vectors:
    """(n, d) unit rows in which the directions of wording are shortened; few pairs shorten little."""
    if not len(alike.pairs):
        return vectors
    return unit_rows(vectors.astype(np.float64) @ _shortening(vectors, alike)).astype(np.float32)


def centres_apart(vectors: Vectors, group: Index, alike: Alike) -> Vectors:
    """(n_groups, d) unit centres of the groups, leant to what sets each apart where wording counts for less.

    Half way between the mean and the direction on which the nearest centre in shortened vectors depends: nearest
    centres of plain vectors come closer to the groups that were found in shortened ones.
    """
    centres = centroids_of(vectors, group)
    if not len(alike.pairs):
        return centres
    apart = centroids_of(less_wording(vectors, alike), group) @ _shortening(vectors, alike)
    return unit_rows(centres + unit_rows(apart)).astype(np.float32)


def _shortening(vectors: Vectors, alike: Alike) -> npt.NDArray[np.float64]:
    """(d, d): the inverse root of the covariance within pairs, shrunk towards an even one that counts like d pairs."""
    apart = (vectors[alike.pairs[:, 0]] - vectors[alike.pairs[:, 1]]).astype(np.float64)
    d = vectors.shape[1]
    even = np.eye(d) * (apart**2).sum() / (len(apart) * d)
    within = (apart.T @ apart + d * even) / (len(apart) + d)
    size, axes = np.linalg.eigh(within)
    return np.asarray(axes @ np.diag(np.maximum(size, 1e-9) ** -0.5) @ axes.T)


@dataclass(frozen=True, slots=True)
class Agreement:
    """modularity: share of the pairs that groups hold, less the share that they would hold by chance; error of it."""

    modularity: float
    error: float


def agreement(group: Index, alike: Alike) -> Agreement:
    """How well (n,) groups hold together what is on one issue and nothing else; there must be pairs."""
    sides, kind = group[alike.pairs], alike.kind[alike.pairs[:, 0]]
    held, n = float((sides[:, 0] == sides[:, 1]).mean()), len(sides)
    cell = np.unique(np.stack([np.repeat(kind, 2), sides.ravel()]), axis=1, return_counts=True)
    by_chance = float((cell[1] ** 2 / (2 * np.bincount(kind - kind.min())[cell[0][0] - kind.min()])).sum() / (2 * n))
    return Agreement(held - by_chance, float(np.sqrt(held * (1 - held) / n)))


def parted(vectors: Vectors, group: Index, alike: Alike, *, least: int, counts: Index | None = None) -> Index:
    """(n,) groups, those whose halves no pair crosses in two, and so on; no part has fewer than `least` contacts.

    counts: (n,) contacts with each text, one if None.
    """
    counts = np.ones(len(group), np.int64) if counts is None else counts
    group, todo = group.copy(), list(range(int(group.max(initial=-1)) + 1))
    while todo:
        at = todo.pop()
        rows = np.flatnonzero(group == at)
        many = len(rows) > 1 and counts[rows].sum() >= 2 * least
        half = parts_of(vectors[rows], 2) if many else np.zeros(0, np.int64)
        if len(half) and np.bincount(half, counts[rows], 2).min() >= least and _two_reasons(half, alike.among(rows)):
            new = int(group.max()) + 1
            group[rows[half == 1]] = new
            todo += [at, new]
    return group


def _two_reasons(half: Index, alike: Alike) -> bool:
    from scipy.special import pdtr

    sides = half[alike.pairs]
    cross, expected = int((sides[:, 0] != sides[:, 1]).sum()), _expected(sides, alike.kind[alike.pairs[:, 0]])
    return bool(cross <= _APART * expected and pdtr(cross, _ONE_REASON * expected) <= _UNLIKELY)


def _expected(sides: Index, kind: Index) -> float:
    """Pairs that would cross if either text lay in either half as often as its kind does."""
    number = np.unique(kind, return_inverse=True)[1]
    n = np.bincount(number)
    share = np.bincount(number, sides.sum(1)) / np.maximum(2 * n, 1)
    return float((2 * share * (1 - share) * n).sum())
