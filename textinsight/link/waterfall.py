"""A link's explanation as rows to draw: where the log-odds stand before and after each signal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from textinsight.errors import UsageError


@dataclass(frozen=True, slots=True)
class Step:
    """One row: `weight` log-odds take the total from `start` to `end`. probability: that of `end`, 0..1.

    The first row is the prior for same-issue links, the source (edge or alike steps) for downstream ones; the last,
    "final", has the link's own probability and no weight.
    """

    signal: str
    value: str
    weight: float
    start: float
    end: float
    probability: float


def waterfall(evidence: Iterable[Mapping[str, Any]]) -> list[Step]:
    """The rows of one link's `evidence`, then the final one. UsageError if there is no evidence.

    The weights sum to the log-odds of the link's probability; signals that are unknown weigh nothing and have no row.
    """
    steps: list[Step] = []
    total = 0.0
    for row in evidence:
        before, total = total, total + float(row["weight"])
        steps.append(Step(row["signal"], row["value"], float(row["weight"]), before, total, _probability(total)))
    if not steps:
        raise UsageError("a link without evidence cannot be explained", hint="pass links['evidence'] of one link")
    return [*steps, Step("final", f"{_probability(total):.0%} probable", 0.0, 0.0, total, _probability(total))]


def _probability(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(log_odds, -40, 40))))
