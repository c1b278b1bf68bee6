"""The shipped turn model at run time: int8 ONNX on the CPU, one pass for all labels, their evidence and a vector."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.encode.base import Vectors, unit_rows
from textinsight.encode.windows import marked, windows
from textinsight.errors import ModelError
from textinsight.resources import model_path

MODEL = "turns-en"

_LEAST = 0.2  # chance from which a label's evidence is looked for
_QUIET = 0.25  # of the strongest token: what weighs less ends the evidence
_FEWEST = 5  # tokens of evidence: a lone word says little
_KNOWN = 20_000  # texts remembered: agents' scripts and short answers repeat

Chances = npt.NDArray[np.float32]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Read:
    """What the model says of one text. chances: (labels,) in [0, 1]; vector: (d,) unit or zero.

    spans: label number → characters [start, end) of the words that decided it, for labels that may hold.
    """

    chances: Chances
    vector: Vectors
    spans: dict[int, Span]


class TurnReader:
    """Reads texts one by one: the quantisation's scale is a batch's, so that a batch would change its members."""

    def __init__(self, folder: Path) -> None:
        meta, self._tokenizer, self._session = _load(folder)
        self.name = f"{meta['name']}@{meta['version']}"
        self.labels: tuple[str, ...] = tuple(meta["labels"])
        self.dimension = int(meta["dimension"])
        self._moods = int(meta["moods"])
        self._slope = np.array(meta["calibration"]["slope"], np.float32)
        self._shift = np.array(meta["calibration"]["shift"], np.float32)
        self._known: dict[str, Read] = {}

    def read(self, texts: Sequence[str]) -> list[Read]:
        """One reading a text, in order; a text met before is not read again."""
        if len(self._known) > _KNOWN:
            self._known.clear()
        for text in texts:
            if text not in self._known:
                self._known[text] = self._read(text)
        return [self._known[text] for text in texts]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) float32 unit rows; zero rows for texts without a token."""
        out = np.zeros((len(texts), self.dimension), np.float32)
        for row, read in enumerate(self.read(texts)):
            out[row] = read.vector
        return out

    def tokens(self, text: str) -> list[int]:
        """The ids of the text's first window, marked."""
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        return marked(self._tokenizer, ids[: windows(len(ids))[0][1]])

    def _read(self, text: str) -> Read:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        if not encoding.ids:
            return Read(
                self.chances_of(np.zeros((1, len(self.labels)), np.float32)), np.zeros(self.dimension, np.float32), {}
            )
        cuts = windows(len(encoding.ids))
        passes = [self._window(encoding.ids[first:end]) for first, end in cuts]
        chances = self.chances_of(np.stack([logits for logits, _, _ in passes]))
        sizes = np.array([end - first for first, end in cuts], np.float32)
        vector = unit_rows((np.stack([v for _, _, v in passes]) * sizes[:, None]).sum(0)[None])[0]
        return Read(chances, vector, self._spans(text, encoding.offsets, cuts, passes, chances))

    def _window(self, ids: list[int]) -> tuple[Chances, Chances, Vectors]:
        row = np.array([marked(self._tokenizer, ids)], np.int64)
        logits, evidence, vector = self._session.run(None, {"ids": row, "mask": np.ones_like(row)})
        return logits[0], evidence[0, 1:-1], vector[0]

    def chances_of(self, logits: Chances) -> Chances:
        """(windows, labels) logits → (labels,): the mood's mean as shares, the chance that any window has a label."""
        moods = self._moods
        mean = logits[:, :moods].mean(0) * self._slope[:moods] + self._shift[:moods]
        mood = np.exp(mean - mean.max())
        absent = 1 / (1 + np.exp(logits[:, moods:]))
        held = np.clip(1 - absent.prod(0), 1e-6, 1 - 1e-6)
        odds = np.log(held / (1 - held)) * self._slope[moods:] + self._shift[moods:]
        return np.concatenate([mood / mood.sum(), 1 / (1 + np.exp(-odds))]).astype(np.float32)

    def _spans(
        self,
        text: str,
        offsets: Sequence[Span],
        cuts: Sequence[Span],
        passes: Sequence[tuple[Chances, Chances, Vectors]],
        chances: Chances,
    ) -> dict[int, Span]:
        found = {}
        for label in np.flatnonzero(chances >= _LEAST).tolist():
            best = max(range(len(passes)), key=lambda number: passes[number][0][label])
            first, end = _run(passes[best][1][:, label])
            start = cuts[best][0]
            found[label] = _whole_words(text, offsets[start + first][0], offsets[start + end - 1][1])
        return found


def _whole_words(text: str, start: int, end: int) -> Span:
    """The span widened to the blanks around it: a token may be half a word."""
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end


def _run(gains: Chances) -> Span:
    """[first, end) of the tokens around the strongest one that add most, what is quiet taken off."""
    lifted = gains - _QUIET * max(float(gains.max()), 0.0)
    best, total, first, run = -np.inf, 0.0, 0, (0, len(gains))
    for place, gain in enumerate(lifted.tolist()):
        if total <= 0:
            total, first = 0.0, place
        total += gain
        if total > best:
            best, run = total, (first, place + 1)
    missing = max(0, _FEWEST - (run[1] - run[0]))
    return max(0, run[0] - (missing + 1) // 2), min(len(gains), run[1] + missing // 2)


def _load(folder: Path) -> tuple[dict[str, Any], Any, Any]:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        meta = json.loads((folder / "meta.json").read_text("utf-8"))
        tokenizer = Tokenizer.from_buffer((folder / "tokenizer.json").read_bytes())
        session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelError(
            f"the turn model in {folder} cannot be loaded: {error}",
            hint="pip install --force-reinstall textinsight",
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return meta, tokenizer, session


@lru_cache(maxsize=1)
def turn_reader() -> TurnReader:
    """The shipped turn model, files checked, loaded once a process; ModelError if missing or altered."""
    return TurnReader(model_path(MODEL))
