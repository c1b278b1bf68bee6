"""Tables → chart specifications (ECharts options as plain data). No Streamlit; colours fit light and dark themes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

Spec = dict[str, Any]

# Blue and orange stay apart for colour-blind eyes; grey says "not to be leant on".
BLUE, ORANGE, GREY, PALE = "#2f7fb8", "#d9722e", "#9aa4ad", "rgba(128,140,150,0.28)"
_FEW = 10  # answers below which a point of a calibration is grey


def trend(
    frame: pd.DataFrame, *, label: str, percent: bool, scale: tuple[float | None, float | None], clicks: bool = False
) -> Spec:
    """A measure as a line in its 95% band over small bars of contacts; frame: period, contacts, value, low, high.

    clicks: whether bars and points can be chosen.
    """
    picked = {"selectedMode": "single"} if clicks else {}
    factor = 100 if percent else 1
    value, low, high = (_numbers(frame[name] * factor) for name in ("value", "low", "high"))
    band = [None if a is None or b is None else round(b - a, 3) for a, b in zip(low, high, strict=True)]
    ghost = {
        "type": "line", "symbol": "none", "silent": True, "lineStyle": {"opacity": 0},
        "itemStyle": {"color": BLUE, "opacity": 0.3}, "tooltip": {"valueFormatter": _number(percent)},
    }  # fmt: skip
    most = int(frame["contacts"].max()) if len(frame) else 0
    return {
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0, "left": 0, "icon": "roundRect", "itemWidth": 12, "itemHeight": 8,
                   "data": [label, "95% interval", "Contacts"]},
        "grid": {"left": 8, "right": 8, "top": 40, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "category", "data": frame["period"].tolist(), "axisTick": {"show": False}},
        "yAxis": [
            _axis(formatter="{value} %" if percent else "{value}", low=scale[0], high=scale[1]),
            {"type": "value", "show": False, "axisLabel": {"show": False}, "min": 0, "max": max(3 * most, 1)},
        ],
        "series": [
            {
                "type": "bar", "name": "Contacts", "yAxisIndex": 1, "data": [int(n) for n in frame["contacts"]],
                **picked,
                "itemStyle": {"color": PALE, "borderRadius": [2, 2, 0, 0]}, "barCategoryGap": "35%",
            },
            {**ghost, "name": "95% from", "data": low, "stack": "band"},
            {
                **ghost, "name": "95% interval", "data": band, "stack": "band",
                "areaStyle": {"color": BLUE, "opacity": 0.16}, "tooltip": {"show": False},
            },
            {**ghost, "name": "95% to", "data": high},  # for the words beside the pointer alone
            {
                "type": "line", "name": label, "data": value, "symbolSize": 5, "connectNulls": False, "z": 3,
                **picked,
                "itemStyle": {"color": BLUE}, "lineStyle": {"width": 2.5, "color": BLUE},
                "tooltip": {"valueFormatter": _number(percent)},
            },
        ],
    }  # fmt: skip


def bars(frame: pd.DataFrame, *, label: str = "Contacts") -> Spec:
    """A count alone; frame: period, contacts (or what the label says)."""
    return {
        "tooltip": {"trigger": "axis"},
        "grid": {"left": 8, "right": 8, "top": 16, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "category", "data": frame["period"].tolist(), "axisTick": {"show": False}},
        "yAxis": _axis(formatter="{value}", low=0, high=None),
        "series": [
            {
                "type": "bar", "name": label, "data": [int(n) for n in frame["contacts"].fillna(0)],
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


def calibration(bins: Sequence[Sequence[float]]) -> Spec:
    """Share right over confidence, with the line on which both are equal; bins: (mean confidence, share right, n)."""
    most = max((n for _, _, n in bins), default=1)
    axis = _axis(formatter="{value} %", low=0, high=100) | {"interval": 50}
    return {
        "tooltip": {"formatter": "{b}"},
        "grid": {"left": 4, "right": 24, "top": 14, "bottom": 4, "containLabel": True},
        "xAxis": axis,
        "yAxis": axis,
        "series": [
            {
                "type": "line", "name": "As it should be", "data": [[0, 0], [100, 100]], "symbol": "none",
                "silent": True, "lineStyle": {"type": "dashed", "width": 1, "color": GREY},
            },
            {
                "type": "scatter", "name": "Answers", "z": 3, "clip": False,
                "data": [
                    {
                        "value": [round(100 * sure, 1), round(100 * right, 1)],
                        "name": f"{sure:.0%} sure, {right:.0%} right, {n:,} answer{'s' * (n != 1)}",
                        "symbolSize": round(6 + 14 * math.sqrt(n / most), 1),
                        "itemStyle": {"color": BLUE if n >= _FEW else GREY},
                    }
                    for sure, right, n in bins
                ],
            },
        ],
    }  # fmt: skip


def _numbers(column: pd.Series[float]) -> list[float | None]:
    return [None if math.isnan(value) else round(float(value), 3) for value in column]


def _number(percent: bool) -> str:
    return "%.1f %%" if percent else "%.2f"


def _axis(*, formatter: str, low: float | None, high: float | None) -> Spec:
    return {
        "type": "value",
        "axisLabel": {"formatter": formatter},
        "splitLine": {"lineStyle": {"opacity": 0.4}},
        **({"scale": True} if low is None else {"min": low}),
        **({} if high is None else {"max": high}),
    }
