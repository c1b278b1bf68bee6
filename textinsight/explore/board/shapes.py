"""What a drawing is made of; SVG and PNG are two ways to write it down. Pixels, y downwards; colours as #rrggbb."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Panel:
    """A rectangle with round corners."""

    left: float
    top: float
    right: float
    bottom: float
    fill: str
    corner: float = 8.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A circle."""

    at: Point
    radius: float
    fill: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A quadratic Bézier curve; dashed where `dash` is above 0 (its length)."""

    start: Point
    bend: Point
    end: Point
    width: float
    stroke: str
    dash: float = 0.0

    def point(self, t: float) -> Point:
        """The point at t in [0, 1]."""
        u = 1 - t
        x, y = (u * u * a + 2 * u * t * b + t * t * c for a, b, c in zip(self.start, self.bend, self.end, strict=True))
        return x, y


@dataclass(frozen=True, slots=True)
class Tip:
    """An arrow's head."""

    points: tuple[Point, Point, Point]
    fill: str


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text. halo: colour of a rim that keeps it readable over lines, empty for none."""

    at: Point
    text: str
    size: float
    fill: str
    weight: Literal[400, 600] = 400
    anchor: Literal["start", "middle", "end"] = "start"
    halo: str = ""


Shape = Panel | Dot | Curve | Tip | Words


def arrow(start: Dot, end: Dot, *, width: float, stroke: str, dash: float = 0.0, bend: float = 0.0) -> list[Shape]:
    """A curve from one circle's rim to the other's, and its head. bend: how far it swings to the left of its
    way, of its length."""
    (x0, y0), (x1, y1) = start.at, end.at
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    along = (x1 - x0) / length, (y1 - y0) / length
    head = 7 + width
    middle = (x0 + x1) / 2 + bend * length * along[1], (y0 + y1) / 2 - bend * length * along[0]
    into = _towards(middle, end.at)
    away = _towards(start.at, middle)
    tip = x1 - into[0] * (end.radius + 2), y1 - into[1] * (end.radius + 2)
    neck = tip[0] - into[0] * head, tip[1] - into[1] * head
    side = -into[1] * head * 0.5, into[0] * head * 0.5
    wings = (neck[0] + side[0], neck[1] + side[1]), (neck[0] - side[0], neck[1] - side[1])
    out = x0 + away[0] * (start.radius + 1), y0 + away[1] * (start.radius + 1)
    return [Curve(out, middle, neck, width, stroke, dash), Tip((tip, *wings), stroke)]


def _towards(a: Point, b: Point) -> Point:
    """The unit vector from a to b."""
    length = math.hypot(b[0] - a[0], b[1] - a[1]) or 1.0
    return (b[0] - a[0]) / length, (b[1] - a[1]) / length
