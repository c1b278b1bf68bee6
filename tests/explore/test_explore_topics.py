"""The pages Topics and Effort over a small archive that a run made, and the tables behind them."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("streamlit")
from streamlit.testing.v1 import AppTest

from textinsight.explore import access, curation, topic_charts, topic_tree
from textinsight.explore.filters import Filters
from textinsight.explore.queries import downstream, effort, topics
from textinsight.pipeline import Settings, build_archive
from textinsight.pipeline.curate import edit_topics
from textinsight.store import Archive
from textinsight.topics import Edit

pytestmark = pytest.mark.app

APP = Path(__file__).parents[2] / "app.py"
PAGE_FILES = Path(downstream.__file__).parents[1] / "pages"
ISSUES = (
    "my internet connection keeps dropping every evening",
    "the bill this month is twice as high as usual",
    "i want to change the delivery address of my order",
    "the card was declined when i tried to pay",
)
HARD = "I have called three times already and waited two weeks for an answer."


def conversation(number: int) -> dict:
    """Contact `number`: twelve customers, four issues in turn; every fifth was hard."""
    said = f"Hi, {ISSUES[number % 4]}." + (f" {HARD}" if number % 5 == 0 else "")
    start = datetime(2026, 3, 1, 9, tzinfo=UTC) + timedelta(hours=11 * number)
    turns = [
        ("agent", "Hello, what can I do?"),
        ("customer", said),
        ("agent", "It is fixed now."),
        ("customer", "Thanks!"),
    ]
    return {
        "conversation_id": f"c{number:03d}", "customer_id": f"cust{number % 12}", "duration_s": 240,
        "channel": ("voice", "chat")[number % 3 % 2], "started_at": start.isoformat(),
        "turns": [{"role": role, "text": text} for role, text in turns],
    }  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """80 contacts, one topic in a theme of its own."""
    folder = tmp_path_factory.mktemp("topics")
    file = folder / "contacts.jsonl"
    file.write_text("".join(json.dumps(conversation(n)) + "\n" for n in range(80)), "utf-8")
    build_archive([file], folder / "archive", settings=Settings(processes=1))
    archive = Archive(folder / "archive")
    largest = archive.query("SELECT topic_id FROM topics ORDER BY n DESC, topic_id LIMIT 1").to_pylist()[0]["topic_id"]
    edit_topics(archive, Edit("move", largest, target_id="At home"))
    return folder / "archive"


@pytest.fixture
def archive(built, tmp_path) -> Path:
    shutil.copytree(built, tmp_path / "archive")
    return tmp_path / "archive"


@pytest.fixture
def rows(built):
    return lambda sql, parameters=(): Archive(built).query(sql, parameters).to_pandas()


@pytest.fixture
def open_page(monkeypatch):
    def start(path: Path, page: str, **query: str) -> AppTest:
        monkeypatch.setenv("TEXTINSIGHT_ARCHIVE", str(path))
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.run()
        app.query_params.update(query)
        return app.switch_page(str(PAGE_FILES / f"{page}.py")).run()

    return start


def texts(app: AppTest) -> str:
    return " ".join(
        str(e.value) for kind in ("title", "caption", "text", "info", "success", "error") for e in app.get(kind)
    )


def a_topic(rows) -> dict:
    return rows("SELECT * FROM topics WHERE parent_id IS NOT NULL").iloc[0].to_dict()


def test_the_tree_holds_every_contact_once(rows):
    known = topic_tree.nodes(topics.listed(rows))
    counts, periods = topics.counts(rows, Filters()), topics.by_period(rows, Filters(), "week")
    tree = topic_tree.tree(known, counts, periods, is_tree=True)
    leaves, themes = tree[~tree["is_theme"]], tree[tree["is_theme"]]
    assert leaves["contacts"].sum() == 80
    assert leaves["share"].sum() == pytest.approx(1)
    assert themes["name"].tolist() == ["At home"]
    first = tree.index[tree["is_theme"]][0]
    assert tree["name"][first + 1] == "\u2003" + a_topic(rows)["label"]
    assert tree["contacts"][first] == tree["contacts"][first + 1] == a_topic(rows)["n"]
    assert (tree["low"] <= tree["share"]).all()
    assert (tree["share"] <= tree["high"]).all()
    short = periods[periods["day"] == periods["day"].min()]
    assert not any(topic_tree.tree(known, counts, short, is_tree=True)["trend"])  # one period is no trend
    flat = topic_tree.tree(known, counts, periods, is_tree=False, search=a_topic(rows)["label"][:4].upper())
    assert a_topic(rows)["topic_id"] in flat["topic_id"].tolist()
    assert not flat["is_theme"].any()


def test_figures_of_the_tree_are_those_of_the_measures(rows):
    counts = topics.counts(rows, Filters(channel=("chat",))).set_index("topic_id")
    topic_id = a_topic(rows)["topic_id"]
    mine = rows("SELECT * FROM contact_facts WHERE topic_id = ? AND channel = 'chat'", (topic_id,))
    assert counts.loc[topic_id, "contacts"] == len(mine)
    assert counts.loc[topic_id, "effort"] == pytest.approx(mine["effort_score"].mean())
    repeats = mine[~mine["is_transfer"].astype(bool)]["is_repeat"].astype(float)
    assert counts.loc[topic_id, "repeat_share"] == pytest.approx(repeats.mean())


def test_segments_say_only_what_is_more_than_chance():
    found = topic_tree.compared(
        pd.DataFrame(
            {
                "dimension": ["channel"] * 3,
                "value": ["chat", "voice", "email"],
                "here": [90, 10, 0],
                "everywhere": [500, 450, 50],
            }
        )
    )
    assert found["ratio"].round(2).tolist() == [1.8, 0.22, 0.0]
    assert found["differs"].tolist() == ["more", "less", "less"]
    few = pd.DataFrame({"dimension": ["channel"] * 2, "value": ["a", "b"], "here": [2, 1], "everywhere": [50, 50]})
    assert topic_tree.compared(few)["differs"].tolist() == ["", ""]


def test_the_map_draws_each_contact_in_its_themes_series(rows):
    points, centres = topics.points(rows, Filters(), most=50), topics.centres(rows)
    assert len(points) == 50
    assert points["n_placed"][0] == rows("SELECT count(topic_id) AS n FROM contact_facts")["n"][0]
    theme = a_topic(rows)["parent_id"]
    spec = topic_charts.meaning(points, centres, [(theme, "At home"), (None, "Without a theme")])
    home, others, names = (series["data"] for series in spec["series"])
    assert len(home) == len(topic_charts.theme_rows(points, theme)) > 0
    assert len(home) + len(others) == 50
    assert len(names) == len(centres)
    assert json.dumps(spec)
    assert spec["tooltip"]["formatter"] == "<b>{@topic}</b><br/>{@issue}"  # a template is HTML: no data may be in it


def test_drivers_and_their_words(rows):
    counted = effort.counted(rows, Filters(), "week")
    drivers = effort.drivers(counted).set_index("driver")["contacts"]
    assert drivers["repeat_contact"] >= 16  # every fifth contact says it
    shown = effort.shown(rows, Filters(), "repeat_contact", number=1, size=5)
    assert shown["effort_score"].is_monotonic_decreasing
    assert all(quote in around for quote, around in zip(shown["quote"], shown["around"], strict=True))
    heat = effort.heat(rows, Filters(), "channel")
    assert heat["contacts"].sum() == 80
    assert heat["repeat_contact"].sum() == drivers["repeat_contact"]
    assert heat.set_index("value")["effort"].equals(
        rows("SELECT channel AS value, avg(effort_score::DOUBLE) AS effort FROM contact_facts GROUP BY 1 "
             "ORDER BY count(*) DESC, 1").set_index("value")["effort"]
    )  # fmt: skip
    totals = effort.totals(counted)
    assert effort.scores(counted)["contacts"].sum() == totals["scored"]
    plain = rows(
        "SELECT count(*) AS contacts, count(effort_score) AS scored, count_if(effort_score >= 4) AS high, "
        "count_if(drivers > 0) AS with_driver, count_if(is_repeat IS NULL) AS repeat_unknown FROM contact_facts"
    )
    assert totals == plain.iloc[0].to_dict()
    assert effort.number_of(counted, "repeat_contact") == drivers["repeat_contact"]
    assert effort.by_period(counted)["repeat_contact"].sum() == drivers["repeat_contact"]  # all have a time


def test_topics_page_says_what_80_contacts_support(open_page, built):
    app = open_page(built, "topics")
    assert not app.exception
    assert "80 contacts are in view. Below 100" in texts(app)
    assert app.dataframe[0].value["contacts"].max() <= 80
    app.segmented_control(key="topic_view").set_value("Map by meaning").run()
    assert not app.exception
    assert "contacts in view are drawn" in texts(app)


def test_a_topics_page_shows_figures_words_and_segments(open_page, built, rows):
    topic = a_topic(rows)
    app = open_page(built, "topics", about=topic["topic_id"])
    assert not app.exception
    assert app.title[0].value == topic["label"]
    assert {"Repeat contacts", "FCR observed", "Customer effort"} <= {metric.label for metric in app.metric}
    assert any(text.value.startswith("“") for text in app.text)
    next(button for button in app.button if button.label == "Read the contacts").click().run()
    assert not app.exception
    assert app.session_state["topic"] == [topic["label"]]


def test_an_archive_of_before_the_map_says_how_to_make_it(open_page, small_archive):
    app = open_page(small_archive, "topics", about="t2")
    assert not app.exception
    assert app.title[0].value == "Unexpected bill"
    assert "textinsight topics refresh" in texts(app)
    app = open_page(small_archive, "topics")
    app.segmented_control(key="topic_view").set_value("Map by meaning").run()
    assert not app.exception
    assert "This archive has no map by meaning yet." in texts(app)


def test_an_unknown_topic_in_the_address_opens_the_list(open_page, built):
    app = open_page(built, "topics", about="' OR 1=1")
    assert not app.exception
    assert app.title[0].value == "Topics"


def test_rename_is_seen_everywhere_and_can_be_taken_back(open_page, archive, rows):
    topic = a_topic(rows)
    app = open_page(archive, "topics", about=topic["topic_id"])
    next(field for field in app.text_input if field.label == "Name").set_value("Mine [x](http://evil.test)")
    next(button for button in app.button if button.label == "Save").click().run()
    assert not app.exception
    assert app.title[0].value.startswith("Mine \\[x\\]")
    overview = open_page(archive, "overview")
    assert "Mine [x](http://evil.test)" in overview.dataframe[0].value["topic"].tolist()
    app = open_page(archive, "topics")
    app.button(key="undo").click().run()
    assert not app.exception
    assert "was taken back" in texts(app)
    assert Archive(archive).query("SELECT label FROM topics WHERE topic_id = ?", [topic["topic_id"]]).to_pylist() == [
        {"label": topic["label"]}
    ]


def test_a_name_that_is_taken_is_refused_in_words(open_page, archive, rows):
    topic, other = (
        a_topic(rows),
        rows("SELECT label FROM topics WHERE parent_id IS NULL AND label <> 'At home'")["label"][0],
    )
    app = open_page(archive, "topics", about=topic["topic_id"])
    next(field for field in app.text_input if field.label == "Name").set_value(other)
    next(button for button in app.button if button.label == "Save").click().run()
    assert not app.exception
    assert "already" in texts(app)
    assert app.title[0].value == topic["label"]


def test_viewers_see_no_forms_and_cannot_write(open_page, archive, rows, monkeypatch):
    monkeypatch.setattr(access, "is_editor", lambda: False)
    app = open_page(archive, "topics", about=a_topic(rows)["topic_id"])
    assert not app.exception
    assert "Save" not in {button.label for button in app.button}
    assert "Take back" not in {button.label for button in open_page(archive, "topics").button}
    before = Archive(archive).query("SELECT count(*) AS n FROM topic_edits").to_pylist()
    curation._at_once(Edit("pin", a_topic(rows)["topic_id"]), done="")
    curation._job("merge", "t001", "t002")
    assert Archive(archive).query("SELECT count(*) AS n FROM topic_edits").to_pylist() == before


def test_edits_are_told_in_words():
    labels = {"t1": "Bill", "t2": "Card", "g1": "Money"}
    row = {"op": "merge", "topic_id": "t1", "target_id": "t2", "value": "", "part_labels": None}
    assert curation.said(row, labels) == "Merged “Bill” into “Card”"
    assert curation.said(row | {"op": "move", "target_id": "g1"}, labels) == "Moved “Bill” to theme “Money”"
    assert curation.said(row | {"op": "move", "target_id": ""}, labels) == "Moved “Bill” out of its theme"
    assert curation.said(row | {"op": "split", "part_labels": ["A", "B"]}, labels) == "Split “Bill” into “A”, “B”"
    assert curation.said(row | {"op": "undo", "value": "3"}, labels) == "Taken back edit 3"


def test_effort_page_lists_drivers_and_where_they_show(open_page, built):
    app = open_page(built, "effort")
    assert not app.exception
    assert "80 contacts are in view. Below 100" in texts(app)
    drivers, heat, contacts = (table.value for table in app.dataframe[:3])
    assert len(drivers) == 7
    assert drivers["contacts"].is_monotonic_decreasing
    assert heat["contacts"].sum() == 80
    assert contacts["quote"].notna().all()
    app.segmented_control(key="effort_by").set_value("channel").run()
    assert not app.exception
    assert set(app.dataframe[1].value["value"]) == {"voice", "chat"}


def test_effort_behind_a_cell(open_page, built, rows):
    app = open_page(built, "effort")
    app.session_state["effort_segment"] = ("channel", "chat")
    app.selectbox(key="driver").set_value("repeat_contact").run()
    assert not app.exception
    n, every = (
        effort.number_of(effort.counted(rows, filters, "week"), "repeat_contact")
        for filters in (Filters(channel=("chat",)), Filters())
    )
    assert 0 < n < every
    assert f"{n} contacts · Channel: chat" in texts(app)
    next(button for button in app.button if button.label == "All").click().run()
    assert "Channel: chat" not in texts(app)


def test_contacts_without_a_topic_are_told_in_two_parts():
    coverage = pd.DataFrame({"fact": ["issue", "topic"], "known": [80, 78], "total": [100, 100]})
    told = topic_tree.unclear_told(coverage)
    assert "2 contacts that fit none well enough (2.5% of those that state an issue)" in told
    assert "20 that state no issue (20.0% of all)" in told
