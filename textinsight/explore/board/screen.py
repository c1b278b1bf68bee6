"""The map on the screen: a specification for ECharts. Arrows and topics can be clicked."""

from __future__ import annotations

from typing import Any

from textinsight.explore.board.plan import Arrow, Band, Board, Node
from textinsight.explore.charts import BLUE, GREY, ORANGE
from textinsight.explore.words import short

Spec = dict[str, Any]

LABELS = 168  # pixels to the left and right for the topics' names
_PANEL = "rgba(128,140,150,0.09)"
_INKS = {False: ("#0f1822", "#5c6872"), True: ("#e6ebf0", "#a3aeb8")}  # of titles, of notes
_FIGURES = {  # of the arrows, by the arrow's colour
    False: {BLUE: BLUE, ORANGE: ORANGE, GREY: "#78838d"},
    True: {BLUE: "#6db3e6", ORANGE: "#f0975a", GREY: "#a3aeb8"},
}
_HIDDEN = {"show": False}


def chart(board: Board, *, chosen: tuple[str, str] | None = None, is_dark: bool = False) -> Spec:
    """The specification; `series[0].links` follows the board's arrows. chosen: the arrow to draw in orange."""
    height = max(board.height, 1.0)
    x, y = {"type": "value", "min": 0, "max": 1, "show": False}, {"type": "value", "min": 0, "max": height}
    y |= {"show": False, "inverse": True}
    sides = {"top": 0, "bottom": 0}
    return {
        "animation": False,  # so that it can be read, clicked and copied at once
        "tooltip": {"confine": True},
        "grid": [{"left": LABELS, "right": LABELS, **sides}, {"left": 0, "right": 0, **sides}],
        "xAxis": [{**x, "gridIndex": 0}, {**x, "gridIndex": 1}],
        "yAxis": [{**y, "gridIndex": 0}, {**y, "gridIndex": 1}],
        "series": [_graph(board, chosen, is_dark), _panels(board, is_dark)],
    }


def _graph(board: Board, chosen: tuple[str, str] | None, is_dark: bool) -> Spec:
    return {
        "type": "graph", "coordinateSystem": "cartesian2d", "xAxisIndex": 0, "yAxisIndex": 0, "z": 3,
        "name": "Topics", "selectedMode": "single", "edgeSymbol": ["none", "arrow"], "edgeSymbolSize": 9,
        "data": [_node(at, node) for at, node in enumerate(board.nodes)],
        "links": [_link(arrow, chosen, is_dark) for arrow in board.arrows],
        "label": {"show": True, "distance": 8, "fontSize": 13, "width": LABELS - 34, "overflow": "break",
            "lineHeight": 15},
        "emphasis": {"focus": "adjacency", "lineStyle": {"opacity": 1}},
    }  # fmt: skip


def _node(at: int, node: Node) -> Spec:
    side = "left" if node.x == 0 else "right" if node.x == 1 else "top"
    return {
        "id": f"{at} {node.topic}",
        "name": short(node.label, 60),
        "value": [node.x, node.y, node.contacts],
        "symbolSize": round(2 * node.radius, 1),
        "itemStyle": {"color": BLUE},
        "label": {"position": side, "align": {"left": "right", "right": "left", "top": "center"}[side]},
        "tooltip": {"show": False},
    }


def _link(arrow: Arrow, chosen: tuple[str, str] | None, is_dark: bool) -> Spec:
    is_chosen, is_chance = arrow.key == chosen, arrow.support == "chance"
    color = ORANGE if is_chosen else BLUE if arrow.support == "supported" else GREY
    return {
        "source": arrow.a,
        "target": arrow.b,
        "value": round(float(arrow.edge["lift"]), 1),
        "label": {
            "show": not is_chance or is_chosen, "formatter": arrow.figure, "position": "middle", "fontSize": 12,
            "color": _FIGURES[is_dark][color], "fontWeight": 600, "offset": [0, -2],
        },
        "lineStyle": {
            "width": round(arrow.width, 2),
            "curveness": arrow.bend,
            "type": "dashed" if is_chance else "solid",
            "color": color,
            "opacity": 1.0 if is_chosen else 0.55 if is_chance else 0.8,
        },
    }  # fmt: skip


def _panels(board: Board, is_dark: bool) -> Spec:
    """The bands behind, each with the cluster's name."""
    ink, soft = _INKS[is_dark]
    areas = [
        area
        for band in board.bands
        for area in (_area(band, short(band.title, 90), 0, ink), _area(band, band.note, 19, soft))
    ]
    return {
        "type": "scatter", "name": "Clusters", "xAxisIndex": 1, "yAxisIndex": 1, "data": [], "silent": True, "z": 1,
        "tooltip": _HIDDEN,
        "markArea": {"silent": True, "data": areas},
    }  # fmt: skip


def _area(band: Band, text: str, down: int, color: str) -> list[Spec]:
    """The band with one line of text; the second line's area is there for its text alone."""
    label = {
        "position": "insideTopLeft", "fontSize": 13, "fontWeight": 400 if down else 600, "distance": 12,
        "offset": [0, down], "color": color,
    }  # fmt: skip
    style = {"color": "transparent" if down else _PANEL, "borderRadius": 8}
    return [
        {"name": text, "yAxis": band.top, "xAxis": 0, "label": label, "itemStyle": style},
        {"yAxis": band.bottom, "xAxis": 1},
    ]
