"""The map as a slide: title, map with its figures, legend and how it was counted. Light, as slides are."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from textinsight.explore.board.plan import Arrow, Board, Node
from textinsight.explore.board.shapes import Curve, Dot, Panel, Shape, Words, arrow
from textinsight.explore.charts import BLUE, GREY

WIDTH = 1280.0
_LEFT, _RIGHT, _EDGE, _TOP = 318.0, 962.0, 40.0, 112.0
_INK, _SOFT, _PANEL = "#0f1822", "#5c6872", "#f1f4f7"
_DARK_GREY, _DARK_BLUE = "#6b7783", "#1f6aa5"
_LINE = 17.0
_FEW = 10  # arrows that have room for all their figures
_SMALL = 13.0


@dataclass(frozen=True, slots=True)
class Poster:
    """A drawing on white; width and height in pixels."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    title: str


def poster(board: Board, *, title: str, subtitle: str, notes: tuple[str, ...] = ()) -> Poster:
    """The board below a title, above a legend and notes, each a line of its own."""
    bottom = _TOP + board.height + 34
    foot = bottom + 30
    shapes = [
        Words((_EDGE, 58), title, 27, _INK, 600),
        Words((_EDGE, 86), subtitle, 15, _SOFT),
        *_map(board),
        *_legend(bottom),
        *(Words((_EDGE, foot + i * _LINE), note, _SMALL, _SOFT) for i, note in enumerate(notes)),
    ]
    return Poster(WIDTH, foot + len(notes) * _LINE + 14, tuple(shapes), title)


def _map(board: Board) -> Iterator[Shape]:
    for band in board.bands:
        yield Panel(_EDGE, _TOP + band.top, WIDTH - _EDGE, _TOP + band.bottom, _PANEL)
        yield Words(
            (_EDGE + 14, _TOP + band.top + 22), textwrap.shorten(band.title, 110, placeholder="…"), 14.5, _INK, 600
        )
        yield Words((_EDGE + 14, _TOP + band.top + 40), band.note, _SMALL, _SOFT)
    dots = [Dot((_LEFT + node.x * (_RIGHT - _LEFT), _TOP + node.y), node.radius, BLUE) for node in board.nodes]
    lines = [_arrow(dots, one) for one in board.arrows]
    yield from (shape for drawn in lines for shape in drawn)
    yield from dots
    for node, dot in zip(board.nodes, dots, strict=True):
        yield from _name(node, dot)
    for one, drawn in zip(board.arrows, lines, strict=True):
        yield from _figures(board, one, drawn[0])


def _arrow(dots: list[Dot], one: Arrow) -> list[Shape]:
    stroke, dash = (BLUE if one.support == "supported" else GREY), (6.0 if one.support == "chance" else 0.0)
    return arrow(dots[one.a], dots[one.b], width=one.width, stroke=stroke, dash=dash, bend=one.bend)


def _name(node: Node, dot: Dot) -> Iterator[Shape]:
    """The topic's name (two lines at most) and its contacts, beside the dot."""
    lines = textwrap.wrap(node.label, 34)[:2] or ["–"]
    x, y = dot.at
    if 0 < node.x < 1:
        yield Words((x, y - node.radius - 8), f"{node.label[:40]} · {node.contacts:,}", 14, _INK, 400, "middle", _PANEL)
        return
    aside = node.radius + 10
    at, anchor = (x - aside, "end") if node.x == 0 else (x + aside, "start")
    first = y - (len(lines) - 1) * _LINE / 2 - 2
    for i, line in enumerate(lines):
        yield Words((at, first + i * _LINE), line, 15, _INK, 400, "end" if anchor == "end" else "start")
    under = first + len(lines) * _LINE - 1
    yield Words((at, under), f"{node.contacts:,} contacts", 12, _SOFT, 400, "end" if anchor == "end" else "start")


def _figures(board: Board, one: Arrow, line: Shape) -> Iterator[Shape]:
    """Lift and rates, on the arrow; the lift alone where there are many or little room."""
    if not isinstance(line, Curve) or one.support == "chance":
        return
    x, y = line.point(one.told_at)
    is_long = len(board.arrows) <= _FEW and abs(board.nodes[one.a].x - board.nodes[one.b].x) > 0.6
    color = _DARK_BLUE if one.support == "supported" else _DARK_GREY
    aside = -(one.width / 2 + 6) if one.bend > 0 else one.width / 2 + 15
    yield Words((x, y + aside), _told(one) if is_long else one.figure, _SMALL, color, 600, "middle", _PANEL)


def _told(one: Arrow) -> str:
    edge = one.edge
    lift = f"{one.figure} ({edge['lift_low']:.1f}–{edge['lift_high']:.1f})"
    return f"{lift} · {edge['rate']:.1%} instead of {edge['base_rate']:.1%} · n = {edge['n_starts']:,}"


def _legend(y: float) -> Iterator[Shape]:
    """What line and colour mean."""
    kinds = (
        (BLUE, 4.0, 0.0, "100 starts or more"),
        (GREY, 4.0, 0.0, "fewer than 100 starts: a hint"),
        (GREY, 1.5, 6.0, "may be chance (q > 0.05)"),
    )
    x = _EDGE + 4
    for stroke, width, dash, text in kinds:
        yield from arrow(Dot((x, y), 0, BLUE), Dot((x + 46, y), 0, BLUE), width=width, stroke=stroke, dash=dash)
        yield Words((x + 56, y + 4.5), text, _SMALL, _INK)
        x += 56 + 6 * len(text) + 26
    yield Dot((x + 6, y), 6, BLUE)
    yield Words((x + 20, y + 4.5), "topic; area: contacts", _SMALL, _INK)
    yield Words((WIDTH - _EDGE, y + 4.5), "wider arrow: higher lower bound of the lift", _SMALL, _INK, 400, "end")
