"""Same-issue threads: a contact joins the earlier contacts it fits as a group, so that errors do not chain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from textinsight.link.blocking import Pairs
from textinsight.link.config import LinkConfig
from textinsight.link.frame import Ints


@dataclass(slots=True)
class ThreadBuilder:
    """Fed with the scored pairs of n contacts in time order; a contact's pairs come in one call.

    together: later → earlier contact that it joins whatever the pairs say. apart: later → contacts whose thread it may
    not join, unless `together` says so.
    opener: (n,) position of the first contact of each contact's thread. previous: (n,) the earlier contact that
    it is linked to, -1 for openers. size: contacts in the thread, kept at the opener.
    """

    n: int
    config: LinkConfig
    together: Mapping[int, int] = field(default_factory=dict)
    apart: Mapping[int, Sequence[int]] = field(default_factory=dict)
    _forced: Ints = field(init=False)
    opener: Ints = field(init=False)
    previous: Ints = field(init=False)
    size: Ints = field(init=False)

    def __post_init__(self) -> None:
        self._forced = np.array(sorted(self.together), np.int64)
        self.opener = np.arange(self.n)
        self.previous = np.full(self.n, -1, np.int64)
        self.size = np.ones(self.n, np.int64)

    def add(self, pairs: Pairs, probability: npt.NDArray[np.float64], *, before: int | None = None) -> None:
        """Decides, in time order, for every contact that has at least one probable pair or must join.

        before: all contacts at lower positions have had their pairs; None: all contacts.
        """
        n_forced = int(np.searchsorted(self._forced, self.n if before is None else before))
        forced, self._forced = self._forced[:n_forced], self._forced[n_forced:]
        hopeful = np.unique(np.concatenate([pairs.later[probability >= self.config.min_probability], forced]))
        starts = np.searchsorted(pairs.later, hopeful, side="left")
        ends = np.searchsorted(pairs.later, hopeful, side="right")
        for contact, a, b in zip(hopeful.tolist(), starts.tolist(), ends.tolist(), strict=True):
            best = self.together.get(contact, -1)
            if best < 0:
                best = self._best(contact, pairs.earlier[a:b].tolist(), probability[a:b].tolist())
            if best >= 0:
                self._join(contact, best)

    def _best(self, contact: int, earlier: list[int], probability: list[float]) -> int:
        """The earlier contact to link to: the likeliest of the thread that fits best on average, or -1."""
        barred = {int(self.opener[other]) for other in self.apart.get(contact, ())}
        by_thread: dict[int, list[tuple[float, int]]] = defaultdict(list)
        for position, p in zip(earlier, probability, strict=True):
            by_thread[int(self.opener[position])].append((p, position))
        open_to = {thread: ps for thread, ps in by_thread.items() if thread not in barred}
        fits = [(_mean(ps), max(ps)[1]) for thread, ps in open_to.items() if self._fits(thread, ps)]
        return max(fits)[1] if fits else -1

    def _fits(self, thread: int, ps: list[tuple[float, int]]) -> bool:
        return (
            max(ps)[0] >= self.config.min_probability
            and _mean(ps) >= self.config.min_mean_probability
            and self.size[thread] < self.config.max_thread_contacts
        )

    def _join(self, contact: int, earlier: int) -> None:
        thread = self.opener[earlier]
        self.opener[contact] = thread
        self.previous[contact] = earlier
        self.size[thread] += 1


def _mean(ps: list[tuple[float, int]]) -> float:
    return sum(p for p, _ in ps) / len(ps)
