from __future__ import annotations

import json

import pandas as pd
import pytest

from textinsight.explore import charts, layout


def edges(*rows):
    columns = ("topic_a", "topic_b", "n_starts", "q_value", "lift", "lift_low")
    frame = pd.DataFrame([dict(zip(columns, row, strict=True)) for row in rows])
    return frame.assign(label_a=frame["topic_a"].str.upper(), label_b=frame["topic_b"].str.upper())


def test_the_map_greys_what_is_not_supported():
    frame = edges(("a", "b", 100, 0.01, 4.0, 2.0), ("a", "c", 99, 0.01, 4.0, 2.0), ("b", "c", 500, 0.05, 4.0, 2.0))
    links = charts.downstream(frame, {"a": 10})["series"][0]["links"]
    assert [link["lineStyle"]["type"] for link in links] == ["solid", "solid", "dashed"]
    assert [link["lineStyle"]["color"] for link in links] == [charts.BLUE, charts.GREY, charts.GREY]


def test_arrow_width_follows_the_lower_bound_of_the_lift():
    frame = edges(("a", "b", 100, 0.01, 90.0, 1.1), ("a", "c", 100, 0.01, 5.0, 4.0))
    wide, wider = (link["lineStyle"]["width"] for link in charts.downstream(frame, {})["series"][0]["links"])
    assert wide < wider


def test_links_point_at_their_nodes_and_names_stay_as_typed():
    frame = edges(("<b>a</b>", "b", 100, 0.01, 4.0, 2.0))
    series = charts.downstream(frame, {"b": 3})["series"][0]
    assert [node["name"] for node in series["data"]] == ["<B>A</B>", "B", "", ""]
    assert (series["links"][0]["source"], series["links"][0]["target"]) == (0, 1)


def test_causes_stand_left_of_what_they_bring_on():
    a, b, c = layout.places(3, [(0, 1, 1.0), (1, 2, 1.0)])
    assert a.x < b.x < c.x


def test_nodes_of_one_layer_never_share_a_place():
    placed = layout.places(9, [(n, 8, 1.0) for n in range(8)])
    assert len({(place.x, place.y) for place in placed}) == 9


def test_an_empty_map_is_still_a_chart():
    spec = charts.downstream(edges(("a", "b", 1, 1, 1, 1)).head(0), {})
    assert spec["series"][0]["links"] == []
    assert charts.map_height(spec) > 0


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
