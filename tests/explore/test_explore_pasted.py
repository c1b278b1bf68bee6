from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("streamlit")
from streamlit.testing.v1 import AppTest

from textinsight.errors import InputError
from textinsight.explore.pasted import MOST, read_pasted
from textinsight.explore.queries import data

pytestmark = pytest.mark.app

APP = Path(__file__).parents[2] / "app.py"
PAGE = Path(data.__file__).parents[1] / "pages" / "tryit.py"
EVIL = "<script>alert(1)</script> ![x](http://evil.test/x.png) **bold**"


@pytest.fixture
def page(monkeypatch, tmp_path):
    monkeypatch.setenv("TEXTINSIGHT_ARCHIVE", str(tmp_path / "archive"))
    app = AppTest.from_file(str(APP), default_timeout=60).run().switch_page(str(PAGE)).run()
    assert not app.exception
    return app


def paste(app: AppTest, text: str) -> AppTest:
    app.text_area(key="pasted").set_value(text)
    app.button[0].click().run()
    assert not app.exception
    return app


def test_a_dialogue_is_read_masked_and_tagged():
    found = read_pasted("Customer: my card 4111 1111 1111 1111 was charged twice\nAgent: I have refunded it.\n")
    assert [turn.role.value for turn in found.conversation.turns] == ["customer", "agent"]
    assert found.conversation.turns[0].text == "my card [CARD] was charged twice"
    assert [(kind.name, n) for kind, n in found.masked.items()] == [("CARD", 1)]
    assert found.analysis.issue_text == "my card [CARD] was charged twice"


def test_what_hides_behind_entities_is_masked():
    found = read_pasted("My card &#52;111&nbsp;1111 1111 1111, write to ann&#64;example.org, isn&#39;t it &lt;b&gt;?")
    assert found.conversation.turns[0].text == "My card [CARD], write to [EMAIL], isn't it <b>?"


def test_free_text_is_the_customers():
    assert [turn.role.value for turn in read_pasted("where is my parcel").conversation.turns] == ["customer"]


def test_one_line_may_name_its_speaker():
    turn = read_pasted("Agent: how can I help you?").conversation.turns[0]
    assert (turn.role.value, turn.text) == ("agent", "how can I help you?")
    assert read_pasted("PS: where is my parcel").conversation.turns[0].text == "PS: where is my parcel"


@pytest.mark.parametrize("text", ["", " \n ", "x" * (MOST + 1)])
def test_what_cannot_be_read_is_told(text):
    with pytest.raises(InputError):
        read_pasted(text)


def test_the_page_reads_its_example_and_stores_nothing(page, tmp_path):
    assert page.title[0].value == "Try it"
    shown = " ".join(element.value for element in page.markdown)
    assert "4111" not in shown
    assert "-background[" in shown
    assert list(tmp_path.iterdir()) == []


def test_hostile_words_stay_words(page):
    paste(page, f"Customer: my bill is wrong {EVIL}\nAgent: {EVIL}\n")
    for element in (*page.markdown, *page.caption):
        assert "<script>" not in element.value
        assert "](http" not in element.value
    assert EVIL in next(text.value for text in page.text if "my bill" in text.value)


def test_an_empty_box_says_what_to_do(page):
    paste(page, "  ")
    assert page.text[0].value == "Nothing to read yet."
