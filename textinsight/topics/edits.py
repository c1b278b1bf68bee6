"""What analysts change about topics: rename, merge, split, move, pin; a log that is replayed on every refresh."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from textinsight.encode import unit_rows
from textinsight.errors import UsageError
from textinsight.store.schema import KEPT
from textinsight.topics.model import Merged, Topic, TopicModel, Vectors, as_name, is_theme_id
from textinsight.topics.reconcile import free_label

Op = Literal["rename", "describe", "merge", "split", "move", "pin", "undo"]

_NEEDS = {  # operation → the field it cannot do without
    "rename": "value",
    "describe": "value",
    "merge": "target_id",
    "split": "part_ids",
    "move": "target_id",
    "pin": "topic_id",
    "undo": "value",
}
_LONGEST = 500
_LONGEST_NAME = 120
EXAMPLES = {  # operation → how it is asked for
    "rename": 'textinsight topics rename t004 "Lost parcel" -a ARCHIVE',
    "describe": 'textinsight topics describe t004 "Parcels that never came" -a ARCHIVE',
    "merge": "textinsight topics merge t004 t009 -a ARCHIVE",
    "split": 'textinsight topics split t004 --name "Late parcel" --name "Lost parcel" -a ARCHIVE',
    "move": "textinsight topics move t004 --to Delivery -a ARCHIVE",
    "pin": "textinsight topics pin t004 -a ARCHIVE",
    "undo": "textinsight topics undo 3 -a ARCHIVE",
}


@dataclass(frozen=True, slots=True)
class Edit:
    """One change. op: rename, describe (value: the words), merge (topic into target_id), move (under theme target_id,
    made anew by the name `value` if it is not there; "" for no theme), split (into part_ids named part_labels with
    centroids), pin, or undo of the edit of number `value`. number: its place in the log, 0 until it is kept.
    """

    op: Op
    topic_id: str = ""
    target_id: str | None = None
    value: str = ""
    part_ids: tuple[str, ...] = ()
    part_labels: tuple[str, ...] = ()
    centroids: bytes = b""
    editor: str | None = None
    edited_at: datetime | None = None
    number: int = 0

    def __post_init__(self) -> None:
        if self.op not in _NEEDS:
            raise UsageError(f"no operation {self.op!r}; there are {', '.join(_NEEDS)}", hint=EXAMPLES["rename"])
        missing = getattr(self, _NEEDS[self.op])
        if missing is None or (not missing and self.op != "move"):
            raise UsageError(f"{self.op} needs {_NEEDS[self.op]}", hint=EXAMPLES[self.op])
        longest = _LONGEST if self.op == "describe" else _LONGEST_NAME
        if len(self.value) > longest or any(len(label) > _LONGEST_NAME for label in self.part_labels):
            raise UsageError(f"a name has at most {_LONGEST_NAME} characters", hint=EXAMPLES[self.op])
        if len(self.part_ids) != len(self.part_labels) or len(self.part_ids) == 1:
            raise UsageError("a split has two parts or more, each with a name", hint=EXAMPLES["split"])

    @property
    def ids(self) -> tuple[str, ...]:
        """Every topic or theme that it names."""
        return tuple(i for i in (self.topic_id, self.target_id, *self.part_ids) if i)


def standing(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits that hold, in order: those that no later undo took back, without the undos."""
    kept: dict[int, Edit] = {}
    for edit in edits:
        if edit.op == "undo":
            kept.pop(int(edit.value), None)
        else:
            kept[edit.number] = edit
    return tuple(kept.values())


@dataclass(frozen=True, slots=True)
class Replayed:
    """model: after the edits. missed: number of each edit that holds but fits no longer → why it was passed over.

    adapted: numbers of the edits whose name another topic bore, which has got a number behind its own.
    """

    model: TopicModel
    missed: dict[int, str]
    adapted: frozenset[int]


def replayed(model: TopicModel, edits: Iterable[Edit]) -> Replayed:
    """`model` after the edits that hold, as far as they fit: one that does not is passed over, none raises."""
    missed, adapted = {}, set()
    for edit in standing(edits):
        try:
            freed = _freed(model, edit)
            after = _applied(freed, edit)
        except UsageError as error:
            missed[edit.number] = str(error)
            continue
        if freed is not model:
            adapted.add(edit.number)
        model = after
    return Replayed(model, missed, frozenset(adapted))


def replay(model: TopicModel, edits: Iterable[Edit]) -> TopicModel:
    """The model of `replayed`."""
    return replayed(model, edits).model


def apply(model: TopicModel, edit: Edit) -> TopicModel:
    """`model` after one edit. UsageError if it cannot be: an unknown topic, a name that is taken, a theme split.

    Topics may be given by id or label.
    """
    if edit.op == "undo":
        raise UsageError("an undo has no meaning without its log", hint="replay(model, edits)")
    target = find(model, edit.target_id or "").topic_id if edit.op == "merge" else edit.target_id
    edit = cleaned(model, replace(edit, topic_id=find(model, edit.topic_id).topic_id, target_id=target))
    names = _names(model, edit)
    for name in names:
        _check_free(model, name, edit)
    if len({name.casefold() for name in names}) < len(names):
        raise UsageError(f"each part has a name of its own, got {', '.join(names)}", hint=EXAMPLES[edit.op])
    return _applied(model, edit)


def cleaned(model: TopicModel, edit: Edit) -> Edit:
    """`edit` with each name that it gives on one line. UsageError for one that can be no name; see `as_name`."""
    try:
        names = tuple(as_name(name) for name in _names(model, edit))
    except ValueError as error:
        raise UsageError(str(error), hint=EXAMPLES[edit.op]) from error
    return replace(edit, part_labels=names) if edit.part_labels else replace(edit, value=names[0]) if names else edit


def find(model: TopicModel, name: str) -> Topic:
    """The topic or theme of this id or, failing that, label. UsageError if there is none, or more than one."""
    found = [topic for topic in model.topics if topic.topic_id == name]
    found = found or [topic for topic in model.topics if topic.label.casefold() == name.casefold()]
    if len(found) == 1:
        return found[0]
    near = [topic.label for topic in model.topics if name.casefold() in topic.label.casefold()][:5]
    hint = f"give the id: {', '.join(t.topic_id for t in found)}" if found else "textinsight topics list -a ARCHIVE"
    hint = f"is it one of: {', '.join(near)}" if near and not found else hint
    raise UsageError(f"{len(found) or 'no'} topics named {name!r}", hint=hint)


def to_table(edits: Sequence[Edit]) -> pa.Table:
    """The edits as rows of table "topic_edits"; a missing time becomes now."""
    now = datetime.now(UTC)
    rows = [{name: getattr(edit, name) for name in _FIELDS} | {"edited_at": edit.edited_at or now} for edit in edits]
    return pa.Table.from_pylist(rows, schema=KEPT["topic_edits"])


def from_table(table: pa.Table) -> tuple[Edit, ...]:
    """The edits in the order of their numbers."""
    rows = sorted(table.to_pylist(), key=lambda row: row["number"])
    return tuple(Edit(**{name: _plain(row[name]) for name in _FIELDS}) for row in rows)


_FIELDS = tuple(Edit.__dataclass_fields__)


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _applied(model: TopicModel, edit: Edit) -> TopicModel:
    """`model` after an edit that names topics by id and whose names are free. UsageError if it does not fit."""
    there = {topic.topic_id: topic for topic in model.topics}
    for needed in (edit.topic_id, edit.target_id if edit.op == "merge" else edit.topic_id):
        if needed not in there:
            raise UsageError(f"there is no topic {needed!r}", hint="textinsight topics list -a ARCHIVE")
    return _APPLY[edit.op](model, there[edit.topic_id], edit)


def _rename(model: TopicModel, topic: Topic, edit: Edit) -> TopicModel:
    return _with(model, topic, label=edit.value, source="curated")


def _describe(model: TopicModel, topic: Topic, edit: Edit) -> TopicModel:
    return _with(model, topic, description=edit.value)


def _pin(model: TopicModel, topic: Topic, edit: Edit) -> TopicModel:  # noqa: ARG001  one signature for all
    return model


def _merge(model: TopicModel, topic: Topic, edit: Edit) -> TopicModel:
    target = next(other for other in model.topics if other.topic_id == edit.target_id)
    check_leaves(model, edit.op, topic, target)
    if topic.topic_id == target.topic_id:
        raise UsageError("a topic cannot be merged into itself", hint=EXAMPLES["merge"])
    gone = Merged(topic.topic_id, target.topic_id, model.centroids[model.row_of[topic.topic_id]])
    grown = _with(model, target, n=target.n + topic.n, source="curated")
    merged = tuple(replace(m, into=target.topic_id) if m.into == topic.topic_id else m for m in grown.merged)
    return _without(replace(grown, merged=(*merged, gone)), {topic.topic_id})


def _split(model: TopicModel, topic: Topic, edit: Edit) -> TopicModel:
    check_leaves(model, edit.op, topic)
    centroids = np.frombuffer(edit.centroids, "<f4").reshape(len(edit.part_ids), -1).astype(np.float32)
    if topic.source == "taxonomy" or centroids.shape[1] != model.centroids.shape[1]:
        raise UsageError(f"{topic.label!r} cannot be split", hint="give its parts in the taxonomy file instead")
    used = set(edit.part_ids) & ({other.topic_id for other in model.topics} - {topic.topic_id})
    if used:
        raise UsageError(f"there are topics {', '.join(sorted(used))} already", hint=EXAMPLES["split"])
    row = model.row_of[topic.topic_id]
    parts = tuple(
        replace(topic, topic_id=part, label=label, n=0, examples=(), terms=(), source="curated")
        for part, label in zip(edit.part_ids, edit.part_labels, strict=True)
    )
    topics = (*model.topics[:row], *parts, *model.topics[row + 1 :])
    rows = np.vstack([model.centroids[:row], centroids, model.centroids[row + 1 :]])
    merged = tuple(m for m in model.merged if m.into != topic.topic_id)
    return replace(model, topics=topics, centroids=rows, merged=merged)


def _move(model: TopicModel, topic: Topic, edit: Edit) -> TopicModel:
    parent = edit.target_id or None
    themes = {other.parent_id for other in model.topics}
    if topic.topic_id in themes:
        raise UsageError(f"{topic.label!r} is a theme; topics are moved", hint=EXAMPLES["move"])
    there = {other.topic_id: other for other in model.topics}
    if parent and parent not in there:
        if not edit.value:
            raise UsageError(f"there is no theme {parent!r}", hint=EXAMPLES["move"])
        place = model.centroids[model.row_of[topic.topic_id]][None]
        theme = Topic(parent, edit.value, source="curated")
        model = replace(model, topics=(*model.topics, theme), centroids=np.vstack([model.centroids, place]))
    elif parent and parent not in themes and not is_theme_id(parent):
        raise UsageError(f"{there[parent].label!r} is a topic, no theme", hint=EXAMPLES["move"])
    before = {other.parent_id for other in model.topics}
    moved = _with(model, topic, parent_id=parent)
    empty = {i for i in before - {other.parent_id for other in moved.topics} if i}
    return _placed(_without(moved, empty), parent)


_APPLY = {"rename": _rename, "describe": _describe, "pin": _pin, "merge": _merge, "split": _split, "move": _move}


def _with(model: TopicModel, topic: Topic, **changed: Any) -> TopicModel:
    topics = tuple(replace(t, **changed) if t.topic_id == topic.topic_id else t for t in model.topics)
    return replace(model, topics=topics)


def _without(model: TopicModel, ids: set[str]) -> TopicModel:
    """`model` less these topics, and less the themes that then have none."""
    parents = {topic.parent_id for topic in model.topics}
    left = [i for i, topic in enumerate(model.topics) if topic.topic_id not in ids]
    still = {model.topics[i].parent_id for i in left}
    left = [i for i in left if model.topics[i].topic_id not in parents - still]
    return replace(model, topics=tuple(model.topics[i] for i in left), centroids=model.centroids[left])


def _placed(model: TopicModel, theme: str | None) -> TopicModel:
    """`model` with the theme's centroid amid its topics."""
    rows = [i for i, topic in enumerate(model.topics) if theme and topic.parent_id == theme]
    if not rows:
        return model
    centroids = model.centroids.copy()
    centroids[model.row_of[theme or ""]] = unit_rows(model.centroids[rows].sum(0, keepdims=True))[0]
    return replace(model, centroids=centroids)


def check_leaves(model: TopicModel, op: Op, *topics: Topic) -> None:
    """UsageError if one of these is a theme."""
    parents = {topic.parent_id for topic in model.topics}
    for topic in topics:
        if topic.topic_id in parents:
            raise UsageError(f"{topic.label!r} is a theme; give one of its topics", hint=EXAMPLES[op])


def _names(model: TopicModel, edit: Edit) -> tuple[str, ...]:
    """The names that the edit gives."""
    makes = edit.op == "move" and edit.value and all(t.topic_id != edit.target_id for t in model.topics)
    return (edit.value,) if edit.op == "rename" or makes else edit.part_labels


def _check_free(model: TopicModel, label: str, edit: Edit) -> None:
    taken = [topic.topic_id for topic in model.topics if _bears(topic, label, edit)]
    if taken:
        raise UsageError(f"{label!r} is the name of {taken[0]} already", hint="merge the two, or choose another name")


def _bears(topic: Topic, label: str, edit: Edit) -> bool:
    """Whether the topic, if not the one that is renamed or split, has this name."""
    mine = edit.op != "move" and topic.topic_id == edit.topic_id
    return not mine and topic.label.casefold() == label.casefold()


def _freed(model: TopicModel, edit: Edit) -> TopicModel:
    """`model` with a number behind the name of each topic that bears one which the edit gives.

    UsageError if that is a reason of the company's own list: its names stand.
    """
    names = _names(model, edit)
    taken = {*(topic.label for topic in model.topics), *names}
    for topic in model.topics:
        if any(_bears(topic, name, edit) for name in names):
            if topic.source == "taxonomy":
                raise UsageError(
                    f"{topic.label!r} is a reason of the company's list", hint=f"merge the two into {topic.topic_id}"
                )
            model = _with(model, topic, label=free_label(topic.label, taken))
    return model


def packed(centroids: Vectors) -> bytes:
    """Centroids (k, d) as an edit keeps them: little-endian float32."""
    return centroids.astype("<f4").tobytes()
