"""What can be set about linking, checked when made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from textinsight.errors import UsageError

_AT_LEAST_ONE = (
    "window_days", "max_earlier", "max_thread_contacts", "min_starts", "max_customers_per_key",
    "max_customers_per_person",
)  # fmt: skip
DAY_US = 86_400_000_000
MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class LinkConfig:
    """Settings of `build`.

    window_days: how long after a contact's end another one may be linked to it.
    edge_windows: follow-up windows, in days, for which topic-to-topic edges are counted.
    max_earlier: earlier contacts compared with each contact, the nearest; more are counted, not compared.
    transfer_minutes: a contact that starts within this after the earlier one ended is a hand-over.
    min_probability: a contact joins a thread if its best pair reaches this …
    min_mean_probability: … and its pairs with that thread's contacts in the window reach this on average.
    min_downstream_probability: from here on a contact is linked to the one that probably brought it on; lower, as such
    links are counted together, and a missed one costs as much as a wrong one.
    max_thread_contacts: a thread holds no more; the next contact opens a new one.
    min_starts, max_q: an edge counts as real with at least so many starts and at most this false-discovery rate.
    max_customers_per_key: a phone number, e-mail address or account that more customer ids share joins nobody.
    max_customers_per_person: nor do keys that would chain more customer ids into one person.
    link_by_reference: whether contacts without id or key are tied to others by a reference number in the text.
    as_of: end of the observed time (aware, UTC); None: the last start in the table.
    """

    window_days: int = 14
    edge_windows: tuple[int, ...] = (7, 14, 30)
    max_earlier: int = 30
    transfer_minutes: float = 15.0
    min_probability: float = 0.5
    min_mean_probability: float = 0.5
    min_downstream_probability: float = 0.4
    max_thread_contacts: int = 100
    min_starts: int = 10
    max_q: float = 0.05
    max_customers_per_key: int = 3
    max_customers_per_person: int = 10
    link_by_reference: bool = False
    as_of: datetime | None = None

    def __post_init__(self) -> None:
        for name in _AT_LEAST_ONE:
            _require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        for name in ("min_probability", "min_mean_probability", "min_downstream_probability", "max_q"):
            _require(0.0 < getattr(self, name) < 1.0, name, getattr(self, name), "strictly between 0 and 1")
        _require(self.transfer_minutes >= 0, "transfer_minutes", self.transfer_minutes, "0 or more")
        _require(all(w >= 1 for w in self.edge_windows), "edge_windows", self.edge_windows, "days of at least 1")
        aware = self.as_of is None or self.as_of.utcoffset() == timedelta(0)
        _require(aware, "as_of", self.as_of, "an aware UTC time")

    @property
    def window_us(self) -> int:
        """The window in microseconds."""
        return self.window_days * DAY_US


def _require(holds: bool, name: str, got: object, expected: str) -> None:
    if not holds:
        raise UsageError(f"LinkConfig.{name} must be {expected}, got {got!r}", hint=f"LinkConfig({name}=…)")
