"""How good each topic is: how many contacts, how alike they are, how far the next topic is, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight.store.derived import DERIVED
from textinsight.topics.assign import Assignment
from textinsight.topics.model import TopicModel, Vectors

_BLOCK = 16_384
_PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of a topic's contacts by nearness that the sample shows


@dataclass(frozen=True, slots=True)
class TopicQuality:
    """coherence: mean cosine of the topic's contacts to its centre. separation: coherence less their mean cosine to the
    next topic's centre; near 0 the two are hardly apart. Both: higher is better, None for a topic without contacts.

    share: of all contacts. confidence: mean of its contacts'. sample: contacts from its heart to its edge.
    """

    topic_id: str
    label: str
    n: int
    share: float
    coherence: float | None
    separation: float | None
    confidence: float | None
    nearest_id: str | None
    nearest_label: str | None
    sample: tuple[str, ...]


def topic_quality(
    model: TopicModel, vectors: Vectors, assigned: Assignment, texts: Sequence[str | None] | pa.ChunkedArray
) -> tuple[TopicQuality, ...]:
    """One row a topic that contacts are assigned to, in the model's order. texts: of the rows of `vectors` (n, d)."""
    leaves = model.leaves.tolist()
    own, other = _nearness(model, vectors, assigned.index)
    order = np.lexsort((-own, assigned.index))
    found = assigned.index[order]
    near = _nearest(model)
    rows = []
    for row in leaves:
        members = order[np.searchsorted(found, row) : np.searchsorted(found, row, "right")]
        picked = dict.fromkeys(int(members[round(p * (len(members) - 1))]) for p in _PLACES) if len(members) else {}
        topic, next_to = model.topics[row], model.topics[near[row]] if row in near else None
        some = len(members) > 0
        rows.append(
            TopicQuality(
                topic.topic_id,
                topic.label,
                len(members),
                len(members) / max(1, len(assigned.index)),
                float(own[members].mean()) if some else None,
                float((own[members] - other[members]).mean()) if some and next_to else None,
                float(assigned.confidence[members].mean()) if some else None,
                next_to.topic_id if next_to else None,
                next_to.label if next_to else None,
                tuple(dict.fromkeys(_text(texts[i]) for i in picked)),
            )
        )
    return tuple(rows)


def quality_table(rows: Sequence[TopicQuality]) -> pa.Table:
    """The table "topic_quality" of the store."""
    schema = DERIVED["topic_quality"]
    return pa.table({name: [getattr(row, name) for row in rows] for name in schema.names}, schema=schema)


def _nearness(model: TopicModel, vectors: Vectors, index: npt.NDArray[np.int64]) -> tuple[Vectors, Vectors]:
    """(n,) cosine to the own centre and to the best other one; 0 for unclear rows."""
    leaves = model.leaves
    place = np.full(len(model.topics), -1, np.int64)
    place[leaves] = np.arange(len(leaves))
    own, other = np.zeros(len(index), np.float32), np.zeros(len(index), np.float32)
    for start in range(0, len(index), _BLOCK):
        rows = np.flatnonzero(index[start : start + _BLOCK] >= 0) + start
        if not len(rows):
            continue
        cosine = model.leaf_cosines(vectors[rows])
        mine = place[index[rows]]
        own[rows] = cosine[np.arange(len(rows)), mine]
        cosine[np.arange(len(rows)), mine] = -1
        other[rows] = cosine.max(1, initial=-1)
    return own, other


def _nearest(model: TopicModel) -> dict[int, int]:
    """Row of each leaf → row of the leaf most like it."""
    leaves = model.leaves
    if len(leaves) < 2:
        return {}
    cosine = model.centroids[leaves] @ model.centroids[leaves].T
    np.fill_diagonal(cosine, -2)
    return {int(row): int(leaves[best]) for row, best in zip(leaves, cosine.argmax(1), strict=True)}


def _text(value: object) -> str:
    text = value.as_py() if isinstance(value, pa.Scalar) else value
    return str(text or "")
