"""How alike any two contacts of an archive are, so that a pair's cosine can be read against it.

A cosine means little by itself: it depends on the encoder, on how people speak on the channel and on how narrow the
business is. Counted in standard deviations above what the same contacts have with all others, it carries over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textinsight.link.blocking import Pairs
from textinsight.link.frame import Frame

Reals = npt.NDArray[np.float64]

FEWEST = 200  # contacts with text, below which the usual values of the archive are not known
_MEAN, _DEVIATION = 0.14, 0.17  # then these are taken: what the shipped encoder gives unrelated contacts
_LEAST_DEVIATION = 0.04
_MOST_COMPANIES = 64  # the largest ones are their own measure, the others share one
_SAMPLE = 65_536  # evenly spaced contacts that stand for a larger company
_BLOCK = 32_768


@dataclass(frozen=True, slots=True)
class Usual:
    """mean, deviation: (n,) of the cosines of each contact with all others of its company."""

    mean: Reals
    deviation: Reals

    def excess(self, pairs: Pairs, cosine: npt.NDArray[np.floating]) -> Reals:
        """(n_pairs,) standard deviations by which a pair is more alike than usual, averaged over its two contacts."""
        sides = [(cosine - self.mean[side]) / self.deviation[side] for side in (pairs.later, pairs.earlier)]
        return np.asarray((sides[0] + sides[1]) / 2, np.float64)


@dataclass(frozen=True, slots=True)
class UsualModel:
    """First and second moments of the vectors: (k, d) and (k, d, d), of each company named and last of all others.

    The others have none if they are too few; then what the shipped encoder gives unrelated contacts is taken.
    """

    companies: tuple[str, ...]
    first: npt.NDArray[np.float32]
    second: npt.NDArray[np.float32]

    def of(self, frame: Frame) -> Usual:
        """The usual similarity of every contact of any frame."""
        mean, deviation = np.full(len(frame), _MEAN), np.full(len(frame), _DEVIATION)
        place = {name: i for i, name in enumerate(self.companies)}
        by_company = np.array(
            [*(place.get(name, len(self.companies)) for name in frame.companies), len(self.companies)]
        )
        group = np.where(frame.has_text, by_company[frame.company], -1)
        for g in range(len(self.first)):
            rows = np.flatnonzero(group == g)
            for b in range(0, len(rows), _BLOCK):
                block = rows[b : b + _BLOCK]
                vectors = frame.vectors[frame.row[block]].astype(np.float32)
                mean[block] = vectors @ self.first[g]
                variance = np.einsum("ij,ij->i", vectors @ self.second[g], vectors) - mean[block] ** 2
                deviation[block] = np.sqrt(np.maximum(variance, _LEAST_DEVIATION**2))
        return Usual(mean, deviation)


def usual_similarity(frame: Frame) -> Usual:
    """From the first two moments of the vectors of each company that is large enough: no pair is looked at."""
    return fit_usual(frame).of(frame)


def fit_usual(frame: Frame) -> UsualModel:
    """The moments of each large company, and of all other contacts together if they are enough."""
    company = np.where(frame.has_text, frame.company + 1, -1)
    sizes = np.bincount(company[frame.has_text], minlength=len(frame.companies) + 1)[1:]
    large = np.argsort(-sizes, kind="stable")[:_MOST_COMPANIES]
    large = large[sizes[large] >= FEWEST]
    rest = np.flatnonzero(frame.has_text & ~np.isin(company, large + 1))
    groups = [np.flatnonzero(company == c + 1) for c in large.tolist()]
    moments = [_moments(frame, rows) for rows in ([*groups, rest] if len(rest) >= FEWEST else groups)]
    d = frame.vectors.shape[1]
    return UsualModel(
        tuple(frame.companies[c] for c in large.tolist()),
        np.array([m[0] for m in moments], np.float32).reshape(-1, d),
        np.array([m[1] for m in moments], np.float32).reshape(-1, d, d),
    )


def _moments(frame: Frame, rows: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """((d,), (d, d)) means of the vectors and of their outer products."""
    d = frame.vectors.shape[1]
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLE)).astype(np.int64)]
    first, second = np.zeros(d), np.zeros((d, d))
    for b in range(0, len(rows), _BLOCK):
        vectors = frame.vectors[frame.row[rows[b : b + _BLOCK]]].astype(np.float32)
        first += vectors.sum(axis=0, dtype=np.float64)
        second += vectors.T @ vectors
    return (first / len(rows)).astype(np.float32), (second / len(rows)).astype(np.float32)
