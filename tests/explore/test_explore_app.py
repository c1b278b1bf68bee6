from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

pytest.importorskip("streamlit")
from streamlit.testing.v1 import AppTest

from textinsight.explore import access, saved
from textinsight.explore.queries import downstream
from textinsight.explore.words import escape
from textinsight.store import STORED, Archive

from .conftest import contact, write_archive

pytestmark = pytest.mark.app

APP = Path(__file__).parents[2] / "app.py"
PAGE_FILES = Path(downstream.__file__).parents[1] / "pages"  # of the installed package, wherever that is
PAGES = ("overview", "topics", "repeats", "effort", "contacts", "conversation", "downstream", "data", "tryit")
MARKED_UP = ("markdown", "title", "subheader", "caption", "badge", "metric")


@pytest.fixture
def open_app(monkeypatch):
    """Opens the app over an archive at a page."""

    def start(archive: Path | str, page: str = "overview", **query: str) -> AppTest:
        monkeypatch.setenv("TEXTINSIGHT_ARCHIVE", str(archive))
        app = AppTest.from_file(str(APP), default_timeout=30)
        app.query_params.update(query)
        app.run()
        if page != "overview":
            app.switch_page(str(PAGE_FILES / f"{page}.py")).run()
        return app

    return start


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_the_archive(open_app, small_archive, page):
    app = open_app(small_archive, page)
    assert not app.exception
    assert app.title


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_that_an_archive_is_empty(open_app, empty_archive, page):
    app = open_app(empty_archive, page)
    assert not app.exception
    assert app.title
    assert app.text


@pytest.mark.parametrize("page", PAGES)
def test_an_unfinished_archive_is_shown_as_far_as_it_goes(open_app, unrelated_archive, page):
    app = open_app(unrelated_archive, page)
    assert not app.exception
    assert app.title
    if page in ("overview", "downstream"):
        assert "not built yet" in app.info[0].value


@pytest.mark.parametrize("page", ["overview", "topics", "downstream", "data"])
def test_an_older_versions_archive_is_shown_and_says_how_to_mend_it(open_app, outdated_archive, page):
    app = open_app(outdated_archive, page)
    assert not app.exception
    assert "Linking again mends it" in app.warning[0].value
    assert app.button(key="link_again").label == "Link again"
    assert f"textinsight link --archive {outdated_archive}" in [element.value for element in app.code]


def test_a_folder_that_is_no_archive_is_left_alone(open_app, tmp_path):
    (tmp_path / "thesis.txt").write_text("not yours")
    app = open_app(tmp_path)
    assert not app.exception
    assert app.title[0].value == "No archive to show"
    assert not app.file_uploader
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_overview_figures_and_filters(open_app, small_archive):
    app = open_app(small_archive)
    assert metrics(app)["Contacts"] == "120"
    assert metrics(app)["FCR observed"] == "99.0%"
    app.multiselect(key="channel").select("chat").run()
    assert not app.exception
    assert metrics(app)["Contacts"] == "60"
    app.selectbox(key="period").select("Last 30 days").run()
    assert metrics(app)["Contacts"] == "15"
    assert len(app.info) == 1  # fewer than 100 contacts: said, not hidden
    next(button for button in app.button if button.label == "Clear filters").click().run()
    assert metrics(app)["Contacts"] == "120"


def test_filters_come_from_the_address(open_app, small_archive):
    app = open_app(small_archive, channel="chat", period="Last 30 days")
    assert metrics(app)["Contacts"] == "15"


def test_map_lists_the_pairs_behind_an_edge(open_app, small_archive):
    app = open_app(small_archive, "downstream")
    pair = app.dataframe[-2].value.iloc[0]
    assert (pair["issue_text_a"], pair["issue_text_b"]) == ("issue number 1", "issue number 11")
    chats = [element.value for element in app.markdown]
    assert any("number 1 " in chat for chat in chats)
    assert any("number 11 " in chat for chat in chats)
    app.select_slider(key="starts").set_value(1000).run()
    assert not app.exception
    assert "No topic has 1,000 starts" in app.text[0].value


def test_data_page_accounts_for_every_record(open_app, small_archive):
    app = open_app(small_archive, "data")
    assert metrics(app) == {"Records read": "121", "Stored": "120", "Refused": "1"}
    assert "121 read = 120 stored + 1 refused." in [caption.value for caption in app.caption]


@pytest.mark.parametrize("page", PAGES)
def test_hostile_text_stays_text(open_app, hostile_archive, page):
    app = open_app(hostile_archive, page)
    assert not app.exception
    for kind in MARKED_UP:
        for element in app.get(kind):
            rendered = str(getattr(element, "label", "")) + str(element.value)
            assert "<script>" not in rendered
            assert "](http" not in rendered
            assert not re.search(r"(?<!\\)\*\*bold", rendered)


def test_no_page_renders_html_or_unescaped_markdown():
    folder = Path(downstream.__file__).parents[1]
    for file in folder.rglob("*.py"):
        source = file.read_text("utf-8")
        for forbidden in ("unsafe_allow_html", "st.html(", "st.write(", "st.markdown(", "components.v1"):
            allowed = file.name == "evidence.py" and forbidden == "st.markdown("  # of `marked`, tested on its own
            assert allowed or forbidden not in source, f"{file.name} uses {forbidden}"


def test_downloads_are_defused(hostile_archive):
    from textinsight.explore import parts
    from textinsight.store import Archive

    cells = parts.csv_bytes(Archive(hostile_archive), "SELECT company, issue_text FROM conversations", ()).decode()
    assert "'=HYPERLINK(1)" in cells
    assert not re.search(r'(^|,)"?=', cells, re.MULTILINE)


def test_escape_is_what_labels_use():
    assert escape("[a](b)") == "\\[a\\]\\(b\\)"


def test_an_agent_is_a_filter_that_shows_once_it_is_chosen(open_app, small_archive):
    app = open_app(small_archive)
    assert "Agent" not in [select.label for select in app.multiselect]
    app = open_app(small_archive, agent="a1")
    assert app.multiselect(key="agent").value == ["a1"]
    assert metrics(app)["Contacts"] == "120"
    next(button for button in app.button if button.label == "Clear filters").click().run()
    assert "Agent" not in [select.label for select in app.multiselect]
    assert not open_app(small_archive, agent="nobody **here**").metric


def test_an_effort_score_is_a_filter_too(open_app, small_archive):
    app = open_app(small_archive, effort="4.0–4.5")  # every third contact's score is 4
    assert app.multiselect(key="effort").value == ["4.0–4.5"]
    assert metrics(app)["Contacts"] == "40"


def test_odd_values_in_the_address_are_left_out(open_app, small_archive):
    app = open_app(small_archive, channel="no such channel", period="yesterday", topic="%00", resolution="Resolved")
    assert not app.exception
    assert metrics(app)["Contacts"] == "90"


def test_a_custom_period_holds_its_last_day(open_app, small_archive):
    app = open_app(small_archive, period="Custom")
    app.date_input(key="days").set_value((date(2026, 1, 5), date(2026, 1, 14))).run()
    assert not app.exception
    assert metrics(app)["Contacts"] == "10"


def test_a_view_is_saved_opened_and_deleted(open_app, small_archive, tmp_path):
    shutil.copytree(small_archive, tmp_path / "archive")
    app = open_app(tmp_path / "archive", channel="chat")
    app.selectbox(key="period").select("Last 30 days")
    app.multiselect(key="resolution").select("resolved").run()
    app.text_input[0].set_value("=Chats **solved**")
    next(b for b in app.button if b.label == "Save").click().run()
    assert not app.exception
    app.switch_page(str(PAGE_FILES / "contacts.py")).run()
    next(b for b in app.button if b.label == "Clear filters").click().run()
    assert app.multiselect(key="channel").value == []
    next(b for b in app.button if b.key == "view_=Chats **solved**").click().run()
    assert not app.exception
    assert app.title[0].value == "Overview"
    assert app.multiselect(key="channel").value == ["chat"]
    assert app.multiselect(key="resolution").value == ["resolved"]
    assert app.selectbox(key="period").value == "Last 30 days"
    next(b for b in app.button if b.key == "forget_=Chats **solved**").click().run()
    assert not [b for b in app.button if str(b.key).startswith("view_")]


def test_a_saved_view_forgets_what_the_archive_no_longer_knows(open_app, small_archive, tmp_path):
    shutil.copytree(small_archive, tmp_path / "archive")
    query = "channel=fax&channel=chat&topic=Gone&period=Custom&days=2020-01-01&days=nonsense"
    saved.save(tmp_path / "archive", saved.View("old", "overview", query))
    app = open_app(tmp_path / "archive")
    next(b for b in app.button if b.key == "view_old").click().run()
    assert not app.exception
    assert app.multiselect(key="channel").value == ["chat"]
    assert app.multiselect(key="topic").value == []
    assert app.date_input(key="days").value == (date(2026, 1, 5), date(2026, 1, 5))


def test_new_data_is_offered_and_shown_without_a_restart(open_app, small_archive, tmp_path):
    shutil.copytree(small_archive, tmp_path / "archive")
    app = open_app(tmp_path / "archive")
    assert metrics(app)["Contacts"] == "120"
    rows = {"conversations": [contact(500)]}
    shard = {name: pa.Table.from_pylist(rows.get(name, []), schema=STORED[name]) for name in STORED}
    Archive(tmp_path / "archive").append_shard(shard)  # as a job does
    app.run()
    assert metrics(app)["Contacts"] == "121"


def test_strangers_see_nothing(open_app, small_archive, monkeypatch):
    monkeypatch.setattr(access, "refusal", lambda: "The app listens on 0.0.0.0, and anybody could read.")
    app = open_app(small_archive)
    assert app.title[0].value == "Not shown to strangers"
    assert not app.metric
    assert not app.sidebar.multiselect


def test_a_viewer_sees_saved_views_but_nothing_to_write_with(open_app, small_archive, tmp_path, monkeypatch):
    shutil.copytree(small_archive, tmp_path / "archive")
    saved.save(tmp_path / "archive", saved.View("shared", "contacts", "channel=chat"))
    monkeypatch.setattr(access, "is_editor", lambda: False)
    app = open_app(tmp_path / "archive")
    assert [b.key for b in app.button if b.key and b.key.startswith("view_")] == ["view_shared"]
    assert not [b for b in app.button if b.label == "Save" or str(b.key).startswith("forget_")]


def test_cost_follows_the_cost_of_a_contact(open_app, small_archive):
    app = open_app(small_archive)
    app.number_input(key="cost").set_value(10.0).run()
    frame = app.dataframe[0].value
    assert list(frame["cost"]) == [round(10 * n) for n in frame["avoidable"]]


def test_a_figure_leads_to_what_is_behind_it(open_app, small_archive):
    app = open_app(small_archive)
    next(b for b in app.button if b.key == "open_fcr_stated").click().run()
    assert not app.exception
    assert app.multiselect(key="resolution").value == ["unresolved"]
    assert len(app.dataframe[0].value) == 30


def test_a_thousand_topics_are_no_burden(open_app, tmp_path):
    contacts = [contact(n, topic_id=f"t{n}", topic_label=f"Topic {n:04d}") for n in range(1_000)]
    write_archive(tmp_path / "many", contacts, labels={f"t{n}": f"Topic {n:04d}" for n in range(1_000)})
    app = open_app(tmp_path / "many", topic="Topic 0500")
    assert not app.exception
    assert len(app.multiselect(key="topic").options) == 1_000
    assert metrics(app)["Contacts"] == "1"
    assert app.dataframe[0].value["topic"].tolist() == ["Topic 0500"]


@pytest.mark.parametrize("page", PAGES)
def test_contacts_of_which_nothing_is_known_are_shown(open_app, tmp_path, page):
    unknown = dict.fromkeys(
        ("customer_id", "agent_id", "channel", "company", "ended_at", "sentiment", "resolution", "effort_score",
         "effort_drivers", "csat", "topic_id", "topic_label", "thread_id", "stated_repeat", "escalation", "churn_risk"),
    )  # fmt: skip
    write_archive(tmp_path / "unknown", [contact(n, **unknown) for n in range(3)])
    app = open_app(tmp_path / "unknown", page)
    assert not app.exception
    assert app.title
