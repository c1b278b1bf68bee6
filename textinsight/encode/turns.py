"""The shipped turn model at run time: int8 ONNX on the CPU, one pass over a conversation for all labels."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.encode.base import Vectors, unit_rows
from textinsight.encode.shipped import open_model
from textinsight.encode.windows import MARK, Window, as_read, pack
from textinsight.resources import model_path, reading

MODEL = "turns-en"

_HINT = "pip install --force-reinstall textinsight"
_LEAST = 0.2  # chance from which a label's evidence is looked for
_QUIET = 0.25  # of the strongest token: what weighs less ends the evidence
_FEWEST = 5  # tokens of evidence: a lone word says little

Floats = npt.NDArray[np.float32]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Read:
    """What the model says of one turn. chances: (labels,) in [0, 1].

    spans: label number → characters [start, end) of the words that decided it, for labels that may hold.
    """

    chances: Floats
    spans: dict[int, Span]


@dataclass(frozen=True, slots=True)
class TalkRead:
    """turns: those read, by number. whole: logits of what holds for the conversation, (whole labels,)."""

    turns: dict[int, Read]
    whole: Floats


class TurnReader:
    """Reads windows one by one: the quantisation's scale is a batch's, so that a batch would change its members."""

    def __init__(self, folder: Path) -> None:
        meta, self._tokenizer, self._session = open_model(folder, "the turn model", hint=_HINT)
        with reading(folder, hint=_HINT):
            self.name = f"{meta['name']}@{meta['version']}"
            self.labels: tuple[str, ...] = tuple(meta["labels"])
            self.whole: tuple[str, ...] = tuple(meta["whole"])
            self.dimension = int(meta["dimension"])
            self._moods = int(meta["moods"])
            self._slope = np.array(meta["calibration"]["slope"], np.float32)
            self._shift = np.array(meta["calibration"]["shift"], np.float32)
            self.alone = np.array(meta["calibration"]["alone"], np.float32)
            self.addressed = np.array(meta["calibration"]["addressed"], np.float32)
        self._opening, self._closing = (self._tokenizer.token_to_id(mark) for mark in ("[CLS]", "[SEP]"))

    def read_talk(
        self, texts: Sequence[str], speakers: Sequence[int], wanted: Container[int] | None = None
    ) -> TalkRead:
        """One reading a turn, each in the light of its neighbours. speakers: 0 customer, 1 anybody else.

        wanted: turns that must be read (None: all); windows without any of them are left out but for the last.
        """
        encoded = [self._encoded(text) for text in texts]
        windows = self.windows([encoding.ids for encoding in encoded], speakers)
        if not windows:
            return TalkRead({}, np.zeros(len(self.whole), np.float32))
        if wanted is not None:
            *rest, last = windows
            windows = [*(window for window in rest if any(turn in wanted for turn in set(window.turns))), last]
        turn, said, scores, judged = self._judged(windows)
        n = len(self.labels)
        first = np.flatnonzero(np.diff(turn, prepend=-1))
        gains = attended(scores[:, :n], judged[:, :n], first)
        logits = np.add.reduceat(gains, first, axis=0)
        whole = attended(scores[:, n:], judged[:, n:], np.zeros(1, np.int64)).sum(axis=0)
        chances = self.chances_of(logits)
        reads = {}
        for row, (start, end) in enumerate(zip(first, [*first[1:], len(turn)], strict=True)):
            number = int(turn[start])
            words = gains[start:end][said[start:end]]
            reads[number] = Read(chances[row], _spans(texts[number], encoded[number].offsets, words, chances[row]))
        return TalkRead(reads, whole)

    def read(self, texts: Sequence[str], speaker: int = 0) -> list[Read]:
        """Each text as a conversation of its own."""
        return [self.read_talk([text], [speaker]).turns[0] for text in texts]

    def tokens(self, text: str) -> list[int]:
        """The ids of a text, without marks."""
        return list(self._encoded(text).ids)

    def windows(self, turns: Sequence[Sequence[int]], speakers: Sequence[int]) -> list[Window]:
        """The windows of a conversation of token ids."""
        return pack(turns, speakers, opening=self._opening, closing=self._closing)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) float32 unit rows; zero rows for texts without a token."""
        found = {text: self._vector(text) for text in dict.fromkeys(texts)}
        return unit_rows(np.array([found[text] for text in texts], np.float32).reshape(-1, self.dimension))

    def _encoded(self, text: str) -> Any:
        return self._tokenizer.encode(as_read(text), add_special_tokens=False)

    def _vector(self, text: str) -> Floats:
        ids = self.tokens(text)
        total = np.zeros(self.dimension, np.float32)
        for window in self.windows([ids], [0]) if ids else ():
            (states,) = self._run(window, ["states"])
            total += states[np.array(window.turns) != MARK].sum(axis=0)
        return total

    def _run(self, window: Window, outputs: Sequence[str]) -> list[Floats]:
        ids = np.array([window.ids], np.int64)
        speakers, ages = np.array([window.speakers], np.int64), np.array([window.ages], np.int64)
        feed = {"ids": ids, "speakers": speakers, "ages": ages, "mask": np.ones_like(ids)}
        return [found[0] for found in self._session.run(outputs, feed)]

    def _judged(self, windows: Sequence[Window]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], Floats, Floats]:
        """Of every token that counts, in order: its turn, whether it is a word, its scores and judgements."""
        runs = [self._run(window, ["scores", "judged"]) for window in windows]
        turn = np.concatenate([window.turns for window in windows])
        own = turn != MARK
        said = np.concatenate([window.said for window in windows])[own]
        scores, judged = (np.concatenate(part)[own] for part in zip(*runs, strict=True))
        return turn[own], said, scores, judged

    def chances_of(self, logits: Floats) -> Floats:
        """(n, labels) logits → chances: the moods as shares of one, every other label by itself."""
        scaled = logits * self._slope + self._shift
        moods = np.exp(scaled[:, : self._moods] - scaled[:, : self._moods].max(axis=1, keepdims=True))
        flags = 1 / (1 + np.exp(-scaled[:, self._moods :]))
        return np.hstack([moods / moods.sum(axis=1, keepdims=True), flags]).astype(np.float32)


def attended(scores: Floats, judged: Floats, first: npt.NDArray[np.int64]) -> Floats:
    """(tokens, labels): what each token adds to the logit of its group; groups begin at the tokens `first`."""
    sizes = np.diff(first, append=len(scores))
    weights = np.exp(scores - np.repeat(np.maximum.reduceat(scores, first, axis=0), sizes, axis=0))
    return np.asarray(weights / np.repeat(np.add.reduceat(weights, first, axis=0), sizes, axis=0) * judged)


def _spans(text: str, offsets: Sequence[Span], gains: Floats, chances: Floats) -> dict[int, Span]:
    found = {}
    for label in np.flatnonzero(chances >= _LEAST).tolist() if len(gains) else ():
        first, end = _strongest(gains[:, label])
        found[label] = _whole_words(text, offsets[first][0], offsets[end - 1][1])
    return found


def _whole_words(text: str, start: int, end: int) -> Span:
    """The span widened to the blanks around it: a token may be half a word."""
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end


def _strongest(gains: Floats) -> Span:
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


@lru_cache(maxsize=1)
def turn_reader() -> TurnReader:
    """The shipped turn model, files checked, loaded once a process; ModelError if missing or altered."""
    return TurnReader(model_path(MODEL))
