"""What every encoder offers, and how repeated texts are encoded once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


@runtime_checkable
class Encoder(Protocol):
    """Texts to unit vectors. `name`: name@version, stored beside every vector it made."""

    @property
    def name(self) -> str:
        """The engine, e.g. "static-en@1"; vectors of different engines are not comparable."""
        ...

    @property
    def dimension(self) -> int:
        """Columns of what `encode` returns."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) float32 unit rows; a text without a known token gives a zero row."""
        ...


def encode_unique(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """`encoder.encode(texts)` with every distinct text encoded once (agents' scripts repeat)."""
    order: dict[str, int] = {}
    index = np.fromiter((order.setdefault(text, len(order)) for text in texts), np.int64, len(texts))
    if len(order) == len(texts):
        return encoder.encode(texts)
    return encoder.encode(list(order))[index]


def unit_rows(vectors: npt.NDArray[np.floating]) -> Vectors:
    """Rows scaled to length one as float32; zero rows stay zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(norms > 0, norms, 1)).astype(np.float32)
