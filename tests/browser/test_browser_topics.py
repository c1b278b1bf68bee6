"""Topics in a real browser: from the overview to a conversation, the map by meaning, editing in place; and effort."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from textinsight.store import Archive

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.app]

HOSTILE = "<img src='http://evil.test/x.png'> <script>alert(1)</script> {@x} **bold**"
PATHS = ("topics", "topics?topic_view=Map+by+meaning", "topics?about={topic}", "effort")
_ROW, _HEADER = 35, 35  # pixels of a table
JOB_MS = 180_000


@pytest.fixture
def topic(app) -> dict:
    """The largest topic."""
    sql = "SELECT t.* FROM topics t WHERE topic_id NOT IN (SELECT coalesce(parent_id, '') FROM topics) ORDER BY n DESC"
    return Archive(app.archive).query(sql).to_pylist()[0]


def click_row(page: Page, key: str, row: int, until: Callable[[], bool], *, x: int = 60) -> None:
    """Click a cell of the table with this key until it has its effect: a table that was just drawn misses a click."""
    page.locator(f".st-key-{key}").scroll_into_view_if_needed()
    for _ in range(6):
        page.wait_for_timeout(1000)
        table = page.locator(f".st-key-{key} canvas")
        box = table.first.bounding_box() if table.count() else None  # none: the page is about to change
        if box is not None:
            page.mouse.click(box["x"] + x, box["y"] + _HEADER + _ROW * (row + 0.5))
        for _ in range(40):
            page.wait_for_timeout(200)
            if until():
                return
    raise AssertionError(f"row {row} of {key} does nothing")


def choose_first(page: Page, label: str) -> None:
    """Take the first option of the select box with this label: a box that was just drawn misses a click."""
    options = page.get_by_role("option")
    for _ in range(6):
        page.locator("[data-testid=stSelectbox]").filter(has_text=label).locator("input").click()
        for _ in range(40):
            page.wait_for_timeout(200)
            if options.count():
                options.first.click()
                return
    raise AssertionError(f"{label} has no options")


def hovered(page: Page) -> tuple[float, float]:
    """Move the pointer over the chart until it is over a dot; where that is."""
    page.wait_for_timeout(1500)
    box = page.locator(".st-key-topic_map canvas").first.bounding_box()
    assert box is not None
    for y in range(60, int(box["height"]) - 20, 9):
        for x in range(20, int(box["width"]) - 20, 7):
            at = box["x"] + x, box["y"] + y
            page.mouse.move(*at)
            if "<br" in page.evaluate(_TOOLTIP):
                return at
    raise AssertionError("no dot is under the pointer")


_TOOLTIP = """[...document.querySelectorAll('.st-key-topic_map div')]
    .filter(d => d.style.maxWidth === '340px' && d.style.visibility !== 'hidden').map(d => d.innerHTML).join('')"""


@pytest.mark.parametrize("path", PATHS)
def test_a_page_opens_without_complaint_and_without_serious_fault(open_page, axe_faults, topic, path):
    page = open_page(path.format(topic=topic["topic_id"]))
    assert page.locator("h1").inner_text() in ("Topics", "Effort", topic["label"])
    assert axe_faults(page) == []


def test_from_the_overview_to_a_topic_to_a_conversation(open_page: Callable[..., Page], ready, app):
    page = open_page()
    click_row(page, "fix_list", 0, lambda: "/topics?about=" in page.url)
    ready(page)
    label = page.locator("h1").inner_text()
    names = Archive(app.archive).query("SELECT label FROM topics")["label"].to_pylist()
    assert label in names
    page.locator("[class*=st-key-quote_] button").first.click()
    page.wait_for_function("location.pathname.endsWith('/conversation')")
    ready(page)
    assert page.get_by_text(label, exact=True).first.is_visible()


def test_a_dot_of_the_map_tells_its_words_as_text_and_opens_the_conversation(open_page, ready, app):
    archive = Archive(app.archive)
    drawn = archive.query("SELECT * FROM topic_map")
    hostile = pa.array([HOSTILE if i else None for i in drawn["conversation_id"].to_pylist()], pa.string())
    archive.replace("topic_map", drawn.set_column(drawn.schema.get_field_index("issue_text"), "issue_text", hostile))
    page = open_page("topics?topic_view=Map+by+meaning")
    at = hovered(page)
    told = page.evaluate(_TOOLTIP)
    assert "&lt;img src=" in told
    assert "<img" not in told
    page.mouse.click(*at)
    page.wait_for_function("location.pathname.endsWith('/conversation')")
    ready(page)
    archive.replace("topic_map", drawn)


def test_a_topic_is_renamed_everywhere_and_called_as_before_again(open_page, ready, topic):
    page = open_page(f"topics?about={topic['topic_id']}")
    page.get_by_role("tab", name="Edit").click()
    page.get_by_label("Name", exact=True).fill("Our own name")
    page.get_by_test_id("stTabs").get_by_role("button", name="Save").click()
    page.get_by_text("it is called so everywhere").wait_for()
    ready(page)
    assert page.locator("h1").inner_text() == "Our own name"
    overview = open_page()
    overview.locator(".st-key-fix_list").scroll_into_view_if_needed()
    overview.locator(".st-key-fix_list [role=gridcell]", has_text="Our own name").first.wait_for(state="attached")
    page.get_by_role("button", name="All topics").click()
    ready(page)
    page.get_by_text(re.compile(r"^Edits \(")).click()
    page.get_by_role("button", name="Take back").click()
    page.get_by_text("was taken back").wait_for()
    ready(page)
    again = open_page(f"topics?about={topic['topic_id']}")
    assert again.locator("h1").inner_text() == topic["label"]


def test_a_merge_runs_as_a_job_and_the_topic_is_gone(open_page, ready, app, topic):
    n = Archive(app.archive).query("SELECT n FROM topics").num_rows
    page = open_page(f"topics?about={topic['topic_id']}")
    page.get_by_role("tab", name="Edit").click()
    ready(page)
    choose_first(page, "Merge into")
    page.get_by_role("button", name="Merge", exact=True).click()
    page.get_by_text("The edit is under way").wait_for()
    page.get_by_text("The edit is under way").wait_for(state="detached", timeout=JOB_MS)
    ready(page)
    assert Archive(app.archive).query("SELECT n FROM topics").num_rows < n
    assert page.locator("h1").inner_text() != topic["label"]


def test_a_cell_of_the_effort_page_leads_to_its_contacts(open_page, ready):
    page = open_page("effort")
    page.get_by_role("radio", name="Channel").click()
    ready(page)
    narrowed = page.get_by_text(re.compile("contacts · Channel: "))
    click_row(page, "heat", 0, narrowed.is_visible, x=380)
    click_row(page, "effort_contacts", 0, lambda: "/conversation?contact=" in page.url)
    ready(page)
    assert "/conversation?contact=" in page.url
