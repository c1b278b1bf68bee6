"""The quick reader: words, word pairs and a static vector into linear heads that learnt the turn model's answers.

It answers the turns that are easy (most are: "ok thanks", names, numbers) and says how sure it is of the others; the
turn model reads those. A linear head keeps the evidence exact: what each word added can be read off.
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

from textinsight.encode import load_encoder
from textinsight.encode.static import StaticEncoder
from textinsight.errors import ModelError
from textinsight.resources import model_path, reading
from textinsight.tag.labels import LABELS, MOOD
from textinsight.tag.words import Spoken, places

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MODEL = "turns-static"

_HINT = "python -m textinsight.learn.train_student --data DIR"
_CAPS = re.compile(r"\b[A-Z]{3,}\b")
_NEGATORS = frozenset(
    """
    not no never without cannot cant dont doesnt didnt isnt wasnt arent werent wont wouldnt couldnt shouldnt
    havent hasnt hadnt aint nothing nobody neither nor hardly
    """.split()  # noqa: SIM905
)
_SCOPE = 3  # words after a negator that it turns
_LENGTHS = ((1, "<one>"), (3, "<few>"), (8, "<short>"), (20, "<middle>"), (10**9, "<long>"))
_MAX_WORDS = 400  # the tone is set by then
_CACHED_WORDS = 50_000

Array = npt.NDArray[np.float32]


def features(read: Spoken) -> list[str]:
    """Words, word pairs, negated words, length, shouting, asking: what the heads weigh."""
    words = read.words[:_MAX_WORDS]
    out = [*words, *[f"{a} {b}" for a, b in pairwise(words)]]
    if not _NEGATORS.isdisjoint(words):
        out += [name for name, _, _ in _negated(words)]
    out.append(next(name for most, name in _LENGTHS if len(words) <= most))
    if len(_CAPS.findall(read.text)) > 1:
        out.append("<caps>")
    out += [f"<{mark}>" for mark in "?!" if mark in read.text]
    return out


def _negated(words: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """(feature, first word, last word + 1)."""
    for i, word in enumerate(words):
        if word in _NEGATORS:
            for j in range(i + 1, min(i + 1 + _SCOPE, len(words))):
                yield f"not~{words[j]}", i, j + 1


class WordVectors:
    """The static vector of a text as a sum over its words; each word is cut into tokens once."""

    def __init__(self, encoder: StaticEncoder) -> None:
        self._encoder = encoder
        self._clear()

    def _clear(self) -> None:
        self._rows: dict[str, int] = {}
        self._vectors = np.zeros((1024, self._encoder.dimension), np.float32)

    def encode(self, texts: Sequence[Sequence[str]]) -> Array:
        """(n, dimension) unit rows, zero where no word is known; row by row the same whatever the batch."""
        if len(self._rows) > _CACHED_WORDS:
            self._clear()
        rows = [[self._row(word) for word in words[:_MAX_WORDS]] for words in texts]
        sums = np.asarray(incidence(rows, len(self._vectors)) @ self._vectors, np.float32)
        norms = np.sqrt(np.einsum("ij,ij->i", sums, sums))[:, None]
        return np.asarray(sums / np.where(norms > 0, norms, 1), np.float32)

    def _row(self, word: str) -> int:
        row = self._rows.get(word)
        if row is None:
            row = self._rows[word] = len(self._rows)
            if row == len(self._vectors):
                self._vectors = np.concatenate([self._vectors, np.zeros_like(self._vectors)])
            self._vectors[row] = self._encoder.token_vectors(word)[1].sum(axis=0)
        return row


@dataclass(frozen=True)
class Student:
    """vocabulary: feature → row of `weights` (features, labels); `vector` (dimension, labels); `bias` (labels,)."""

    name: str
    vocabulary: dict[str, int]
    weights: Array
    vector: Array
    bias: Array
    encoder: WordVectors
    engine: str

    def read(self, texts: Sequence[Spoken]) -> Array:
        """(n, labels) chances as the turn model's: the moods as shares of one, every other label by itself."""
        get = self.vocabulary.get
        rows = [[row for row in dict.fromkeys(map(get, features(text))) if row is not None] for text in texts]
        dense = self.encoder.encode([text.words for text in texts])
        logits = np.asarray(scaled(rows, len(self.vocabulary)) @ self.weights) + self.bias
        logits += np.stack([np.einsum("ij,j->i", dense, column) for column in self.vector.T], axis=1)
        return chances(logits)

    def evidence(self, read: Spoken, label: str) -> tuple[int, int]:
        """Characters [start, end) of the words that pushed most towards `label`; (0, 0) without words."""
        column = self.weights[:, LABELS.index(label)]
        words = read.words[:_MAX_WORDS]
        gains = [0.0] * len(words)
        for name, first, end in _placed(words):
            row = self.vocabulary.get(name)
            for place in range(first, end) if row is not None else ():
                gains[place] += float(column[row]) / (end - first)
        first, end = best_run(gains)
        spans = places(read) if end else []
        return (spans[first][0], spans[end - 1][1]) if end else (0, 0)


def chances(logits: Array) -> Array:
    """(n, labels) logits → moods as a softmax, the rest as sigmoids."""
    moods = np.exp(logits[:, : len(MOOD)] - logits[:, : len(MOOD)].max(axis=1, keepdims=True))
    flags = 1 / (1 + np.exp(-logits[:, len(MOOD) :]))
    return np.hstack([moods / moods.sum(axis=1, keepdims=True), flags]).astype(np.float32)


def _placed(words: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    for i, word in enumerate(words):
        yield word, i, i + 1
    for i in range(len(words) - 1):
        yield f"{words[i]} {words[i + 1]}", i, i + 2
    yield from _negated(words)


def best_run(gains: Sequence[float]) -> tuple[int, int]:
    """[first, end) of the run with the largest sum (Kadane); (0, 0) where there is nothing."""
    best, run, total, first = float("-inf"), (0, 0), 0.0, 0
    for i, gain in enumerate(gains):
        if total <= 0:
            total, first = 0.0, i
        total += gain
        if total > best:
            best, run = total, (first, i + 1)
    return run


def incidence(rows: Sequence[Sequence[int]], width: int) -> csr_matrix:
    """(n, width): how often each column occurs, in the order given (sums then do not depend on the batch)."""
    from scipy.sparse import csr_matrix

    ends = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=ends[1:])
    columns = np.fromiter((column for row in rows for column in row), np.int64, int(ends[-1]))
    return csr_matrix((np.ones(len(columns), np.float32), columns, ends), shape=(len(rows), width))


def scaled(rows: Sequence[Sequence[int]], width: int) -> csr_matrix:
    """(n, width): 1 / √(features known) where a feature occurs."""
    matrix = incidence(rows, width)
    sizes = np.diff(matrix.indptr)
    matrix.data = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
    return matrix


@lru_cache(maxsize=1)
def student() -> Student:
    """The shipped model, loaded once; ModelError if it is missing, altered or made for another encoder."""
    from safetensors.numpy import load_file

    folder = model_path(MODEL)
    with reading(folder, hint=_HINT):
        meta: dict[str, Any] = json.loads((folder / "meta.json").read_text("utf-8"))
        tensors = {name: t.astype(np.float32) for name, t in load_file(folder / "heads.safetensors").items()}
        names = (folder / "features.txt").read_text("utf-8").splitlines()
        engine, version = meta["settings"]["encoder"], meta["version"]
    encoder = load_encoder(engine.partition("@")[0])
    if not isinstance(encoder, StaticEncoder) or encoder.name != engine or len(names) != len(tensors["weights"]):
        raise ModelError(
            f"{MODEL} was trained on {engine} and {len(tensors['weights'])} features; "
            f"found {encoder.name} and {len(names)}",
            hint=_HINT,
        )
    return Student(
        name=f"{MODEL}@{version}",
        vocabulary={name: row for row, name in enumerate(names)},
        encoder=WordVectors(encoder),
        engine=engine,
        **tensors,
    )
