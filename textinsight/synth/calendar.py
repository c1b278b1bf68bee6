"""When customers make contact: season, weekday, opening hours, the billing failure and the sale."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from math import cos, pi
from random import Random

from textinsight.synth.bank import Company, Reason
from textinsight.synth.config import DAY, SynthConfig

HOUR = 3600.0
OPENING = {"voice": (8, 20), "chat": (7, 23), "email": (0, 24), "social": (0, 24)}  # hours, half-open
SPIKE_DAYS, STRAIN_DAYS, PROMOTION_DAYS = 4, 9, 5


@dataclass(frozen=True, slots=True)
class Burst:
    """Extra contacts of one reason at one company; strain: waits and unsolved contacts go up until then."""

    kind: str
    company: str
    reason: str
    first_day: date
    days: int
    strain_days: int
    reach: float  # share of the company's customers
    cause: str

    def covers(self, at: float, *, strain: bool = False) -> bool:
        """Whether the time (epoch seconds) lies in the burst, or in its strained days."""
        start = day_s(self.first_day)
        return start <= at < start + DAY * (self.strain_days if strain else self.days)


@lru_cache(maxsize=64)
def bursts(config: SynthConfig) -> tuple[Burst, ...]:
    """The planted billing failure and sale."""
    failed = "the billing run failed and was repeated: the monthly charge was collected twice"
    sale = "a sale with a discount code sent to every customer"
    return (
        Burst(
            "process_failure", "telecom", "duplicate_charge", config.spike_day, SPIKE_DAYS, STRAIN_DAYS, 0.09, failed
        ),
        Burst("promotion", "retail", "promo_code", config.promotion_day, PROMOTION_DAYS, PROMOTION_DAYS, 0.07, sale),
    )


@dataclass(frozen=True, slots=True)
class Demand:
    """Cumulative demand of a company over (day, reason); drawn from by bisection."""

    start: float
    reasons: tuple[str, ...]
    cumulative: tuple[float, ...]

    def draw(self, rng: Random) -> tuple[float, str]:
        """Midnight of a day (epoch seconds) and a reason."""
        at = bisect_right(self.cumulative, rng.random() * self.cumulative[-1])
        day, reason = divmod(min(at, len(self.cumulative) - 1), len(self.reasons))
        return self.start + day * DAY, self.reasons[reason]


@lru_cache(maxsize=64)
def demand(company: Company, start: date, days: int) -> Demand:
    """The company's demand over the span."""
    dates = [start + timedelta(days=n) for n in range(days)]
    weights = (
        company.weekdays[day.weekday()] * reason.weight * season(reason, day)
        for day in dates
        for reason in company.reasons.values()
    )
    return Demand(day_s(start), tuple(company.reasons), tuple(accumulate(weights)))


def season(reason: Reason, day: date) -> float:
    """1 ± swing, highest in the reason's peak month."""
    if not reason.peak:
        return 1.0
    return 1.0 + reason.swing * cos(2 * pi * (day.timetuple().tm_yday / 30.44 + 0.5 - reason.peak) / 12)


def time_of_day(channel: str, rng: Random) -> float:
    """Seconds after midnight: mornings and early evenings are busiest, inside the channel's hours."""
    first, last = OPENING[channel]
    middle = 10.5 if rng.random() < 0.55 else 17.5
    hour = rng.gauss(middle, 2.6)
    if not first <= hour < last:
        hour = first + rng.random() * (last - first - 0.01)
    return round(hour * HOUR)


def reopen(at: float, channel: str, rng: Random) -> float:
    """The time itself if the channel is open then, else some time after it opens next."""
    first, last = OPENING[channel]
    midnight = at // DAY * DAY
    hour = (at - midnight) / HOUR
    if first <= hour < last:
        return float(round(at))
    return float(round(midnight + (first + (24 if hour >= last else 0) + rng.random() * 3) * HOUR))


@lru_cache(maxsize=4096)
def day_s(day: date) -> float:
    """Midnight (UTC) of the day in seconds since the epoch."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
