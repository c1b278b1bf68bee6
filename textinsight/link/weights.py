"""The log-odds table: what each comparison level adds to the belief that two contacts are one issue."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from textinsight.errors import ModelError
from textinsight.link.compare import SIGNALS, Cuts
from textinsight.link.frame import Levels
from textinsight.resources import model_path

_HINT = "python -m textinsight.learn.fit_links DATA --out models/link"


@dataclass(frozen=True, slots=True)
class LinkModel:
    """prior: log-odds before any signal. weights: one tuple a signal of SIGNALS, one log-odds a level.

    engine: the encoder it was fitted on. similarity_cuts: standard deviations above the usual (see `usual`).
    repeat_share: of the pairs that are related by their times (see `prior`), how many are one issue.
    name: name@version. learnt: from this archive's reviews, so that it is taken as it is (see `adapt`).
    Raises ModelError if the table does not fit SIGNALS.
    """

    name: str
    engine: str
    prior: float
    repeat_share: float
    similarity_cuts: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    learnt: bool = False

    def __post_init__(self) -> None:
        shape = [len(w) for w in self.weights]
        if shape != [len(s.labels) for s in SIGNALS] or len(self.similarity_cuts) != shape[0] - 2:
            raise ModelError(f"link model {self.name!r} has levels {shape}, which do not fit", hint=_HINT)
        if any(w[0] != 0 for w in self.weights):
            raise ModelError(f"link model {self.name!r} gives weight to an unknown signal", hint=_HINT)

    def cuts(self, transfer_minutes: float) -> Cuts:
        """The level bounds for `compare`."""
        return Cuts(self.similarity_cuts, transfer_minutes)

    def table(self) -> npt.NDArray[np.float64]:
        """(n_signals, max levels) weights, 0 where a signal has fewer levels."""
        table = np.zeros((len(self.weights), max(len(w) for w in self.weights)))
        for row, weights in zip(table, self.weights, strict=True):
            row[: len(weights)] = weights
        return table

    def log_odds(self, levels: Levels) -> npt.NDArray[np.float64]:
        """(n_pairs,) prior plus the weight of every level."""
        total = np.full(len(levels), self.prior)
        for signal, weights in enumerate(self.table()):
            total += weights[levels[:, signal]]
        return total


def probability(log_odds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """1 / (1 + exp(−log-odds)), without overflow."""
    clipped: npt.NDArray[np.float64] = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -40, 40)))
    return clipped


@lru_cache(maxsize=2)
def load_model(name: str = "link") -> LinkModel:
    """The log-odds table in models/<name>, files checked; ModelError if missing, altered or of another shape."""
    return read_model(model_path(name))


def read_model(folder: Path) -> LinkModel:
    """The log-odds table in a folder whose files were checked; ModelError if it cannot be read or has another shape."""
    try:
        meta = json.loads((folder / "meta.json").read_text("utf-8"))
        table = json.loads((folder / "weights.json").read_text("utf-8"))
        levels = table["signals"]
        weights = tuple(tuple(float(levels[s.name][label]) for label in s.labels) for s in SIGNALS)
        return LinkModel(
            name=f"{meta['name']}@{meta['version']}",
            engine=str(table["engine"]),
            prior=float(table["prior"]),
            repeat_share=float(table["repeat_share"]),
            similarity_cuts=tuple(float(c) for c in table["similarity_cuts"]),
            weights=weights,
            learnt=bool(table.get("learnt", False)),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"link model in {folder} cannot be read: {error}", hint=_HINT) from error
