"""Contact reasons from the contacts' own texts: how many there are is found, not asked for."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from textinsight.encode import Encoder
from textinsight.errors import UsageError
from textinsight.topics.alike import Alike, agreement, centres_apart, less_wording, parted
from textinsight.topics.assign import AssignConfig
from textinsight.topics.cluster import (
    Index,
    centroids_of,
    covered,
    even_cuts,
    even_groups,
    evenness,
    linkage_cuts,
    mean_distance,
    merge_near,
    nearest,
    refine,
    silhouette,
    smoothed,
)
from textinsight.topics.label import Place, name_groups, theme_name
from textinsight.topics.model import Topic, TopicModel, Vectors, topic_id
from textinsight.topics.reconcile import free_label

_STEP = 0.025  # between the shares looked at
_SIZES = 23  # numbers of even groups looked at
_EVEN_FROM = 0.83  # effective share of groups (1: all of one size) from which groups are even
_APART_FROM = 0.55  # silhouette from which groups lie apart
_FEWEST = 5  # even groups looked at
_FEWEST_PAIRS = 50  # on one issue; fewer tell nothing of how fine topics are
_TOLD = 2.0  # standard errors from which one agreement with the pairs is better than another
_FILLED = 1.5  # times the support: what even groups hold on average, at the fewest
_LEAST_SPREAD = 0.6  # texts all about one thing are near each other; they are not split for that


@dataclass(frozen=True, slots=True)
class TopicsConfig:
    """Texts are drawn towards the mean of their `neighbours`, then joined by average linkage, which leaves groups as
    uneven as they are, while their mean distance is under a share of that of any two texts. Of the shares from
    `closest` to `widest` at which groups with support hold `held` of the texts, and the more the looser they are:
    share × `strict` (in loose groups asides weigh as much as reasons, so many small ones say little), the one is
    taken whose groups, all texts moved to the nearest centre, have the widest silhouette. If there is none, the
    one nearest to that. If those groups are about even and run into each other, groups by Ward's linkage, which are
    even, compete with them.

    support: of n contacts a topic needs n ** support (3 of 50, 8 of 1,000, 20 of 20,000), the share
    `share`, and `least` at the fewest. sample: distinct texts looked at, of which `grouped` are grouped pair by
    pair. same: cosine of centroids from which two topics are one. far: largest share of texts without a topic.
    themes_from: topics from which on themes group them.
    """

    closest: float = 0.4
    widest: float = 0.95
    held: float = 0.9
    strict: float = 1.25
    neighbours: int = 10
    support: float = 0.3
    share: float = 0.0
    least: int = 3
    sample: int = 20_000
    grouped: int = 5_000
    same: float = 0.9
    far: float = 0.05
    themes_from: int = 10

    def __post_init__(self) -> None:
        if not 0 < self.closest <= self.widest <= 1:
            got = f"closest {self.closest}, widest {self.widest}"
            raise UsageError(f"0 < closest ≤ widest ≤ 1 expected, got {got}", hint="closest=0.4, widest=0.95")
        if not 0 <= self.held <= 1 or self.strict < 0:
            raise UsageError(f"held in [0, 1] and strict ≥ 0 expected, got {self.held}, {self.strict}", hint="held=0.9")
        if not (0 <= self.support < 1 and 0 <= self.share < 1):
            got = f"support {self.support}, share {self.share}"
            raise UsageError(f"support and share must lie in [0, 1), got {got}", hint="support=0.3, share=0.003")
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
    encoder: Encoder | None = None,
    alike: Alike | None = None,
) -> TopicModel:
    """The topics of `texts`, whose unit vectors (n, d) were made by `engine`, largest first, then their themes.

    Independent of the texts' order; at most `config.sample` distinct texts are looked at, and `n` counts
    contacts with these. encoder: if given, names are weighed by how near their own vectors lie to the topic's. alike:
    rows that are known to be on one issue. Few texts may give one topic only. Texts without a vector take no part.
    ValueError if the lengths differ.
    """
    if len(texts) != len(vectors):
        raise ValueError(f"{len(texts)} texts but {len(vectors)} vectors")
    first = frozenset() if alike is None else frozenset(texts[i] for i in alike.pairs.ravel().tolist())
    sample = _sample(texts, vectors, config.sample, first)
    if not sample.texts:
        return TopicModel((), np.zeros((0, vectors.shape[1]), np.float32), engine)
    known = None if alike is None else _alike(sample, texts, alike)
    group = _by_size(_groups(sample.vectors, sample.weights, config, known), sample.weights)
    centroids = _centres(sample.vectors, group, known)
    topics = _topics(sample, group, centroids, "t", encoder)
    if len(topics) < config.themes_from:
        return TopicModel(tuple(topics), centroids, engine)
    return _with_themes(sample, group, TopicModel(tuple(topics), centroids, engine), encoder)


def _centres(vectors: Vectors, group: Index, known: Alike | None) -> Vectors:
    return centroids_of(vectors, group) if known is None else centres_apart(vectors, group, known)


def _sample(texts: Sequence[str | None], vectors: Vectors, size: int, first: frozenset[str | None]) -> _Sample:
    """The `size` distinct texts of the lowest hashes, those of `first` before others: every order of input agrees."""
    known: list[bool] = np.asarray(vectors.any(axis=1)).tolist()
    counts = Counter(text for text, has_vector in zip(texts, known, strict=True) if text and has_vector)
    place = {text: (hashlib.blake2b(text.encode(), digest_size=8).digest(), text) for text in counts}
    wanted = set(sorted(counts, key=lambda text: (text not in first, place[text]))[:size])
    found = sorted(wanted, key=lambda text: place[text])
    row = {text: i for i, text in enumerate(texts) if text in wanted}
    rows = np.array([row[text] for text in found], np.int64)
    weights = np.array([counts[text] for text in found], np.int64)
    return _Sample(tuple(found), weights, np.asarray(vectors[rows], np.float32))


def _alike(sample: _Sample, texts: Sequence[str | None], alike: Alike) -> Alike:
    """The same pairs for the sample's distinct texts; a text that several kinds say is of the last."""
    place = {text: i for i, text in enumerate(sample.texts)}
    number = np.array([place.get(text or "", -1) for text in texts], np.int64)
    kind = np.full(len(sample.texts), -1, np.int64)
    np.maximum.at(kind, number[number >= 0], alike.kind[number >= 0])
    return alike.of_texts(number, kind)


@dataclass(frozen=True, slots=True)
class _Part:
    """Texts that are grouped pair by pair: vectors (n, d), also drawn together, and how many contacts have each."""

    vectors: Vectors
    near: Vectors
    counts: Index

    def settled(self, cut: Index, least: int) -> Index:
        """(n,) the groups with support once all texts are in the one whose centre is nearest."""
        seeds = centroids_of(self.vectors, cut, least=least, counts=self.counts)
        return refine(self.vectors, seeds, least=least, counts=self.counts)

    def even_sizes(self, least: int) -> list[int]:
        """Numbers of even groups to look at: up to as many as have support."""
        most = max(_FEWEST, self.counts.sum() / (_FILLED * least))
        return [int(size) for size in np.geomspace(_FEWEST, min(most, max(_FEWEST, len(self.counts))), _SIZES)]


def _groups(vectors: Vectors, counts: Index, config: TopicsConfig, alike: Alike | None) -> Index:
    """(n,) group of each text: a part agglomerated, then all moved to the nearest centre; see `topics.alike`.

    counts: (n,) contacts with each text: support is counted in contacts. Smaller groups are let in until at most `far`
    of the texts lie too far from their centre to be assigned to it.
    """
    vectors = vectors if alike is None else less_wording(vectors, alike)
    first = vectors[: config.grouped]
    part = _Part(first, smoothed(first, config.neighbours), counts[: config.grouped])
    n, share = int(counts.sum()), float(part.counts.sum() / counts.sum())
    most = max(config.least, round(n**config.support), round(n * config.share))
    few = max(2, round(most * share))
    if alike is None or len(alike.pairs) < _FEWEST_PAIRS:
        group = _first_groups(part, few, config)
    else:
        group = _agreed_groups(part, few, config, vectors, alike)
    for least in range(most, 0, -1):
        seeds = centroids_of(first, group, least=max(min(2, least), round(least * share)), counts=part.counts)
        found = merge_near(vectors, refine(vectors, seeds, least=least, counts=counts), same=config.same)
        if _far_share(vectors, found) <= config.far:
            break
    return found if alike is None else parted(vectors, found, alike, least=most, counts=counts)


def _first_groups(part: _Part, least: int, config: TopicsConfig) -> Index:
    """(n,) groups by average linkage or, where these are about even and run into each other, by Ward's if it is better.

    Average linkage finds groups of any size that lie apart; of such that do not it chains several into one. Even groups
    differ by little in how they part the texts themselves; drawn together, the texts tell them apart.
    """
    uneven = [part.settled(cut, least) for cut in _uneven_cuts(part, least, config)]
    group = max(uneven, key=partial(silhouette, part.vectors))
    if group.max() == 0 or evenness(group) < _EVEN_FROM or silhouette(part.vectors, group) >= _APART_FROM:
        return group
    even = [part.settled(cut, least) for cut in even_cuts(part.near, part.even_sizes(least))]
    return max([group, *even], key=partial(silhouette, part.near))


def _agreed_groups(part: _Part, least: int, config: TopicsConfig, vectors: Vectors, alike: Alike) -> Index:
    """(n,) groups of `part` that agree best with what is on one issue among all `vectors`.

    Of the levels of both linkages whose agreement cannot be told from the best, the one is taken whose groups have the
    widest silhouette.
    """
    cuts = [*_levels(part.near, config), *even_cuts(part.near, part.even_sizes(least))]
    groups = [part.settled(cut, least) for cut in cuts]
    agreed = [agreement(nearest(vectors, centroids_of(part.vectors, group)), alike) for group in groups]
    best = max(agreed, key=lambda one: one.modularity)
    least_agreed = best.modularity - _TOLD * best.error
    good = [group for group, one in zip(groups, agreed, strict=True) if one.modularity >= least_agreed]
    return max(good, key=partial(silhouette, part.vectors))


def _levels(part: Vectors, config: TopicsConfig) -> list[Index]:
    """Groups by average linkage at every level."""
    scale = max(mean_distance(part), _LEAST_SPREAD)
    return list(linkage_cuts(part, (_shares(config) * scale).tolist()))


def _shares(config: TopicsConfig) -> npt.NDArray[np.float64]:
    return np.arange(config.closest, config.widest + _STEP / 2, _STEP)


def _uneven_cuts(part: _Part, least: int, config: TopicsConfig) -> list[Index]:
    """Groups of the levels at which enough contacts are in groups with support; else of the level nearest to that."""
    cuts, wanted = _levels(part.near, config), np.maximum(config.held, config.strict * _shares(config))
    spare = np.array([covered(cut, least, part.counts) for cut in cuts]) - wanted
    return [cut for cut, more in zip(cuts, spare, strict=True) if more >= min(0, spare.max())]


def _far_share(vectors: Vectors, group: Index) -> float:
    cosine = np.einsum("ij,ij->i", vectors, centroids_of(vectors, group)[group])
    return float((cosine <= AssignConfig().floor).mean())


def _by_size(group: Index, weights: Index) -> Index:
    """Groups renumbered: most contacts first, ties by the first text's place."""
    first = np.unique(group, return_index=True)[1]
    order = np.lexsort((first, -np.bincount(group, weights)))
    return np.asarray(np.argsort(order)[group], np.int64)


def _with_themes(sample: _Sample, group: Index, model: TopicModel, encoder: Encoder | None) -> TopicModel:
    """`model` with about the square root of its number of topics as themes behind them."""
    theme = even_groups(model.centroids, round(np.sqrt(len(model.topics))))
    above = _by_size(theme[group], sample.weights)
    centroids = centroids_of(sample.vectors, above)
    themes = _topics(sample, above, centroids, "g", encoder)
    of = dict(zip(group.tolist(), above.tolist(), strict=True))
    taken = {topic.label for topic in model.topics}
    for row, topic in enumerate(themes):
        under = [leaf.label for at, leaf in enumerate(model.topics) if of[at] == row]
        themes[row] = replace(topic, label=free_label(theme_name(under), taken))
    parent = {at: themes[row].topic_id for at, row in of.items()}
    leaves = [replace(topic, parent_id=parent[row]) for row, topic in enumerate(model.topics)]
    return TopicModel((*leaves, *themes), np.vstack([model.centroids, centroids]), model.engine)


def _topics(
    sample: _Sample,
    group: Index,
    centroids: Vectors,
    kind: str,
    encoder: Encoder | None,
) -> list[Topic]:
    near = np.einsum("ij,ij->i", sample.vectors, centroids[group])
    place = Place(centroids, encoder) if encoder is not None else None
    names = name_groups(sample.texts, group, sample.weights, near, place=place)
    sizes = np.bincount(group, sample.weights).astype(np.int64)
    return [
        Topic(topic_id(kind, i + 1), name.label, terms=name.terms, n=int(n), examples=name.examples)
        for i, (name, n) in enumerate(zip(names, sizes, strict=True))
    ]
