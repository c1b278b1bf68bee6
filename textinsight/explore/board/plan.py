"""Where everything of the map stands: a band for each cluster of topics, causes left, consequences right."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from textinsight.explore import layout
from textinsight.explore.words import MAX_Q, SUPPORT

Support = Literal["supported", "few", "chance"]
Row = Mapping[str, Any]

MAX_ARROWS = 24
ROW, HEAD, FOOT, GAP = 54, 66, 10, 14  # pixels: of a row of topics, above and below a band's rows, between bands
LARGEST, SMALLEST = 17, 5  # radius of a topic's dot, pixels
_BEND = 0.07  # so that a fan of arrows opens: of one start or of one end
_BETWEEN, _MAYBE = "Between clusters", "Between clusters, or may be chance"


@dataclass(frozen=True, slots=True)
class Node:
    """A topic. x: 0..1 from causes to consequences; y: pixels from the top; radius: pixels, area ∝ contacts."""

    topic: str
    label: str
    contacts: int
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge between nodes (their positions in the board).

    width: pixels, by the lower bound of the lift. bend: how far it swings to the left of its way, of its length.
    told_at: where its figures stand, 0..1 of its way: where a fan is open.
    """

    a: int
    b: int
    edge: Row
    support: Support
    width: float
    bend: float
    told_at: float

    @property
    def key(self) -> tuple[str, str]:
        """The topics' ids."""
        return str(self.edge["topic_a"]), str(self.edge["topic_b"])

    @property
    def figure(self) -> str:
        """What is written beside it."""
        return f"{self.edge['lift']:.1f}×"


@dataclass(frozen=True, slots=True)
class Band:
    """A cluster, or what belongs to none. top, bottom: pixels."""

    title: str
    note: str
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Board:
    """The whole map; height in pixels."""

    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]
    bands: tuple[Band, ...]
    height: float


def support(n_starts: float, q_value: float) -> Support:
    """Whether an edge can be leant on: false alarms are few, and starts are many enough for its figures."""
    if q_value > MAX_Q:
        return "chance"
    return "supported" if n_starts >= SUPPORT else "few"


def plan(edges: Sequence[Row], clusters: Sequence[Row], sizes: Mapping[str, int], *, cost: float = 0.0) -> Board:
    """The map of at most 24 edges, in their order; each is drawn inside one band, so no arrow crosses another band.

    edges: columns of the edges table with label_a and label_b. clusters: rows of that table, the dearest first.
    sizes: contacts a topic. cost: of a contact, for the bands' notes; 0 for none. A topic that has arrows within its
    cluster and beyond it stands in two bands.
    """
    shown = list(edges)[:MAX_ARROWS]
    largest = max((sizes.get(row[f"topic_{side}"], 0) for row in shown for side in "ab"), default=1) or 1
    nodes: list[Node] = []
    bands: list[Band] = []
    arrows: dict[int, Arrow] = {}
    top = 0.0
    for title, note, inside in _bands(shown, clusters, cost):
        labels = {shown[i][f"topic_{side}"]: str(shown[i][f"label_{side}"]) for i in inside for side in "ab"}
        at = {topic: len(nodes) + place for place, topic in enumerate(labels)}
        places = _places(labels, [shown[i] for i in inside])
        rows = _rows(places)
        bottom = top + HEAD + rows * ROW + FOOT
        bands.append(Band(title, note, top, bottom))
        for (topic, label), place in zip(labels.items(), places, strict=True):
            radius = max(LARGEST * math.sqrt(sizes.get(topic, 0) / largest), SMALLEST)
            y = top + HEAD + place.y * rows * ROW
            nodes.append(Node(topic, label, sizes.get(topic, 0), place.x, y, radius))
        drawn = [shown[i] for i in inside]
        arrows |= {i: _arrow(shown[i], at, nodes, drawn) for i in inside}
        top = bottom + GAP
    return Board(tuple(nodes), tuple(arrows[i] for i in sorted(arrows)), tuple(bands), max(top - GAP, 0.0))


def _bands(shown: Sequence[Row], clusters: Sequence[Row], cost: float) -> Iterable[tuple[str, str, list[int]]]:
    """(title, note, positions of the edges) of each cluster with an edge to show, then of the edges left over."""
    left = dict(enumerate(shown))
    for cluster in clusters:
        own = set(cluster["topics"])
        inside = [i for i, row in left.items() if row["topic_a"] in own and row["topic_b"] in own]
        if inside:
            yield str(cluster["label"]), _note(cluster, cost), inside
        for i in inside:
            del left[i]
    if left:
        may_be_chance = any(support(row["n_starts"], row["q_value"]) == "chance" for row in left.values())
        yield (_MAYBE if may_be_chance else _BETWEEN), "", list(left)


def _note(cluster: Row, cost: float) -> str:
    note = f"{cluster['contacts']:,} later contacts of {cluster['customers']:,} customers, "
    note += f"about {cluster['attributable']:,.0f} beyond the base rate"
    return note + (f", {cluster['attributable'] * cost:,.0f} at {cost:g} a contact" if cost else "")


def _places(members: Iterable[str], edges: Sequence[Row]) -> list[layout.Place]:
    at = {topic: i for i, topic in enumerate(members)}
    return layout.places(len(at), [(at[row["topic_a"]], at[row["topic_b"]], 1.0) for row in edges])


def _rows(places: Sequence[layout.Place]) -> int:
    """How many rows the fullest column needs."""
    columns = [place.x for place in places]
    return max((columns.count(x) for x in columns), default=0)


def _arrow(row: Row, at: Mapping[str, int], nodes: Sequence[Node], band: Sequence[Row]) -> Arrow:
    """band: the edges drawn beside it."""
    kind = support(row["n_starts"], row["q_value"])
    sure = math.log2(max(float(row["lift_low"]), 1.0))
    width = 1.5 if kind == "chance" else 2 + 1.3 * min(sure, 4.0)
    a, b = at[row["topic_a"]], at[row["topic_b"]]
    falls = nodes[b].y > nodes[a].y + 1
    out = sum(other["topic_a"] == row["topic_a"] for other in band)
    gathers = sum(other["topic_b"] == row["topic_b"] for other in band) > out
    down = (falls != gathers) == (nodes[b].x >= nodes[a].x)
    return Arrow(a, b, row, kind, width, -_BEND if down else _BEND, 0.36 if gathers else 0.64 if out > 1 else 0.5)
