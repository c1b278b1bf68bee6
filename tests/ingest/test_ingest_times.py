from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textinsight.ingest import times

T = datetime(2017, 10, 31, 22, 10, 47, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2017-10-31T22:10:47Z",
        "2017-10-31 22:10:47",
        "2017-10-31T23:10:47+01:00",
        "2017-10-31T23:10:47 +0100",
        "2017-10-31 22:10:47 UTC",
        "2017/10/31 22:10:47",
        "Tue Oct 31 22:10:47 +0000 2017",
        "Tue, 31 Oct 2017 22:10:47 GMT",
        "31-Oct-2017 22:10:47",
        "31/Oct/17 22:10:47",
        "October 31, 2017 10:10:47 PM",
        "Oct 31st, 2017 at 10:10:47 pm",
        "31.10.2017 22:10:47",
        "10/31/2017 10:10:47 PM",
        "31/10/17 22:10:47",
        1509487847,
        1509487847000,
        1509487847000000,
        "1509487847",
        1509487847.0,
        datetime(2017, 10, 31, 22, 10, 47),
    ],
)
def test_one_moment_in_many_writings(value: object) -> None:
    assert times.parse(value) == T


@pytest.mark.parametrize("value", [None, "", "  ", "N/A", "null", "NaT", float("nan")])
def test_absent_is_none(value: object) -> None:
    assert times.parse(value) is None


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("1969-12-31", "1969 lies outside"),
        ("2101-01-01", "2101 lies outside"),
        ("9999-12-31T23:59:59-12:00", "lies outside"),
        (-5, "before 1970"),
        (43040, "too small"),
        (1e30, "no Unix time"),
        (float("inf"), "no Unix time"),
        (True, "got bool"),
        ([1], "got list"),
        ("yesterday", "no time that is known"),
        ("2024-13-01", "month"),
        ("31/02/2024", "day"),
        ("05/06/2024", "day or month first"),
        ("13:61 on Friday", "no time"),
        ("12 Foo 2024", "no month"),
        ("12 May 2024 13:00 pm", "no hour"),
        ("12 May 2024 13:00 XYZ", "no time zone"),
    ],
)
def test_what_is_no_time_says_why(value: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        times.parse(value)


def test_the_files_other_dates_settle_the_order() -> None:
    assert times.day_first(["05/06/2024", "13/06/2024"]) is True
    assert times.day_first(["05/06/2024", "06/13/2024"]) is False
    assert times.day_first(["05/06/2024"]) is None
    assert times.day_first(["13/06/2024", "06/13/2024"]) is None
    assert times.parse("05/06/2024", day_first=True) == datetime(2024, 6, 5, tzinfo=UTC)
    assert times.parse("05/06/2024", day_first=False) == datetime(2024, 5, 6, tzinfo=UTC)
    with pytest.raises(ValueError, match="no month"):
        times.parse("05/13/2024", day_first=True)


def test_the_same_number_twice_is_not_ambiguous() -> None:
    assert not times.is_ambiguous("04/04/25")
    assert times.is_ambiguous("04/05/25")
    assert times.parse("04/04/25") == datetime(2025, 4, 4, tzinfo=UTC)


def test_dates_and_eight_digits() -> None:
    assert times.parse(date(2024, 5, 6)) == times.parse("20240506") == datetime(2024, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"), [("01:02", 62), ("1:01:02.5", 3662.5), ("00:00:01,250", 1.25), ("12", None), ("x", None)]
)
def test_clocks(text: str, seconds: float | None) -> None:
    assert times.clock(text) == seconds


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2100, 12, 30), timezones=st.just(UTC)))
def test_what_is_written_as_iso_comes_back(time: datetime) -> None:
    assert times.parse(time.isoformat()) == time
    assert times.parse(time.isoformat(" ")) == time


@given(st.text(max_size=60))
def test_any_text_is_a_time_none_or_a_value_error(text: str) -> None:
    try:
        found = times.parse(text)
    except ValueError:
        return
    assert found is None or found.utcoffset() is not None
