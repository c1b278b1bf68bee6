"""From an empty folder to figures: drop a file, say which column is what, watch the job, read the result."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.app]

ROOT = Path(__file__).parents[2]
N = 40
JOB_MS = 180_000
VIEWS = ("data", "data?view=Add+conversations", "data?view=Accuracy", "tryit")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """No archive yet: the app of this module begins with an empty folder."""
    folder = tmp_path_factory.mktemp("empty") / "archive"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def odd_csv(tmp_path_factory) -> Path:
    """Messages of some demo contacts, a row each, under column names that nobody knows, and one unusable row."""
    path = tmp_path_factory.mktemp("upload") / "export.csv"
    with (
        gzip.open(ROOT / "corpora/demo/conversations.jsonl.gz", "rt", encoding="utf-8") as source,
        path.open("w", encoding="utf-8", newline="") as out,
    ):
        writer = csv.writer(out)
        writer.writerow(["Ref", "Kunde", "Wer", "Wann", "Inhalt"])
        for _, line in zip(range(N), source, strict=False):
            row = json.loads(line)
            for turn in row["turns"]:
                words = [row["conversation_id"], row.get("customer_id"), turn["role"], row["started_at"], turn["text"]]
                writer.writerow(words)
        writer.writerow(["only", "three", "cells"])
    return path


def choose(page: Page, ready, field: str, column: str) -> None:
    box = page.get_by_test_id("stSelectbox").filter(has=page.get_by_text(field, exact=True))
    box.locator("input").click()
    page.get_by_role("option", name=column).first.click()
    ready(page)


def test_upload_preview_map_run_progress_result(open_page, axe_faults, ready, odd_csv):
    page = open_page()
    assert page.locator("h1").inner_text() == "Welcome"
    assert axe_faults(page) == []
    page.set_input_files("input[type=file]", odd_csv)
    page.get_by_text("No column is known by name as the text").wait_for()
    for field, column in (
        ("Text", "Inhalt"), ("Speaker", "Wer"), ("Conversation", "Ref"), ("Customer", "Kunde"), ("Start", "Wann"),
    ):  # fmt: skip
        choose(page, ready, field, column)
    page.get_by_text("1 would be refused").wait_for()
    assert axe_faults(page) == []
    page.get_by_role("button", name="Read 1 file").click()
    page.get_by_role("progressbar").wait_for()
    page.locator("h1", has_text="Overview").wait_for(timeout=JOB_MS)
    page.get_by_role("link", name="Data").click()
    page.get_by_text(f"{N + 1} records read = {N} stored + 1 refused").wait_for(timeout=JOB_MS)
    page.get_by_role("button", name="See the contacts").click()
    ready(page)
    assert f"{N} contacts" in page.inner_text("[data-testid=stMain]")


@pytest.mark.parametrize("path", VIEWS)
def test_axe_finds_no_serious_fault(open_page, axe_faults, path):
    assert axe_faults(open_page(path)) == []


@pytest.mark.parametrize("path", VIEWS)
def test_pages_fit_a_narrow_dark_window(open_page, axe_faults, path):
    page = open_page(path, width=420, dark=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert axe_faults(page) == []


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (420, True)])
def test_every_part_of_the_accuracy_card_is_drawn(open_page, axe_faults, ready, width, dark):
    page = open_page("data?view=Accuracy", width=width, dark=dark)
    for part in ("Right and wrong", "Confidence", "By channel and length", "Effort drivers"):
        page.get_by_role("tab", name=part, exact=True).click()
        ready(page)
        kind = "canvas" if part == "Confidence" else "[data-testid=stDataFrame]"
        assert page.get_by_test_id("stMain").locator(kind).first.bounding_box()["width"] > 150
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert axe_faults(page) == []


def test_a_pasted_conversation_is_tagged(open_page, ready):
    page = open_page("tryit")
    page.get_by_role("textbox", name="Conversation").fill(
        "Customer: my card 4111 1111 1111 1111 was charged twice, I am furious"
    )
    page.get_by_role("button", name="Read it").click()
    ready(page)
    shown = page.locator("[data-testid=stChatMessage]").inner_text()
    assert "card number" in shown  # as what was masked is shown
    assert "4111" not in shown
    assert "Negative" in shown
