"""Grouping unit vectors: average linkage, centres, near-equal groups merged. Arrays in, group numbers out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from textinsight.encode import unit_rows
from textinsight.topics.model import Vectors

Index = npt.NDArray[np.int64]
_ROUNDS = 10
_BLOCK = 16_384


def mean_distance(vectors: Vectors) -> float:
    """Mean cosine distance of two of the unit rows, each with itself included: 1 - |mean|²."""
    mean = vectors.mean(0, dtype=np.float64)
    return float(1 - mean @ mean)


def linkage_groups(vectors: Vectors, level: float) -> Index:
    """(n,) groups by average linkage, joined while their mean cosine distance is at most `level`."""
    return next(cut for _, cut in linkage_cuts(vectors, [level]))


def linkage_cuts(vectors: Vectors, levels: Sequence[float]) -> Iterator[tuple[float, Index]]:
    """Each level with the (n,) groups by average linkage whose mean cosine distance is at most that."""
    from scipy.cluster.hierarchy import fcluster

    tree = _tree(vectors) if len(vectors) > 1 else None
    for level in levels:
        cut = np.zeros(len(vectors), np.int64) if tree is None else fcluster(tree, level, "distance") - 1
        yield level, np.asarray(cut, np.int64)


def covered(group: Index, least: int) -> float:
    """Share of the rows that are in groups of `least` or more."""
    size = np.bincount(group)
    return float(size[size >= least].sum() / size.sum())


def even_groups(vectors: Vectors, n_groups: int) -> Index:
    """(n,) at most `n_groups` groups by Ward's linkage, which makes no one group swallow the others."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(vectors) < 2:
        return np.zeros(len(vectors), np.int64)
    tree = linkage(vectors.astype(np.float64), "ward")
    return np.asarray(fcluster(tree, n_groups, "maxclust"), np.int64) - 1


def _tree(vectors: Vectors) -> npt.NDArray[np.float64]:
    from scipy.cluster.hierarchy import linkage

    upper = np.triu_indices(len(vectors), 1)
    distance = np.clip(1 - (vectors @ vectors.T)[upper], 0, 2).astype(np.float64)
    return np.asarray(linkage(distance, "average"), np.float64)


def centroids_of(vectors: Vectors, group: Index, *, least: int = 1) -> Vectors:
    """(n_groups, d) unit means of the groups with `least` rows or more (of the largest ones if none has)."""
    from scipy.sparse import csr_matrix

    size = np.bincount(group)
    kept = np.flatnonzero(size >= min(least, size.max()))
    rows = np.arange(len(group))
    member = csr_matrix((np.ones(len(group)), (group, rows)), shape=(len(size), len(group)))
    return unit_rows(np.asarray(member @ vectors.astype(np.float64))[kept])


def nearest(vectors: Vectors, centroids: Vectors) -> Index:
    """(n,) row of the centroid with the highest cosine."""
    blocks = range(0, len(vectors), _BLOCK)
    return np.concatenate([(vectors[b : b + _BLOCK] @ centroids.T).argmax(1) for b in blocks])


def refine(vectors: Vectors, seeds: Vectors, *, least: int) -> Index:
    """(n,) groups after moving rows to the nearest centre and centres to their rows; small groups dissolve."""
    group = nearest(vectors, seeds)
    for _ in range(_ROUNDS):
        moved = nearest(vectors, centroids_of(vectors, group, least=least))
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
