"""Contact reasons from the contacts' own texts: how many there are is found, not asked for."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from textinsight.errors import UsageError
from textinsight.topics.assign import AssignConfig
from textinsight.topics.cluster import centroids_of, centre, linkage_groups, merge_near, refine, themes_of
from textinsight.topics.label import name_groups
from textinsight.topics.model import Topic, TopicModel, Vectors, topic_id

Index = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TopicsConfig:
    """apart: mean cosine distance (texts centred) above which two groups stay two topics.

    support: least share of texts of a topic, and never under `least` texts. sample: texts the fit looks at.
    grouped: of these, texts that are grouped pair by pair. same: cosine from which two topics are one.
    """

    apart: float = 0.8
    support: float = 0.002
    least: int = 5
    sample: int = 20_000
    grouped: int = 5_000
    same: float = 0.9
    themes_from: int = 10
    assign: AssignConfig = AssignConfig()

    def __post_init__(self) -> None:
        if not 0 < self.apart < 2:
            raise UsageError(f"apart must lie in (0, 2), got {self.apart}", hint="apart=0.8")
        if not 0 <= self.support < 0.5:
            raise UsageError(f"support must lie in [0, 0.5), got {self.support}", hint="support=0.002")
        if self.least < 1 or not 2 <= self.grouped <= self.sample:
            raise UsageError("least must be 1 or more and 2 ≤ grouped ≤ sample", hint="use the defaults")


@dataclass(frozen=True, slots=True)
class _Sample:
    """Distinct texts with a vector, in the order of their hash; how often each came; their vectors."""

    texts: tuple[str, ...]
    weights: Index
    vectors: Vectors


def discover(
    texts: Sequence[str | None],
    vectors: Vectors,
    *,
    engine: str = "",
    config: TopicsConfig = TopicsConfig(),
) -> TopicModel:
    """The topics of `texts`, whose unit vectors (n, d) were made by `engine`; themes group them from 10 topics on.

    Independent of the texts' order; at most `config.sample` distinct texts are looked at. Under 20 distinct texts
    there may be one topic only. Texts without a vector take no part. ValueError if the lengths differ.
    """
    if len(texts) != len(vectors):
        raise ValueError(f"{len(texts)} texts but {len(vectors)} vectors")
    sample = _sample(texts, vectors, config.sample)
    if not sample.texts:
        return TopicModel((), np.zeros((0, vectors.shape[1] if vectors.ndim == 2 else 0), np.float32), engine)
    group = _groups(sample, config)
    return _model(sample, group, engine, config)


def _sample(texts: Sequence[str | None], vectors: Vectors, size: int) -> _Sample:
    counts = Counter(text for text in texts if text)
    hashed = sorted((hashlib.blake2b(text.encode(), digest_size=8).digest(), text) for text in counts)
    row = {text: i for i, text in reversed(list(enumerate(texts))) if text}
    found = [text for _, text in hashed if vectors[row[text]].any()][:size]
    rows = np.array([row[text] for text in found], np.int64)
    weights = np.array([counts[text] for text in found], np.int64)
    return _Sample(tuple(found), weights, np.asarray(vectors[rows], np.float32).reshape(len(found), -1))


def _groups(sample: _Sample, config: TopicsConfig) -> Index:
    """(n,) group of each text, 0 the largest: agglomerated on a part, then moved to the nearest centre."""
    centred = centre(sample.vectors, sample.weights)
    part = slice(0, config.grouped)
    first = linkage_groups(centred[part], config.apart)
    least = max(config.least, int(np.ceil(config.support * len(sample.texts))))
    seeds = centroids_of(centred[part], first, sample.weights[part], least=min(least, config.least))
    group = refine(centred, seeds, sample.weights, least=least)
    group = merge_near(centred, group, sample.weights, same=config.same)
    return _by_size(group, sample)


def _by_size(group: Index, sample: _Sample) -> Index:
    """Groups renumbered: most contacts first, ties by the first text's hash."""
    sizes = np.bincount(group, sample.weights)
    names, first = np.unique(group, return_index=True)
    order = sorted(range(len(names)), key=lambda i: (-sizes[names[i]], first[i]))
    number = np.zeros(int(group.max()) + 1, np.int64)
    number[names[order]] = np.arange(len(names))
    return number[group]


def _model(sample: _Sample, group: Index, engine: str, config: TopicsConfig) -> TopicModel:
    centroids = centroids_of(sample.vectors, group, sample.weights)
    theme = themes_of(centroids) if len(centroids) >= config.themes_from else np.full(len(centroids), -1)
    topics = _topics(sample, group, centroids, "t")
    if (theme < 0).all():
        return TopicModel(tuple(topics), centroids, engine)
    above = theme[group]
    theme_centroids = centroids_of(sample.vectors, above, sample.weights)
    themes = _topics(sample, above, theme_centroids, "g")
    parents = [themes[row].topic_id for row in theme]
    leaves = [replace(topic, parent_id=parent) for topic, parent in zip(topics, parents, strict=True)]
    return TopicModel((*leaves, *themes), np.vstack([centroids, theme_centroids]), engine)


def _topics(sample: _Sample, group: Index, centroids: Vectors, kind: str) -> list[Topic]:
    near = np.einsum("ij,ij->i", sample.vectors, centroids[group])
    names = name_groups(sample.texts, group, sample.weights, near)
    sizes = np.bincount(group, sample.weights).astype(np.int64)
    return [
        Topic(topic_id(kind, i + 1), name.label, terms=name.terms, n=int(n), examples=name.examples)
        for i, (name, n) in enumerate(zip(names, sizes, strict=True))
    ]
