"""How far the map by meaning keeps neighbours: python benchmarks/topic_map.py ARCHIVE

Prints, for each topic's 5 nearest topics in meaning (cosine of the centres), how many are among its 5 nearest on the
map; the same for the two main axes of the centres, and what chance gives.
"""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt

from textinsight.store import Archive
from textinsight.topics import TopicModel

NEAREST = 5


def nearest(distance: npt.NDArray[np.floating]) -> list[set[int]]:
    """The nearest others of each row of (n, n) distances."""
    far = distance + np.where(np.eye(len(distance), dtype=bool), np.inf, 0)
    return [set(row[:NEAREST].tolist()) for row in np.argsort(far, axis=1, kind="stable")]


def apart(places: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """(n, n) squared distances of places (n, 2)."""
    return np.asarray(((places[:, None] - places) ** 2).sum(-1))


def main() -> None:
    """Print the shares."""
    archive = Archive(sys.argv[1])
    model = TopicModel.from_table(archive.query("SELECT * FROM topics"))
    rows = archive.query("SELECT topic_id, x, y FROM topic_map WHERE conversation_id IS NULL").to_pylist()
    drawn = {row["topic_id"]: (row["x"], row["y"]) for row in rows}
    centroids = model.centroids[model.leaves].astype(float)
    wanted = nearest(-centroids @ centroids.T)
    on_map = np.array([drawn[model.topics[row].topic_id] for row in model.leaves])
    u, s, _ = np.linalg.svd(centroids - centroids.mean(0), full_matrices=False)
    for name, places in (("map", on_map), ("two main axes", (u * s)[:, :2])):
        share = np.mean([len(a & b) / NEAREST for a, b in zip(wanted, nearest(apart(places)), strict=True)])
        print(f"{name}: {share:.1%}")
    print(f"chance: {NEAREST / (len(wanted) - 1):.1%} of {len(wanted)} topics")


if __name__ == "__main__":
    main()
