"""A poster as SVG: text stays text, nothing is fetched, the same poster gives the same bytes."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from textinsight.explore.board.poster import Poster
from textinsight.explore.board.shapes import Curve, Dot, Panel, Point, Shape, Tip, Words

_FONT = "'Source Sans 3', 'Source Sans Pro', Helvetica, Arial, sans-serif"
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML


def as_svg(drawing: Poster) -> str:
    """The file's text."""
    width, height = _n(drawing.width), _n(drawing.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="{_FONT}" role="img"><title>{_text(drawing.title)}</title>'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    )
    return "\n".join([head, *map(_element, drawing.shapes), "</svg>\n"])


def _element(shape: Shape) -> str:
    match shape:
        case Panel():
            size = f'width="{_n(shape.right - shape.left)}" height="{_n(shape.bottom - shape.top)}"'
            return (
                f'<rect x="{_n(shape.left)}" y="{_n(shape.top)}" {size} rx="{_n(shape.corner)}" fill="{shape.fill}"/>'
            )
        case Dot():
            return f'<circle cx="{_n(shape.at[0])}" cy="{_n(shape.at[1])}" r="{_n(shape.radius)}" fill="{shape.fill}"/>'
        case Curve():
            dash = f' stroke-dasharray="{_n(shape.dash)}"' if shape.dash else ""
            return (
                f'<path d="M{_at(shape.start)} Q{_at(shape.bend)} {_at(shape.end)}" fill="none" '
                f'stroke="{shape.stroke}" stroke-width="{_n(shape.width)}"{dash}/>'
            )
        case Tip():
            return f'<polygon points="{" ".join(map(_at, shape.points))}" fill="{shape.fill}"/>'
        case Words():
            return _words(shape)


def _words(shape: Words) -> str:
    halo = f' stroke="{shape.halo}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"' if shape.halo else ""
    kind = f'font-size="{_n(shape.size)}" font-weight="{shape.weight}" text-anchor="{shape.anchor}" fill="{shape.fill}"'
    return f'<text x="{_n(shape.at[0])}" y="{_n(shape.at[1])}" {kind}{halo}>{_text(shape.text)}</text>'


def _text(text: str) -> str:
    return escape(_FORBIDDEN.sub("", text))


def _at(point: Point) -> str:
    return f"{_n(point[0])},{_n(point[1])}"


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
