"""Grouping unit vectors: average linkage, centres, near-equal groups merged. Arrays in, group numbers out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from textinsight.encode import unit_rows
from textinsight.topics.model import Vectors

Index = npt.NDArray[np.int64]
_Linkage = Literal["average", "ward"]
_ROUNDS = 10
_BLOCK = 16_384


def mean_distance(vectors: Vectors) -> float:
    """Mean cosine distance of two of the unit rows, each with itself included: 1 - |mean|²."""
    mean = vectors.mean(0, dtype=np.float64)
    return float(1 - mean @ mean)


def linkage_groups(vectors: Vectors, level: float) -> Index:
    """(n,) groups by average linkage, joined while their mean cosine distance is at most `level`."""
    return next(linkage_cuts(vectors, [level]))


def linkage_cuts(vectors: Vectors, levels: Sequence[float]) -> Iterator[Index]:
    """For each level the (n,) groups by average linkage whose mean cosine distance is at most that."""
    return _cuts(vectors, levels, "average", "distance")


def covered(group: Index, least: int, counts: Index | None = None) -> float:
    """Share of the contacts that are in groups of `least` or more; counts: (n,) contacts of each row, one if None."""
    size = np.bincount(group, counts)
    return float(size[size >= least].sum() / size.sum())


def evenness(group: Index) -> float:
    """How many groups of one size would be as diverse (entropy), as a share of the groups; 1 if all are of one size."""
    share = np.bincount(group) / len(group)
    return float(np.exp(-(share * np.log(share)).sum()) / len(share))


def even_groups(vectors: Vectors, n_groups: int) -> Index:
    """(n,) at most `n_groups` groups by Ward's linkage, which makes no one group swallow the others."""
    return next(even_cuts(vectors, [n_groups]))


def even_cuts(vectors: Vectors, numbers: Sequence[int]) -> Iterator[Index]:
    """For each number the (n,) groups by Ward's linkage, at most so many."""
    return _cuts(vectors, numbers, "ward", "maxclust")


def _cuts(
    vectors: Vectors, at: Sequence[float], method: _Linkage, by: Literal["distance", "maxclust"]
) -> Iterator[Index]:
    from scipy.cluster.hierarchy import fcluster, linkage

    tree = linkage(_distances(vectors, method), method) if len(vectors) > 1 else None
    for each in at:
        cut = np.ones(len(vectors)) if tree is None else fcluster(tree, each, by)
        yield np.asarray(cut - 1, np.int64)


def _distances(vectors: Vectors, method: _Linkage) -> npt.NDArray[np.float64]:
    """Of every two rows, each pair once: cosine distances, for Ward's linkage Euclidean ones."""
    upper = np.triu_indices(len(vectors), 1)
    distance = np.clip(1 - (vectors @ vectors.T)[upper], 0, 2).astype(np.float64)
    return np.asarray(np.sqrt(2 * distance) if method == "ward" else distance, np.float64)


def smoothed(vectors: Vectors, neighbours: int) -> Vectors:
    """Unit rows half way to the mean of their nearest neighbours, each weighed by its cosine: chance wording fades.

    Of few rows a tenth at most are neighbours: the others are on something else.
    """
    k = min(neighbours, len(vectors) // 10)
    if k < 1:
        return vectors
    mean = np.concatenate([_near_mean(vectors, start, k) for start in range(0, len(vectors), _BLOCK)])
    return unit_rows(vectors + mean)


def _near_mean(vectors: Vectors, start: int, k: int) -> Vectors:
    cosine = vectors[start : start + _BLOCK] @ vectors.T
    own = np.arange(len(cosine))
    cosine[own, start + own] = -1
    near = np.argpartition(cosine, -k, axis=1)[:, -k:]
    weight = np.clip(np.take_along_axis(cosine, near, 1), 0, None)
    mean = np.einsum("ik,ikd->id", weight, vectors[near]) / np.maximum(weight.sum(1, keepdims=True), 1e-6)
    return np.asarray(mean, np.float32)


def centroids_of(vectors: Vectors, group: Index, *, least: int = 1, counts: Index | None = None) -> Vectors:
    """(n_groups, d) unit means of the groups with `least` contacts or more (of the largest ones if none has).

    counts: (n,) contacts of each row, one if None; every row weighs the same in the means.
    """
    from scipy.sparse import csr_matrix

    size = np.bincount(group, counts)
    kept = np.flatnonzero(size >= min(least, size.max()))
    rows = np.arange(len(group))
    member = csr_matrix((np.ones(len(group)), (group, rows)), shape=(len(size), len(group)))
    return unit_rows(np.asarray(member @ vectors.astype(np.float64))[kept])


def nearest(vectors: Vectors, centroids: Vectors) -> Index:
    """(n,) row of the centroid with the highest cosine."""
    blocks = range(0, len(vectors), _BLOCK)
    return np.concatenate([(vectors[b : b + _BLOCK] @ centroids.T).argmax(1) for b in blocks])


def refine(vectors: Vectors, seeds: Vectors, *, least: int, counts: Index | None = None) -> Index:
    """(n,) groups after moving rows to the nearest centre and centres to their rows; small groups dissolve.

    least, counts: as of `centroids_of`.
    """
    group = nearest(vectors, seeds)
    for _ in range(_ROUNDS):
        moved = nearest(vectors, centroids_of(vectors, group, least=least, counts=counts))
        if np.array_equal(moved, group):
            break
        group = moved
    return numbered(group)


def silhouette(vectors: Vectors, group: Index) -> float:
    """Mean simplified silhouette, 0..1, higher is better; 0 for one group.

    (b − a) / b of each row, a and b its cosine distances to the nearest and the second nearest centre (Hruschka,
    de Castro and Campello 2004). Rows are meant to lie in the group whose centre is nearest.
    """
    if group.max(initial=0) == 0:
        return 0.0
    near = np.sort(vectors @ centroids_of(vectors, group).T, axis=1)[:, -2:]
    second, first = np.clip(1 - near.T, 1e-6, 2)
    return float(np.mean((second - first) / second))


def merge_near(vectors: Vectors, group: Index, *, same: float) -> Index:
    """(n,) groups where those with centroids within cosine `same` of each other have become one."""
    return numbered(linkage_groups(centroids_of(vectors, group), 1 - same)[group])


def numbered(group: Index) -> Index:
    """Group numbers 0, 1, 2 … without gaps."""
    return np.unique(group, return_inverse=True)[1].astype(np.int64)
