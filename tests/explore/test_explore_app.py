from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

pytest.importorskip("streamlit")
from streamlit.testing.v1 import AppTest

from textinsight.explore.queries import downstream
from textinsight.explore.words import escape

pytestmark = pytest.mark.app

APP = Path(__file__).parents[2] / "app.py"
PAGE_FILES = Path(downstream.__file__).parents[1] / "pages"  # of the installed package, wherever that is
PAGES = ("overview", "contacts", "conversation", "downstream", "data")
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


@pytest.mark.parametrize("archive", ["", "/nowhere/at/all"])
def test_without_an_archive_it_says_what_to_type(open_app, archive):
    app = open_app(archive)
    assert not app.exception
    assert app.title[0].value == "No archive to show"
    assert "textinsight demo" in [code.value for code in app.code]


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


def test_nothing_matches_is_said(open_app, small_archive):
    app = open_app(small_archive, "contacts")
    app.text_input(key="search").set_value("no such words").run()
    assert not app.exception
    assert app.text[0].value == "No contact matches the filters and the search."


def test_contacts_are_paged_and_searched(open_app, small_archive):
    app = open_app(small_archive, "contacts")
    assert len(app.dataframe[0].value) == 50
    app.text_input(key="search").set_value("number 11").run()
    assert len(app.dataframe[0].value) == 11


def test_reader_shows_turns_evidence_masks_and_links(open_app, small_archive):
    app = open_app(small_archive, "conversation", contact="c010")
    texts = [text.value for text in app.text]
    assert "issue number 10 [CARD]" in texts
    badges = " ".join(element.value for element in app.markdown)
    for expected in ("Masked", "Issue", "Same issue", "This contact"):
        assert expected in badges


def test_a_wrong_contact_in_the_address_opens_the_newest(open_app, small_archive):
    app = open_app(small_archive, "conversation", contact="' OR 1=1")
    assert not app.exception
    assert "issue number 119 [CARD]" in [text.value for text in app.text]


def test_map_lists_the_pairs_behind_an_edge(open_app, small_archive):
    app = open_app(small_archive, "downstream")
    assert "issue number 1" in [text.value for text in app.text]
    assert "issue number 11" in [text.value for text in app.text]
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


def test_the_reader_shows_hostile_words_as_typed(open_app, hostile_archive):
    app = open_app(hostile_archive, "conversation", contact="c000")
    assert any("<script>alert(1)</script> ![x](http://evil.test/x.png)" in text.value for text in app.text)


def test_no_page_renders_html_or_unescaped_markdown():
    folder = Path(downstream.__file__).parents[1]
    for file in folder.rglob("*.py"):
        source = file.read_text("utf-8")
        for forbidden in ("unsafe_allow_html", "st.html(", "st.write(", "st.markdown(", "components.v1"):
            assert forbidden not in source, f"{file.name} uses {forbidden}"


def test_downloads_are_defused(hostile_archive):
    from textinsight.explore import parts
    from textinsight.store import Archive

    cells = parts.csv_bytes(Archive(hostile_archive), "SELECT company, issue_text FROM conversations", ()).decode()
    assert "'=HYPERLINK(1)" in cells
    assert not re.search(r'(^|,)"?=', cells, re.MULTILINE)


def test_escape_is_what_labels_use():
    assert escape("[a](b)") == "\\[a\\]\\(b\\)"


def test_odd_values_in_the_address_are_left_out(open_app, small_archive):
    app = open_app(small_archive, channel="no such channel", period="yesterday", topic="%00", resolution="Resolved")
    assert not app.exception
    assert metrics(app)["Contacts"] == "90"


def test_a_custom_period_holds_its_last_day(open_app, small_archive):
    app = open_app(small_archive, period="Custom")
    app.date_input(key="days").set_value((date(2026, 1, 5), date(2026, 1, 14))).run()
    assert not app.exception
    assert metrics(app)["Contacts"] == "10"


def test_a_signal_names_topics_instead_of_ids(open_app, small_archive):
    app = open_app(small_archive, "conversation", contact="c011")
    found = [value for table in app.dataframe for value in table.value.get("found", [])]
    assert "How often one follows the other: Unexpected bill → Slow wifi: 20%" in found
