"""Take the documentation's pictures of the app: python docs/make_screenshots.py ARCHIVE OUT_DIR.

Needs the [app] extra, `pip install playwright pillow` and a Chromium (its path in $CHROMIUM if it is not
/usr/bin/chromium). Ends with code 1 if a page logs an error or asks for anything beyond this machine.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from textinsight.store import Archive

ROOT = Path(__file__).parent.parent
APP = ROOT / "app.py"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: the page's path with its query, and how it is looked at."""

    name: str
    path: str
    width: int = 1440
    height: int = 900
    scheme: str = "light"
    scroll: int = 0
    drop: str = ""  # a file of this repository to drop on the page
    button: str = ""  # one that gives the picture itself


SHOTS = (
    Shot("overview", ""),
    Shot("overview-table", "", scroll=900),
    Shot("topics", "topics"),
    Shot("topics-map", "topics?topic_view=Map+by+meaning"),
    Shot("topic", "topics?about={topic}", height=1450),
    Shot("effort", "effort", height=1400),
    Shot("contacts", "contacts"),
    Shot("search", "contacts?search=refund+late"),
    Shot("meaning", "contacts?by=Meaning&search=they+charged+me+twice"),
    Shot("search-dark", "contacts?search=refund+late", scheme="dark"),
    Shot("conversation-dark", "conversation?contact={linked}", scheme="dark"),
    Shot("conversation", "conversation?contact={linked}"),
    Shot("repeats", "repeats", height=1500),
    Shot("repeats-fcr", "repeats?repeats=First+contact+resolution", height=1100),
    Shot("downstream", "downstream", height=1380),
    Shot("downstream-pairs", "downstream", height=1700, scroll=900),
    Shot("downstream-slide", "downstream", button="Slide as PNG"),
    Shot("data", "data"),
    Shot("data-add", "data?view=Add+conversations", height=1120, drop="corpora/demo/conversations.jsonl.gz"),
    Shot("data-accuracy", "data?view=Accuracy", height=1300),
    Shot("tryit", "tryit"),
    Shot("overview-dark", "", scheme="dark"),
    Shot("topics-map-dark", "topics?topic_view=Map+by+meaning", scheme="dark"),
    Shot("topic-dark", "topics?about={topic}", height=1450, scheme="dark"),
    Shot("effort-dark", "effort", height=1400, scheme="dark"),
    Shot("repeats-dark", "repeats", scheme="dark"),
    Shot("downstream-dark", "downstream", height=1120, scheme="dark"),
    Shot("downstream-1024", "downstream", width=1024, height=1120),
    Shot("overview-narrow", "", width=420),
    Shot("conversation-narrow", "conversation?contact={linked}", width=420),
)
COMMITTED = (
    "overview", "topics", "topics-map", "topic", "effort", "search", "conversation", "repeats", "downstream",
    "downstream-slide", "data-add", "tryit",
)  # fmt: skip


@contextmanager
def serving(archive: Path) -> Iterator[str]:
    """The app over the archive, at a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true"]
    environment = os.environ | {"TEXTINSIGHT_ARCHIVE": str(archive.resolve())}
    command = [sys.executable, "-m", "streamlit", "run", str(APP), *options]
    server = subprocess.Popen(command, env=environment, cwd=APP.parent)
    try:
        _await(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait()


def linked_contact(archive: Path) -> str:
    """A conversation that an earlier one brought on, the likeliest; the reader has most to show for it."""
    sql = "SELECT conversation_id AS id FROM links ORDER BY relation, probability DESC, conversation_id LIMIT 1"
    found = Archive(archive).query(sql).to_pylist()
    return str(found[0]["id"]) if found else ""


def telling_topic(archive: Path) -> str:
    """The topic that the clearest edge starts from: its page has something in every part."""
    order = "n_starts < 100, q_value, lift_low DESC, topic_a"
    sql = f"SELECT topic_a AS id FROM edges WHERE window_days = 14 ORDER BY {order} LIMIT 1"
    found = Archive(archive).query(sql).to_pylist()
    return str(found[0]["id"]) if found else ""


def _await(url: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(url)
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)
    raise SystemExit("the app did not start within a minute")


def take(browser: Browser, address: str, shot: Shot, out: Path) -> list[str]:
    """Take one picture; what was wrong with the page."""
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height}, color_scheme="dark" if shot.scheme == "dark" else "light"
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda m: wrong.append(f"{shot.name}: {m.text}") if _is_error(m) else None)
    page.on("request", lambda r: None if _is_local(r.url) else wrong.append(f"{shot.name}: asks for {r.url}"))
    page.goto(address)
    _settle(page)
    if shot.drop:
        page.set_input_files("input[type=file]", ROOT / shot.drop)
        page.get_by_text("As it will be read").wait_for()
        _settle(page)
    if shot.scroll:
        page.mouse.move(shot.width * 0.6, shot.height * 0.5)
        page.mouse.wheel(0, shot.scroll)
        page.wait_for_timeout(800)
    file = out / f"{shot.name}.png"
    if shot.button:
        with page.expect_download() as given:
            page.get_by_role("button", name=shot.button).click()
        given.value.save_as(file)
    else:
        page.screenshot(path=file)
    _shrink(file)
    if page.locator("[data-testid=stException]").count():
        wrong.append(f"{shot.name}: the page shows an error")
    context.close()
    return wrong


def _is_error(message: ConsoleMessage) -> bool:
    """Streamlit looks for its health address beside a page's path first and then at the root: that 404 is no fault."""
    return message.type == "error" and "/_stcore/" not in message.location["url"]


def _is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:"))


def _settle(page: Page) -> None:
    """Wait until the script ran and the charts are drawn."""
    page.wait_for_selector("h1", timeout=60_000)
    page.wait_for_selector("[data-testid=stStatusWidget]", state="detached", timeout=60_000)
    page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')", timeout=60_000)
    page.wait_for_timeout(3000)


def _shrink(file: Path) -> None:
    """256 colours are plenty for a page of text and flat charts."""
    with Image.open(file) as picture:
        small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(file, optimize=True)


def main() -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--all", action="store_true", help="dark, narrow and scrolled ones too")
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME", help="these alone")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    wanted = arguments.only or ([shot.name for shot in SHOTS] if arguments.all else COMMITTED)
    shots = [shot for shot in SHOTS if shot.name in wanted]
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with serving(arguments.archive) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        named = {"linked": linked_contact(arguments.archive), "topic": telling_topic(arguments.archive)}
        addresses = [base + shot.path.format(**named) for shot in shots]
        pairs = zip(addresses, shots, strict=True)
        wrong = [complaint for pair in pairs for complaint in take(browser, *pair, arguments.out)]
        browser.close()
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
