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
