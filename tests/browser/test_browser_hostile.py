"""Customers' words that try to be more than words: shown as typed, nothing run, nothing asked for."""

from __future__ import annotations

import json

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.app]

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> <b>bold</b>",
    "![x](http://evil.test/x.png) [a](javascript:alert(1)) <http://evil.test> [r][1]",
    "$x$ $$y$$ `code` ```fence``` **b** __u__ ~~s~~ \\ back &amp; &lt;",
    "www.evil.test https://evil.test/a me@evil.test :smile: :material/home: :red[x] :orange-background[y]",
    "- list | 1. one | # head | > quote | a -> b <- c -- d >= e",
    "turned \u202egnp.exe\u202c over, \u2067apart\u2069, \ufeffmarked, \u05e9\u05dc\u05d5\u05dd \u0645\u0631",
)
SIGNED = "I was wrongly charged and I am very angry about it: "


@pytest.fixture(scope="session")
def built(browser, tmp_path_factory):
    """An archive whose customers say such things; in the module's own place of the shared one."""
    from textinsight import build_archive
    from textinsight.pipeline import Settings

    folder = tmp_path_factory.mktemp("hostile")
    rows = [
        {
            "conversation_id": f"h{n}", "customer_id": "k1", "started_at": f"2026-01-{n + 1:02d}T10:00:00Z",
            "turns": [{"role": "customer", "text": SIGNED + text}, {"role": "agent", "text": text}],
        }
        for n, text in enumerate(HOSTILE)
    ]  # fmt: skip
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    build_archive([folder / "in.jsonl"], folder / "archive", settings=Settings(processes=1))
    return folder / "archive"


def shown(page) -> str:
    """The page's text without the invisible joiners that hide links."""
    texts = page.locator("[data-testid=stMarkdownContainer]").all_inner_texts()
    return "\n".join(texts).replace("\u2060", "")


def as_stored(app) -> dict[str, str]:
    from textinsight import Archive

    rows = Archive(app.archive).query("SELECT conversation_id, text FROM turns WHERE turn = 1").to_pylist()
    return {row["conversation_id"]: row["text"] for row in rows}


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_the_reader_shows_it_as_typed(open_page, app, number):
    page = open_page(f"conversation?contact=h{number}")
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    text = as_stored(app)[f"h{number}"]
    for unseen in ("\u202e", "\u202c", "\u2067", "\u2069", "\ufeff"):
        text = text.replace(unseen, f"⟨U+{ord(unseen):04X}⟩")
    pieces = [piece for piece in text.split("[EMAIL]") if piece.strip()]  # a badge stands for what was masked
    found = "".join(shown(page).split())
    assert all("".join(piece.split()) in found for piece in pieces)
    main = page.locator("[data-testid=stMainBlockContainer]")
    assert main.locator("[data-testid=stMarkdownContainer] a, [data-testid=stMarkdownContainer] img").count() == 0
    assert (
        main.locator(".katex, [data-testid=stMarkdownContainer] code, [data-testid=stMarkdownContainer] strong").count()
        == 0
    )


def test_found_passages_show_it_as_typed(open_page):
    page = open_page("contacts?search=wrongly")
    assert "<script>alert(1)</script>" in shown(page)
    assert "![x](http://evil.test/x.png)" in shown(page)
    assert page.locator("[data-testid=stMarkdownContainer] a, [data-testid=stMarkdownContainer] img").count() == 0


def test_the_question_is_shown_as_typed_too(open_page):
    page = open_page("contacts?search=%3Cscript%3Ealert(1)%3C%2Fscript%3E&by=Meaning")
    assert page.get_by_label("Search", exact=True).input_value() == "<script>alert(1)</script>"
