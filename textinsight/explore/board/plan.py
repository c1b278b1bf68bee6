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
ROW, HEAD, FOOT, GAP = 54, 52, 10, 14  # pixels: of a row of topics, above and below a band's rows, between bands
LARGEST, SMALLEST = 17, 5  # radius of a topic's dot, pixels
_BEND = 0.07  # arrows that rise swing upwards and those that fall downwards, so that a fan opens
_REST = "Between clusters, or may be chance"


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
    """

    a: int
    b: int
    edge: Row
    support: Support
    width: float
    bend: float

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
    """The map of at most 24 edges, in their order, with a lift above one.

    edges: columns of the edges table with label_a and label_b. clusters: rows of that table, the dearest first.
    sizes: contacts a topic. cost: of a contact, for the bands' notes; 0 for none.
    """
    shown = list(edges)[:MAX_ARROWS]
    labels = {row[f"topic_{s}"]: str(row[f"label_{s}"]) for row in shown for s in "ab"}
    largest = max((sizes.get(topic, 0) for topic in labels), default=1) or 1
    nodes: list[Node] = []
    bands: list[Band] = []
    top = 0.0
    for title, note, members in _bands(labels, clusters, cost):
        inside = [row for row in shown if row["topic_a"] in members and row["topic_b"] in members]
        places = _places(members, inside)
        rows = _rows(places)
        bottom = top + HEAD + rows * ROW + FOOT
        bands.append(Band(title, note, top, bottom))
        for topic, place in zip(members, places, strict=True):
            y = top + HEAD + place.y * rows * ROW
            radius = max(LARGEST * math.sqrt(sizes.get(topic, 0) / largest), SMALLEST)
            nodes.append(Node(topic, labels[topic], sizes.get(topic, 0), place.x, y, radius))
        top = bottom + GAP
    at = {node.topic: i for i, node in enumerate(nodes)}
    arrows = tuple(_arrow(row, at, nodes) for row in shown)
    return Board(tuple(nodes), arrows, tuple(bands), max(top - GAP, 0.0))


def _bands(labels: Mapping[str, str], clusters: Sequence[Row], cost: float) -> Iterable[tuple[str, str, list[str]]]:
    """(title, note, topics) of each cluster that has two topics to show, then of the topics left over."""
    left = dict(labels)
    for cluster in clusters:
        members = [topic for topic in cluster["topics"] if topic in left]
        if len(members) < 2:
            continue
        for topic in members:
            del left[topic]
        yield str(cluster["label"]), _note(cluster, cost), members
    if left:
        yield _REST, "", list(left)


def _note(cluster: Row, cost: float) -> str:
    note = f"{cluster['contacts']:,} later contacts of {cluster['customers']:,} customers, "
    note += f"about {cluster['attributable']:,.0f} beyond the base rate"
    return note + (f", {cluster['attributable'] * cost:,.0f} at {cost:g} a contact" if cost else "")


def _places(members: Sequence[str], edges: Sequence[Row]) -> list[layout.Place]:
    at = {topic: i for i, topic in enumerate(members)}
    return layout.places(len(members), [(at[row["topic_a"]], at[row["topic_b"]], 1.0) for row in edges])


def _rows(places: Sequence[layout.Place]) -> int:
    """How many rows the fullest column needs."""
    columns = [place.x for place in places]
    return max((columns.count(x) for x in columns), default=0)


def _arrow(row: Row, at: Mapping[str, int], nodes: Sequence[Node]) -> Arrow:
    kind = support(row["n_starts"], row["q_value"])
    sure = math.log2(max(float(row["lift_low"]), 1.0))
    width = 1.5 if kind == "chance" else 2 + 1.3 * min(sure, 4.0)
    a, b = at[row["topic_a"]], at[row["topic_b"]]
    falls = nodes[b].y > nodes[a].y + 1
    return Arrow(a, b, row, kind, width, -_BEND if falls == (nodes[b].x >= nodes[a].x) else _BEND)
