"""The pages Conversations and Conversation: search, list, reader, corrections."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.importorskip("streamlit")
from streamlit.testing.v1 import AppTest

from textinsight.explore import access
from textinsight.explore.queries import downstream
from textinsight.pipeline.correcting import correct, undo_correction
from textinsight.store import Archive, Correction

pytestmark = pytest.mark.app

APP = Path(__file__).parents[2] / "app.py"
PAGE_FILES = Path(downstream.__file__).parents[1] / "pages"


@pytest.fixture
def archive(small_archive, tmp_path):
    """A copy that a test may write into."""
    shutil.copytree(small_archive, tmp_path / "archive")
    return tmp_path / "archive"


@pytest.fixture
def open_page(monkeypatch):
    """Opens the app over an archive at a page."""

    def start(archive: Path, page: str, **query: str) -> AppTest:
        monkeypatch.setenv("TEXTINSIGHT_ARCHIVE", str(archive))
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.query_params.update(query)
        app.run()
        app.switch_page(str(PAGE_FILES / f"{page}.py")).run()
        assert not app.exception
        return app

    return start


def said(app: AppTest) -> str:
    """All Markdown of the page, badges and marked text, without escapes."""
    return " ".join(element.value for element in app.markdown).replace("\\", "")


def captions(app: AppTest) -> str:
    return " ".join(element.value for element in app.caption).replace("\\", "").replace("\u2060", "")


def button(app: AppTest, label: str):
    return next(one for one in app.button if one.label == label)


def test_without_a_search_every_contact_is_listed(open_page, archive):
    app = open_page(archive, "contacts")
    assert app.title[0].value == "Conversations"
    assert len(app.dataframe[0].value) == 50
    app.selectbox(key="sort").select("Oldest first").run()
    assert app.dataframe[0].value["issue_text"].iloc[0] == "issue number 0"


def test_words_are_found_and_marked(open_page, archive):
    app = open_page(archive, "contacts")
    app.text_input(key="search").set_value('"number 11"').run()
    assert not app.exception
    assert "1 of 120 contacts" in captions(app)
    assert "issue :yellow-background[number 11]" in said(app)
    app.text_input(key="search").set_value("hello -number").run()
    assert "No contact matches" in app.text[0].value


def test_filters_narrow_what_was_found(open_page, archive):
    app = open_page(archive, "contacts", search="issue")
    assert "120 contacts" in captions(app)
    app.multiselect(key="channel").select("chat").run()
    assert "60 of 120 contacts" in captions(app)
    app.selectbox(key="rank").select("Oldest first").run()
    assert not app.exception
    assert ":yellow-background[issue] number 1 " in said(app)


def test_a_customers_words_only(open_page, archive):
    app = open_page(archive, "contacts", search="hello")
    assert "120 contacts" in captions(app)
    app.selectbox(key="who").select("Customer says").run()
    assert "No contact matches" in app.text[0].value


@pytest.mark.parametrize("text", ['"', "a* OR", "NOT", "\x00", "' OR 1=1 --", "{customer}:x"])
def test_no_search_breaks_the_page(open_page, archive, text):
    app = open_page(archive, "contacts")
    app.text_input(key="search").set_value(text).run()
    assert not app.exception
    app.segmented_control(key="by").set_value("Meaning").run()
    assert not app.exception


def test_an_unknown_conversation_to_be_like_is_said(open_page, archive):
    app = open_page(archive, "contacts", like="nobody")
    assert "no conversation 'nobody'" in " ".join(text.value for text in app.text)


def test_reading_a_result_keeps_the_words_marked(open_page, archive):
    app = open_page(archive, "contacts", search='"number 11"')
    button(app, "Read").click().run()
    assert not app.exception
    assert app.title[0].value == "Conversation"
    assert ":yellow-background[number 11]" in said(app)


def test_reader_shows_turns_evidence_masks_and_links(open_page, archive):
    app = open_page(archive, "conversation", contact="c010")
    assert ":violet-background[issue] number 10 :gray-badge[:material/lock: card number]" in said(app)
    for expected in ("Issue", "Same issue", "This contact"):
        assert expected in said(app)


def test_a_wrong_contact_in_the_address_opens_the_newest(open_page, archive):
    assert "number 119" in said(open_page(archive, "conversation", contact="' OR 1=1"))


def test_hostile_words_are_shown_as_typed(open_page, hostile_archive):
    found = said(open_page(hostile_archive, "conversation", contact="c000"))
    assert "<script>alert(1)</script> ![x](http:\u2060//evil.test/x.png)" in found
    raw = " ".join(element.value for element in open_page(hostile_archive, "conversation", contact="c000").markdown)
    assert "<script>" not in raw
    assert "](http" not in raw


def test_a_signal_names_topics_instead_of_ids(open_page, archive):
    app = open_page(archive, "conversation", contact="c011")
    found = [value for table in app.dataframe for value in table.value.get("value", [])]
    assert "Unexpected bill → Slow wifi: 20%" in found


def test_a_link_is_rejected_in_the_reader(open_page, archive):
    app = open_page(archive, "conversation", contact="c010")
    button(app, "Reject").click().run()
    assert not app.exception
    links = Archive(archive).query("SELECT reviewed FROM links WHERE conversation_id = 'c010' AND earlier_id = 'c000'")
    assert links["reviewed"].to_pylist() == ["rejected"]
    assert "Rejected" in said(open_page(archive, "conversation", contact="c010"))


def test_a_tag_is_corrected_shown_and_taken_back(open_page, archive):
    app = open_page(archive, "conversation", contact="c001")
    button(app, "Check the tags").click().run()
    app.selectbox[-1].select("t3")
    app.checkbox[0].check()
    button(app, "Save changes").click().run()
    assert not app.exception
    rows = Archive(archive).table("corrections").to_pylist()
    assert {(row["tag"], row["old"], row["new"]) for row in rows} == {
        ("topic", "t2", "t3"), ("stated_repeat", "false", "true"),
    }  # fmt: skip
    app = open_page(archive, "conversation", contact="c001")
    assert "Topic: Unexpected bill → Slow wifi" in captions(app)
    assert "Says it is a repeat" in said(app)
    while any(one.label == "Undo" for one in app.button):
        button(app, "Undo").click().run()
    assert not app.exception
    assert "Corrected" not in said(app)
    contact = Archive(archive).query("SELECT topic_id, stated_repeat FROM conversations WHERE conversation_id = 'c001'")
    assert contact.to_pylist() == [{"topic_id": "t2", "stated_repeat": False}]


def test_what_was_checked_and_right_counts_too(open_page, archive):
    app = open_page(archive, "conversation", contact="c002")
    button(app, "Check the tags").click().run()
    button(app, "All checked: save").click().run()
    rows = Archive(archive).table("corrections").to_pylist()
    assert len(rows) == 12
    assert all(row["old"] == row["new"] for row in rows)
    assert "12 tags checked and right" in captions(open_page(archive, "conversation", contact="c002"))


def test_the_sentiment_of_a_turn_is_corrected(open_page, archive):
    app = open_page(archive, "conversation", contact="c003")
    app.button(key="mood_1").click().run()
    app.segmented_control[-1].set_value("-1")
    button(app, "Save sentiment").click().run()
    assert not app.exception
    app = open_page(archive, "conversation", contact="c003")
    assert "Negative (corrected)" in said(app)
    assert next(one.value for one in app.metric if one.label == "Sentiment") == "-1.00"


def test_viewers_correct_nothing(open_page, archive, monkeypatch):
    monkeypatch.setattr(access, "is_editor", lambda: False)
    app = open_page(archive, "conversation", contact="c001")
    assert not {"Check the tags", "Correct"} & {one.label for one in app.button}


def test_the_effort_of_corrected_drivers_is_called_as_tagged(open_page, archive):
    def labels() -> list[str]:
        return [metric.label for metric in open_page(archive, "conversation", contact="c005").metric]

    (corrected,) = correct(Archive(archive), Correction("c005", "transfer", "true"))
    assert labels()[0] == "Effort, as tagged"
    undo_correction(Archive(archive), corrected)
    assert labels()[0] == "Effort"
