"""What two contacts have in common, as a few named levels a signal (the comparison levels of record linkage)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textinsight.link.blocking import Pairs
from textinsight.link.config import DAY_US, MINUTE_US
from textinsight.link.frame import Codes, Frame, Levels
from textinsight.link.usual import Usual

Floats = npt.NDArray[np.float32]

_BLOCK = 32_768  # pairs whose vectors are gathered at once


@dataclass(frozen=True, slots=True)
class Signal:
    """One comparison. labels[0] is "unknown", whose weight is 0; the others rise with the chance of a link.

    ordered: a higher level never weighs less than a lower one.
    """

    name: str
    labels: tuple[str, ...]
    ordered: bool = True


SIGNALS = (
    Signal(
        "issue_similarity",
        ("no text", "as unlike as any", "usual", "a little alike", "alike", "very alike", "nearly the same words"),
    ),
    Signal("topic", ("unclear", "different", "same")),
    Signal(
        "stated_repeat", ("unknown", "not stated", "customer says so, of one before", "customer says so, of the last")
    ),
    Signal("effort_told", ("unknown", "none", "customer tells of effort so far")),
    Signal("earlier_outcome", ("unclear", "resolved", "probably resolved", "left open")),
    Signal("earlier_ending", ("unknown", "customer content", "neither", "customer cross")),
    Signal("reference", ("none named", "different", "same")),
    Signal(
        "gap", ("unknown", "over 14 days", "up to 14 days", "up to 7 days", "up to 3 days", "up to 1 day", "hand-over")
    ),
    Signal("company", ("unknown", "other", "same")),
    Signal("channel", ("unknown", "other", "same"), ordered=False),
    Signal("agent", ("unknown", "other", "same"), ordered=False),
    Signal("volume", ("unknown", "too many contacts to tell", "usual")),
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """levels: (n_pairs, len(SIGNALS)) int8. gap_us: (n_pairs,) end to start, 0 if they overlap. similarity: cosine."""

    levels: Levels
    gap_us: npt.NDArray[np.int64]
    similarity: Floats


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where the levels of the measured signals begin. similarity: standard deviations above the usual, ascending."""

    similarity: tuple[float, ...]
    transfer_minutes: float


def compare(frame: Frame, pairs: Pairs, *, cuts: Cuts, crowded: npt.NDArray[np.bool_], usual: Usual) -> Comparison:
    """The comparison of every pair. crowded: (n,) contacts with more earlier contacts than are compared."""
    later, earlier = pairs.later, pairs.earlier
    similarity = cosine(frame, pairs)
    excess = usual.excess(pairs, similarity)
    gap = np.maximum(frame.start[later] - frame.end[earlier], 0)
    both = frame.has_text[later] & frame.has_text[earlier]
    levels = (
        np.where(both, 1 + np.searchsorted(np.array(cuts.similarity), excess, side="right"), 0),
        _same(frame.topic[later], frame.topic[earlier]),
        frame.stated[later] + ((frame.stated[later] == 2) & (earlier == later - 1)),
        frame.effort[later],
        frame.outcome[earlier],
        frame.ending[earlier],
        _reference(frame.references, pairs),
        _gap_level(gap, cuts.transfer_minutes),
        _same(frame.company[later], frame.company[earlier]),
        _same(frame.channel[later], frame.channel[earlier]),
        _same(frame.agent[later], frame.agent[earlier]),
        np.where(crowded[later], 1, 2),
    )
    return Comparison(np.stack(levels, axis=1).astype(np.int8), gap, similarity)


def cosine(frame: Frame, pairs: Pairs) -> Floats:
    """(n_pairs,) dot product of the two unit rows, in blocks so that memory stays small."""
    out = np.empty(len(pairs), np.float32)
    for b in range(0, len(pairs), _BLOCK):
        block = slice(b, b + _BLOCK)
        one = frame.vectors[frame.row[pairs.later[block]]].astype(np.float32)
        other = frame.vectors[frame.row[pairs.earlier[block]]].astype(np.float32)
        out[block] = np.einsum("ij,ij->i", one, other)
    return out


def _same(one: Codes, other: Codes) -> npt.NDArray[np.int64]:
    return np.where((one < 0) | (other < 0), 0, np.where(one == other, 2, 1))


def _gap_level(gap: npt.NDArray[np.int64], transfer_minutes: float) -> npt.NDArray[np.int64]:
    """6 a hand-over … 1 over 14 days: the level is the number of bounds the gap keeps to, plus one."""
    bounds = (14 * DAY_US, 7 * DAY_US, 3 * DAY_US, DAY_US, int(transfer_minutes * MINUTE_US))
    return np.asarray(1 + (gap[:, None] <= np.array(bounds)).sum(axis=1))


def _reference(codes: Codes, pairs: Pairs) -> npt.NDArray[np.int64]:
    level = np.zeros(len(pairs), np.int64)
    named = codes[:, 0] >= 0
    both = np.flatnonzero(named[pairs.later] & named[pairs.earlier])
    one, other = codes[pairs.later[both]], codes[pairs.earlier[both]]
    shared = ((one[:, :, None] == other[:, None, :]) & (one[:, :, None] >= 0)).any(axis=(1, 2))
    level[both] = np.where(shared, 2, 1)
    return level
