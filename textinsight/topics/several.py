"""Several reasons in one contact: its main one and others that it states, each with its span."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textinsight.errors import UsageError
from textinsight.topics.assign import Assignment

Index = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SeveralConfig:
    """least: confidence from which another statement gives a contact a further reason. most: reasons a contact."""

    least: float = 0.6
    most: int = 4

    def __post_init__(self) -> None:
        if not 0 <= self.least <= 1 or self.most < 1:
            raise UsageError(f"0 ≤ least ≤ 1 and most ≥ 1 expected, got {self.least}, {self.most}", hint="least=0.6")


@dataclass(frozen=True, slots=True)
class Reasons:
    """One row a contact and reason, by contact and rank (1: main). statement: row of the statements that says so."""

    contact: Index
    topic: Index
    rank: Index
    confidence: npt.NDArray[np.float32]
    statement: Index


def several(
    main: Assignment, contact: Index, stated: Assignment, *, config: SeveralConfig = SeveralConfig()
) -> Reasons:
    """The reasons of contacts that have a topic. contact: (m,) row in `main` of each statement of `stated`.

    Rank 1 is the contact's own topic, at the statement that is surest of it (else its first statement); then the topics
    of its other statements, the surest first.
    """
    has = main.index[contact] >= 0
    rows = np.flatnonzero(has)
    own = stated.index[rows] == main.index[contact[rows]]
    first = rows[_first(contact[rows], ~own, np.where(own, -stated.confidence[rows], 0))]
    other = rows[~own & (stated.index[rows] >= 0) & (stated.confidence[rows] >= config.least)]
    n_topics = int(stated.index.max(initial=0)) + 1
    pair = contact[other] * n_topics + stated.index[other]
    other = other[_first(pair, -stated.confidence[other])]
    statement = np.concatenate([first, other])
    is_main = np.arange(len(statement)) < len(first)
    topic = np.where(is_main, main.index[contact[statement]], stated.index[statement])
    sure = np.where(is_main, main.confidence[contact[statement]], stated.confidence[statement]).astype(np.float32)
    order = np.lexsort((topic, -sure, ~is_main, contact[statement]))
    rank = _ranks(contact[statement][order])
    kept = order[rank <= config.most]
    return Reasons(contact[statement][kept], topic[kept], rank[rank <= config.most], sure[kept], statement[kept])


def _first(key: Index, *by: npt.NDArray[np.generic]) -> Index:
    """Position of the row that comes first of each key, by these orders and then by place."""
    order = np.lexsort((np.arange(len(key)), *reversed(by), key))
    return order[np.unique(key[order], return_index=True)[1]]


def _ranks(contact: Index) -> Index:
    """1, 2, 3 … within each run of one contact."""
    starts = np.unique(contact, return_index=True)[1]
    lengths = np.diff(np.append(starts, len(contact)))
    return np.asarray(np.arange(len(contact)) - np.repeat(starts, lengths) + 1, np.int64)
