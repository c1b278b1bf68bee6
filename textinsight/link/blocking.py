"""Which pairs are compared: contacts of one customer, the earlier one ended at most a window before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from textinsight.link.frame import Frame, Ints

CHUNK_CONTACTS = 50_000  # times max_earlier bounds the pairs held at once


@dataclass(frozen=True, slots=True)
class Pairs:
    """Positions in the frame, later > earlier, sorted by later then nearest earlier first."""

    later: Ints
    earlier: Ints

    def __len__(self) -> int:
        return len(self.later)

    def take(self, keep: np.ndarray) -> Pairs:
        """The pairs at a mask or at indices."""
        return Pairs(self.later[keep], self.earlier[keep])


def pair_chunks(frame: Frame, *, window_us: int, max_earlier: int) -> Iterator[Pairs]:
    """All pairs, a bounded number at a time; a contact's pairs are never split over two chunks."""
    for first in range(0, len(frame), CHUNK_CONTACTS):
        yield pairs_of(frame, np.arange(first, min(first + CHUNK_CONTACTS, len(frame))), window_us, max_earlier)


def pairs_of(frame: Frame, contacts: Ints, window_us: int, max_earlier: int) -> Pairs:
    """The pairs whose later contact is one of these (ascending)."""
    later, earlier = [], []
    for lag in range(1, max_earlier + 1):
        contacts = contacts[contacts >= lag]
        contacts = contacts[frame.customer[contacts] == frame.customer[contacts - lag]]
        if not len(contacts):
            break
        near = contacts[frame.start[contacts] - frame.end[contacts - lag] <= window_us]
        later.append(near)
        earlier.append(near - lag)
    if not later:
        return Pairs(np.empty(0, np.int64), np.empty(0, np.int64))
    pairs = Pairs(np.concatenate(later), np.concatenate(earlier))
    return pairs.take(np.lexsort((-pairs.earlier, pairs.later)))


def earlier_in_window(frame: Frame, window_us: int) -> Ints:
    """(n,) how many earlier contacts of the same customer started within the window before each contact."""
    if not len(frame):
        return np.empty(0, np.int64)
    second = 1_000_000
    start = (frame.start - frame.start.min()) // second
    stride = int(start.max()) + window_us // second + 2  # so that no window reaches into another customer
    key = frame.customer * stride + start
    return np.asarray(np.arange(len(frame)) - np.searchsorted(key, key - window_us // second, side="left"))
