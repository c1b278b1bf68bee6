"""A poster as PNG, drawn with Pillow, which Streamlit brings. The letters are Streamlit's own font."""

from __future__ import annotations

import io
import math
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from textinsight.explore.board.poster import Poster
from textinsight.explore.board.shapes import Curve, Dot, Panel, Point, Shape, Tip, Words

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

SCALE = 2  # pixels of the picture a unit of the poster: sharp on a projector
_FINER = 2  # drawn so much larger and then reduced, for smooth edges
_STEPS = 64
_K = SCALE * _FINER
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def as_png(drawing: Poster) -> bytes:
    """The file's bytes."""
    from PIL import Image, ImageDraw

    large = Image.new("RGB", (round(drawing.width * _K), round(drawing.height * _K)), "#ffffff")
    pen = ImageDraw.Draw(large)
    for shape in drawing.shapes:
        _draw(pen, shape)
    file = io.BytesIO()
    large.reduce(_FINER).save(file, "PNG", dpi=(96 * SCALE, 96 * SCALE))
    return file.getvalue()


def _draw(pen: ImageDraw, shape: Shape) -> None:
    match shape:
        case Panel():
            box = (shape.left * _K, shape.top * _K, shape.right * _K, shape.bottom * _K)
            pen.rounded_rectangle(box, shape.corner * _K, shape.fill)
        case Dot():
            pen.circle(_scaled(shape.at), shape.radius * _K, shape.fill)
        case Curve():
            for dash in _dashes(shape):
                pen.line([_scaled(point) for point in dash], shape.stroke, round(shape.width * _K), "curve")
        case Tip():
            pen.polygon([_scaled(point) for point in shape.points], shape.fill)
        case Words():
            rim = 2 * _K if shape.halo else 0
            pen.text(
                _scaled(shape.at), shape.text, shape.fill, _font(round(shape.size * _K), shape.weight),
                _ANCHORS[shape.anchor], stroke_width=rim, stroke_fill=shape.halo or None,
            )  # fmt: skip


def _dashes(curve: Curve) -> list[list[Point]]:
    """The curve as lines: one, or the drawn parts of a dashed one."""
    points = [curve.point(step / _STEPS) for step in range(_STEPS + 1)]
    if not curve.dash:
        return [points]
    length = sum(math.dist(a, b) for a, b in pairwise(points))
    n = max(round(length / curve.dash / 2), 1)
    return [[curve.point((2 * i + part) / (2 * n)) for part in (0, 0.5, 1)] for i in range(n)]


def _scaled(point: Point) -> Point:
    return point[0] * _K, point[1] * _K


@cache
def _font(size: int, weight: int) -> FreeTypeFont | ImageFont:
    """Source Sans as Streamlit ships it; Pillow's own if it cannot be read."""
    from PIL import ImageFont

    found = find_spec("streamlit")
    media = Path((found.origin if found else None) or __file__).parent / "static/static/media"
    try:
        font = ImageFont.truetype(str(next(media.glob("SourceSansVF-Upright*.woff2"))), size)
        font.set_variation_by_axes([weight])
    except (OSError, StopIteration, NotImplementedError):
        return ImageFont.load_default(size)
    return font
