"""Names for topics in the contacts' own words: frequent in the topic, rare outside it, readable, distinct."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from textinsight.topics.bare import bare
from textinsight.topics.model import Vectors
from textinsight.topics.words import phrases

_WORTH = {1: 0.55, 2: 1.0, 3: 1.05, 4: 0.95}  # by number of words: one word says too little for a slide
_OF_WORDS = 0.5  # what a phrase is worth for the words in it
_N_TERMS = 8
_FEW = 8  # contacts from which a phrase said once is no name
_N_EXAMPLES = 3
_CANDIDATES = 30
_QUOTED = 30
_FAR = 0.1  # the least that a contact counts for its topic's name
_DRAWN_OUT = 0.25  # share of a word's contacts that must say the longer phrase


@dataclass(frozen=True, slots=True)
class Name:
    """What a topic is shown as. label: a phrase; terms: other telling phrases; examples: the nearest texts."""

    label: str
    terms: tuple[str, ...]
    examples: tuple[str, ...]


def name_groups(
    texts: Sequence[str], group: npt.NDArray[np.int64], weights: npt.NDArray[np.int64], near: Vectors
) -> list[Name]:
    """A name for each group 0..max(group). near: (n,) cosine of each text to its group's centroid.

    Score of a phrase: share of the group's contacts that say it × log of how much rarer it is elsewhere, where
    contacts count by their closeness to the centroid.
    """
    n_groups = int(group.max()) + 1 if len(group) else 0
    counted = np.asarray(weights * np.clip(near, _FAR, 1), np.float64)
    counts = _count(texts, group, counted)
    totals: Counter[str] = Counter()
    for counter in counts.counts:
        totals.update(counter)
    taken: set[str] = set()
    names: list[Name] = []
    sizes = np.bincount(group[group >= 0], counted[group >= 0], n_groups)
    for row in range(n_groups):
        ranked = [
            key for key in _ranked(counts.counts[row], totals, sizes[row], sizes.sum()) if key in counts.said[row]
        ]
        ranked = ranked[:_CANDIDATES]
        said = [_wording(counts.said[row][key]) for key in ranked]
        members = np.flatnonzero(group == row)
        nearest = members[np.argsort(-near[members], kind="stable")[:_N_EXAMPLES]]
        examples = tuple(texts[i] for i in nearest)
        label = _label(ranked, said, counts.counts[row], taken) or _quoted(examples[0], row, taken)
        taken.add(label)
        names.append(Name(label, tuple(_varied(said, label)), examples))
    return names


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


def _ranked(counts: Counter[str], totals: Counter[str], size: float, total: float) -> list[str]:
    """Phrase keys of a group, most telling first by themselves and by their words; ties by key."""
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
    return sorted(keys, key=lambda key: (-score(key), key))


def _wording(said: Counter[str]) -> str:
    """The most frequent wording; ties by alphabet, so that the order of texts does not matter."""
    return min(said, key=lambda phrase: (-said[phrase], phrase))


def _label(keys: Sequence[str], said: Sequence[str], counts: Counter[str], taken: set[str]) -> str:
    """The first free phrase; for a lone word the best phrase around it, or the next phrase, if there is one."""
    for key, phrase in zip(keys, said, strict=True):
        options = [phrase]
        if " " not in key:
            longer = [i for i, k in enumerate(keys) if key in k.split() and k != key]
            options = [said[i] for i in longer if counts[keys[i]] >= _DRAWN_OUT * counts[key]]
            options += [said[i] for i, k in enumerate(keys) if " " in k] + [phrase]
        free = [option for option in options if option not in taken]
        if free:
            return free[0]
    return ""


def _quoted(example: str, row: int, taken: set[str]) -> str:
    """The start of a text, for topics without a telling phrase (another script, say); else a number."""
    start = " ".join(example.split())[:_QUOTED]
    quote = f"“{start}…”"
    return quote if any(c.isalpha() for c in start) and quote not in taken else f"topic {row + 1}"


def _varied(said: Sequence[str], label: str) -> list[str]:
    """Phrases that add a word to those before them."""
    seen = set(label.split())
    terms: list[str] = []
    for phrase in said:
        if set(phrase.split()) - seen and len(terms) < _N_TERMS:
            terms.append(phrase)
            seen |= set(phrase.split())
    return terms
