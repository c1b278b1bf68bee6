"""Groups that measures are computed for: segment values × periods, as codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textinsight.errors import UsageError
from textinsight.measure.facts import Facts

Ints = npt.NDArray[np.int64]

TENURE_BANDS = ("0-90 days", "91-120 days", "over 120 days")  # the onboarding lens; unknown is a band of its own
_COLUMNS = {"tenure_band": "tenure_days"}
_NULL = {"topic_id": "unclear"}


@dataclass(frozen=True, slots=True)
class Groups:
    """code: (n,) segment of each contact. names: of the segments, "all" or "dimension=value"."""

    code: Ints
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Periods:
    """code: (n,) month of each contact, the last code where its time is unknown. names: "YYYY-MM", in order."""

    code: Ints
    names: tuple[str, ...]


def everything(facts: Facts) -> Groups:
    """One group with all contacts."""
    return Groups(np.zeros(len(facts), np.int64), ("all",))


def segment(facts: Facts, dimension: str) -> Groups:
    """The groups of one dimension: a text column or tenure_band. UsageError if the contacts have no such column."""
    column = _COLUMNS.get(dimension, dimension)
    if column not in facts.contacts.column_names:
        raise UsageError(
            f"no column {column!r} to segment by; contacts have {', '.join(facts.contacts.column_names)}",
            hint='segments=("channel", "topic_id")',
        )
    codes, values = (tenure_codes(facts), TENURE_BANDS) if dimension == "tenure_band" else facts.codes(dimension)
    unknown = _NULL.get(dimension, "unknown")
    names = tuple(f"{dimension}={value}" for value in values)
    own = names.index(f"{dimension}={unknown}") if f"{dimension}={unknown}" in names else len(names)
    return Groups(np.where(codes < 0, own, codes), (*names, f"{dimension}={unknown}")[: max(len(names), own + 1)])


def months(facts: Facts) -> Periods:
    """The calendar months (UTC) that contacts started in."""
    known = ~np.isnan(facts.start)
    month = np.full(len(facts), -1)
    month[known] = facts.start[known].astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    seen, code = np.unique(month[known], return_inverse=True)
    out = np.full(len(facts), len(seen))
    out[known] = code
    return Periods(out, tuple(str(m.astype("datetime64[M]")) for m in seen))


def tenure_codes(facts: Facts) -> Ints:
    """(n,) place of each contact's band in TENURE_BANDS, -1 where the tenure is unknown."""
    days = facts.numbers("tenure_days")
    band = np.searchsorted(np.array([90.0, 120.0]), days, side="left")
    return np.where(np.isnan(days), -1, band)
