"""How many of a customer's contacts in the window concern one issue: it differs between archives, and times tell.

Contacts that have nothing to do with each other are as frequent weeks apart as days apart. What is found within the
window beyond that is related, and a fitted share of it is the same issue. The log-odds of all pairs are moved so that
their mean probability agrees. No text, topic or tag takes part, so their errors cannot feed on themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textinsight.link.blocking import Pairs, earlier_in_window, pairs_of
from textinsight.link.config import DAY_US, LinkConfig
from textinsight.link.frame import Frame, Ints
from textinsight.link.weights import probability

Reals = npt.NDArray[np.float64]

_REST, _LONGEST = 7, 49  # unrelated pairs are counted from so many days after the window to so many after it …
_MOST_OF_SPAN = 0.6  # … within this part of the observed time
_SHORTEST = 14  # fewer days to count them on say too little
FEWEST = 200  # pairs, below which nothing is estimated
_DOUBT = 200.0  # with so many pairs the shift counts half
_MOST = 2.5  # log-odds: more than twelve times the fitted odds is not believed
_BOUNDS = (0.01, 0.9)
_SAMPLE = 20_000  # contacts whose pairs are looked at


@dataclass(frozen=True, slots=True)
class Related:
    """share: of the compared pairs that time alone does not explain, 0..1. pairs: how many were compared."""

    share: float
    pairs: int


def related_share(frame: Frame, config: LinkConfig) -> Related | None:
    """(pairs in the window − pairs expected by chance) / pairs in the window; None where too little is observed."""
    days = control_days(frame, config)
    if days is None:
        return None
    (first, last), span = days, _span(frame)
    per_day = _pairs_by_day(frame, last, config)
    n = int(per_day[: config.window_days].sum())
    if n < FEWEST:
        return None
    observed = span - np.arange(last) - 0.5  # days on which the earlier contact of a pair may lie
    by_chance = per_day[first:].sum() / observed[first:].sum() * observed[: config.window_days].sum()
    return Related(float(max(1 - by_chance / n, 0.0)), n)


def control_days(frame: Frame, config: LinkConfig) -> tuple[int, int] | None:
    """[first, last) days between contacts that have nothing to do with each other; None if the time is too short."""
    first = config.window_days + _REST
    last = min(config.window_days + _LONGEST, int(_MOST_OF_SPAN * _span(frame)))
    return None if last - first < _SHORTEST else (first, last)


def _span(frame: Frame) -> int:
    return int(frame.start.max() - frame.start.min()) // DAY_US if len(frame) else 0


def countable(frame: Frame, config: LinkConfig, days: int) -> npt.NDArray[np.bool_]:
    """(n,) contacts of customers who never have more in so many days than are compared: no shared ids."""
    many = earlier_in_window(frame, days * DAY_US) > config.max_earlier
    shared = np.bincount(frame.customer[many], minlength=int(frame.customer.max(initial=0)) + 1) > 0
    return np.asarray(~shared[frame.customer])


def shift_of(log_odds: Reals, related: Related, repeat_share: float) -> float:
    """What to add to the log-odds (n_pairs,) so that their mean probability is that of the archive; shrunk, bounded."""
    target = float(np.clip(related.share * repeat_share, *_BOUNDS))
    low, high = -_MOST, _MOST
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if probability(log_odds + middle).mean() < target else (low, middle)
    return round((low + high) / 2 * related.pairs / (related.pairs + _DOUBT), 3)


def sample_pairs(frame: Frame, config: LinkConfig) -> Pairs:
    """The pairs of evenly spaced contacts."""
    return pairs_of(frame, sampled_contacts(frame, config), config.window_us, config.max_earlier)


def sampled_contacts(frame: Frame, config: LinkConfig) -> Ints:
    """Evenly spaced contacts, shared ids left out, that stand for a large archive."""
    contacts = np.flatnonzero(countable(frame, config, config.window_days))
    return contacts[np.linspace(0, len(contacts) - 1, min(len(contacts), _SAMPLE)).astype(np.int64)]


def _pairs_by_day(frame: Frame, days: int, config: LinkConfig) -> Ints:
    """(days,) pairs of one customer's contacts by the days from the earlier one's end to the later one's start."""
    contacts = np.flatnonzero(countable(frame, config, days))
    counts = np.zeros(days, np.int64)
    for lag in range(1, config.max_earlier + 1):
        contacts = contacts[contacts >= lag]
        contacts = contacts[frame.customer[contacts] == frame.customer[contacts - lag]]
        gap = np.maximum(frame.start[contacts] - frame.end[contacts - lag], 0) // DAY_US
        counts += np.bincount(gap[gap < days], minlength=days)
    return counts
