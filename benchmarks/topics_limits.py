"""What an encoder's vectors allow at most on labelled requests, whatever picks the number of topics: an upper bound.

    python benchmarks/topics_limits.py [--data ../shared/data] [--encoder SPEC] [--domain banking77] [--seeds 3]

Unlike benchmarks/topics.py, this uses the labels: methods are told the true number of intents, or their level is the
best by accuracy. Nothing that ships is chosen so. SPEC as in benchmarks/topics.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from topics import DOMAINS, Index, interval, open_encoder, read, score

from textinsight.encode import DEFAULT, encode_unique, unit_rows
from textinsight.topics.cluster import (
    centroids_of,
    even_cuts,
    even_groups,
    linkage_cuts,
    mean_distance,
    refine,
    smoothed,
)

Vectors = npt.NDArray[np.float32]
_NEIGHBOURS = 10
_LEVELS = np.arange(0.2, 1, 0.025)
_PART = 0.8  # of a set that a seed draws


def kmeans(vectors: Vectors, n: int, seed: int) -> Index:
    """k-means, the best of three starts."""
    from sklearn.cluster import KMeans

    return np.asarray(KMeans(n, n_init=3, random_state=seed).fit_predict(vectors), np.int64)


def ward(vectors: Vectors, n: int, _: int) -> Index:
    """Ward's linkage of texts drawn together, then all to the nearest centre."""
    return refine(vectors, centroids_of(vectors, even_groups(smoothed(vectors, _NEIGHBOURS), n)), least=1)


def spectral(vectors: Vectors, n: int, _: int) -> Index:
    """Ward's linkage of the leading eigenvectors of the graph of nearest neighbours (Ng, Jordan and Weiss 2001)."""
    from scipy.sparse import csr_matrix, diags
    from scipy.sparse.linalg import eigsh

    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, -1)
    near = np.argpartition(-cosine, 2 * _NEIGHBOURS, axis=1)[:, : 2 * _NEIGHBOURS]
    row = np.repeat(np.arange(len(vectors)), near.shape[1])
    graph = csr_matrix((np.clip(cosine[row, near.ravel()], 0, None), (row, near.ravel())), shape=cosine.shape)
    graph = graph.maximum(graph.T)
    scale = diags(1 / np.sqrt(np.asarray(graph.sum(1)).ravel()))
    found, axes = eigsh(scale @ graph @ scale, k=n, which="LA", v0=np.ones(len(vectors)))
    embedded = unit_rows((axes * np.clip(found, 0, None)).astype(np.float32))
    return refine(embedded, centroids_of(embedded, even_groups(embedded, n)), least=1)


def levels(vectors: Vectors) -> list[Index]:
    """Groups of every level of both linkages, all texts moved to the nearest centre."""
    near, least = smoothed(vectors, _NEIGHBOURS), max(3, round(len(vectors) ** 0.3))
    sizes = np.geomspace(5, len(vectors) / (1.5 * least), 23).astype(int).tolist()
    cuts = [*linkage_cuts(near, (_LEVELS * mean_distance(near)).tolist()), *even_cuts(near, sizes)]
    return [refine(vectors, centroids_of(vectors, cut, least=least), least=least) for cut in cuts]


METHODS: tuple[tuple[str, Callable[[Vectors, int, int], Index]], ...] = (
    ("k-means", kmeans),
    ("Ward", ward),
    ("spectral", spectral),
)


def measured(vectors: Vectors, gold: Sequence[str], seeds: int) -> dict[str, list[float]]:
    """Method → accuracy on each seed's part."""
    found: dict[str, list[float]] = {}
    for seed in range(seeds):
        part = np.sort(np.random.default_rng(seed).permutation(len(gold))[: round(_PART * len(gold))])
        mine, truth = vectors[part], [gold[i] for i in part]
        for name, method in METHODS:
            told = score(method(mine, len(set(truth)), seed), truth).accuracy
            found.setdefault(f"{name}, number told", []).append(told)
        found.setdefault("best level", []).append(max(score(one, truth).accuracy for one in levels(mine)))
    return found


def main() -> None:
    """Print a row a method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--encoder", default=DEFAULT)
    parser.add_argument("--domain", default="banking77", choices=[d.name for d in DOMAINS])
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    texts, gold = read(args.data, next(d for d in DOMAINS if d.name == args.domain))
    vectors = encode_unique(open_encoder(args.encoder), texts)
    for name, values in measured(vectors, gold, args.seeds).items():
        print(f"| {args.domain} | {name} | {interval(values)} |", flush=True)


if __name__ == "__main__":
    main()
