"""New topics beside a company's own reasons: found in what these do not cover, never taking over what they do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from textinsight.encode import Encoder, unit_rows
from textinsight.errors import InputError
from textinsight.topics.alike import Alike
from textinsight.topics.assign import assign
from textinsight.topics.classify import ReasonClassifier
from textinsight.topics.discover import TopicsConfig, discover
from textinsight.topics.model import Topic, TopicModel, Vectors
from textinsight.topics.reconcile import free_label
from textinsight.topics.taxonomy import Reason

_DEFAULT = TopicsConfig()
_COVERED = 0.5  # share of a found topic's contacts that fit the taxonomy, from which it is no new one
_N_EXAMPLES = 3


def discover_beside(
    reasons: Sequence[Reason],
    classifier: ReasonClassifier,
    texts: Sequence[str | None],
    vectors: Vectors,
    *,
    engine: str = "",
    config: TopicsConfig = _DEFAULT,
    encoder: Encoder | None = None,
    alike: Alike | None = None,
) -> TopicModel:
    """The taxonomy's topics, then those discovered among the texts that fit none of its reasons.

    A topic so found is dropped if half of all the texts nearest to it do fit: then it is a reason's own fringe.
    """
    base = taxonomy_model(reasons, classifier, engine=engine)
    block = vectors.astype(np.float32)
    fits = classifier.decide(block)[2] if len(block) else np.zeros(0, bool)
    rest = np.flatnonzero(~fits & block.any(1))
    left, pairs = [texts[i] for i in rest.tolist()], None if alike is None else alike.among(rest)
    found = discover(left, block[rest], engine=engine, config=config, encoder=encoder, alike=pairs)
    both = with_found(base, found)
    covered = _covered(both, base, block, fits)
    return with_found(base, _only(found, [row for row in found.leaves.tolist() if not covered[row]]))


def taxonomy_model(reasons: Sequence[Reason], classifier: ReasonClassifier, *, engine: str = "") -> TopicModel:
    """The reasons as topics, parents as themes. InputError for an id that discovered topics use (t001, g001)."""
    for reason in reasons:
        if reason.id[:1] in "tg" and reason.id[1:].isdecimal():
            raise InputError(f"id {reason.id!r} looks like a discovered topic's", hint="give ids in words: card_lost")
    row_of = {topic_id: row for row, topic_id in enumerate(classifier.topic_ids)}
    below: dict[str, list[int]] = {reason.id: [] for reason in reasons}
    above = {reason.id: reason.parent for reason in reasons}
    for topic_id, row in row_of.items():
        step: str | None = topic_id
        while step is not None:
            below[step].append(row)
            step = above[step]
    topics = tuple(
        Topic(r.id, r.name, r.description, r.parent, examples=r.examples[:_N_EXAMPLES], source="taxonomy")
        for r in sorted(reasons, key=lambda r: r.id not in row_of)
    )
    centroids = unit_rows(np.stack([classifier.centroids[below[topic.topic_id]].sum(0) for topic in topics]))
    return TopicModel(topics, centroids, engine, classifier=classifier)


def with_found(base: TopicModel, found: TopicModel) -> TopicModel:
    """`base` and the discovered topics in one model; a label that `base` uses gets a number."""
    taken = {topic.label for topic in base.topics}
    topics = tuple(replace(topic, label=free_label(topic.label, taken)) for topic in found.topics)
    return replace(base, topics=(*base.topics, *topics), centroids=np.vstack([base.centroids, found.centroids]))


def found_part(model: TopicModel) -> TopicModel:
    """What of a model does not come from the taxonomy."""
    rows = [i for i, topic in enumerate(model.topics) if topic.source != "taxonomy"]
    ids = {topic.topic_id for topic in model.topics if topic.source == "taxonomy"}
    topics = tuple(model.topics[i] for i in rows)
    topics = tuple(replace(t, parent_id=None) if t.parent_id in ids else t for t in topics)
    return TopicModel(topics, model.centroids[rows], model.engine)


def _covered(both: TopicModel, base: TopicModel, vectors: Vectors, fits: npt.NDArray[np.bool_]) -> list[bool]:
    plain = replace(both, classifier=None)
    index = assign(plain, vectors).index - len(base.topics)
    mine = index >= 0
    n = len(both.topics) - len(base.topics)
    size = np.bincount(index[mine], minlength=n)
    inside = np.bincount(index[mine], fits[mine], minlength=n)
    return [bool(a >= _COVERED * b) for a, b in zip(inside, size, strict=True)]


def _only(found: TopicModel, leaves: Iterable[int]) -> TopicModel:
    kept = set(leaves)
    parents = {found.topics[row].parent_id for row in kept}
    rows = [i for i, topic in enumerate(found.topics) if i in kept or topic.topic_id in parents]
    return TopicModel(tuple(found.topics[i] for i in rows), found.centroids[rows], found.engine)
