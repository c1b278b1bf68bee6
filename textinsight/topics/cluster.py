"""Grouping unit vectors: average linkage, centres, near-equal groups merged. Arrays in, group numbers out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textinsight.encode import unit_rows
from textinsight.topics.model import Vectors

Index = npt.NDArray[np.int64]
_ROUNDS = 10
_BLOCK = 16_384


def centre(vectors: Vectors, weights: Index) -> Vectors:
    """Unit rows without what all texts share; the rows as they are where that leaves nothing."""
    mean = np.average(vectors, axis=0, weights=weights)
    centred = unit_rows(vectors - mean)
    return np.where(centred.any(1, keepdims=True), centred, vectors).astype(np.float32)


def linkage_groups(vectors: Vectors, apart: float) -> Index:
    """(n,) groups by average linkage, joined while their mean cosine distance is below `apart`."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(vectors) < 2:
        return np.zeros(len(vectors), np.int64)
    upper = np.triu_indices(len(vectors), 1)
    distance = np.clip(1 - (vectors @ vectors.T)[upper], 0, 2).astype(np.float64)
    return np.asarray(fcluster(linkage(distance, "average"), apart, "distance"), np.int64) - 1


def centroids_of(vectors: Vectors, group: Index, weights: Index, *, least: int = 1) -> Vectors:
    """(n_groups, d) unit means of the groups with `least` texts or more (of the largest one if none has)."""
    size = np.bincount(group)
    kept = np.flatnonzero(size >= min(least, size.max()))
    sums = np.zeros((len(size), vectors.shape[1]), np.float64)
    np.add.at(sums, group, vectors * weights[:, None])
    return unit_rows(sums[kept])


def nearest(vectors: Vectors, centroids: Vectors) -> Index:
    """(n,) row of the centroid with the highest cosine."""
    blocks = range(0, len(vectors), _BLOCK)
    return np.concatenate([(vectors[b : b + _BLOCK] @ centroids.T).argmax(1) for b in blocks])


def refine(vectors: Vectors, seeds: Vectors, weights: Index, *, least: int) -> Index:
    """(n,) groups after moving texts to the nearest centre and centres to their texts; small groups dissolve."""
    centroids, group = seeds, nearest(vectors, seeds)
    for _ in range(_ROUNDS):
        centroids = centroids_of(vectors, group, weights, least=least)
        moved = nearest(vectors, centroids)
        if np.array_equal(moved, group):
            break
        group = moved
    return _numbered(group)


def merge_near(vectors: Vectors, group: Index, weights: Index, *, same: float) -> Index:
    """(n,) groups where centroids within cosine `same` of each other have become one."""
    centroids = centroids_of(vectors, group, weights)
    return _numbered(linkage_groups(centroids, 1 - same)[group])


def themes_of(centroids: Vectors) -> Index:
    """(n,) theme of each topic: about the square root of their number, by average linkage."""
    from scipy.cluster.hierarchy import fcluster, linkage

    centred = centre(centroids, np.ones(len(centroids), np.int64)).astype(np.float64)
    wanted = round(np.sqrt(len(centroids)))
    distance = np.clip(1 - (centred @ centred.T)[np.triu_indices(len(centred), 1)], 0, 2)
    return np.asarray(fcluster(linkage(distance, "average"), wanted, "maxclust"), np.int64) - 1


def _numbered(group: Index) -> Index:
    return np.unique(group, return_inverse=True)[1].astype(np.int64)
