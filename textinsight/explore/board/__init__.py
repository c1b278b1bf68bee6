"""The downstream map as a picture: planned once, then drawn on the screen (ECharts) and for a slide (SVG, PNG)."""

from __future__ import annotations

from textinsight.explore.board.plan import Board, plan, support
from textinsight.explore.board.png import as_png
from textinsight.explore.board.poster import Poster, poster
from textinsight.explore.board.screen import chart
from textinsight.explore.board.svg import as_svg

__all__ = ["Board", "Poster", "as_png", "as_svg", "chart", "plan", "poster", "support"]
