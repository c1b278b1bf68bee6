"""Tables → chart specifications (ECharts options as plain data). No Streamlit; colours fit light and dark themes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from textinsight.explore import layout
from textinsight.explore.words import MAX_Q, SUPPORT, short

if TYPE_CHECKING:
    import pandas as pd

Spec = dict[str, Any]

# Blue and orange stay apart for colour-blind eyes; grey says "not to be leant on".
BLUE, ORANGE, GREY, PALE = "#2f7fb8", "#d9722e", "#9aa4ad", "rgba(128,140,150,0.28)"
MAX_EDGES = 40


def trend(frame: pd.DataFrame, *, label: str, percent: bool, scale: tuple[float | None, float | None]) -> Spec:
    """Contacts as bars and a measure as a line over them; frame: period, contacts, value (null: a gap)."""
    values = [None if math.isnan(v) else round(100 * v if percent else v, 3) for v in frame["value"]]
    low, high = scale
    return {
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0, "left": 0, "icon": "roundRect", "itemWidth": 12, "itemHeight": 8},
        "grid": {"left": 8, "right": 8, "top": 44, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "category", "data": frame["period"].tolist(), "axisTick": {"show": False}},
        "yAxis": [
            _axis(formatter="{value} %" if percent else "{value}", low=low, high=high),
            _axis(formatter="{value}", low=0, high=None, lines=False),
        ],
        "series": [
            {
                "type": "bar", "name": "Contacts", "yAxisIndex": 1, "data": [int(n) for n in frame["contacts"]],
                "itemStyle": {"color": PALE, "borderRadius": [2, 2, 0, 0]}, "barCategoryGap": "25%",
            },
            {
                "type": "line", "name": label, "data": values, "symbolSize": 5, "connectNulls": False, "z": 3,
                "itemStyle": {"color": BLUE}, "lineStyle": {"width": 2.5, "color": BLUE},
                "tooltip": {"valueFormatter": "%.1f %%" if percent else "%.2f"},
            },
        ],
    }  # fmt: skip


def bars(frame: pd.DataFrame) -> Spec:
    """Contacts alone; frame: period, contacts."""
    return {
        "tooltip": {"trigger": "axis"},
        "grid": {"left": 8, "right": 8, "top": 16, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "category", "data": frame["period"].tolist(), "axisTick": {"show": False}},
        "yAxis": _axis(formatter="{value}", low=0, high=None),
        "series": [
            {
                "type": "bar", "name": "Contacts", "data": [int(n) for n in frame["contacts"]],
                "itemStyle": {"color": BLUE, "borderRadius": [2, 2, 0, 0]}, "barCategoryGap": "25%",
            }
        ],
    }  # fmt: skip


def sentiment_path(turns: pd.DataFrame) -> Spec:
    """The customer's sentiment turn by turn, −1..1; turns: turn, role, sentiment_score."""
    mine = turns[(turns["role"] == "customer") & turns["sentiment_score"].notna()]
    points = [
        {"value": round(float(score), 2), "itemStyle": {"color": ORANGE if score < 0 else BLUE}}
        for score in mine["sentiment_score"]
    ]
    return {
        "tooltip": {"trigger": "axis", "valueFormatter": "%.2f"},
        "grid": {"left": 4, "right": 4, "top": 10, "bottom": 2, "containLabel": True},
        "xAxis": {
            "type": "category",
            "data": [str(int(turn) + 1) for turn in mine["turn"]],
            "axisTick": {"show": False},
            "axisLabel": {"show": True},
            "axisLine": {"onZero": True},
        },
        "yAxis": {"type": "value", "min": -1, "max": 1, "interval": 1, "splitLine": {"lineStyle": {"opacity": 0.4}}},
        "series": [{"type": "bar", "name": "Sentiment", "data": points, "barMaxWidth": 22}],
    }


def evidence(rows: list[dict[str, Any]]) -> Spec:
    """What a link's log-odds are made of, the heaviest first; rows: {signal, weight} with names to show."""
    shown = rows[::-1]
    return {
        "tooltip": {"valueFormatter": "%+.2f"},
        "grid": {"left": 4, "right": 16, "top": 4, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value", "splitLine": {"lineStyle": {"opacity": 0.4}}},
        "yAxis": {"type": "category", "data": [row["signal"] for row in shown], "axisTick": {"show": False}},
        "series": [
            {
                "type": "bar",
                "name": "Log-odds",
                "barMaxWidth": 14,
                "data": [
                    {"value": round(row["weight"], 2), "itemStyle": {"color": ORANGE if row["weight"] < 0 else BLUE}}
                    for row in shown
                ],
            }
        ],
    }


def downstream(edges: pd.DataFrame, sizes: dict[str, int]) -> Spec:
    """Topics as nodes (area: contacts), A → B as arrows (width: lift; colour: supported or grey); at most 40.

    edges: columns of the edges table with label_a and label_b. The order of `series[0].links` is that of the rows.
    """
    shown = edges.head(MAX_EDGES)
    ids = list(dict.fromkeys([*shown["topic_a"], *shown["topic_b"]]))
    labels = dict(zip([*shown["topic_a"], *shown["topic_b"]], [*shown["label_a"], *shown["label_b"]], strict=True))
    at = {topic: i for i, topic in enumerate(ids)}
    links = [_link(row, at) for row in shown.to_dict("records")]
    placed = layout.places(len(ids), [(link["source"], link["target"], link["value"]) for link in links])
    largest = max([sizes.get(topic, 0) for topic in ids], default=1) or 1
    nodes = [
        {
            "id": topic,
            "name": short(labels[topic], 60),
            "value": sizes.get(topic, 0),
            "x": 1000 * place.x,
            "y": 520 * place.y,
            "symbolSize": 10 + 30 * math.sqrt(sizes.get(topic, 0) / largest),
            "itemStyle": {"color": BLUE},
        }
        for topic, place in zip(ids, placed, strict=True)
    ]
    return {
        "tooltip": {"confine": True},
        "series": [
            {
                "type": "graph", "layout": "none", "roam": False, "selectedMode": "single",
                "left": 110, "right": 110, "top": 34, "bottom": 34,
                "edgeSymbol": ["none", "arrow"], "edgeSymbolSize": 9,
                "data": nodes, "links": links,
                "label": {
                    "show": True, "position": "bottom", "distance": 4, "width": 150, "overflow": "break",
                    "fontSize": 12,
                },
                "labelLayout": {"hideOverlap": False},
                "lineStyle": {"curveness": 0.12},
                "emphasis": {"focus": "adjacency", "lineStyle": {"opacity": 1}},
                "select": {"lineStyle": {"color": ORANGE, "opacity": 1}, "itemStyle": {"borderColor": ORANGE}},
            }
        ],
    }  # fmt: skip


def is_supported(n_starts: float, q_value: float) -> bool:
    """Whether an edge's figures can be leant on: enough starts and few false alarms."""
    return bool(n_starts >= SUPPORT and q_value < MAX_Q)


def _link(row: dict[Any, Any], at: dict[str, int]) -> Spec:
    lift = float(row["lift"])
    supported = is_supported(row["n_starts"], row["q_value"])
    return {
        "source": at[row["topic_a"]],
        "target": at[row["topic_b"]],
        "value": round(lift, 2),
        "lineStyle": {
            "width": 1 + 2 * min(max(math.log2(max(lift, 1e-9)), 0), 4),
            "color": BLUE if supported and lift > 1 else GREY,
            "opacity": 0.75 if supported and lift > 1 else 0.35,
        },
    }


def _axis(*, formatter: str, low: float | None, high: float | None, lines: bool = True) -> Spec:
    return {
        "type": "value",
        "axisLabel": {"formatter": formatter},
        "splitLine": {"show": lines, "lineStyle": {"opacity": 0.4}},
        **({} if low is None else {"min": low}),
        **({} if high is None else {"max": high}),
    }
