"""One topic made into several: how its own contacts part, and what the parts are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from textinsight.encode import Encoder
from textinsight.errors import UsageError
from textinsight.topics.cluster import Index, centroids_of, even_groups, nearest
from textinsight.topics.edits import EXAMPLES, Edit, check_leaves, find, packed
from textinsight.topics.label import Place, name_groups
from textinsight.topics.model import TopicModel, Vectors
from textinsight.topics.reconcile import free_label, next_ids

_GROUPED = 3000  # texts that are grouped pair by pair
_ROUNDS = 10


def split(
    model: TopicModel,
    name: str,
    texts: Sequence[str],
    vectors: Vectors,
    *,
    parts: int = 2,
    labels: Sequence[str] = (),
    encoder: Encoder | None = None,
    reserved: Iterable[str] = (),
) -> Edit:
    """The edit that splits topic `name`, whose contacts are `texts` with unit `vectors` (n, d), into so many parts.

    The largest part keeps the topic's id and, unless `labels` say otherwise (largest part first), its name; the others
    get ids that neither the model nor `reserved` has. UsageError for a theme, and if there are no contacts or they do
    not part into so many.
    """
    topic = find(model, name)
    check_leaves(model, "split", topic)
    if not len(vectors):
        raise UsageError(f"{topic.label!r} has no contacts", hint="textinsight topics list -a ARCHIVE")
    if not 2 <= parts <= 20 or (labels and len(labels) != parts):
        raise UsageError(
            f"{parts} parts and {len(labels)} names: 2 to 20 parts, each named or none", hint=EXAMPLES["split"]
        )
    group = parts_of(vectors.astype(np.float32), parts)
    if int(group.max(initial=-1)) + 1 < parts:
        raise UsageError(
            f"the contacts of {topic.label!r} do not part into {parts}",
            hint=f"leave it whole, or textinsight topics split {topic.topic_id} --parts 2 -a ARCHIVE",
        )
    centroids = centroids_of(vectors, group)
    names = list(labels) or _names(model, topic.label, texts, group, vectors, centroids, encoder)
    used = {t.topic_id for t in model.topics} | {gone.topic_id for gone in model.merged} | set(reserved)
    fresh = next_ids(used)
    ids = (topic.topic_id, *(fresh("t") for _ in range(parts - 1)))
    return Edit("split", topic.topic_id, part_ids=ids, part_labels=tuple(names), centroids=packed(centroids))


def parts_of(vectors: Vectors, parts: int) -> Index:
    """(n,) groups, largest first: Ward's linkage of some, then all to the nearest centre until nothing moves."""
    seeds = vectors[:_GROUPED]
    group = even_groups(seeds, parts)
    centroids = centroids_of(seeds, group)
    group = nearest(vectors, centroids) if len(vectors) else group
    for _ in range(_ROUNDS):
        moved = nearest(vectors, centroids_of(vectors, group)) if len(vectors) else group
        if np.array_equal(moved, group):
            break
        group = np.unique(moved, return_inverse=True)[1].astype(np.int64)
    order = np.argsort(-np.bincount(group), kind="stable") if len(group) else np.zeros(0, np.int64)
    return np.asarray(np.argsort(order)[group], np.int64)


def _names(
    model: TopicModel,
    label: str,
    texts: Sequence[str],
    group: Index,
    vectors: Vectors,
    centroids: Vectors,
    encoder: Encoder | None,
) -> list[str]:
    near = np.einsum("ij,ij->i", vectors.astype(np.float32), centroids[group])
    place = Place(centroids, encoder) if encoder is not None else None
    taken = {topic.label for topic in model.topics}
    names = name_groups(texts, group, np.ones(len(texts), np.int64), near, place=place, taken=tuple(taken))
    return [label, *(free_label(name.label, taken) for name in names[1:])]
