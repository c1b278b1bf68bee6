from __future__ import annotations

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.app]

PAGES = ("", "repeats", "downstream")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_without_complaint(open_page, path):
    page = open_page(path)
    assert page.locator("h1").inner_text()
    assert page.locator("[data-testid=stException]").count() == 0


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_serious_fault(open_page, axe_faults, path):
    assert axe_faults(open_page(path)) == []


def test_the_watch_notices_errors_and_calls_to_the_outside(browser, watched):
    page = browser.new_page()
    wrong = watched(page)
    page.goto("data:text/html,<script>console.error('told'); throw Error('thrown')</script>")
    page.goto("data:text/html,<img src='http://example.invalid/x.png'>")
    page.close()
    assert any(complaint.startswith("told") for complaint in wrong)
    assert "thrown" in wrong
    assert "http://example.invalid/x.png" in wrong
