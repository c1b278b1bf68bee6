"""Why a text is in its topic: the words that decide it, the runner-up, and the nearest texts that are in it too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from textinsight.encode import Encoder
from textinsight.topics.assign import AssignConfig, assign
from textinsight.topics.bare import bare
from textinsight.topics.model import Topic, TopicModel, Vectors

_DEFAULT = AssignConfig()
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_MOST_WORDS = 60
_N_WORDS = 5
_N_NEAREST = 3


@dataclass(frozen=True, slots=True)
class DecidingWord:
    """Characters [start, end) of the text. weight: how much of the lead over the runner-up goes without the word."""

    start: int
    end: int
    word: str
    weight: float


@dataclass(frozen=True, slots=True)
class Alike:
    """A text of the same topic and its cosine to the one that is explained."""

    text: str
    cosine: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """topic None: the text is unclear, or empty. runner_up: the next topic. lead: by how much the topic is nearer."""

    text: str
    topic: Topic | None
    confidence: float
    runner_up: Topic | None
    lead: float
    words: tuple[DecidingWord, ...]
    nearest: tuple[Alike, ...]


def explain(
    model: TopicModel,
    text: str,
    encoder: Encoder,
    *,
    texts: Sequence[str] = (),
    vectors: Vectors | None = None,
    config: AssignConfig = _DEFAULT,
) -> Explanation:
    """Why `text` gets its topic. texts, vectors (n, d): contacts of this topic to look for the nearest among.

    A word's weight: the lead over the runner-up with it less the lead without it; the five of most weight, if above 0.
    """
    vector = encoder.encode([bare(text)])
    found = assign(model, vector, config=config)
    row = int(found.index[0])
    if row < 0:
        return Explanation(text, None, 0.0, None, 0.0, (), ())
    other = _runner_up(model, vector, row)
    lead = _lead(model, vector, row, other)
    words = _deciding(model, text, encoder, row, other, float(lead[0]))
    runner_up = None if other is None else model.topics[other]
    nearest = _alike(vector[0], text, texts, vectors)
    return Explanation(text, model.topics[row], float(found.confidence[0]), runner_up, float(lead[0]), words, nearest)


def _runner_up(model: TopicModel, vector: Vectors, row: int) -> int | None:
    cosine = model.leaf_cosines(vector)[0]
    cosine[model.leaves == row] = -2
    return int(model.leaves[cosine.argmax()]) if len(cosine) > 1 else None


def _lead(model: TopicModel, vectors: Vectors, row: int, other: int | None) -> Vectors:
    cosine = model.leaf_cosines(vectors)
    own = cosine[:, model.leaves == row][:, 0]
    return np.asarray(own if other is None else own - cosine[:, model.leaves == other][:, 0], np.float32)


def _deciding(
    model: TopicModel, text: str, encoder: Encoder, row: int, other: int | None, lead: float
) -> tuple[DecidingWord, ...]:
    spans = [match.span() for match in _WORD.finditer(text)][:_MOST_WORDS]
    without = encoder.encode([bare(text[:start] + " " + text[end:]) for start, end in spans])
    left = _lead(model, without, row, other) if spans else np.zeros(0)
    words = [DecidingWord(a, b, text[a:b], round(lead - float(v), 4)) for (a, b), v in zip(spans, left, strict=True)]
    ranked = sorted((word for word in words if word.weight > 0), key=lambda word: (-word.weight, word.start))
    return tuple(ranked[:_N_WORDS])


def _alike(vector: Vectors, text: str, texts: Sequence[str], vectors: Vectors | None) -> tuple[Alike, ...]:
    if vectors is None or not len(texts):
        return ()
    cosine = vectors.astype(np.float32) @ vector
    found: dict[str, float] = {}
    for i in np.argsort(-cosine, kind="stable").tolist():
        if texts[i] != text:
            found.setdefault(texts[i], round(float(cosine[i]), 4))
        if len(found) == _N_NEAREST:
            break
    return tuple(Alike(said, near) for said, near in found.items())
