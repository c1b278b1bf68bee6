"""What a measure is: one value (or unknown) a contact, and how the values of a group are summed up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from textinsight.measure.facts import Facts

Reals = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Kind = Literal["count", "distinct", "share", "mean", "median"]


@dataclass(frozen=True, slots=True)
class Observed:
    """value: (n,) one number a contact, NaN where unknown. applies: (n,) contacts the measure is about at all."""

    value: Reals
    applies: Mask

    @classmethod
    def of_all(cls, value: Reals) -> Observed:
        """A measure that is about every contact."""
        return cls(value, np.ones(len(value), bool))

    @property
    def known(self) -> Mask:
        """(n,) contacts that count."""
        return self.applies & ~np.isnan(self.value)


@dataclass(frozen=True, slots=True)
class Measure:
    """A row of the catalogue. higher_is_better: None where neither direction is good in itself.

    window_days: the follow-up window it is bound to; None: the window that was asked for, or none at all.
    """

    name: str
    unit: str
    higher_is_better: bool | None
    kind: Kind
    observe: Callable[[Facts], Observed]
    window_days: int | None = None

    @property
    def definition(self) -> str:
        """Formula, unit, direction and source, as documented."""
        return (self.observe.__doc__ or "").strip()
