"""Charts of links, threads and first contact resolution: table → ECharts specification. No Streamlit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from textinsight.explore.charts import BLUE, GREY, ORANGE, PALE
from textinsight.explore.words import elapsed, short

if TYPE_CHECKING:
    import pandas as pd

Spec = dict[str, Any]

SYMBOLS = ("circle", "rect", "triangle", "diamond", "pin", "roundRect")
OUTCOMES = {"resolved": BLUE, "unresolved": ORANGE, "moved": GREY, "unclear": GREY}
_STEP = 10  # percent, of the axis of repeat rates
_FAINT = {"lineStyle": {"opacity": 0.4}}
_BESIDE = "#7a8591"  # of figures beside bars: readable on light and dark


def waterfall(steps: pd.DataFrame) -> Spec:
    """Log-odds from the first signal to the final one; steps: signal, weight, start, end, probability (%), is_final."""
    rows = steps.iloc[::-1].to_dict("records")
    base, over, under = zip(*(_floating(row["start"], row["end"]) for row in rows), strict=True)
    marks = [
        {"value": value, "itemStyle": {"color": _tone(row)}, "label": _label(row)}
        for value, row in zip(over, rows, strict=True)
    ]
    rest = [{"value": value, "itemStyle": {"color": _tone(row)}} for value, row in zip(under, rows, strict=True)]
    bar = {"type": "bar", "stack": "step", "silent": True, "barMaxWidth": 16}
    return {
        "grid": {"left": 4, "right": 48, "top": 4, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value", "splitLine": _FAINT},
        "yAxis": {
            "type": "category",
            "data": [row["signal"] for row in rows],
            "axisTick": {"show": False},
            "axisLabel": {"width": 130, "overflow": "truncate"},
        },
        "series": [
            {**bar, "name": "before", "itemStyle": {"color": "transparent"}, "data": list(base)},
            {**bar, "name": "after", "data": marks},
            {**bar, "name": "below", "data": rest},
        ],
    }


def timelines(threads: pd.DataFrame, contacts: pd.DataFrame) -> Spec:
    """A lane for each thread, first at the top; a dot for each contact, by days since the thread's first one.

    threads: thread_id, topic, n_contacts, open. contacts: conversation_id, thread_id, days, channel, resolution, when;
    the order of the dots is that of `contacts` within each channel (`dots` gives it).
    """
    lane = {thread: i for i, thread in enumerate(threads["thread_id"])}
    named = channels(contacts)
    return {
        "animation": False,  # else lines stay where they were while the page widens
        "tooltip": {"confine": True},
        "legend": {
            "top": 0, "left": 0, "data": named, "itemStyle": {"color": GREY}, "selectedMode": False, "itemWidth": 13,
            "itemHeight": 13,
        },
        "grid": {"left": 8, "right": 24, "top": 34, "bottom": 4, "containLabel": True},
        "xAxis": {
            "type": "value", "min": 0, "minInterval": 1, "splitLine": _FAINT,
            "axisLabel": {"formatter": "{value} days"},
        },
        "yAxis": {
            "type": "category", "inverse": True, "axisTick": {"show": False}, "axisLabel": {"margin": 16},
            "axisLine": {"show": False},
            "data": [_lane(thread) for thread in threads.to_dict("records")],
        },
        "series": [
            {
                "type": "scatter", "name": channel, "symbol": SYMBOLS[i % len(SYMBOLS)], "symbolSize": 13, "z": 3,
                "selectedMode": "single",
                "data": [_dot(row, lane) for row in dots(contacts, channel).to_dict("records")],
            }
            for i, channel in enumerate(named)
        ] + [_spans(contacts, lane)],
    }  # fmt: skip


def channels(contacts: pd.DataFrame) -> list[str]:
    """The channels in the order of their series."""
    return sorted(contacts["channel"].unique())


def dots(contacts: pd.DataFrame, channel: str) -> pd.DataFrame:
    """The contacts of one channel, in the order in which they are drawn."""
    return contacts[contacts["channel"] == channel]


def fcr(rows: pd.DataFrame) -> Spec:
    """First contact resolution, observed with its interval and stated beside it; rows: name, observed, low, high, …"""
    shown = rows.iloc[::-1]
    names = [short(name, 34) for name in shown["name"]]
    whole = 100 * shown[["observed", "low", "high", "stated"]].astype(float)
    observed = [
        {"value": _or_none(value), "itemStyle": {"color": BLUE if n >= 100 else GREY}}
        for value, n in zip(whole["observed"], shown["n"], strict=True)
    ]
    return {
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "none"}, "valueFormatter": "%.1f %%"},
        "legend": {"top": 0, "left": 0, "data": ["Observed", "95% interval", "Stated"], "selectedMode": False},
        "grid": {"left": 8, "right": 24, "top": 34, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value", "min": 0, "max": 100, "axisLabel": {"formatter": "{value} %"}, "splitLine": _FAINT},
        "yAxis": {"type": "category", "data": names, "axisTick": {"show": False}},
        "series": [
            {
                "type": "bar", "stack": "interval", "barMaxWidth": 8, "silent": True,
                "itemStyle": {"color": "transparent"}, "name": "from", "tooltip": {"show": False},
                "data": [_or_none(v) for v in whole["low"]],
            },
            {
                "type": "bar", "stack": "interval", "barMaxWidth": 8, "name": "95% interval", "silent": True,
                "itemStyle": {"color": BLUE, "opacity": 0.28}, "tooltip": {"show": False},
                "data": [_or_none(high - low) for low, high in zip(whole["low"], whole["high"], strict=True)],
            },
            {
                "type": "scatter", "name": "Observed", "symbolSize": 11, "z": 4, "data": observed,
                "selectedMode": "single",
                "itemStyle": {"color": BLUE},
            },
            {
                "type": "scatter", "name": "Stated", "symbol": "emptyCircle", "symbolSize": 10, "z": 3,
                "itemStyle": {"color": ORANGE}, "data": [_or_none(v) for v in whole["stated"]],
            },
        ],
    }  # fmt: skip


def quartiles(rows: pd.DataFrame) -> Spec:
    """Repeat rate by quartile of handle time; rows: quartile 1..4, median_s, repeat_rate, low, high."""
    rate, low, high = (100 * rows[name].astype(float) for name in ("repeat_rate", "low", "high"))
    names = [
        f"{_QUARTILES[quartile]}\n{value:.1f} %\nmedian {elapsed(seconds)}"
        for quartile, value, seconds in zip(rows["quartile"], rate, rows["median_s"], strict=True)
    ]
    whiskers = [
        [{"coord": [name, _or_none(a)]}, {"coord": [name, _or_none(b)]}]
        for name, a, b in zip(names, low, high, strict=True)
    ]
    return {
        "animation": False,
        "tooltip": {"show": False},
        "grid": {"left": 8, "right": 8, "top": 20, "bottom": 4, "containLabel": True},
        "xAxis": {
            "type": "category", "data": names, "axisTick": {"show": False},
            "axisLabel": {"lineHeight": 17, "interval": 0},  # all of them, on a narrow screen too
        },
        "yAxis": {
            "type": "value", "min": 0, "axisLabel": {"formatter": "{value} %"}, "splitLine": _FAINT,
            "max": _STEP * math.ceil(high.max() / _STEP) if high.notna().any() else None,  # else whiskers are left out
        },
        "series": [
            {
                "type": "bar", "name": "Repeat rate", "data": [_or_none(value) for value in rate], "barMaxWidth": 88,
                "selectedMode": "single",
                "itemStyle": {"color": PALE, "borderRadius": [3, 3, 0, 0]},
                "markLine": {
                    "silent": True, "symbol": ["rect", "rect"], "symbolSize": [14, 2], "data": whiskers,
                    "lineStyle": {"color": BLUE, "width": 2, "type": "solid"}, "label": {"show": False},
                },
            }
        ],
    }  # fmt: skip


def _floating(start: float, end: float) -> tuple[float, float, float]:
    """(invisible base, bar on the base's side, bar on the other side of 0) of a bar from start to end."""
    low, high = round(min(start, end), 3), round(max(start, end), 3)
    if low >= 0:
        return low, high - low, 0.0
    if high <= 0:
        return high, low - high, 0.0
    return 0.0, high, low


def _tone(row: dict[Any, Any]) -> str:
    if row["is_final"]:
        return GREY
    return BLUE if row["weight"] > 0 else ORANGE


def _label(row: dict[Any, Any]) -> Spec:
    text = f"{row['probability']:.0f} %" if row["is_final"] else f"{row['weight']:+.2f}"
    return {
        "show": True,
        "position": "left" if row["end"] < 0 and row["end"] <= row["start"] else "right",
        "formatter": text,
        "color": _BESIDE,
    }


def _lane(thread: dict[Any, Any]) -> str:
    return f"{short(thread['topic'], 28)} · {thread['n_contacts']}" + (" · open" if thread["open"] else "")


def _dot(row: dict[Any, Any], lane: dict[Any, int]) -> Spec:
    color = OUTCOMES.get(row["resolution"], GREY)
    return {
        "value": [round(float(row["days"]), 2), lane[row["thread_id"]]],
        "name": f"{row['when']} · {row['channel']}",
        "itemStyle": {"color": color, "borderColor": "rgba(255,255,255,0.8)", "borderWidth": 1},
    }


def _spans(contacts: pd.DataFrame, lane: dict[Any, int]) -> Spec:
    """A line through each thread's dots."""
    lines = [
        [{"coord": [float(group["days"].min()), lane[thread]]}, {"coord": [float(group["days"].max()), lane[thread]]}]
        for thread, group in contacts.groupby("thread_id")
    ]
    return {
        "type": "scatter", "name": "threads", "data": [], "silent": True, "z": 1,
        "markLine": {
            "silent": True, "symbol": "none", "label": {"show": False}, "data": lines,
            "lineStyle": {"color": GREY, "width": 2, "type": "solid", "opacity": 0.6},
        },
    }  # fmt: skip


def _or_none(value: float) -> float | None:
    return None if value is None or value != value else round(float(value), 2)  # noqa: PLR0124  NaN alone differs from itself


_QUARTILES = {1: "Shortest quarter", 2: "Second", 3: "Third", 4: "Longest quarter"}
