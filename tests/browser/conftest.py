"""A running app on a small archive, and pages of a real browser that fail on any error or on any word to the outside.

Tests here are marked `browser`; they are skipped where playwright or Chromium is not installed.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

ROOT = Path(__file__).parents[2]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
WITHIN_MS = 60_000
LOCAL = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")
SPARKLINES_APART = {"exclude": [["[data-testid=stMetricChart]"]]}
COMPANY, CAUSES, N_OTHERS = "Tellumo", ("plan_change", "router_replacement"), 150


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium (or the one in $CHROMIUM), without a window."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs the [browser] extra")
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: apt-get install chromium, or set CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def demo_lines() -> list[str]:
    """Some 1,350 demo contacts of one company: customers with the cause of a planted edge, and others beside them."""
    with (ROOT / "corpora/demo/truth_contacts.csv").open(encoding="utf-8") as file:
        truth = [row for row in csv.DictReader(file) if row["company"] == COMPANY]
    hit = {row["customer_id"] for row in truth if row["reason"] in CAUSES}
    others = [row["conversation_id"] for row in truth if row["customer_id"] not in hit][:N_OTHERS]
    wanted = {row["conversation_id"] for row in truth if row["customer_id"] in hit} | set(others)
    with gzip.open(ROOT / "corpora/demo/conversations.jsonl.gz", "rt", encoding="utf-8") as file:
        return [line for line in file if json.loads(line)["conversation_id"] in wanted]


@pytest.fixture(scope="session")
def built(browser: Browser, demo_lines: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of those contacts, as `textinsight run` makes it (some 20 s). Do not write into it."""
    from textinsight import build_archive
    from textinsight.pipeline import Settings

    folder = tmp_path_factory.mktemp("browser")
    (folder / "contacts.jsonl").write_text("".join(demo_lines), "utf-8")
    build_archive([folder / "contacts.jsonl"], folder / "archive", settings=Settings(processes=1))
    return folder / "archive"


@dataclass(frozen=True, slots=True)
class App:
    """A running app: its address (ends in /) and the archive that it shows, the test module's own copy."""

    url: str
    archive: Path


@pytest.fixture(scope="module")
def app(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app at a free port, over a copy of the archive that the module may change."""
    archive = tmp_path_factory.mktemp("app") / "archive"
    shutil.copytree(built, archive)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true"]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), *options],
        env=os.environ | {"TEXTINSIGHT_ARCHIVE": str(archive)}, cwd=ROOT,
    )  # fmt: skip
    try:
        _await(f"http://127.0.0.1:{port}/_stcore/health")
        yield App(f"http://127.0.0.1:{port}/", archive)
    finally:
        server.terminate()
        server.wait()


def watch(page: Page) -> list[str]:
    """A list that fills with what is wrong: messages of the console, errors of scripts, requests to the outside."""
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(_told(message)) if _is_error(message) else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(LOCAL) else wrong.append(request.url))
    return wrong


OpenPage = Callable[..., "Page"]


@pytest.fixture
def open_page(browser: Browser, app: App) -> Iterator[OpenPage]:
    """Opens the app at a path ("downstream?starts=25"), ready to use; the test fails if a page complained.

    open_page(path, width=1440, height=900, dark=False)
    """
    contexts: list[BrowserContext] = []
    opened: list[tuple[Page, list[str]]] = []

    def start(path: str = "", *, width: int = 1440, height: int = 900, dark: bool = False) -> Page:
        scheme = "dark" if dark else "light"
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WITHIN_MS)
        opened.append((page, watch(page)))
        page.goto(app.url + path)
        settle(page)
        return page

    yield start
    failed = [page.url for page, _ in opened if page.locator("[data-testid=stException]").count()]
    for context in contexts:
        context.close()
    assert not failed, f"an error stands on {failed}"
    assert [complaint for _, wrong in opened for complaint in wrong] == []


@pytest.fixture
def watched() -> Callable[[Page], list[str]]:
    """What `open_page` watches a page with."""
    return watch


@pytest.fixture
def ready() -> Callable[[Page], None]:
    """Waits until the page's script has run: call it after a click."""
    return settle


@pytest.fixture
def axe_faults() -> Callable[[Page], list[str]]:
    """The serious and critical accessibility faults that axe finds on a page, each with its first place.

    The sparkline in a metric is left out: Streamlit draws it without a name; the figure beside it has one.
    """
    runner = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the [browser] extra").Axe()

    def faults(page: Page) -> list[str]:
        found: list[dict[str, Any]] = runner.run(page, context=SPARKLINES_APART).response["violations"]
        bad = [fault for fault in found if fault["impact"] in ("serious", "critical")]
        return [f"{fault['id']}: {fault['nodes'][0]['html'][:200]} ({len(fault['nodes'])})" for fault in bad]

    return faults


def settle(page: Page) -> None:
    """Wait for the heading, for the script's end, and for what it drew to be in place."""
    page.wait_for_selector("h1", timeout=WITHIN_MS)
    page.wait_for_timeout(400)  # a click takes a moment to reach the server
    page.wait_for_selector("[data-test-script-state=notRunning]", state="attached", timeout=WITHIN_MS)
    page.wait_for_timeout(400)


def _told(message: ConsoleMessage) -> str:
    return f"{message.text} {message.location['url']}".rstrip()


def _is_error(message: ConsoleMessage) -> bool:
    """Streamlit looks for its health address beside a page's path first and then at the root: that 404 is no fault."""
    return message.type == "error" and "/_stcore/" not in message.location["url"]


def _await(url: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(url)
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)
    raise AssertionError("the app did not start within a minute")
