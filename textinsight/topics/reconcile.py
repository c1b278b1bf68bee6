"""A refreshed model keeps the ids and names of the topics it finds again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count

import numpy as np

from textinsight.errors import UsageError
from textinsight.topics.model import Topic, TopicModel, is_theme_id, topic_id

SAME_TOPIC = 0.85  # cosine of centroids from which a new topic is an old one found again
_SAME_NAMED = 0.7  # the same where it has got the same name


def reconcile(
    old: TopicModel,
    new: TopicModel,
    *,
    same: float = SAME_TOPIC,
    keep: Iterable[str] = (),
    reserved: Iterable[str] = (),
) -> TopicModel:
    """`new` with id, label, description and source of each old topic whose centroid lies within cosine `same`.

    Of the same name: within cosine 0.7. One to one, best total cosine; topics without a match get ids never used in
    `old` nor among `reserved`. The old topics in `keep` stay, with their themes, though nothing matches them.
    UsageError if the two models come from different encoders.
    """
    if old.topics and new.topics and old.engine != new.engine:
        raise UsageError(
            f"topics made by {new.engine} cannot be compared with those made by {old.engine}",
            hint="discover the topics anew with one encoder",
        )
    kept = _matches(old, new, same, themes=False) | _matches(old, new, same, themes=True)
    ids = _ids(old, new, kept, set(reserved))
    left = _left(old, {topic.topic_id for topic in kept.values()}, set(keep))
    taken = {topic.label for topic in (*kept.values(), *(old.topics[row] for row in left))}
    topics = []
    for row, topic in enumerate(new.topics):
        name = kept[row] if row in kept else replace(topic, label=free_label(topic.label, taken))
        parent = ids[topic.parent_id] if topic.parent_id else None
        topics.append(_named(topic, name, ids[topic.topic_id], parent))
    if not left:
        return TopicModel(tuple(topics), new.centroids, new.engine)
    topics += [replace(old.topics[row], n=0) for row in left]
    return TopicModel(tuple(topics), np.vstack([new.centroids, old.centroids[left]]), new.engine)


def _left(old: TopicModel, found: set[str], keep: set[str]) -> list[int]:
    """Rows of the topics of `old` in `keep` that are not among those found again, and of their themes."""
    topics = [old.topics[row] for row in old.leaves.tolist()]
    wanted = {t.topic_id: t.parent_id for t in topics if t.topic_id in keep - found and not is_theme_id(t.topic_id)}
    here = {*wanted, *wanted.values()} - found
    return [row for row, topic in enumerate(old.topics) if topic.topic_id in here]


def _matches(old: TopicModel, new: TopicModel, same: float, *, themes: bool) -> dict[int, Topic]:
    """Row of `new` → the old topic it continues; themes and topics are matched apart."""
    from scipy.optimize import linear_sum_assignment

    before, after = _rows(old, themes=themes), _rows(new, themes=themes)
    if not before or not after:
        return {}
    cosine = new.centroids[after] @ old.centroids[before].T
    names = [[model.topics[row].label.casefold() for row in rows] for model, rows in ((new, after), (old, before))]
    alike = np.array(names[0])[:, None] == np.array(names[1])
    gain = np.where((cosine >= same) | (alike & (cosine >= _SAME_NAMED)), cosine, 0)
    pairs = zip(*linear_sum_assignment(-gain), strict=True)
    return {after[a]: old.topics[before[b]] for a, b in pairs if gain[a, b] > 0}


def _rows(model: TopicModel, *, themes: bool) -> list[int]:
    leaves = set(model.leaves.tolist())
    return [row for row in range(len(model.topics)) if (row not in leaves) == themes]


def _ids(old: TopicModel, new: TopicModel, kept: dict[int, Topic], reserved: set[str]) -> dict[str, str]:
    """Id in `new` → id to use: the old topic's, else the next number above all of `old`'s."""
    fresh = next_ids({topic.topic_id for topic in old.topics} | reserved)
    return {
        topic.topic_id: kept[row].topic_id if row in kept else fresh(topic.topic_id[0])
        for row, topic in enumerate(new.topics)
    }


def next_ids(used: Iterable[str]) -> Callable[[str], str]:
    """A maker of ids of a kind ("t", "g") with numbers above all of `used`."""
    numbers = count(1 + max((int(digits) for used_id in used if (digits := used_id[1:]).isdecimal()), default=0))
    return lambda kind: topic_id(kind, next(numbers))


def _named(topic: Topic, name: Topic, new_id: str, parent_id: str | None) -> Topic:
    """`topic` under the label, description and source of `name`."""
    return replace(
        topic,
        topic_id=new_id,
        parent_id=parent_id,
        label=name.label,
        description=name.description,
        source=name.source,
    )


def free_label(label: str, taken: set[str]) -> str:
    """`label`, numbered if another topic bears it already, in whatever case."""
    options = (label if i == 1 else f"{label} ({i})" for i in count(1))
    borne = {name.casefold() for name in taken}
    free = next(option for option in options if option.casefold() not in borne)
    taken.add(free)
    return free
