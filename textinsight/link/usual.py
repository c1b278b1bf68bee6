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
_MEAN, _DEVIATION = 0.13, 0.14  # then these are taken: what the shipped encoder gives unrelated contacts
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


def usual_similarity(frame: Frame) -> Usual:
    """From the first two moments of the vectors of each company that is large enough: no pair is looked at."""
    mean, deviation = np.full(len(frame), _MEAN), np.full(len(frame), _DEVIATION)
    for rows in _groups(frame):
        first, second = _moments(frame, rows)
        for b in range(0, len(rows), _BLOCK):
            block = rows[b : b + _BLOCK]
            vectors = frame.vectors[frame.row[block]].astype(np.float32)
            mean[block] = vectors @ first
            variance = np.einsum("ij,ij->i", vectors @ second, vectors) - mean[block] ** 2
            deviation[block] = np.sqrt(np.maximum(variance, _LEAST_DEVIATION**2))
    return Usual(mean, deviation)


def _groups(frame: Frame) -> list[npt.NDArray[np.int64]]:
    """Contacts with text: of each large company, and of all others together; too small groups are left out."""
    company = np.where(frame.has_text, frame.company + 1, -1)
    sizes = np.bincount(company[frame.has_text], minlength=1)
    large = np.argsort(-sizes, kind="stable")[:_MOST_COMPANIES]
    large = large[sizes[large] >= FEWEST]
    groups = [np.flatnonzero(company == c) for c in large.tolist()]
    rest = np.flatnonzero(frame.has_text & ~np.isin(company, large))
    return [*groups, rest] if len(rest) >= FEWEST else groups


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
