"""New names and themes in every table that carries them; no contact changes its topic, so nothing is counted anew."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from textinsight import measure, topics
from textinsight.pipeline.reasons import counted, with_columns
from textinsight.store import DERIVED, Archive

Labels = Mapping[str, str]
_NAMED: dict[str, Labels] = {  # table → its columns of names and of the topics that they name
    "contact_facts": {"topic_label": "topic_id"},
    "assignments": {"topic_label": "topic_id"},
    "topic_quality": {"label": "topic_id", "nearest_label": "nearest_id"},
    "topic_changes": {"label": "topic_id"},
    "avoidable": {"label_a": "topic_a", "label_b": "topic_b"},
    "handle_time": {"topic_label": "topic_id"},
}
_VIEWS = {"contact_facts": "stored_facts"}  # as linking wrote it


def name_topics(archive: Archive, model: topics.TopicModel) -> None:
    """Write the model's names, descriptions and themes; its topics are those of the archive, and so are their contacts.

    All names come from the model, so that doing it again mends what a killed job left undone.
    """
    rows = archive.query("SELECT topic_id, label, fitted_on FROM topics").to_pylist()
    old, new = {row["topic_id"]: row["label"] for row in rows}, {t.topic_id: t.label for t in model.topics}
    table = counted(model, archive.query("SELECT topic_id FROM assignments")["topic_id"])
    changed = {"topics": with_columns(table, fitted_on=max((row["fitted_on"] or 0 for row in rows), default=0))}
    clusters = [_cluster(row, old, new) for row in archive.query("SELECT * FROM clusters").to_pylist()]
    changed["clusters"] = pa.Table.from_pylist(clusters, schema=DERIVED["clusters"])
    for name, columns in _NAMED.items():
        changed[name] = _renamed(archive.query(f"SELECT * FROM {_VIEWS.get(name, name)}"), columns, new)
    changed["contact_facts"] = _themed(changed["contact_facts"], changed["topics"])
    for name, data in changed.items():
        if data.num_rows:
            archive.replace(name, data.cast(DERIVED[name]))


def _renamed(table: pa.Table, columns: Labels, new: Labels) -> pa.Table:
    """The table with the names of today; what names no topic of today stays."""
    labels, ids = pa.array(new.values(), pa.string()), pa.array(new.keys(), pa.string())
    for name, key in columns.items():
        named = labels.take(pc.index_in(table[key], value_set=ids).combine_chunks())
        table = table.set_column(table.schema.get_field_index(name), name, pc.coalesce(named, table[name]))
    return table


def _themed(facts: pa.Table, model: pa.Table) -> pa.Table:
    for name, values in measure.themes_of(facts["topic_id"], model).items():
        facts = facts.set_column(facts.schema.get_field_index(name), name, values)
    return facts


def _cluster(row: dict[str, Any], old: Labels, new: Labels) -> dict[str, Any]:
    """A cluster with the names of its topics and of its strongest edge, which is told by the name it has."""
    more = f" and {len(row['topics']) - 2} more" if len(row["topics"]) > 2 else ""
    pairs = [pair for pair in permutations(row["topics"], 2) if _edge(pair, old) + more == row["label"]]
    label = _edge(pairs[0], new) + more if pairs else row["label"]
    return row | {"label": label, "topic_labels": [new.get(topic, topic) for topic in row["topics"]]}


def _edge(pair: tuple[str, ...], labels: Labels) -> str:
    return " → ".join(labels.get(topic, topic) for topic in pair)
