"""What an analyst does with links: from an arrow to its conversations, from a thread to its reasons, and a verdict."""

from __future__ import annotations

import re

import pytest

from textinsight.store import Archive

pytestmark = [pytest.mark.browser, pytest.mark.app]
_ROW = 35  # pixels


def chart(page) -> dict[str, float]:
    """Where the page's first chart stands, once it is drawn."""
    drawn = page.locator("canvas").first
    drawn.wait_for()
    page.wait_for_timeout(2000)
    return drawn.bounding_box()


def linked(page) -> tuple[int, int]:
    """(pairs that are linked, all) as the page says behind the arrow."""
    told = page.get_by_text(re.compile(r"pairs are linked one by one")).inner_text()
    found = re.search(r"(\d+) of (\d+) pairs are linked", told)
    return int(found[1]), int(found[2])


def test_from_an_arrow_to_its_conversations_and_a_rejected_link_counts_no_more(open_page, ready, app):
    page = open_page("downstream")
    before, n_pairs = linked(page)
    assert before > 0
    assert page.get_by_text("Earlier", exact=True).count() >= 1
    assert page.get_by_text(re.compile(r"days later$")).count() == 1
    page.get_by_role("button", name="Reject").click()
    page.get_by_text(f"{before - 1} of {n_pairs} pairs are linked").wait_for()
    verdicts = Archive(app.archive).query("SELECT verdict, relation FROM verdicts").to_pylist()
    assert verdicts == [{"verdict": "rejected", "relation": "downstream"}]
    page.get_by_text(re.compile("precision 0.0%")).wait_for()
    page.get_by_role("button", name="Bring figures up to date").click()
    page.get_by_text(re.compile("new verdict")).wait_for(state="detached")
    ready(page)
    kept = "SELECT count(*) AS n FROM links WHERE relation = 'downstream' AND reviewed = 'rejected'"
    assert Archive(app.archive).query(kept).to_pylist() == [{"n": 1}]
    assert linked(page)[0] < before


def test_an_arrow_is_clicked_on_the_map(open_page, ready):
    page = open_page("downstream?hints=true")
    first = page.get_by_text(re.compile(" → ")).last.inner_text()
    box = chart(page)
    for down in range(60, 240, 4):  # an arrow is some pixels wide: down the middle, until one is met
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + down)
        page.wait_for_timeout(400)
        if "arrow=" in page.url:
            break
    ready(page)
    assert "arrow=" in page.url
    assert page.get_by_text(re.compile("starts were followed")).is_visible()
    assert first


def test_a_slide_and_its_figures_can_be_taken_away(open_page):
    page = open_page("downstream")
    for label, start in (("Slide as PNG", b"\x89PNG"), ("Slide as SVG", b"<svg"), ("Figures as CSV", b"")):
        with page.expect_download() as taken:
            page.get_by_role("button", name=label).click()
        data = open(taken.value.path(), "rb").read()  # noqa: PTH123, SIM115
        assert data.startswith(start)
        assert len(data) > 500


def test_from_a_thread_to_its_reasons_and_a_rejected_link(open_page, app):
    page = open_page("repeats")
    assert page.get_by_text("One thread, contact by contact").is_visible()
    assert page.get_by_text(re.compile(r"^Why contact 2 is linked to")).is_visible()
    page.get_by_role("button", name="Reject").click()
    page.get_by_text("Rejected", exact=True).first.wait_for()
    found = Archive(app.archive).query("SELECT count(*) AS n FROM verdicts WHERE relation = 'same_issue'")
    assert found.to_pylist() == [{"n": 1}]
    page.get_by_role("button", name="Read", exact=True).first.click()
    page.get_by_role("heading", name="Conversation").wait_for()
    assert "contact=" in page.url


def test_a_dot_leads_to_its_conversation(open_page):
    page = open_page("repeats")
    box = chart(page)
    lane = box["y"] + 34 + (box["height"] - 56) / 24  # the first of twelve lanes
    for x in range(80, 320, 8):  # from the names to the right, until the first contact's dot is met
        page.mouse.click(box["x"] + x, lane)
        page.wait_for_timeout(500)
        if "contact=" in page.url:
            break
    page.get_by_role("heading", name="Conversation").wait_for()
    assert "contact=" in page.url


def test_every_view_opens_without_complaint(open_page, ready):
    page = open_page("repeats")
    for view in ("First contact resolution", "Handle time"):
        page.get_by_role("radio", name=view).click()
        ready(page)
        assert page.locator("canvas").count() >= 1
    page = open_page("downstream")
    for view in ("Table", "Clusters", "Avoidable contacts", "Two readings"):
        page.get_by_role("radio", name=view).click()
        ready(page)
        assert page.locator("[data-testid=stDataFrame]").count() >= 1


def test_a_quarter_of_handle_time_leads_to_as_many_contacts_as_it_says(open_page, ready):
    page = open_page("repeats?repeats=Handle+time")
    assert click_cell(page, column=2, row=1) == listed(page, ready)
    assert page.get_by_text(told("handle time", "Second quarter")).is_visible()


def test_a_reading_leads_to_as_many_contacts_as_it_says(open_page, ready):
    page = open_page("downstream?view=Two+readings")
    assert click_cell(page, column=3, row=0) == listed(page, ready)
    assert page.get_by_text(told("later contacts", "Follow-ups within 7 days")).is_visible()


def told(filter_: str, value: str) -> re.Pattern[str]:
    """A filter as the page's subtitle says it; what keeps a colon from making an emoji stands after it."""
    return re.compile(rf"{filter_}:\u2060? {value}")


def click_cell(page, *, column: int, row: int) -> int:
    """Click a cell of the page's first table; its number."""
    table = page.get_by_test_id("data-grid-canvas").first
    table.scroll_into_view_if_needed()
    number = int(table.get_by_test_id(f"glide-cell-{column}-{row}").text_content())
    box, n_columns = table.bounding_box(), table.locator(f"[data-testid^=glide-cell-][data-testid$='-{row}']").count()
    page.mouse.click(box["x"] + (column + 0.5) / n_columns * box["width"], box["y"] + _ROW * (row + 1.5))
    return number


def listed(page, ready) -> int:
    """How many contacts the page of conversations lists, as its heading says."""
    page.wait_for_url(re.compile("contacts"))
    ready(page)
    return int(page.get_by_text(re.compile(r"^[\d,]+ of [\d,]+ contacts")).text_content().split()[0].replace(",", ""))
