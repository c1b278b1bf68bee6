"""Topics: what they are called, where they lie in vector space, and their table."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight.errors import StoreError
from textinsight.store.derived import DERIVED

if TYPE_CHECKING:
    from textinsight.topics.classify import ReasonClassifier

Vectors = npt.NDArray[np.float32]
_UNCLEAR = "unclear"  # what contacts without a topic are called
_CONTROL = ("Cc", "Cs")  # Unicode categories: control characters, halves of a character


@dataclass(frozen=True, slots=True)
class Topic:
    """A contact reason, or a theme that groups some. n: contacts; source: discovered, taxonomy or curated."""

    topic_id: str
    label: str
    description: str = ""
    parent_id: str | None = None
    terms: tuple[str, ...] = ()
    n: int = 0
    examples: tuple[str, ...] = ()
    source: str = "discovered"


@dataclass(frozen=True, slots=True)
class Merged:
    """A topic that an analyst merged into another: its id, where its contacts go now, its centroid (d,)."""

    topic_id: str
    into: str
    centroid: Vectors


@dataclass(frozen=True)
class TopicModel:
    """Topics with their unit centroids (n_topics, d), made by encoder `engine`. Themes are rows too.

    merged: topics that live on in others. classifier: decides which contacts have a reason of the taxonomy; without
    it these are found by their centroids. Raises ValueError if topics and centroids differ in number, or an id repeats.
    """

    topics: tuple[Topic, ...]
    centroids: Vectors
    engine: str
    merged: tuple[Merged, ...] = ()
    classifier: ReasonClassifier | None = None

    def __post_init__(self) -> None:
        if self.centroids.ndim != 2 or len(self.centroids) != len(self.topics):
            raise ValueError(f"{len(self.topics)} topics but centroids of shape {self.centroids.shape}")
        if len({topic.topic_id for topic in self.topics}) != len(self.topics):
            raise ValueError("topic_id repeats")

    @cached_property
    def leaves(self) -> npt.NDArray[np.int64]:
        """Rows that contacts are assigned to: all but themes."""
        themes = {topic.parent_id for topic in self.topics}
        return np.array([i for i, t in enumerate(self.topics) if t.topic_id not in themes], np.int64)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """topic_id → row, the ids of merged topics included."""
        rows = {topic.topic_id: i for i, topic in enumerate(self.topics)}
        for gone in reversed(self.merged):
            rows[gone.topic_id] = rows[gone.into]
        return rows

    @cached_property
    def centres(self) -> tuple[Vectors, npt.NDArray[np.int64]]:
        """What contacts are compared with: unit centres (m, d) and the row of each one's topic (m,), ascending.

        The leaves' centroids and those of topics merged into them; the taxonomy's own are left to its classifier.
        """
        return self._centres_but(frozenset(self.classifier.topic_ids if self.classifier else ()))

    def assigns_as(self, other: TopicModel) -> bool:
        """Whether both give every contact the same topic, whatever they call it."""
        ids = [[model.topics[row].topic_id for row in (*model.leaves, *model.centres[1])] for model in (self, other)]
        same = ids[0] == ids[1] and self.classifier is other.classifier
        return same and np.array_equal(self.centres[0], other.centres[0])

    def leaf_cosines(self, vectors: Vectors) -> Vectors:
        """(n, leaves) cosine of each vector (n, d) to the nearest centre of each leaf, the taxonomy's among them."""
        centres, rows = self._centres_but(frozenset())
        starts = np.unique(rows, return_index=True)[1]
        return np.asarray(np.maximum.reduceat(vectors.astype(np.float32) @ centres.T, starts, axis=1))

    def _centres_but(self, decided: frozenset[str]) -> tuple[Vectors, npt.NDArray[np.int64]]:
        leaves = [i for i in self.leaves.tolist() if self.topics[i].topic_id not in decided]
        further = [gone for gone in self.merged if gone.topic_id not in decided]
        rows = np.array(leaves + [self.row_of[gone.topic_id] for gone in further], np.int64)
        centres = np.vstack([self.centroids[leaves], *(gone.centroid[None] for gone in further)])
        order = np.argsort(rows, kind="stable")
        return centres[order].astype(np.float32), rows[order]

    def to_table(self) -> pa.Table:
        """The table "topics" of the store."""
        schema = DERIVED["topics"]
        centroids = [row.tobytes() for row in self.centroids.astype("<f4")]
        rows = [
            {**{name: getattr(topic, name) for name in _FIELDS}, "engine": self.engine, "centroid": centroid}
            for topic, centroid in zip(self.topics, centroids, strict=True)
        ]
        return pa.Table.from_pylist(rows, schema=schema)

    @classmethod
    def from_table(cls, table: pa.Table) -> TopicModel:
        """The model a table "topics" holds; StoreError if its centroids do not fit one engine."""
        rows = table.to_pylist()
        engines = {row["engine"] for row in rows}
        sizes = {len(row["centroid"]) for row in rows}
        if len(engines) > 1 or len(sizes) > 1:
            raise StoreError(
                f"topics of {len(engines)} engines and {len(sizes)} vector sizes in one table",
                hint="rebuild the topics: textinsight topics refresh",
            )
        topics = tuple(_topic(row) for row in rows)
        buffer = b"".join(row["centroid"] for row in rows)
        width = sizes.pop() // 4 if sizes else 0
        centroids = np.frombuffer(buffer, "<f4").reshape(len(rows), width).astype(np.float32)
        return cls(topics, centroids, engines.pop() if engines else "")


_FIELDS = tuple(Topic.__dataclass_fields__)


def _topic(row: dict[str, Any]) -> Topic:
    lists = {name: tuple(row[name] or ()) for name in ("terms", "examples")}
    return Topic(**{name: row[name] for name in _FIELDS} | lists)


def topic_id(kind: str, number: int) -> str:
    """The id of topic ("t") or theme ("g") `number`: t001, g012."""
    return f"{kind}{number:03d}"


def as_name(text: str) -> str:
    """`text` on one line. ValueError if it can be no name: blank, with control characters, or "unclear"."""
    name = " ".join(text.split())
    if not name:
        raise ValueError("a name has at least one letter")
    if any(unicodedata.category(char) in _CONTROL for char in name):
        raise ValueError(f"a name has no control characters, got {name!r}")
    if name.casefold() == _UNCLEAR:
        raise ValueError(f"{name!r} is what contacts without a topic are called")
    return name


def is_theme_id(topic_id: str) -> bool:
    """Whether this is the id of a discovered or new theme, whatever is under it."""
    return topic_id[:1] == "g" and topic_id[1:].isdecimal()
