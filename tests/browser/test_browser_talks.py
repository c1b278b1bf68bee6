"""The journey from a search to a corrected tag and back, in a real browser."""

from __future__ import annotations

import pytest

from textinsight import Archive

pytestmark = [pytest.mark.browser, pytest.mark.app]

PATHS = ("contacts", "contacts?search=router", "contacts?by=Meaning&search=the+internet+is+gone", "conversation")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_no_serious_fault(open_page, axe_faults, path, dark):
    assert axe_faults(open_page(path, dark=dark)) == []


def test_search_read_correct_and_undo(open_page, ready, app):
    page = open_page("contacts")
    page.get_by_label("Search", exact=True).fill("router replacement")
    page.keyboard.press("Enter")
    ready(page)
    assert "search=router" in page.url
    first = page.locator("[data-testid=stMarkdownContainer]", has_text="router").first
    assert first.locator("span[style*=background], .stMarkdownColoredBackground").count() >= 1
    page.get_by_role("button", name="Read").first.click()
    page.wait_for_url("**/conversation?contact=*")
    ready(page)
    contact = page.url.split("contact=")[1]
    was = Archive(app.archive).query("SELECT resolution FROM conversations WHERE conversation_id = ?", [contact])
    to, shown = ("moved", "Passed on") if was["resolution"][0].as_py() != "moved" else ("resolved", "Resolved")
    page.get_by_role("button", name="Check the tags").click()
    page.get_by_role("dialog").get_by_text(shown, exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Save changes").click()
    page.get_by_role("dialog").wait_for(state="detached")
    ready(page)
    assert page.get_by_role("button", name="Undo").count() == 1
    assert resolution(app, contact) == to
    page.get_by_role("button", name="Undo").click()
    ready(page)
    assert page.get_by_role("button", name="Undo").count() == 0
    assert resolution(app, contact) == was["resolution"][0].as_py()


def test_the_sentiment_of_a_turn(open_page, ready, app):
    page = open_page("conversation")
    page.get_by_role("button", name="Correct").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Positive", exact=True).click()
    dialog.get_by_role("button", name="Save sentiment").click()
    dialog.wait_for(state="detached")
    ready(page)
    rows = Archive(app.archive).query("SELECT new FROM corrections WHERE tag = 'sentiment'")["new"].to_pylist()
    assert rows == ["1"]


def test_find_alike_and_back(open_page, ready):
    page = open_page("conversation")
    page.get_by_role("button", name="Find alike").click()
    page.wait_for_url("**/contacts?like=*")
    ready(page)
    assert page.get_by_role("button", name="Read").count() > 0
    page.get_by_role("button", name="Back to search").click()
    ready(page)
    assert page.get_by_label("Search", exact=True).count() == 1


def resolution(app, contact: str) -> str:
    sql = "SELECT resolution FROM conversations WHERE conversation_id = ?"
    return str(Archive(app.archive).query(sql, [contact])["resolution"][0].as_py())
