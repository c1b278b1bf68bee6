"""The polarity model: words, word pairs, cues and a static vector into a linear head of three classes.

A linear head keeps the evidence exact: what each word added to the score can be read off.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from textinsight.encode import Encoder, load_encoder
from textinsight.errors import ModelError
from textinsight.resources import model_path
from textinsight.tag.scan import fold

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MODEL = "sentiment-static"
LABELS = (-1, 0, 1)

_TOKEN = re.compile(
    r"(?P<skip>@\w+|https?://\S+|<\w+>|\[\w+\]|&\w+;)|[a-z]+(?:'[a-z]+)*|\d+(?:[.,:]\d+)*|[!?]+|[^\w\s]"
)
_CAPS = re.compile(r"\b[A-Z]{3,}\b")
_STRETCHED = re.compile(r"(.)\1{2,}")
_NEGATORS = frozenset(
    """
    not no never without cannot cant dont doesnt didnt isnt wasnt arent werent wont wouldnt couldnt shouldnt
    havent hasnt hadnt aint nothing nobody neither nor hardly
    """.split()  # noqa: SIM905
)
_SCOPE = 3  # words after a negator that it turns
_LENGTHS = ((1, "<one>"), (3, "<few>"), (8, "<short>"), (20, "<middle>"), (10**9, "<long>"))
_MAX_TOKENS = 400  # what a person says in one breath; later words do not change the tone

Array = npt.NDArray[np.float32]
Word = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Polarity:
    """label -1, 0, 1; score = P(positive) - P(negative); [start, end) the words that moved it most."""

    label: int
    score: float
    start: int
    end: int


def words(text: str) -> list[Word]:
    """(word, start, end): lower case, no apostrophes, digits as 0, mentions and addresses left out."""
    found = []
    for match in _TOKEN.finditer(fold(text)):
        if match["skip"] is None:
            found.append((_plain(match[0]), match.start(), match.end()))
            if len(found) == _MAX_TOKENS:
                break
    return found


def _plain(word: str) -> str:
    if word[0].isdigit():
        return "0"
    if word[0] in "!?":
        return word[:2]
    return _STRETCHED.sub(r"\1\1", word).replace("'", "")


def features(text: str, found: Sequence[Word], cues: Sequence[str] = ()) -> list[tuple[str, int, int]]:
    """(feature, first word, last word + 1): words, pairs, negated words, and marks of the whole turn (0, 0)."""
    plain = [word for word, _, _ in found]
    out = [(word, i, i + 1) for i, word in enumerate(plain)]
    out += [(f"{a} {b}", i, i + 2) for i, (a, b) in enumerate(pairwise(plain))]
    out += list(_negated(plain))
    out += [(f"<{cue}>", 0, 0) for cue in cues]
    out.append((next(name for most, name in _LENGTHS if len(plain) <= most), 0, 0))
    if len(_CAPS.findall(text)) > 1:
        out.append(("<caps>", 0, 0))
    return out


def _negated(plain: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    for i, word in enumerate(plain):
        if word in _NEGATORS:
            for j in range(i + 1, min(i + 1 + _SCOPE, len(plain))):
                yield f"not~{plain[j]}", i, j + 1


@dataclass(frozen=True)
class PolarityModel:
    """vocabulary: feature → row of `weights` (features, 3); `vector` (dimension, 3); `bias` (3,); all / temperature."""

    name: str
    vocabulary: dict[str, int]
    weights: Array
    vector: Array
    bias: Array
    encoder: Encoder

    def predict(self, texts: Sequence[str], cues: Sequence[Sequence[str]]) -> list[Polarity]:
        """One polarity a text; `cues`: the labels of the cues found in each."""
        found = [words(text) for text in texts]
        spans = [self._spans(*row) for row in zip(texts, found, cues, strict=True)]
        matrix = self._matrix([[row for row, _, _ in turn] for turn in spans])
        dense = self.encoder.encode([" ".join(word for word, _, _ in turn) for turn in found])
        logits = np.asarray(matrix @ self.weights) + dense @ self.vector + self.bias
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        labels = chances.argmax(axis=1) - 1
        scores = chances[:, 2] - chances[:, 0]
        return [self._polarity(int(labels[i]), float(scores[i]), spans[i], found[i]) for i in range(len(texts))]

    def _spans(self, text: str, found: list[Word], cues: Sequence[str]) -> list[tuple[int, int, int]]:
        known = self.vocabulary
        seen: dict[int, tuple[int, int, int]] = {}
        for feature, first, end in features(text, found, cues):
            row = known.get(feature)
            if row is not None and row not in seen:
                seen[row] = (row, first, end)
        return list(seen.values())

    def _matrix(self, rows: list[list[int]]) -> csr_matrix:
        return ngram_matrix(rows, len(self.vocabulary))

    def _polarity(self, label: int, score: float, spans: list[tuple[int, int, int]], found: list[Word]) -> Polarity:
        start, end = self._evidence(label, spans, found) if label else (0, 0)
        return Polarity(label, round(score, 4), start, end)

    def _evidence(self, label: int, spans: list[tuple[int, int, int]], found: list[Word]) -> tuple[int, int]:
        """Characters of the best run of words: each feature's weight is shared by its words."""
        gains = np.zeros(len(found) + 1)
        for row, first, end in spans:
            if end:
                push = float(self.weights[row, label + 1] - self.weights[row, 1 - label])
                gains[first:end] += push / (end - first)
        first, end = best_run(gains[: len(found)])
        return (found[first][1], found[end - 1][2]) if end else (0, 0)


def best_run(gains: npt.NDArray[np.float64]) -> tuple[int, int]:
    """[first, end) of the run with the largest sum (Kadane); (0, 0) where there is nothing."""
    best, best_run_, total, first = -np.inf, (0, 0), 0.0, 0
    for i, gain in enumerate(gains):
        if total <= 0:
            total, first = 0.0, i
        total += gain
        if total > best:
            best, best_run_ = total, (first, i + 1)
    return best_run_


def ngram_matrix(rows: list[list[int]], n_features: int) -> csr_matrix:
    """(n, n_features): 1 / √(features known) where a feature occurs."""
    from scipy.sparse import csr_matrix

    ends = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=ends[1:])
    columns = np.fromiter((column for row in rows for column in row), np.int64, int(ends[-1]))
    sizes = np.diff(ends)
    values = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
    return csr_matrix((values, columns, ends), shape=(len(rows), n_features))


@lru_cache(maxsize=1)
def polarity_model() -> PolarityModel:
    """The shipped model, loaded once; ModelError if it is missing, altered or made for another encoder."""
    from safetensors.numpy import load_file

    folder = model_path(MODEL)
    meta: dict[str, Any] = json.loads((folder / "meta.json").read_text("utf-8"))
    tensors = {name: t.astype(np.float32) for name, t in load_file(folder / "head.safetensors").items()}
    names = (folder / "features.txt").read_text("utf-8").splitlines()
    encoder = load_encoder(meta["settings"]["encoder"].partition("@")[0])
    if encoder.name != meta["settings"]["encoder"] or len(names) != len(tensors["weights"]):
        raise ModelError(
            f"{MODEL} was trained on {meta['settings']['encoder']}, this is {encoder.name}",
            hint="python -m textinsight.learn.train_sentiment --data DIR",
        )
    vocabulary = {name: row for row, name in enumerate(names)}
    name = f"{meta['name']}@{meta['version']}"
    return PolarityModel(name, vocabulary, tensors["weights"], tensors["vector"], tensors["bias"], encoder)


def polarities(texts: Sequence[str], cues: Sequence[Sequence[str]]) -> list[Polarity]:
    """One polarity a text; a text that repeats with the same cues is read once."""
    order: dict[tuple[str, tuple[str, ...]], int] = {}
    index = [order.setdefault((text, tuple(cue)), len(order)) for text, cue in zip(texts, cues, strict=True)]
    distinct = polarity_model().predict([text for text, _ in order], [cue for _, cue in order]) if order else []
    return [distinct[i] for i in index]


def model_name() -> str:
    """name@version of the shipped model."""
    return polarity_model().name
