from __future__ import annotations

import json

import pandas as pd
import pytest

from textinsight.explore import charts


def test_trend_keeps_gaps_and_percent():
    frame = pd.DataFrame(
        {"period": ["a", "b"], "contacts": [3, 4], "value": [0.5, float("nan")], "low": [0.4, float("nan")],
         "high": [0.6, float("nan")]}
    )  # fmt: skip
    spec = charts.trend(frame, label="x", percent=True, scale=(0.0, None))
    by_name = {series["name"]: series["data"] for series in spec["series"]}
    assert by_name["x"] == [50.0, None]
    assert by_name["95% interval"] == [pytest.approx(20.0), None]
    json.dumps(spec, allow_nan=False)


def test_sentiment_path_shows_the_customer_alone():
    turns = pd.DataFrame(
        {"turn": [0, 1, 2], "role": ["agent", "customer", "customer"], "sentiment_score": [1.0, -0.5, None]}
    )
    spec = charts.sentiment_path(turns)
    assert spec["xAxis"]["data"] == ["2"]
    assert spec["series"][0]["data"][0]["value"] == -0.5


def test_points_of_a_calibration_are_shares_and_grey_where_few():
    spec = charts.calibration([(0.55, 0.5, 4), (0.951, 0.975, 100)])
    line, points = spec["series"]
    assert line["data"] == [[0, 0], [100, 100]]
    few, many = points["data"]
    assert (few["value"], few["itemStyle"]["color"]) == ([55.0, 50.0], charts.GREY)
    assert (many["value"], many["itemStyle"]["color"]) == ([95.1, 97.5], charts.BLUE)
    assert few["symbolSize"] < many["symbolSize"]
    assert many["name"] == "95% sure, 98% right, 100 answers"
    json.dumps(spec, allow_nan=False)
