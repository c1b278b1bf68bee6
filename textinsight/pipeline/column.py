"""Topics of any column of any table file, without an archive."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from textinsight import topics
from textinsight.encode import DEFAULT, Encoder, Vectors, encode_unique, load_encoder
from textinsight.errors import InputError, StoreError, UsageError
from textinsight.ingest import Reject
from textinsight.ingest.layout import Row
from textinsight.ingest.redact import mask_text
from textinsight.ingest.tables import read_rows
from textinsight.pipeline.progress import Progress, Silent
from textinsight.store.export import defuse
from textinsight.topics import Topic, TopicQuality
from textinsight.topics.reconcile import free_label

_ADDED = ("topic_id", "topic_label", "confidence", "theme")
_UNCLEAR = "unclear"
_MASKED = re.compile(r"\[\w+\]")
_NOTHING = frozenset(("n/a", "na", "nan", "nil", "none", "null"))  # what stands in an empty cell of other programs


@dataclass(frozen=True, slots=True)
class ColumnTopics:
    """What was found: rows written, rows refused, topics and the themes above them, how good the topics are.

    without_words: share of the rows, which say nothing and have no topic; unclear_share: of the others. renamed: the
    file's columns that are called as one of those added → what they are called in the output.
    """

    n_rows: int
    n_rejected: int
    topics: tuple[Topic, ...]
    themes: tuple[Topic, ...]
    unclear_share: float
    without_words: float
    quality: tuple[TopicQuality, ...]
    renamed: dict[str, str]


@dataclass(frozen=True, slots=True)
class ColumnSettings:
    """encoder: see `encode.load_encoder`. unclear_at_most: share of the rows with words that may stay unclear.

    taxonomy: the company's own reasons, which come first; topics are discovered beside them. namer: see `topics`.
    """

    encoder: str = DEFAULT
    unclear_at_most: float = 0.05
    taxonomy: tuple[topics.Reason, ...] = ()
    namer: topics.Namer | None = None


def discover_column(
    path: str | Path,
    *,
    text: str,
    out: str | Path,
    settings: ColumnSettings = ColumnSettings(),
    progress: Progress | None = None,
) -> ColumnTopics:
    """Find the topics of column `text`; write the rows as CSV with topic_id, topic_label, confidence and theme added.

    A row that fits no topic, or has no letter, has topic_id and label "unclear" and confidence 0. Columns that are
    already called so are kept as "theme (2)". Personal data is masked in every cell, formula cells are defused.
    Raises InputError for a file without usable rows, UsageError for an unknown column or if `out` is the file itself,
    StoreError if `out` cannot be written.
    """
    progress = progress or Silent()
    _check_out(Path(path), Path(out))
    assigning = topics.AssignConfig(unclear_at_most=settings.unclear_at_most)
    progress.stage("reading", None)
    rows, rejects = _read(Path(path), text)
    texts = [mask_text(str(row.values.get(text) or "")).text for row in rows]
    progress.stage("encoding", None)
    encoder = load_encoder(settings.encoder)
    has_words = np.array([_has_words(text) for text in texts])
    vectors = np.where(has_words[:, None], encode_unique(encoder, texts), 0)
    progress.stage("topics", None)
    model = _model(texts, vectors, encoder, settings)
    assigned = topics.assign(model, vectors, config=assigning)
    model = _counted(model, assigned)
    progress.stage("writing", None)
    names = _names(rows)
    _write(rows, names, model, assigned, Path(out))
    leaves, has_words = set(model.leaves.tolist()), np.asarray(vectors.any(1))
    return ColumnTopics(
        len(rows),
        len(rejects),
        tuple(topic for i, topic in enumerate(model.topics) if i in leaves),
        tuple(topic for i, topic in enumerate(model.topics) if i not in leaves),
        float((assigned.index[has_words] < 0).sum() / max(has_words.sum(), 1)),
        float(1 - has_words.mean()),
        topics.topic_quality(model, vectors, assigned, texts),
        {name: new for name, new in names.items() if name != new},
    )


def _check_out(path: Path, out: Path) -> None:
    if path.exists() and out.exists() and out.samefile(path):
        raise UsageError(f"{out} is the file to read; it would be overwritten, masked", hint="give another --out")


def _has_words(text: str) -> bool:
    """Whether there is a letter besides masked data, and more than a word for nothing ("N/A")."""
    return text.strip().lower() not in _NOTHING and any(char.isalpha() for char in _MASKED.sub("", text))


def _model(texts: Sequence[str], vectors: Vectors, encoder: Encoder, settings: ColumnSettings) -> topics.TopicModel:
    if settings.taxonomy:
        classifier = topics.fit_reasons(settings.taxonomy, encoder, prepare=str)
        model = topics.discover_beside(
            settings.taxonomy, classifier, texts, vectors, engine=encoder.name, encoder=encoder
        )
    else:
        model = topics.discover(texts, vectors, engine=encoder.name, encoder=encoder)
    return topics.renamed(model, settings.namer) if settings.namer else model


def _counted(model: topics.TopicModel, assigned: topics.Assignment) -> topics.TopicModel:
    """The model with each topic's rows, a theme's those of its topics."""
    counts = np.bincount(assigned.index[assigned.index >= 0], minlength=len(model.topics))
    for row in model.leaves.tolist():
        parent = model.topics[row].parent_id
        while parent:
            counts[model.row_of[parent]] += counts[row]
            parent = model.topics[model.row_of[parent]].parent_id
    return replace(model, topics=tuple(replace(t, n=int(n)) for t, n in zip(model.topics, counts, strict=True)))


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


def _names(rows: Sequence[Row]) -> dict[str, str]:
    """The columns' names and what they are called beside those added: "theme" is "theme (2)"."""
    names = dict.fromkeys(name for row in rows for name in row.values)
    taken = {*names, *_ADDED}
    return {name: free_label(name, taken) if name in _ADDED else name for name in names}


def _write(
    rows: Sequence[Row], names: dict[str, str], model: topics.TopicModel, assigned: topics.Assignment, out: Path
) -> None:
    part = out.with_name(f".{out.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([defuse(str(name)) for name in (*names.values(), *_ADDED)])
            for row, index, sure in zip(rows, assigned.index.tolist(), assigned.confidence.tolist(), strict=True):
                topic = model.topics[index] if index >= 0 else topics.Topic(_UNCLEAR, _UNCLEAR)
                theme = model.topics[model.row_of[topic.parent_id]].label if topic.parent_id else ""
                cells = [_cell(row.values.get(name)) for name in names]
                writer.writerow([*cells, defuse(topic.topic_id), defuse(topic.label), f"{sure:.3f}", defuse(theme)])
        part.replace(out)
    except OSError as error:
        raise StoreError(f"cannot write {out}: {error}", hint="give a writable --out") from error
    finally:
        part.unlink(missing_ok=True)


def _cell(value: Any) -> str:
    return "" if value is None else defuse(mask_text(str(value)).text)
