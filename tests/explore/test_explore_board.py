from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ElementTree

import pytest

from textinsight.explore import board, layout
from textinsight.explore.board.poster import poster
from textinsight.explore.charts import BLUE, GREY, ORANGE

SVG = "{http://www.w3.org/2000/svg}"


def edge(a, b, *, n=100, q=0.01, lift=4.0, low=2.0):
    return {
        "topic_a": a, "topic_b": b, "label_a": a.upper(), "label_b": b.upper(), "n_starts": n, "n_followed": 8,
        "rate": 0.08, "base_rate": 0.02, "lift": lift, "lift_low": low, "lift_high": 2 * lift, "q_value": q,
    }  # fmt: skip


def cluster(*topics):
    return {"label": "A → B", "topics": list(topics), "contacts": 9, "customers": 5, "attributable": 7.2}


def drawn(plan):
    return poster(plan, title="Title <b>", subtitle="Sub", notes=("one", "two"))


def test_what_is_not_supported_is_grey_and_what_may_be_chance_is_dashed():
    plan = board.plan([edge("a", "b"), edge("a", "c", n=99), edge("b", "c", n=500, q=0.051)], [], {"a": 10})
    links = board.chart(plan)["series"][0]["links"]
    assert [link["lineStyle"]["type"] for link in links] == ["solid", "solid", "dashed"]
    assert [link["lineStyle"]["color"] for link in links] == [BLUE, GREY, GREY]
    assert [link["label"]["show"] for link in links] == [True, True, False]


def test_the_chosen_arrow_is_orange():
    plan = board.plan([edge("a", "b"), edge("a", "c")], [], {})
    links = board.chart(plan, chosen=("a", "c"))["series"][0]["links"]
    assert [link["lineStyle"]["color"] for link in links] == [BLUE, ORANGE]


def test_width_follows_the_lower_bound_of_the_lift():
    wide, wider = board.plan([edge("a", "b", lift=90, low=1.1), edge("a", "c", lift=5, low=4.0)], [], {}).arrows
    assert wide.width < wider.width


def test_a_cluster_has_a_band_of_its_own_and_the_rest_stands_below():
    plan = board.plan([edge("a", "b"), edge("c", "d"), edge("a", "d")], [cluster("a", "b")], {"a": 4}, cost=5.0)
    first, rest = plan.bands
    assert first.note == "9 later contacts of 5 customers, about 7 beyond the base rate, 36 at 5 a contact"
    inside = {node.topic for node in plan.nodes if first.top < node.y < first.bottom}
    assert inside == {"a", "b"}
    assert [node.topic for node in plan.nodes] == ["a", "b", "c", "d", "a"]  # a has an arrow beyond its cluster, too
    ends = [(plan.nodes[arrow.a].y, plan.nodes[arrow.b].y) for arrow in plan.arrows]
    assert all(
        any(band.top < y0 < band.bottom and band.top < y1 < band.bottom for band in plan.bands) for y0, y1 in ends
    )
    assert first.bottom < rest.top
    assert plan.height == rest.bottom
    assert [arrow.key for arrow in plan.arrows] == [("a", "b"), ("c", "d"), ("a", "d")]


def test_a_cluster_with_one_topic_in_view_has_no_band():
    assert len(board.plan([edge("a", "b")], [cluster("a", "x")], {}).bands) == 1


def test_figures_of_a_fan_stand_where_it_is_open():
    fan, gathered = [edge("a", "b"), edge("a", "c")], [edge("a", "c"), edge("b", "c")]
    assert [arrow.told_at for arrow in board.plan(fan, [], {}).arrows] == [0.64, 0.64]
    assert [arrow.told_at for arrow in board.plan(gathered, [], {}).arrows] == [0.36, 0.36]
    for rows in (fan, gathered):
        upper, lower = sorted(board.plan(rows, [], {}).arrows, key=lambda arrow: arrow.bend, reverse=True)
        assert upper.bend > 0 > lower.bend


def test_links_point_at_their_nodes_and_names_stay_as_typed():
    plan = board.plan([edge("<b>a</b>", "b")], [], {"b": 3})
    series = board.chart(plan)["series"][0]
    assert [node["name"] for node in series["data"]] == ["<B>A</B>", "B"]
    assert (series["links"][0]["source"], series["links"][0]["target"]) == (0, 1)
    json.dumps(board.chart(plan), allow_nan=False)


def test_causes_stand_left_of_what_they_bring_on():
    a, b, c = layout.places(3, [(0, 1, 1.0), (1, 2, 1.0)])
    assert a.x < b.x < c.x


def test_nodes_of_one_layer_never_share_a_place():
    placed = layout.places(9, [(n, 8, 1.0) for n in range(8)])
    assert len({(place.x, place.y) for place in placed}) == 9


def test_the_order_in_a_layer_takes_crossings_out():
    a, b, c, d = layout.places(4, [(0, 3, 1.0), (1, 2, 1.0)])
    assert (a.y < b.y) == (d.y < c.y)


def test_an_empty_map_is_still_a_chart():
    plan = board.plan([], [], {})
    assert board.chart(plan)["series"][0]["links"] == []
    assert "</svg>" in board.as_svg(drawn(plan))


def test_the_slide_says_the_figures_and_keeps_hostile_words_as_text():
    row = edge("a", "b") | {"label_a": "<script>x</script>\x00 & co"}
    first, again = (board.as_svg(drawn(board.plan([row], [], {"a": 12345}))) for _ in range(2))
    assert first == again
    root = ElementTree.fromstring(first)
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert "<script>x</script> & co" in texts
    assert "12,345 contacts" in texts
    assert "4.0× (2.0–8.0) · 8.0% instead of 2.0% · n = 100" in texts
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "rect", "circle", "path", "polygon", "text",
    }  # fmt: skip
    assert "http" not in first.replace("http://www.w3.org/2000/svg", "")


def test_the_slide_as_png_is_twice_as_large_and_not_blank():
    image = pytest.importorskip("PIL.Image")
    drawing = drawn(board.plan([edge("a", "b"), edge("b", "c", q=0.5)], [cluster("a", "b")], {"a": 3}))
    with image.open(io.BytesIO(board.as_png(drawing))) as picture:
        assert picture.size == (2 * drawing.width, 2 * round(drawing.height))
        colors = {f"#{r:02x}{g:02x}{b:02x}" for _, (r, g, b) in picture.getcolors(1 << 24)}
    assert {BLUE, GREY, "#ffffff"} <= colors
