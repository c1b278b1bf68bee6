"""A model grows with its contacts: old topics stay as they are, new ones are found among what fits none of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from textinsight.errors import UsageError
from textinsight.topics.assign import Assignment, assign
from textinsight.topics.cluster import nearest
from textinsight.topics.discover import TopicsConfig, discover
from textinsight.topics.model import Topic, TopicModel, Vectors
from textinsight.topics.reconcile import free_label, next_ids

Kind = Literal["new", "grown", "shrunk", "gone"]
_DEFAULT = TopicsConfig()
_APART = 0.7  # cosine to every old topic up to which a found one is new
_MOVED = 0.02  # share of the contacts with a topic that may move to new ones
_GROWN = 1.5  # times its old share of the contacts
_LEAST_NEW = 0.25  # confidence up to which a contact fits its old topic badly
_FARTHEST = 0.05  # share of a topic's old contacts that lie farthest from its centre
_FARTHER = 0.9  # times the cosine of the nearest of these, up to which a contact fits badly too
_BLOCK = 16_384
_ENOUGH = 30  # contacts: fewer say nothing of growth


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one topic between two refreshes; shares of all contacts, 0 where it was or is not."""

    topic_id: str
    label: str
    kind: Kind
    n_before: int
    n_after: int
    share_before: float
    share_after: float


def refresh(
    old: TopicModel,
    texts: Sequence[str | None],
    vectors: Vectors,
    *,
    known: npt.NDArray[np.bool_] | None = None,
    config: TopicsConfig = _DEFAULT,
    reserved: Iterable[str] = (),
) -> TopicModel:
    """`old` with the topics that are new in `texts`: found among the texts that fit no old topic well.

    Old topics keep id, name and place. A topic found counts as new if it lies within cosine 0.7 of none and has the
    support that discovery asks of all the texts. known: (n,) texts whose topic people have seen: at most 2% of them
    move to new topics, and those topics come first that move the fewest. reserved: ids that new topics must not get.
    UsageError if the vectors are of another size.
    """
    if not old.topics:
        return discover(texts, vectors, engine=old.engine, config=config)
    if vectors.shape[1] != old.centroids.shape[1]:
        raise UsageError(
            f"vectors of {vectors.shape[1]} columns do not fit topics of {old.centroids.shape[1]}",
            hint="discover the topics anew with one encoder",
        )
    found = assign(old, vectors)
    own = np.ones(len(vectors), np.bool_) if known is None else known
    loose = np.flatnonzero(_fits_badly(old, vectors, found, own) & np.asarray(vectors.any(1)))
    support = max(config.least, round(len(texts) ** config.support), round(len(texts) * config.share))
    if len(loose) < 2 * support:
        return old
    kept = replace(config, themes_from=len(loose) + 2)  # no themes of their own
    more = discover([texts[i] for i in loose.tolist()], vectors[loose].astype(np.float32), config=kept)
    near = (more.centroids @ old.centroids[old.leaves].T).max(1) if len(old.leaves) else np.full(len(more.topics), -1)
    rows = [row for row, topic in enumerate(more.topics) if near[row] <= _APART and topic.n >= support]
    grown = _with_new(old, more, rows, set(reserved))
    if known is None or not rows:
        return grown
    had = known & (found.index >= 0)
    allowed = _allowed(old, grown, vectors, had)
    return grown if len(allowed) == len(rows) else _with_new(old, more, [rows[i] for i in allowed], set(reserved))


def _fits_badly(
    old: TopicModel, vectors: Vectors, found: Assignment, own: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """(n,) whether a text is hardly surer of its topic than of others, or farther from it than nearly all of `own`.

    Confidence compares topics with each other: where they are few and lie apart, what is near none is sure of one.
    """
    cosine = _own_cosine(old, vectors, found.index)
    badly = np.asarray(found.confidence < _LEAST_NEW)
    for row in old.leaves.tolist():
        of_topic = found.index == row
        if (of_topic & own).any():
            badly |= of_topic & (cosine <= _FARTHER * np.quantile(cosine[of_topic & own], _FARTHEST))
    return badly


def _own_cosine(old: TopicModel, vectors: Vectors, index: npt.NDArray[np.int64]) -> Vectors:
    """(n,) cosine of each text to the nearest centre of its topic; anything where it has none."""
    place = old.leaves.searchsorted(np.clip(index, old.leaves[0], None))
    cosine = np.zeros(len(vectors), np.float32)
    for start in range(0, len(vectors), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(vectors)))
        cosine[rows] = old.leaf_cosines(vectors[rows])[np.arange(len(rows)), place[rows]]
    return cosine


def _allowed(old: TopicModel, grown: TopicModel, vectors: Vectors, had: npt.NDArray[np.bool_]) -> list[int]:
    """Which of the new topics, by their place among these, together move few enough of the contacts that had one."""
    index = assign(grown, vectors).index
    before = {topic.topic_id for topic in old.topics}
    new = [row for row, topic in enumerate(grown.topics) if topic.topic_id not in before]
    size = np.bincount(index[index >= 0], minlength=len(grown.topics))[new]
    moved = np.bincount(index[had & (index >= 0)], minlength=len(grown.topics))[new]
    order = np.argsort(moved / np.maximum(size, 1), kind="stable")
    within = np.cumsum(moved[order]) <= _MOVED * had.sum()
    return sorted(order[within].tolist())


def _with_new(old: TopicModel, more: TopicModel, rows: Sequence[int], reserved: set[str]) -> TopicModel:
    rows = list(rows)
    if not rows:
        return old
    ids = next_ids({topic.topic_id for topic in old.topics} | {gone.topic_id for gone in old.merged} | reserved)
    taken = {topic.label for topic in old.topics}
    parents = _parents(old, more.centroids[rows])
    new = [
        replace(more.topics[row], topic_id=ids("t"), label=free_label(more.topics[row].label, taken), parent_id=parent)
        for row, parent in zip(rows, parents, strict=True)
    ]
    first_theme = next((i for i, t in enumerate(old.topics) if i not in set(old.leaves.tolist())), len(old.topics))
    topics = (*old.topics[:first_theme], *new, *old.topics[first_theme:])
    parts = [old.centroids[:first_theme], more.centroids[rows], old.centroids[first_theme:]]
    return replace(old, topics=topics, centroids=np.vstack(parts))


def _parents(old: TopicModel, centroids: Vectors) -> list[str | None]:
    """The nearest discovered theme of each centroid; None where there are no themes."""
    leaves = set(old.leaves.tolist())
    themes = [i for i, topic in enumerate(old.topics) if i not in leaves and topic.source != "taxonomy"]
    if not themes:
        return [None] * len(centroids)
    return [old.topics[themes[row]].topic_id for row in nearest(centroids, old.centroids[themes])]


def changes(before: Mapping[str, int], after: Mapping[str, int], topics: Iterable[Topic]) -> tuple[Change, ...]:
    """What is new, grown, shrunk or gone, from the contacts of each topic id before and after; largest change first.

    Grown: half as much again of all contacts, and at least 30 of them, and not by chance (the difference of the two
    shares is beyond three standard errors); shrunk the other way round.
    """
    totals = sum(before.values()), sum(after.values())
    labels = {topic.topic_id: topic.label for topic in topics}
    found = []
    for topic_id in dict.fromkeys([*after, *before]):
        n = before.get(topic_id, 0), after.get(topic_id, 0)
        shares = n[0] / totals[0] if totals[0] else 0.0, n[1] / totals[1] if totals[1] else 0.0
        kind = _kind(n, shares, totals)
        if kind:
            found.append(Change(topic_id, labels.get(topic_id, topic_id), kind, *n, *shares))
    return tuple(sorted(found, key=lambda c: (-abs(c.share_after - c.share_before), c.topic_id)))


def _kind(n: tuple[int, int], shares: tuple[float, float], totals: tuple[int, int]) -> Kind | None:
    if not n[0] or not n[1]:
        return "new" if n[1] else "gone" if n[0] else None
    pooled = sum(n) / sum(totals)
    error = float(np.sqrt(pooled * (1 - pooled) * (1 / totals[0] + 1 / totals[1])))
    if max(n) < _ENOUGH or abs(shares[1] - shares[0]) <= 3 * error:
        return None
    if shares[1] >= _GROWN * shares[0]:
        return "grown"
    return "shrunk" if shares[0] >= _GROWN * shares[1] else None


def kept_share(before: npt.NDArray[np.int64], after: npt.NDArray[np.int64], old: TopicModel, new: TopicModel) -> float:
    """Share of contacts with a topic in `before` (rows of `old`) that have the same topic id in `after`; 1 for none."""
    old_ids = np.array([*(topic.topic_id for topic in old.topics), ""])
    new_ids = np.array([*(topic.topic_id for topic in new.topics), "-"])
    had = before >= 0
    return float((old_ids[before[had]] == new_ids[after[had]]).mean()) if had.any() else 1.0
