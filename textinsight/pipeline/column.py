"""Topics of any column of any table file, without an archive."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textinsight import topics
from textinsight.encode import encode_unique, load_encoder
from textinsight.errors import InputError, StoreError, UsageError
from textinsight.ingest import Reject
from textinsight.ingest.layout import Row
from textinsight.ingest.redact import mask_text
from textinsight.ingest.tables import read_rows
from textinsight.pipeline.progress import Progress, Silent
from textinsight.store.export import defuse

_ADDED = ("topic_id", "topic_label", "confidence")
_UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class ColumnTopics:
    """What was found: rows written, rows refused, topics, and the share of rows that belong to none."""

    n_rows: int
    n_rejected: int
    topics: tuple[topics.Topic, ...]
    unclear_share: float


def discover_column(
    path: str | Path, *, text: str, out: str | Path, encoder: str = "static-en", progress: Progress | None = None
) -> ColumnTopics:
    """Find the topics of column `text` and write the rows as CSV with topic_id, topic_label and confidence added.

    A row that fits no topic has topic_id and label "unclear" and confidence 0. Personal data is masked in every
    cell, formula cells are defused. Raises InputError for a file without usable rows, UsageError for an unknown
    column, StoreError if `out` cannot be written.
    """
    progress = progress or Silent()
    progress.stage("reading", None)
    rows, rejects = _read(Path(path), text)
    texts = [mask_text(str(row.values.get(text) or "")).text for row in rows]
    progress.stage("encoding", None)
    engine = load_encoder(encoder)
    vectors = encode_unique(engine, texts)
    progress.stage("topics", None)
    model = topics.discover(texts, vectors, engine=engine.name)
    assigned = topics.assign(model, vectors)
    progress.stage("writing", None)
    _write(rows, model, assigned, Path(out))
    leaves = tuple(model.topics[i] for i in model.leaves)
    return ColumnTopics(len(rows), len(rejects), leaves, assigned.unclear_share)


def _read(path: Path, text: str) -> tuple[list[Row], list[Reject]]:
    rows: list[Row] = []
    rejects: list[Reject] = []
    for item in read_rows(path):
        if isinstance(item, Reject):
            rejects.append(item)
        else:
            rows.append(item)
    if not rows:
        raise InputError(f"{path} has no usable row", hint="give a CSV, JSON Lines or Parquet file with a header")
    names = list(dict.fromkeys(name for row in rows for name in row.values))
    if text not in names:
        raise UsageError(f"{path.name} has no column {text!r}", hint=f"columns: {', '.join(map(str, names[:20]))}")
    return rows, rejects


def _write(rows: Sequence[Row], model: topics.TopicModel, assigned: topics.Assignment, out: Path) -> None:
    names = [name for name in dict.fromkeys(name for row in rows for name in row.values) if name not in _ADDED]
    part = out.with_name(f".{out.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([defuse(str(name)) for name in (*names, *_ADDED)])
            for row, index, sure in zip(rows, assigned.index.tolist(), assigned.confidence.tolist(), strict=True):
                topic = model.topics[index] if index >= 0 else topics.Topic(_UNCLEAR, _UNCLEAR)
                cells = [_cell(row.values.get(name)) for name in names]
                writer.writerow([*cells, topic.topic_id, defuse(topic.label), f"{sure:.3f}"])
        part.replace(out)
    except OSError as error:
        raise StoreError(f"cannot write {out}: {error}", hint="give a writable --out") from error
    finally:
        part.unlink(missing_ok=True)


def _cell(value: Any) -> str:
    return "" if value is None else defuse(mask_text(str(value)).text)
