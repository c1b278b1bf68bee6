"""Where the map's topics stand: what brings on others to the left, what is brought on to the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_SWEEPS = 8


@dataclass(frozen=True, slots=True)
class Place:
    """A node's place; x and y in [0, 1], y downwards."""

    x: float
    y: float


def places(n: int, edges: Sequence[tuple[int, int, float]], *, n_layers: int = 4) -> list[Place]:
    """A place for each of n nodes given weighted edges (from, to, weight); deterministic.

    A node's layer follows its share of outgoing weight; inside a layer the order takes crossings out (barycentres).
    """
    out, into = np.zeros(n), np.zeros(n)
    for a, b, weight in edges:
        out[a] += weight
        into[b] += weight
    drift = (into - out) / np.maximum(into + out, 1e-9)  # −1: only causes, 1: is only caused
    layer = _layers(drift, n_layers)
    order = _ordered(layer, edges)
    return [Place(float(x), float(y)) for x, y in zip(*_coordinates(layer, order), strict=True)]


def _layers(drift: np.ndarray, n_layers: int) -> np.ndarray:
    """(n,) layer of each node: equal steps of drift, empty layers closed up."""
    raw = np.minimum(((drift + 1) / 2 * n_layers).astype(int), n_layers - 1)
    return np.unique(raw, return_inverse=True)[1]


def _ordered(layer: np.ndarray, edges: Sequence[tuple[int, int, float]]) -> np.ndarray:
    """(n,) height inside each layer after sweeps of weighted barycentres, layer by layer, to and fro."""
    n = len(layer)
    weight = np.zeros((n, n))
    for a, b, w in edges:
        weight[a, b] += w
        weight[b, a] += w
    height = _spread(layer, np.arange(n, dtype=float))
    layers = np.unique(layer).tolist()
    for _ in range(_SWEEPS):
        for k in (*layers, *layers[::-1]):
            pull = weight @ height / np.maximum(weight.sum(axis=1), 1e-9)
            height = _spread(layer, np.where((layer == k) & (weight.sum(axis=1) > 0), pull, height))
    return height


def _spread(layer: np.ndarray, height: np.ndarray) -> np.ndarray:
    """(n,) evenly spaced heights in (0, 1) inside each layer, in the order of `height`."""
    out = np.zeros(len(layer))
    for k in np.unique(layer):
        members = np.flatnonzero(layer == k)
        ranked = members[np.argsort(height[members], kind="stable")]
        out[ranked] = (np.arange(len(ranked)) + 0.5) / len(ranked)
    return out


def _coordinates(layer: np.ndarray, height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x = layer / max(int(layer.max(initial=0)), 1) if len(layer) else layer.astype(float)
    return x, height
