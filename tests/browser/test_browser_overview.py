from __future__ import annotations

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.app]


def contacts(page) -> int:
    shown = page.get_by_test_id("stMetric").filter(has_text="Contacts").first.get_by_test_id("stMetricValue")
    return int(shown.inner_text().replace(",", ""))


def test_a_filter_narrows_every_figure_and_stays_in_the_address(open_page):
    page = open_page("")
    everyone = contacts(page)
    page.get_by_role("combobox", name="Sentiment").click()
    page.get_by_role("option", name="negative", exact=True).click()
    page.wait_for_url(re.compile("sentiment=negative"))
    page.get_by_text(re.compile(r"of .* contacts · negative")).wait_for()
    assert 0 < contacts(page) < everyone
    narrowed = contacts(open_page("?sentiment=negative"))
    assert narrowed == contacts(page)


def test_a_view_is_saved_and_opened_again(open_page):
    page = open_page("?sentiment=negative")
    page.get_by_role("button", name="Saved views").click()
    page.get_by_label("Save what is shown now as").fill("Unhappy **customers**")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Unhappy **customers**").wait_for()
    other = open_page("effort")
    other.get_by_role("button", name="Saved views").click()
    other.get_by_role("button", name="Unhappy **customers**").click()
    other.get_by_role("heading", name="Overview").wait_for()
    other.get_by_text(re.compile(r"of .* contacts · negative")).wait_for()
    assert other.get_by_role("heading", name="Overview").is_visible()


def test_a_figure_opens_what_is_behind_it(open_page):
    page = open_page("")
    everyone = contacts(page)
    page.get_by_test_id("stMainBlockContainer").get_by_role("button").filter(has_text="arrow_forward").nth(6).click()
    page.get_by_role("heading", name="Conversations").wait_for()
    told = page.get_by_text(re.compile(r"of .* contacts · .*negative"))
    told.wait_for()
    shown, of = (int(n.replace(",", "")) for n in re.findall(r"[\d,]+", told.inner_text())[:2])
    assert 0 < shown < of == everyone
