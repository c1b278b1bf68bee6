"""Names for topics in the contacts' own words: frequent in the topic, rare outside it, readable, distinct."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from textinsight.encode import Encoder
from textinsight.topics.bare import bare
from textinsight.topics.model import Vectors
from textinsight.topics.words import phrases, stem

_WORTH = {1: 0.55, 2: 1.0, 3: 1.05, 4: 0.95}  # by number of words: one word says too little for a slide
_OF_WORDS = 0.5  # what a phrase is worth for the words in it
_N_TERMS = 8
_FEW = 8  # contacts from which a phrase said once is no name
_N_EXAMPLES = 3
_CANDIDATES = 30
_QUOTED = 30
_FITTING = 1.0  # power of a phrase's own cosine to the topic's centre, relative to the best of its candidates
_FAR = 0.1  # the least that a contact counts for its topic's name
_DRAWN_OUT = {True: 0.1, False: 0.5}  # share of a lone word's, a phrase's contacts that must say the longer phrase


@dataclass(frozen=True, slots=True)
class Name:
    """What a topic is shown as. label: a phrase; terms: other telling phrases; examples: near texts, often said."""

    label: str
    terms: tuple[str, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the groups lie, so that candidates can be compared: unit centroids (n_groups, d), and what encodes text."""

    centroids: Vectors
    encoder: Encoder

    def fitting(self, row: int, phrases: Sequence[str]) -> Vectors:
        """(n,) in [0, 1] how near each phrase is to group `row`, less how near it is to others if that is nearer."""
        cosine = self.encoder.encode([bare(phrase) for phrase in phrases]) @ self.centroids.T
        own = np.clip(cosine[:, row], 0.01, 1)
        behind = np.clip(cosine.max(1) - cosine[:, row], 0, None)
        value = np.clip(own - behind, 0.01, 1)
        return np.asarray((value / value.max()) ** _FITTING, np.float32)


def name_groups(
    texts: Sequence[str],
    group: npt.NDArray[np.int64],
    weights: npt.NDArray[np.int64],
    near: Vectors,
    *,
    place: Place | None = None,
    taken: Sequence[str] = (),
) -> list[Name]:
    """A name for each group 0..max(group), none of them in `taken`. near: (n,) cosine of each text to its centroid.

    Score of a phrase: share of the group's contacts that say it × log of how much rarer it is elsewhere, where
    contacts count by their closeness to the centroid; × how near the phrase's own vector is, where `place` is given.
    """
    n_groups = int(group.max()) + 1 if len(group) else 0
    counted = np.asarray(weights * np.clip(near, _FAR, 1), np.float64)
    counts = _count(texts, group, counted)
    totals: Counter[str] = Counter()
    for counter in counts.counts:
        totals.update(counter)
    used = set(taken)
    names: list[Name] = []
    sizes = np.bincount(group[group >= 0], counted[group >= 0], n_groups)
    for row in range(n_groups):
        scored = [
            (key, score)
            for key, score in _ranked(counts.counts[row], totals, sizes[row], sizes.sum())
            if key in counts.said[row]
        ][:_CANDIDATES]
        ranked = _fitted(scored, [_wording(counts.said[row][key]) for key, _ in scored], place, row)
        said = [_wording(counts.said[row][key]) for key in ranked]
        members = np.flatnonzero(group == row)
        typical = members[np.argsort(-near[members] * np.sqrt(weights[members]), kind="stable")]
        examples = tuple(texts[i] for i in typical[:_N_EXAMPLES])
        label = _label(ranked, said, counts.counts[row], used)
        often = typical[np.argsort(-weights[typical], kind="stable")]
        label = label or _quoted([texts[i] for i in often], row, used)
        used.add(label)
        names.append(Name(label, tuple(_varied(said, label)), examples))
    return names


def _fitted(scored: Sequence[tuple[str, float]], said: Sequence[str], place: Place | None, row: int) -> list[str]:
    """The keys, best first by score and, with a place, by how near the phrase is to the topic."""
    if place is None or not scored:
        return [key for key, _ in scored]
    fitting = place.fitting(row, said)
    order = sorted(range(len(scored)), key=lambda i: (-scored[i][1] * float(fitting[i]), scored[i][0]))
    return [scored[i][0] for i in order]


@dataclass(frozen=True, slots=True)
class _Counts:
    """counts: per group, contacts whose text has a phrase key. said: the same by how it was worded."""

    counts: list[Counter[str]]
    said: list[dict[str, Counter[str]]]


def _count(texts: Sequence[str], group: npt.NDArray[np.int64], weights: npt.NDArray[np.float64]) -> _Counts:
    counts: list[Counter[str]] = [Counter() for _ in range(int(group.max()) + 1)] if len(group) else []
    said: list[dict[str, Counter[str]]] = [defaultdict(Counter) for _ in counts]
    for text, row, weight in zip(texts, group.tolist(), weights.tolist(), strict=True):
        if row < 0:
            continue
        for key, phrase in phrases(bare(text)).items():
            counts[row][key] += weight
            if phrase:
                said[row][key][phrase] += weight
    return _Counts(counts, said)


def _ranked(counts: Counter[str], totals: Counter[str], size: float, total: float) -> list[tuple[str, float]]:
    """Phrase keys of a group and their scores, most telling first by themselves and by their words; ties by key."""
    least = max(1.0, 0.02 * size) if size >= _FEW else 0.0

    def telling(key: str) -> float:
        inside, outside = counts[key], totals[key] - counts[key]
        rarer = np.log(((inside + 0.1) / (size + 1)) / ((outside + 1) / (total - size + 10)))
        return float(inside / size * max(rarer, 0))

    def score(key: str) -> float:
        words = key.split()
        return _WORTH[len(words)] * (telling(key) + _OF_WORDS * sum(map(word_worth, words)) / len(words))

    word_worth = lru_cache(maxsize=None)(telling)
    keys = [key for key, n in counts.items() if n >= least]
    return sorted(((key, score(key)) for key in keys), key=lambda pair: (-pair[1], pair[0]))


def _wording(said: Counter[str]) -> str:
    """The most frequent wording; ties by alphabet, so that the order of texts does not matter."""
    return min(said, key=lambda phrase: (-said[phrase], phrase))


def _label(keys: Sequence[str], said: Sequence[str], counts: Counter[str], taken: set[str]) -> str:
    """The first free phrase, drawn out to a longer one around it that is said often enough.

    A lone word is drawn out sooner, or gives way to the next phrase, if there is one.
    """
    for key, phrase in zip(keys, said, strict=True):
        alone = " " not in key
        longer = [i for i, other in enumerate(keys) if other != key and f" {key} " in f" {other} "]
        least = _DRAWN_OUT[alone] * counts[key]
        options = [said[i] for i in longer if counts[keys[i]] >= least]
        if alone:
            options += [said[i] for i, other in enumerate(keys) if " " in other and i not in longer]
        free = [option for option in (*options, phrase) if option not in taken]
        if free:
            return free[0]
    return ""


def theme_name(labels: Sequence[str]) -> str:
    """A theme's name: the first two of its topics' labels, largest topic first, that differ; "…" for further topics."""
    named = [*labels[:1], *[label for label in labels[1:] if _differ(labels[0], label)][:1]]
    return ", ".join(named) + ("" if len(named) == len(labels) == 2 else " …")


def _differ(one: str, other: str) -> bool:
    """Whether each has a word that is no form of the other's ("transfer", "transferred"; "top up", "top-up")."""
    roots = [{stem(word)[:5] for word in re.split(r"[\s-]", phrase)} for phrase in (one, other)]
    return not (roots[0] <= roots[1] or roots[1] <= roots[0])


def _quoted(said: Sequence[str], row: int, taken: set[str]) -> str:
    """The start of the first text with a letter, for topics without a telling phrase (a button's, say); or a number."""
    text = next((" ".join(text.split()) for text in said if any(char.isalpha() for char in text)), "")
    quote = f"“{text}”" if len(text) <= _QUOTED else f"“{text[:_QUOTED]}…”"
    return quote if text and quote not in taken else f"topic {row + 1}"


def _varied(said: Sequence[str], label: str) -> list[str]:
    """Phrases that add a word to those before them."""
    seen = set(label.split())
    terms: list[str] = []
    for phrase in said:
        if set(phrase.split()) - seen and len(terms) < _N_TERMS:
            terms.append(phrase)
            seen |= set(phrase.split())
    return terms
