"""Charts of topics: contacts on the map by meaning. No Streamlit; colours fit light and dark themes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textinsight.explore.charts import GREY, Spec
from textinsight.explore.words import UNCLEAR, short

if TYPE_CHECKING:
    import pandas as pd

# Themes differ in colour and in shape, for eyes that cannot tell the colours apart.
_COLORS = ("#2f7fb8", "#d9722e", "#8a7bb5", "#3a9a94", "#b08d2f", "#c2619b", "#6f8f3f", "#7d8a96")
_SHAPES = ("circle", "triangle", "diamond", "rect")
_NAMED = 80  # topics that may be named, the largest first; names that would overlap are left out
_EDGE = 0.08  # of the map's width, beside which a name does not stand in the middle of its place
_WORDS = ({"name": "topic", "type": "ordinal"}, {"name": "issue", "type": "ordinal"})
_TOLD = "<b>{@topic}</b><br/>{@issue}"  # Streamlit puts the values in as escaped text
_TOOLTIP = "max-width: 340px; white-space: normal; overflow-wrap: anywhere;"


def meaning(points: pd.DataFrame, centres: pd.DataFrame, themes: list[tuple[str | None, str]]) -> Spec:
    """Contacts as dots, one series a theme in the order of `themes` (id, name), and last the names of topics.

    points: x, y, issue_text, topic_id, topic_label, theme_id. centres: topic_id, label, x, y, the largest topic first.
    """
    series = [_theme(theme_rows(points, theme), name, place) for place, (theme, name) in enumerate(themes)]
    return {
        "tooltip": {"trigger": "item", "confine": True, "extraCssText": _TOOLTIP, "formatter": _TOLD},
        "legend": {"type": "scroll", "top": 0, "left": 0, "itemWidth": 12, "itemHeight": 10,
                   "data": [name for _, name in themes]},
        "grid": {"left": 10, "right": 10, "top": 36, "bottom": 8},
        "xAxis": _axis(points["x"], centres["x"]),
        "yAxis": _axis(points["y"], centres["y"]),
        "dataZoom": [{"type": "inside", axis: 0, "filterMode": "none"} for axis in ("xAxisIndex", "yAxisIndex")],
        "series": [*series, _names(centres, points)],
    }  # fmt: skip


def theme_rows(points: pd.DataFrame, theme: str | None) -> pd.DataFrame:
    """The rows of a theme, in the order in which its series draws them."""
    theme_of = points["theme_id"]
    return points[theme_of == theme] if theme else points[theme_of.isna()]


def _theme(rows: pd.DataFrame, name: str, place: int) -> Spec:
    columns = zip(rows["x"], rows["y"], rows["topic_label"], rows["issue_text"], strict=True)
    return {
        "type": "scatter", "name": name, "symbol": _shape(place), "symbolSize": 7,
        "selectedMode": "single", "dimensions": ["x", "y", *_WORDS],
        "itemStyle": {"color": _COLORS[place % len(_COLORS)] if name != UNCLEAR else GREY, "opacity": 0.65},
        "emphasis": {"scale": 1.6},
        "data": [[_round(x), _round(y), short(topic, 60), short(text, 140)] for x, y, topic, text in columns],
    }  # fmt: skip


def _shape(place: int) -> str:
    """Another one for each round of the colours, so that no two themes have both alike (32 of them)."""
    return _SHAPES[(place + place // len(_COLORS)) % len(_SHAPES)]


def _names(centres: pd.DataFrame, points: pd.DataFrame) -> Spec:
    """Each topic's name above its contacts, so that neither hides the other."""
    rows = centres.head(_NAMED)
    top = points.groupby("topic_id")["y"].max()
    ends = _ends(points["x"], centres["x"])
    heights = [max(float(y), top.get(topic, y)) for topic, y in zip(rows["topic_id"], rows["y"], strict=True)]
    return {
        "type": "scatter", "name": "Topics", "symbolSize": 2, "selectedMode": "single", "z": 5,
        "itemStyle": {"color": "rgba(128, 140, 150, 0.01)"}, "tooltip": {"show": False},
        "labelLayout": {"hideOverlap": True},
        "label": {"show": True, "formatter": "{b}", "position": "top", "distance": 4, "fontSize": 12.5},
        "emphasis": {"disabled": True}, "select": {"disabled": True},
        "data": [
            {"name": short(label, 32), "value": [_round(x), _round(y)], "label": {"align": _align(x, ends)}}
            for label, x, y in zip(rows["label"], rows["x"], heights, strict=True)
        ],
    }  # fmt: skip


def _align(x: float, ends: tuple[float, float]) -> str:
    """How a name stands to its place, so that the outermost ones are not cut off."""
    left, right = ends
    at = (x - left) / ((right - left) or 1.0)
    return "left" if at < _EDGE else "right" if at > 1 - _EDGE else "center"


def _axis(*columns: pd.Series[float]) -> dict[str, Any]:
    low, high = _ends(*columns)
    room = 0.04 * (high - low) or 1.0
    return {"type": "value", "show": False, "min": _round(low - room), "max": _round(high + room)}


def _ends(*columns: pd.Series[float]) -> tuple[float, float]:
    ends = [float(end) for column in columns if len(column) for end in (column.min(), column.max())] or [0.0, 1.0]
    return min(ends), max(ends)


def _round(value: float) -> float:
    return round(float(value), 4)
