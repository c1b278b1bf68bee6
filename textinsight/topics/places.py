"""A map of contacts by meaning: topics that are alike lie near one another, contacts on the side they lean to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.store.derived import DERIVED
from textinsight.topics.model import TopicModel, Vectors

Reals = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Places = Mapping[str, tuple[float, float]]

_FILLED = 0.4  # share of the square [−1, 1]² that the topics' discs cover
_SHOWN = 200  # characters of the issue text
_BESIDE = 8  # neighbours that say which side of its topic a contact lies on


@dataclass(frozen=True, slots=True)
class MapConfig:
    """contacts: placed at most, in proportion to their topics, but at least `least` of each as far as it has them."""

    contacts: int = 20_000
    least: int = 30


def topic_map(
    model: TopicModel,
    vectors: Vectors,
    index: Ints,
    ids: pa.ChunkedArray,
    texts: pa.ChunkedArray,
    *,
    before: Places | None = None,
    config: MapConfig = MapConfig(),
) -> pa.Table:
    """The table "topic_map": a row for each topic (no conversation_id) and for a sample of its contacts.

    vectors (n, d), index (n,) row of each contact's topic or −1, ids (n,), texts (n,). A contact lies in its topic's
    disc, whose area goes with the number of contacts: the less typical, the farther out, and towards the topics it
    leans to. The same input gives the same map; topics known `before` stay about where they
    were, and exactly there if there is no new one.
    """
    leaves = model.leaves
    sizes = np.bincount(index[index >= 0], minlength=len(model.topics))[leaves]
    topic_ids = [model.topics[row].topic_id for row in leaves]
    centroids = model.centroids[leaves]
    radius = np.sqrt(sizes / max(1, sizes.sum()) * _FILLED * 4 / np.pi)
    if before and all(topic in before for topic in topic_ids):  # nothing new: a run that goes on draws the same map
        places = np.array([before[topic] for topic in topic_ids], np.float64).reshape(-1, 2)
    else:
        places = _apart(topic_places(centroids, topic_ids, before=before), radius)
    places = places.astype(np.float32).astype(np.float64)  # as they are stored
    rows, topic = _sample(index, leaves, sizes, config)
    around = _around(vectors[rows], topic, centroids, places)
    xy = np.vstack([places, places[topic] + radius[topic, None] * around])
    none = pa.nulls(len(leaves), pa.string())
    said = pc.utf8_slice_codeunits(texts.take(pa.array(rows)), 0, _SHOWN)
    columns = {
        "topic_id": pa.array(topic_ids + [topic_ids[i] for i in topic], pa.string()),
        "conversation_id": pa.chunked_array([none, *ids.take(pa.array(rows)).chunks]),
        "issue_text": pa.chunked_array([none, *said.chunks]),
        "x": pa.array(xy[:, 0], pa.float32()),
        "y": pa.array(xy[:, 1], pa.float32()),
    }
    return pa.table(columns, schema=DERIVED["topic_map"])


def topic_places(centroids: Vectors, topic_ids: Sequence[str], *, before: Places | None = None) -> Reals:
    """(n, 2) places in [−1, 1] of unit centroids (n, d): an exact t-SNE from the main axes, or from where they were."""
    n = len(centroids)
    cosine = (centroids @ centroids.T).astype(np.float64)
    known = {i: before[topic] for i, topic in enumerate(topic_ids) if before and topic in before}
    if n > 3:
        kept = len(known) >= n / 2
        places = _tsne(cosine, _started(cosine, known) if kept else _main_axes(centroids), calm=kept)
    else:
        places = _main_axes(centroids)
    return np.asarray(places / max(np.abs(places).max(initial=0), 1e-9))


def _main_axes(centroids: Vectors) -> Reals:
    """(n, 2) coordinates on the two main axes, the longer one across; signs fixed by the first topic."""
    moved = centroids - centroids.mean(0) if len(centroids) else centroids
    u, s, _ = np.linalg.svd(moved.astype(np.float64), full_matrices=False)
    axes = np.zeros((len(centroids), 2))
    axes[:, : min(2, len(s))] = (u * s)[:, :2]
    return axes * np.where(axes[:1] < 0, -1, 1) if len(axes) else axes


def _started(cosine: Reals, known: Mapping[int, tuple[float, float]]) -> Reals:
    """(n, 2): known places, and for the others that of the known topic most like each."""
    rows = np.array(list(known))
    nearest = rows[cosine[:, rows].argmax(1)]
    return np.array([known[i] if i in known else known[nearest[i]] for i in range(len(cosine))], np.float64)


def _tsne(cosine: Reals, start: Reals, *, calm: bool) -> Reals:
    """(n, 2): neighbours in meaning become neighbours in the plane. calm: start from a finished map."""
    wanted = _neighbours(2 - 2 * cosine, perplexity=min(8.0, (len(cosine) - 1) / 3))
    places = start * 10 if calm else start / max(float(start.std()), 1e-9) * 0.01
    places = places + 1e-4 * np.random.default_rng(0).standard_normal(places.shape)  # none may lie on another
    speed = np.zeros_like(places)
    for step in range(100 if calm else 600):
        early = step < 100 and not calm
        apart = places[:, None] - places
        near = 1 / (1 + (apart**2).sum(-1))
        np.fill_diagonal(near, 0)
        pull = ((4 if early else 1) * wanted - near / near.sum()) * near
        speed = (0.5 if early else 0.8) * speed - 40 * (pull[:, :, None] * apart).sum(1)
        places = places + speed
    return np.asarray(places - places.mean(0))


def _neighbours(distance: Reals, *, perplexity: float) -> Reals:
    """(n, n) symmetric chances of being neighbours; each row's spread found by bisection."""
    distance = distance - np.where(np.eye(len(distance), dtype=bool), -np.inf, 0)
    low, high = np.full((2, len(distance), 1), [[[1e-3]], [[1e4]]])
    for _ in range(50):
        sharp = np.sqrt(low * high)
        chance = np.exp(-(distance - distance.min(1, keepdims=True)) * sharp)
        chance /= chance.sum(1, keepdims=True)
        entropy = -(chance * np.log(np.maximum(chance, 1e-12))).sum(1, keepdims=True)
        wide = entropy > np.log(perplexity)
        low, high = np.where(wide, sharp, low), np.where(wide, high, sharp)
    return np.asarray((chance + chance.T) / (2 * len(distance)))


def _apart(places: Reals, radius: Reals) -> Reals:
    """The places, moved until hardly two discs overlap."""
    for _ in range(200):
        apart = places[:, None] - places
        distance = np.sqrt((apart**2).sum(-1)) + np.eye(len(places))
        push = np.maximum(radius[:, None] + radius - distance, 0) * (1 - np.eye(len(places)))
        places = places + 0.25 * (push[:, :, None] * apart / np.maximum(distance, 1e-9)[:, :, None]).sum(1)
    return places


def _sample(index: Ints, leaves: Ints, sizes: Ints, config: MapConfig) -> tuple[Ints, Ints]:
    """(rows of contacts, the place of each one's topic among the leaves), the same for the same archive."""
    quota = np.maximum(config.least, np.floor(config.contacts * sizes / max(1, sizes.sum())).astype(int))
    shuffled = np.random.default_rng(0).permutation(len(index))
    ordered = shuffled[np.argsort(index[shuffled], kind="stable")]
    starts = np.searchsorted(index[ordered], leaves)
    picked = [ordered[s : s + min(q, n)] for s, q, n in zip(starts, quota, sizes, strict=True)]
    topic = np.repeat(np.arange(len(leaves)), [len(rows) for rows in picked])
    return np.concatenate([*picked, np.zeros(0, np.int64)]), topic


def _around(vectors: Vectors, topic: Ints, centroids: Vectors, places: Reals) -> Reals:
    """(n, 2) place of each contact in its topic's unit disc. vectors (n, d), topic (n,): row of `centroids`."""
    out = np.zeros((len(vectors), 2))
    for at in range(len(centroids)):
        mine = np.flatnonzero(topic == at)
        off = vectors[mine].astype(np.float64) - centroids[at]
        near = np.argsort(-(centroids @ centroids[at]), kind="stable")[1 : _BESIDE + 1]
        lean = off @ _tilt(centroids[near] - centroids[at], places[near] - places[at])
        angle = np.arctan2(lean[:, 1], lean[:, 0])
        rank = np.argsort(np.argsort((off**2).sum(1), kind="stable"), kind="stable")
        far = np.sqrt((rank + 0.5) / max(1, len(mine)))
        out[mine] = far[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return out


def _tilt(steps: Vectors, moves: Reals) -> Reals:
    """(d, 2) linear map that takes the steps (k, d) to neighbouring topics to the moves (k, 2) on the map (ridge)."""
    steps = steps.astype(np.float64)
    kernel = steps @ steps.T
    ridge = 0.1 * np.trace(kernel) / max(1, len(steps)) * np.eye(len(steps))
    return np.asarray(steps.T @ np.linalg.solve(kernel + ridge + 1e-9 * np.eye(len(steps)), moves))
