"""How often reviewers agree with the links: measured precision, with its interval, by relation and probability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

RELATIONS = ("same_issue", "downstream")
BANDS = ((0.0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01))
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Precision:
    """Links of a relation whose probability lay in [low_p, high_p) when they were reviewed.

    value: n_confirmed / n, None if none was reviewed; low, high: 95% interval (Wilson 1927). mean_probability: what the
    model said of the same links, so that value and it should agree.
    """

    relation: str
    low_p: float
    high_p: float
    n: int
    n_confirmed: int
    value: float | None
    low: float | None
    high: float | None
    mean_probability: float | None


def measured_precision(verdicts: pa.Table) -> list[Precision]:
    """Per relation: all its reviewed links, then each band of probability that has any.

    verdicts: relation, verdict and probability of the last review of each pair. Pairs that were no link when reviewed
    have no probability and say nothing of precision. Bands are comparable with any sample; the figure for all links of
    a relation is theirs only if the reviewed ones are a random sample of them.
    """
    linked = verdicts.filter(pc.is_valid(verdicts["probability"]))
    found = []
    for relation in RELATIONS:
        rows = linked.filter(pc.equal(linked["relation"], relation))
        p = rows["probability"].to_numpy().astype(np.float64)
        yes = pc.equal(rows["verdict"], "confirmed").to_numpy().astype(bool)
        found.append(_precision(relation, (0.0, 1.01), p, yes))
        found += [line for line in (_precision(relation, band, p, yes) for band in BANDS) if line.n]
    return found


def wilson(n_yes: int, n: int) -> tuple[float, float]:
    """95% interval of a share (Wilson 1927); n at least 1."""
    share, z2 = n_yes / n, _Z**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * float(np.sqrt(share * (1 - share) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _precision(
    relation: str, band: tuple[float, float], p: npt.NDArray[np.float64], yes: npt.NDArray[np.bool_]
) -> Precision:
    within = (p >= band[0]) & (p < band[1])
    n, n_yes = int(within.sum()), int(yes[within].sum())
    if not n:
        return Precision(relation, band[0], min(band[1], 1.0), 0, 0, None, None, None, None)
    low, high = wilson(n_yes, n)
    return Precision(relation, band[0], min(band[1], 1.0), n, n_yes, n_yes / n, low, high, float(p[within].mean()))
