"""Openings of issues, and which other issues the same customer opens within a window after or before them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textinsight.link.config import DAY_US
from textinsight.link.frame import Codes, Ints

Mask = npt.NDArray[np.bool_]

_MAX_LAG = 30


@dataclass(frozen=True, slots=True)
class Starts:
    """Thread-opening contacts sorted by customer and time. topic: of the thread, -1 unclear. n_topics: codes in use.

    company: codes, -1 unknown; only starts of the same company and month are comparable.
    kin: (n_topics,) group of each topic (`kin.kin_of`), None: every topic is its own.
    """

    customer: Ints
    start: Ints
    end: Ints
    topic: Codes
    company: Codes
    n_topics: int
    kin: Ints | None = None

    def __len__(self) -> int:
        return len(self.start)

    def closed(self, window: int, as_of_us: int) -> Mask:
        """(n,) starts with a clear topic whose window (µs) is over."""
        return np.asarray((self.end + window <= as_of_us) & (self.topic >= 0))

    def looked_back(self, window: int) -> Mask:
        """(n,) starts with a clear topic whose look-back lies within the data."""
        first = int(self.start.min()) if len(self) else 0
        return np.asarray((self.start - window >= first) & (self.topic >= 0))


@dataclass(frozen=True, slots=True)
class Followed:
    """Starts and the other threads' topics met within the window, each topic once a start: the nearest.

    met: the opening contact it was met at, after the start or (looking back) before it.
    """

    start: Ints
    topic: Ints
    gap_us: Ints
    met: Ints

    def take(self, keep: npt.NDArray[np.generic]) -> Followed:
        """The entries at a mask or at indices."""
        return Followed(self.start[keep], self.topic[keep], self.gap_us[keep], self.met[keep])


def followed(starts: Starts, *, window_days: int, as_of_us: int) -> Followed:
    """The follow-ups that the edges count, those of the start's own topic left out."""
    window = window_days * DAY_US
    after, _ = around(starts, window, starts.closed(window, as_of_us))
    return after.take(starts.topic[after.start] != after.topic)


def around(starts: Starts, window: int, closed: Mask) -> tuple[Followed, Followed]:
    """(what followed the closed starts, what came before the starts whose look-back lies within the data).

    What came before a start but after an earlier one of the same topic may have been brought on by that one; it says
    nothing of what comes without, and is left out.
    """
    earlier, later = _neighbours(starts, window)
    clear = (starts.topic[earlier] >= 0) & (starts.topic[later] >= 0)
    earlier, later = earlier[clear], later[clear]
    n = starts.n_topics
    told_by = np.sort(later * n + starts.topic[earlier])
    after, before = closed[earlier], starts.looked_back(window)[later]
    before &= ~_is_in(earlier * n + starts.topic[later], told_by)
    return (
        _first_per_topic(starts, earlier[after], later[after], gap_from=earlier[after], gap_to=later[after]),
        _first_per_topic(starts, later[before], earlier[before], gap_from=earlier[before], gap_to=later[before]),
    )


def passes_by(starts: Starts, after: Followed, through: Mask) -> Mask:
    """(n,) whether the customer opened an issue of a topic in the mask `through` between start and follow-up."""
    marked = np.append(through, False)[starts.topic]
    until = np.concatenate([[0], np.cumsum(marked)])
    return np.asarray(until[after.met] > until[after.start + 1])


def _neighbours(starts: Starts, window: int) -> tuple[Ints, Ints]:
    """(earlier, later) positions of one customer's openings within the window, nearest later first."""
    earlier, later = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    alive = np.arange(len(starts))
    for lag in range(1, _MAX_LAG + 1):
        alive = alive[alive + lag < len(starts)]
        alive = alive[starts.customer[alive] == starts.customer[alive + lag]]
        near = alive[starts.start[alive + lag] - starts.end[alive] <= window]
        earlier.append(near)
        later.append(near + lag)
    return np.concatenate(earlier), np.concatenate(later)


def _first_per_topic(starts: Starts, of: Ints, met: Ints, *, gap_from: Ints, gap_to: Ints) -> Followed:
    gap = np.maximum(starts.start[gap_to] - starts.end[gap_from], 0)
    order = np.lexsort((gap, starts.topic[met], of))
    of, met, gap = of[order], met[order], gap[order]
    topic = starts.topic[met].astype(np.int64)
    first = np.flatnonzero(np.diff(of * starts.n_topics + topic, prepend=-1))  # sorted: where the next one begins
    return Followed(of[first], topic[first], gap[first], met[first])


def _is_in(keys: Ints, among: Ints) -> Mask:
    """(n,) whether each key is among the sorted ones."""
    at = np.minimum(np.searchsorted(among, keys), max(len(among) - 1, 0))
    return np.asarray(among[at] == keys) if len(among) else np.zeros(len(keys), bool)
