"""Which topic a contact belongs to, how sure that is, and when it is unclear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textinsight.errors import UsageError
from textinsight.topics.model import TopicModel, Vectors

_BLOCK = 16_384
UNCLEAR = -1
_HOME = 0.2  # cosine by which a discovered topic must be nearer to win over a reason of the taxonomy that fits


@dataclass(frozen=True, slots=True)
class AssignConfig:
    """floor: cosine up to which a text is unclear. temperature: of the softmax over topics' cosines.

    At 0.09 the confidence is about the share of right answers on requests of known intent. unclear_at_most: share of
    the texts with a vector that may stay unclear; if more are, the nearest of them get their nearest topic.
    """

    floor: float = 0.15
    temperature: float = 0.09
    unclear_at_most: float = 1.0

    def __post_init__(self) -> None:
        if not -1 <= self.floor < 1:
            raise UsageError(f"floor must lie in [-1, 1), got {self.floor}", hint="floor=0.15")
        if self.temperature <= 0:
            raise UsageError(f"temperature must be positive, got {self.temperature}", hint="temperature=0.09")
        if not 0 <= self.unclear_at_most <= 1:
            got = f"unclear_at_most must lie in [0, 1], got {self.unclear_at_most}"
            raise UsageError(got, hint="unclear_at_most=0.05")


@dataclass(frozen=True, slots=True)
class Assignment:
    """index: (n,) row of TopicModel.topics or -1 for unclear. confidence: (n,) in [0, 1], 0 where unclear."""

    index: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float32]

    @property
    def unclear_share(self) -> float:
        """Share of texts without a topic; 0 for no texts."""
        return float((self.index == UNCLEAR).mean()) if len(self.index) else 0.0


def assign(model: TopicModel, vectors: Vectors, *, config: AssignConfig = AssignConfig()) -> Assignment:
    """The nearest topic of each unit row of `vectors` (n, d); zero rows and, within the bound, far rows are unclear.

    Without a bound each row is decided on its own, so the answer does not depend on the others. A reason of the
    taxonomy comes first where its classifier is sure. ValueError if d differs.
    """
    index = np.full(len(vectors), UNCLEAR, np.int64)
    confidence = np.zeros(len(vectors), np.float32)
    near = np.full(len(vectors), -np.inf, np.float32)
    if not len(model.topics) or not len(vectors):
        return Assignment(index, confidence)
    if vectors.shape[1] != model.centroids.shape[1]:
        raise ValueError(f"vectors have {vectors.shape[1]} columns, centroids {model.centroids.shape[1]}")
    for start in range(0, len(vectors), _BLOCK):
        block = slice(start, start + _BLOCK)
        index[block], confidence[block], near[block] = _decided(model, vectors[block].astype(np.float32), config)
    unclear = _far(near, config)
    index[unclear], confidence[unclear] = UNCLEAR, 0
    return Assignment(index, confidence)


def _far(near: Vectors, config: AssignConfig) -> npt.NDArray[np.bool_]:
    """(n,) rows that stay unclear: none with a vector beyond the bound, the nearest let in first."""
    far = near <= config.floor
    known = np.isfinite(near)
    most = int(config.unclear_at_most * known.sum())
    candidates = np.flatnonzero(far & known)
    if len(candidates) > most:
        let_in = candidates[np.argsort(near[candidates], kind="stable")[most:]]
        far[let_in] = False
    return np.asarray(far, np.bool_)


_Decision = tuple[npt.NDArray[np.int64], Vectors, Vectors]


def _decided(model: TopicModel, block: Vectors, config: AssignConfig) -> _Decision:
    """Row, confidence and nearness of each vector; nearness is -inf for zero rows."""
    index, sure, near = _nearest(model, block, config)
    if model.classifier is not None:
        reason, certain, fits = model.classifier.decide(block)
        rows = np.array([model.row_of[topic_id] for topic_id in model.classifier.topic_ids], np.int64)
        nearness = np.einsum("ij,ij->i", block, model.classifier.centroids[reason])
        taken = nearness + np.where(fits, _HOME, 0) >= near
        index, sure = np.where(taken, rows[reason], index), np.where(taken, certain, sure)
        near = np.where(taken, np.where(fits, 1, nearness), near).astype(np.float32)
    near[~block.any(1)] = -np.inf
    return index, sure.astype(np.float32), near


def _nearest(model: TopicModel, block: Vectors, config: AssignConfig) -> _Decision:
    """Row of the nearest topic, its softmax share among topics and its cosine; row -1 if there is no centre."""
    centres, rows = model.centres
    if not len(rows):
        n = len(block)
        return np.full(n, UNCLEAR, np.int64), np.zeros(n, np.float32), np.full(n, -1, np.float32)
    owners, starts = np.unique(rows, return_index=True)
    cosine = np.maximum.reduceat(block @ centres.T, starts, axis=1) if len(owners) < len(rows) else block @ centres.T
    best = cosine.argmax(1)
    top = cosine[np.arange(len(best)), best]
    share = 1 / np.exp((cosine - top[:, None]) / config.temperature).sum(1)
    return owners[best], share.astype(np.float32), top.astype(np.float32)
