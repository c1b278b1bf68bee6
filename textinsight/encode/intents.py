"""The shipped encoder of what people want: a small transformer, int8 ONNX on the CPU, one pass a text.

Requests of one intent lie near each other however they are worded; what differs from contact to contact lies flat.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from textinsight.encode.base import Vectors, unit_rows
from textinsight.encode.shipped import open_model
from textinsight.resources import model_path, reading

MODEL = "intents-en"

_HINT = "pip install --force-reinstall textinsight, or --encoder static-en"
_MAX_TOKENS = 128  # marks included; who says more has stated it by then
_TASK = 64  # texts that a thread takes at once


class IntentEncoder:
    """Reads texts one by one: the quantisation's scale is a batch's, so that a batch would change its members."""

    def __init__(self, folder: Path) -> None:
        meta, self._tokenizer, self._session = open_model(folder, "the encoder", hint=_HINT)
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        with reading(folder, hint=_HINT):
            self.name = f"{meta['name']}@{meta['version']}"
            self.dimension = int(meta["dimension"])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) float32 unit rows; zero rows for texts without a token. A repeated text is read once."""
        row: dict[str, int] = {}
        index = np.fromiter((row.setdefault(text, len(row)) for text in texts), np.int64, len(texts))
        known = list(row)
        tasks = [known[start : start + _TASK] for start in range(0, len(known), _TASK)]
        threads = _threads()
        if threads > 1 and len(tasks) > 1:
            with ThreadPoolExecutor(threads) as pool:
                parts = list(pool.map(self._read, tasks))
        else:
            parts = [self._read(task) for task in tasks]
        vectors = np.concatenate(parts) if parts else np.zeros((0, self.dimension), np.float32)
        return unit_rows(vectors[index])

    def _read(self, texts: Sequence[str]) -> Vectors:
        out = np.zeros((len(texts), self.dimension), np.float32)
        for place, encoding in enumerate(self._tokenizer.encode_batch(list(texts))):
            if len(encoding.ids) > 2:  # more than its two marks
                out[place] = self._session.run(None, {"ids": np.array([encoding.ids], np.int64)})[0][0]
        return out


def _threads() -> int:
    """One a core, but in worker processes, which share the cores already."""
    return 1 if multiprocessing.parent_process() is not None else len(os.sched_getaffinity(0))


def load() -> IntentEncoder:
    """The shipped encoder, files checked; ModelError if missing or altered."""
    return IntentEncoder(model_path(MODEL))
