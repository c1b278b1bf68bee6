"""Times as files write them → aware UTC times. A time without a zone is taken as UTC.

Read: ISO 8601; Unix s, ms, µs, ns; "Tue Oct 31 22:10:47 +0000 2017"; "31-Oct-2017 22:10"; "Oct 31, 2017 10:10 PM";
"31.10.2017"; "10/31/17 5:00 pm" where the file shows which number is the day. Years 1970 to 2100.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

MISSING = frozenset({"", "na", "n/a", "nan", "nat", "none", "null", "-", "\\n", "unknown"})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = (1970, 2100)
_UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))
_MONTHS = {
    name: i + 1
    for i, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split())  # noqa: SIM905
}
_ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8,
    "pdt": -7, "cet": 1, "cest": 2, "bst": 1,
}  # fmt: skip

_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([ap]\.?m\.?)?"
_ZONE = r"(z|[a-z]{3,4}|(?:utc|gmt)?\s?[+-]\d{2}:?\d{2})?"
_TAIL = rf"(?:(?:,?\s*(?:at\s)?|t){_CLOCK}\s*{_ZONE})?"
_WEEKDAY = r"(?:[a-z]{3,9},?\s)?"
_NUMERIC = re.compile(rf"(\d{{1,4}})([/.\-])(\d{{1,2}})\2(\d{{1,4}}){_TAIL}", re.I)
_DAY_MONTH = re.compile(
    rf"{_WEEKDAY}(\d{{1,2}})(?:st|nd|rd|th)?[\s/\-]([a-z]{{3,9}})\.?[\s/\-,]+(\d{{2,4}}){_TAIL}", re.I
)
_MONTH_DAY = re.compile(rf"{_WEEKDAY}([a-z]{{3,9}})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}}){_TAIL}", re.I)
_TWITTER = re.compile(rf"[a-z]{{3}}\s([a-z]{{3}})\s+(\d{{1,2}})\s{_CLOCK}\s*{_ZONE}\s*(\d{{4}})", re.I)
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?", re.I)
_OFFSET = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2})(?:[.,](\d{1,6}))?")


def parse(value: object, *, day_first: bool | None = None) -> datetime | None:
    """The time in UTC, None if absent; ValueError, saying why, if it is none or lies outside 1970..2100."""
    if is_missing(value):
        return None
    time = _aware(_read(value, day_first))
    if not _YEARS[0] <= time.year <= _YEARS[1]:
        raise ValueError(f"the year {time.year} lies outside {_YEARS[0]}..{_YEARS[1]}")
    return time


def is_missing(value: object) -> bool:
    """None, NaN or one of the words that exports write for "no value"."""
    if isinstance(value, str):
        return value.strip().lower() in MISSING
    return value is None or (isinstance(value, float) and value != value)  # noqa: PLR0124


def parse_offset(value: object) -> float | None:
    """Seconds since the start from a number or "00:01:02.5", None if absent or no such thing."""
    if isinstance(value, bool) or is_missing(value):
        return None
    if isinstance(value, (int, float, Decimal)):
        return _float(value)
    text = str(value).strip()
    if _NUMBER.fullmatch(text):
        return float(text)
    return clock(text)


def clock(text: str) -> float | None:
    """Seconds of "01:02", "00:01:02" or "00:01:02,500"."""
    match = _OFFSET.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds, fraction = match.groups()
    return int(hours or 0) * 3600.0 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction or 0}")


def day_first(values: Iterable[object]) -> bool | None:
    """Does the day come before the month in dates such as 04/05/2024? None if the values do not tell.

    Also None if some show one order and some the other.
    """
    orders = {order for order in map(_order, values) if order is not None}
    return orders.pop() if len(orders) == 1 else None


def is_ambiguous(value: object) -> bool:
    """A date such as 04/05/2024, which by itself may be April or May."""
    match = _NUMERIC.fullmatch(value.strip()) if isinstance(value, str) else None
    return match is not None and _unsure(match) and _order(value) is None


def _order(value: object) -> bool | None:
    match = _NUMERIC.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or not _unsure(match):
        return None
    first, second = int(match[1]), int(match[3])
    return None if (first > 12) == (second > 12) else first > 12


def _unsure(match: re.Match[str]) -> bool:
    return len(match[1]) <= 2 and match[2] != "." and int(match[1]) != int(match[3])


def _aware(time: datetime) -> datetime:
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"the year {time.year} lies outside {_YEARS[0]}..{_YEARS[1]}") from error


def _read(value: object, first: bool | None) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return _unix(_float(value))
    if not isinstance(value, str):
        raise ValueError(f"expected a time, got {type(value).__name__}")
    return _text(value.strip(), first)


def _float(value: float | Decimal) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _unix(number: float) -> datetime:
    per_second = next((unit for below, unit in _UNITS if abs(number) < below), None)
    if per_second is None:
        raise ValueError(f"{number:g} is no Unix time")
    if 0 < number < 1e6:
        raise ValueError(f"{number:g} is too small for a Unix time; a spreadsheet's day number? write 2024-05-31")
    if number < 0:
        raise ValueError(f"{number:g} lies before 1970")
    return datetime.fromtimestamp(number / per_second, UTC)


def _text(text: str, first: bool | None) -> datetime:
    if _NUMBER.fullmatch(text) and not (len(text) == 8 and text.isdigit() and text[:2] in ("19", "20")):
        return _unix(float(text))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _pattern(text[:100], first)


def _pattern(text: str, first: bool | None) -> datetime:
    if match := _NUMERIC.fullmatch(text):
        return _at(_numeric_date(match, first), match.groups()[4:])
    if match := _DAY_MONTH.fullmatch(text):
        return _at((_year(match[3]), _month(match[2]), int(match[1])), match.groups()[3:])
    if match := _MONTH_DAY.fullmatch(text):
        return _at((_year(match[3]), _month(match[1]), int(match[2])), match.groups()[3:])
    if match := _TWITTER.fullmatch(text):
        return _at((_year(match[9]), _month(match[1]), int(match[2])), match.groups()[2:8])
    raise ValueError(f"{text[:40]!r} is no time that is known; write it as 2024-05-31T14:00:00Z")


def _numeric_date(match: re.Match[str], first: bool | None) -> tuple[int, int, int]:
    a, b, c = match[1], match[3], match[4]
    if len(a) == 4:
        return int(a), int(b), int(c)
    if not _unsure(match):
        first = True
    first = _order(match[0]) if first is None else first
    if first is None:
        raise ValueError(f"{a}{match[2]}{b}{match[2]}{c}: day or month first? the file does not tell; write 2024-05-31")
    day, month = (int(a), int(b)) if first else (int(b), int(a))
    if month > 12:
        raise ValueError(f"{match[0]}: {month} is no month; the file's other dates put the {_FIRST[first]} first")
    return _year(c), month, day


_FIRST = {True: "day", False: "month"}


def _year(text: str) -> int:
    number = int(text)
    return number if len(text) > 2 else number + (2000 if number < 69 else 1900)


def _month(name: str) -> int:
    number = _MONTHS.get(name[:3].lower())
    if number is None:
        raise ValueError(f"{name!r} is no month")
    return number


def _at(day: tuple[int, int, int], tail: tuple[str | None, ...]) -> datetime:
    hour, minute, second, fraction, half, zone = tail
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    return datetime(*day, _hour(int(hour or 0), half), int(minute or 0), int(second or 0), micro, _zone(zone))


def _hour(hour: int, half: str | None) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(f"{hour} {half} is no hour")
    return hour % 12 + (12 if half[0] in "pP" else 0)


def _zone(zone: str | None) -> timezone:
    if not zone:
        return UTC
    name = zone.lower().replace(" ", "")
    if name in _ZONES:
        return timezone(timedelta(hours=_ZONES[name]))
    digits = re.sub(r"[^\d+-]", "", name)
    if not digits:
        raise ValueError(f"{zone!r} is no time zone that is known; write +02:00")
    sign = -1 if digits[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5])))
