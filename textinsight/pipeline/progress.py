"""How long work tells of itself, without knowing who listens."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from textinsight.pipeline.shards import InputFile, RawShard


class Progress(Protocol):
    """Listens to a run."""

    def stage(self, name: str, total: int | None) -> None:
        """A stage begins; `total`: its steps, None if not known."""
        ...

    def advance(self, steps: int, note: str = "") -> None:
        """So many steps of the stage are done; `note` says more, for people."""
        ...


class Silent:
    """The listener of library calls."""

    def stage(self, name: str, total: int | None) -> None:
        """Nothing."""

    def advance(self, steps: int, note: str = "") -> None:
        """Nothing."""


class Reading:
    """Turns shards that come back, in order, into lines of the input that are done."""

    def __init__(self, files: Sequence[InputFile], progress: Progress) -> None:
        counts = [file.n_lines for file in files]
        self._length = {file.file_id: file.n_lines or 0 for file in files}
        self._reached = dict.fromkeys(self._length, 0)
        self._under_way: deque[RawShard] = deque()
        self._progress = progress
        self._contacts = 0
        progress.stage("reading and tagging", None if None in counts else sum(self._length.values()))

    def watch(self, shards: Iterable[RawShard]) -> Iterator[RawShard]:
        """The shards themselves, remembered until they are done."""
        for shard in shards:
            self._under_way.append(shard)
            yield shard

    def done(self, n_contacts: int) -> None:
        """The oldest shard under way is stored."""
        before = sum(self._reached.values())
        for part in self._under_way.popleft().parts:
            end = self._length[part.file_id] if part.complete else part.last_line
            self._reached[part.file_id] = max(self._reached[part.file_id], end)
        self._contacts += n_contacts
        self._progress.advance(sum(self._reached.values()) - before, f"{self._contacts:,} contacts")
