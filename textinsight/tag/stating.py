"""How likely words state a reason for contact, and where one statement ends in speech without punctuation.

Two linear models over words and word pairs; the first also weighs the mean static vector, so that words it
has never seen count too. Evidence stays exact: a score is a sum over words.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from textinsight.encode import load_encoder
from textinsight.encode.static import StaticEncoder
from textinsight.errors import ModelError
from textinsight.resources import model_path, reading

MODEL = "issue-static"

_HINT = "python -m textinsight.learn.train_issue --data DIR"
_TOKEN = re.compile(r"@\w+|https?://\S+|<\w+>|\[\w+\]|&\w+;|[a-z0-9]*\d[a-z0-9.,:/-]*|[a-z]+(?:'[a-z]+)*")
_FILLERS = frozenset("um uh umm uhm er erm hmm mm mhm ah oh uhh".split())  # noqa: SIM905
_NUMBERS = frozenset(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand
    """.split()  # noqa: SIM905
)
_LENGTHS = ((1, "<one>"), (2, "<two>"), (4, "<few>"), (8, "<short>"), (16, "<middle>"), (10**9, "<long>"))
_MOST_WORDS = 60  # of a piece
_KNOWN = 100_000  # words remembered

Array = npt.NDArray[np.float32]


class Word(NamedTuple):
    """A word as the models read it (numbers as 0) at characters [start, end)."""

    text: str
    start: int
    end: int


def words_of(folded: str) -> list[Word]:
    """The words of a folded text; fillers, mentions, masks and addresses are left out, numbers are one word 0."""
    found: list[Word] = []
    for match in _TOKEN.finditer(folded):
        text = _normal(match[0])
        if not text:
            continue
        start, end = match.span()
        if text == "0" and found and found[-1].text == "0":
            start = found.pop().start
        found.append(Word(text, start, end))
    return found


@lru_cache(maxsize=_KNOWN)
def _normal(token: str) -> str:
    if token[0] in "@<[&" or token.startswith("http") or token in _FILLERS:
        return ""
    if token in _NUMBERS or any(char.isdigit() for char in token):
        return "0"
    return token.replace("'", "")


def statement_features(words: Sequence[str]) -> list[str]:
    """What tells a statement: words, word pairs, how it opens and ends, its length."""
    out = [*words, *[f"{a} {b}" for a, b in pairwise(words)]]
    out.append(f"^ {words[0]}")
    out.append("^ " + " ".join(words[:2]))
    out.append(f"{words[-1]} $")
    out.append(next(name for most, name in _LENGTHS if len(words) <= most))
    return out


def joint_features(words: Sequence[str], gap: int) -> tuple[str, ...]:
    """What tells that a statement ends before word `gap`: two words on either side, alone and in pairs."""
    left, right = words[gap - 1], words[gap]
    before = words[gap - 2] if gap > 1 else "^"
    after = words[gap + 1] if gap + 1 < len(words) else "$"
    return (
        f"{left}|",
        f"|{right}",
        f"{left}|{right}",
        f"{before} {left}|",
        f"|{right} {after}",
        f"{before}_|",
        f"|_{after}",
    )


@dataclass(frozen=True)
class StatingModel:
    """statement, joint: feature → weight. vector: (dimension,) weights of the mean word vector."""

    name: str
    engine: str
    statement: dict[str, float]
    vector: Array
    bias: float
    joint: dict[str, float]
    joint_bias: float
    encoder: StaticEncoder
    _gains: dict[str, float] = field(default_factory=dict)

    def score(self, words: Sequence[str]) -> float:
        """Log odds that the words state a reason; of no words -inf."""
        if not words:
            return -math.inf
        words = words[:_MOST_WORDS]
        known = [w for w in map(self.statement.get, dict.fromkeys(statement_features(words))) if w is not None]
        pushes = sum(known) / math.sqrt(len(known)) if known else 0.0
        return self.bias + pushes + sum(map(self._gain, words)) / len(words)

    def joints(self, words: Sequence[str], *, above: float = 0.0) -> list[int]:
        """The words before which a new statement begins, in order: log odds over `above`."""
        get = self.joint.get
        floor = above - self.joint_bias
        return [gap for gap in range(1, len(words)) if sum(get(n, 0.0) for n in joint_features(words, gap)) > floor]

    def _gain(self, word: str) -> float:
        gain = self._gains.get(word)
        if gain is None:
            if len(self._gains) > _KNOWN:
                self._gains.clear()
            gain = self._gains[word] = float(self.encoder.token_vectors(word)[1].sum(axis=0) @ self.vector)
        return gain


@lru_cache(maxsize=1)
def stating_model() -> StatingModel:
    """The shipped model, loaded once; ModelError if it is missing, altered or made for another encoder."""
    from safetensors.numpy import load_file

    folder = model_path(MODEL)
    with reading(folder, hint=_HINT):
        meta: dict[str, Any] = json.loads((folder / "meta.json").read_text("utf-8"))
        tensors = {name: t.astype(np.float32) for name, t in load_file(folder / "weights.safetensors").items()}
        names = {part: (folder / f"{part}.txt").read_text("utf-8").splitlines() for part in ("statement", "joint")}
        engine, version = meta["settings"]["encoder"], meta["version"]
    encoder = load_encoder(engine.partition("@")[0])
    if not isinstance(encoder, StaticEncoder) or encoder.name != engine:
        raise ModelError(
            f"{MODEL} was trained on {engine}; found {encoder.name}",
            hint=_HINT,
        )
    tables = {part: dict(zip(names[part], tensors[part].tolist(), strict=True)) for part in names}
    return StatingModel(
        name=f"{MODEL}@{version}",
        engine=engine,
        statement=tables["statement"],
        vector=tensors["vector"],
        bias=float(tensors["bias"][0]),
        joint=tables["joint"],
        joint_bias=float(tensors["bias"][1]),
        encoder=encoder,
    )
