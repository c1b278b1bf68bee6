"""How long work tells of itself, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Listens to a run."""

    def stage(self, name: str, total: int | None) -> None:
        """A stage begins; `total`: its steps, None if not known."""
        ...

    def advance(self, steps: int) -> None:
        """So many steps of the stage are done."""
        ...


class Silent:
    """The listener of library calls."""

    def stage(self, name: str, total: int | None) -> None:
        """Nothing."""

    def advance(self, steps: int) -> None:
        """Nothing."""
