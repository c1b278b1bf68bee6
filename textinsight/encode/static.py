"""The shipped encoder: one vector a token, weighted mean, no neural network at run time."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.encode.base import Vectors, unit_rows
from textinsight.errors import ModelError
from textinsight.resources import model_path

_BATCH = 4096
_MAX_TOKENS = 512


class StaticEncoder:
    """Weighted mean of token vectors. `vectors`: (vocabulary, dimension), each row times its weight."""

    def __init__(self, name: str, tokenizer: Any, vectors: Vectors) -> None:
        self.name = name
        self.dimension = int(vectors.shape[1])
        self._tokenizer = tokenizer
        self._vectors = vectors

    @classmethod
    def load(cls, model: str = "static-en") -> StaticEncoder:
        """The encoder in models/<model>, files checked; ModelError if missing, altered or inconsistent."""
        return cls.from_folder(model_path(model))

    @classmethod
    def from_folder(cls, folder: Path) -> StaticEncoder:
        """The encoder in a folder: meta.json, tokenizer.json, vectors.safetensors (int8 rows × scale)."""
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        try:
            meta = json.loads((folder / "meta.json").read_text("utf-8"))
            tensors = load_file(folder / "vectors.safetensors")
            tokenizer = Tokenizer.from_buffer((folder / "tokenizer.json").read_bytes())
            vectors = tensors["vectors"].astype(np.float32) * tensors["scale"].astype(np.float32)[:, None]
            name = f"{meta['name']}@{meta['version']}"
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise ModelError(
                f"static encoder in {folder} cannot be read: {error}",
                hint="python -m textinsight.learn.distill --model DIR --out models/static-en",
            ) from error
        if tokenizer.get_vocab_size() != len(vectors):
            raise ModelError(
                f"static encoder in {folder}: {tokenizer.get_vocab_size()} tokens but {len(vectors)} vectors",
                hint="rebuild both files: python -m textinsight.learn.distill",
            )
        tokenizer.no_padding()
        tokenizer.enable_truncation(_MAX_TOKENS)
        return cls(name, tokenizer, vectors)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) float32 unit rows; an empty text or one without a known token gives a zero row."""
        out = np.zeros((len(texts), self.dimension), np.float32)
        for start in range(0, len(texts), _BATCH):
            batch = list(texts[start : start + _BATCH])
            out[start : start + len(batch)] = self._sums(batch)
        return unit_rows(out)

    def _sums(self, batch: list[str]) -> Vectors:
        """(n, dimension): the sum of token vectors; its direction is that of the weighted mean."""
        from scipy.sparse import csr_matrix

        ids = [e.ids for e in self._tokenizer.encode_batch_fast(batch, add_special_tokens=False)]
        ends = np.zeros(len(batch) + 1, np.int64)
        np.cumsum([len(i) for i in ids], out=ends[1:])
        columns = np.fromiter((token for row in ids for token in row), np.int64, int(ends[-1]))
        ones = np.ones(len(columns), np.float32)
        counts = csr_matrix((ones, columns, ends), shape=(len(batch), len(self._vectors)))
        return np.asarray(counts @ self._vectors, np.float32)

    def token_vectors(self, text: str) -> tuple[npt.NDArray[np.int64], Vectors]:
        """Evidence: character spans (n, 2), half-open, and weighted vectors (n, dimension) of the tokens."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        offsets = np.array(encoding.offsets, np.int64).reshape(-1, 2)
        return offsets, self._vectors[np.array(encoding.ids, np.int64)]
