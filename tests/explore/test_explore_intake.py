from __future__ import annotations

import csv
import io
import json
import os
import shutil
import time
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("streamlit")
from streamlit.testing.v1 import AppTest

from textinsight.explore import access, jobs
from textinsight.explore.card import KIND, shipped
from textinsight.explore.job import INPUTS, Job, Step, write_start
from textinsight.explore.outcome import counts
from textinsight.explore.queries import data
from textinsight.learn.card import Card
from textinsight.pipeline.correcting import correct
from textinsight.store import Archive, Correction

pytestmark = pytest.mark.app

APP = Path(__file__).parents[2] / "app.py"
PAGE_FILES = Path(data.__file__).parents[1] / "pages"
CARD = "4111 1111 1111 1111"
EVIL = "<script>alert(1)</script> ![x](http://evil.test/x.png) **bold**"


@pytest.fixture
def open_app(monkeypatch):
    """Opens the app over an archive at a page, with what stands in its address."""

    def start(archive: Path, page: str = "overview", **state: str) -> AppTest:
        monkeypatch.setenv("TEXTINSIGHT_ARCHIVE", str(archive))
        app = AppTest.from_file(str(APP), default_timeout=120)
        for name, value in state.items():
            app.session_state[name] = value
        app.run()
        if page != "overview":
            app.switch_page(str(PAGE_FILES / f"{page}.py")).run()
        assert not app.exception
        return app

    return start


def table(*rows: tuple) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


CALLS = table(("id", "Kunde", "Inhalt"), *((f"c{i}", f"p{i % 3}", f"my card {CARD} was charged") for i in range(6)))


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    app.file_uploader[0].set_value([(name, content, "image/png") for name, content in files])
    app.run()
    assert not app.exception
    return app


def button(app: AppTest, label: str):
    return next(item for item in app.button if item.label == label)


def said(app: AppTest) -> str:
    parts = (*app.text, *app.caption, *app.error, *app.warning, *app.info)
    return " ".join(element.value for element in parts).replace("\\", "").replace("⁠", "")


def ended(archive: Path, seconds: float = 300) -> Job:
    end = time.monotonic() + seconds
    while jobs.current(archive) is not None:
        assert time.monotonic() < end
        time.sleep(0.1)
    return jobs.last(archive)


def raw_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and CARD.encode() in path.read_bytes()]


def test_first_start_welcomes_and_an_upload_makes_the_archive(open_app, tmp_path):
    archive = tmp_path / "archive"
    app = open_app(archive)
    assert app.title[0].value == "Welcome"
    assert not archive.exists()
    upload(app, ("calls.csv", CALLS))
    assert "No column is known by name as the text" in said(app)
    assert raw_files(tmp_path) == []  # what was looked at is gone
    app.selectbox(key="map_text").select("Inhalt").run()
    app.selectbox(key="map_customer_id").select("Kunde").run()
    assert not app.exception
    seen = app.dataframe[0].value
    assert seen["begins"].tolist() == ["my card [CARD] was charged"] * 6
    assert seen["customer"].tolist() == ["p0", "p1", "p2"] * 2
    button(app, "Read 1 file").click().run()
    assert not app.exception
    job = ended(archive)
    assert job.argv == ("run", "{inputs}", "--json", "--map", "customer_id=Kunde", "--map", "text=Inhalt")
    assert counts(job.output()) == (6, 6, 0, 0)
    assert raw_files(tmp_path) == []
    app.run()
    assert app.title[0].value == "Overview"
    assert set(Archive(archive).table("conversations")["customer_id"].to_pylist()) == {"p0", "p1", "p2"}
    app.switch_page(str(PAGE_FILES / "data.py")).run()
    assert "6 records read = 6 stored + 0 refused" in said(app)
    app.session_state["view"] = "Add conversations"
    upload(app.run(), ("again.csv", table(*(("id", "text"), ("n1", "where is my parcel")))))
    assert "Read before" not in said(app)
    button(app, "Put away").click().run()
    assert "6 records read" not in said(app)


def test_a_file_that_is_known_is_told(open_app, tmp_path):
    good = table(("id", "text"), ("c1", "where is my parcel"))
    app = upload(open_app(tmp_path / "archive"), ("good.csv", good))
    button(app, "Read 1 file").click().run()
    assert ended(tmp_path / "archive").state == "done"
    app = upload(open_app(tmp_path / "archive", "data", view="Add conversations"), ("other name.csv", good))
    assert "Read before, so nothing of it would be added: other name.csv" in said(app)


def test_the_demo_is_a_job(open_app, tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr(jobs, "start", lambda archive, kind, argv, files: begun.append((archive, kind, list(argv))))
    archive = tmp_path / "archive"
    button(open_app(archive), "Load the demo").click().run()
    assert begun == [
        (archive, "Loading the demo", ["demo", "--no-app", "--json", "--archive", str(archive)]),
    ]


@pytest.mark.parametrize("page", ["overview", "contacts", "conversation", "downstream", "data"])
def test_every_page_of_an_empty_archive_says_how_to_begin(open_app, empty_archive, page):
    app = open_app(empty_archive, page)
    assert app.title[0].value == "Welcome"
    assert app.file_uploader


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", "is empty"),
        ("blank.csv", b"\xff\xfe\r\x00\n\x00", "is empty"),
        ("sheet.csv", b"PK\x03\x04" + b"\x00" * 100, "zip archive"),
        ("noise.csv", bytes(range(32)) * 100, "format"),
        ("deep.jsonl", b'{"text": ' + b'{"a":' * 1000 + b"1" + b"}" * 1000 + b"}\n", "would be refused"),
        ("x" * 300 + ".csv", CALLS, "No column"),
        ("CON", CALLS, "No column"),
        ("../../../x.csv", CALLS, "No column"),
        (EVIL, CALLS, "No column"),
    ],
)
def test_hostile_uploads_are_told_and_nothing_stays(open_app, tmp_path, name, content, words):
    archive = tmp_path / "deep" / "archive"
    app = upload(open_app(archive), (name, content))
    assert words in said(app)
    assert "Read 1 file" not in [item.label for item in app.button]
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left == []
    for element in (*app.error, *app.markdown):
        assert "<script" not in element.value
        assert "![" not in element.value.replace("\\", "∖")


def test_a_new_archive_beside_this_one(open_app, small_archive, tmp_path):
    archive = tmp_path / "archive"
    shutil.copytree(small_archive, archive)
    good = table(("id", "text"), ("c1", "where is my parcel"))
    app = upload(open_app(archive, "data", view="Add conversations"), ("good.csv", good))
    app.radio(key="target").set_value("A new one").run()
    for bad in ("", "../x", "/tmp/x", "archive", ".hidden"):
        app.text_input(key="target_name").set_value(bad).run()
        assert button(app, "Read 1 file").disabled
    app.text_input(key="target_name").set_value("second").run()
    button(app, "Read 1 file").click().run()
    assert not app.exception
    assert ended(tmp_path / "second").state == "done"
    app.run()
    assert "1 contact " in said(app)
    button(app, "Back to archive").click().run()
    assert "120 contacts" in said(app)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "second"]


def test_one_bad_file_does_not_keep_the_good_ones_out(open_app, tmp_path):
    good = table(("id", "text"), ("c1", "where is my parcel"))
    app = upload(open_app(tmp_path / "archive"), ("empty.csv", b""), ("good.csv", good))
    assert "is empty" in said(app)
    assert button(app, "Read 1 file")


def test_viewers_can_neither_upload_nor_start(open_app, small_archive, tmp_path, monkeypatch):
    monkeypatch.setattr(access, "is_editor", lambda: False)
    app = open_app(tmp_path / "archive")
    assert not app.file_uploader
    assert "Load the demo" not in [item.label for item in app.button]
    for view in ("Add conversations", "Accuracy"):
        assert not open_app(small_archive, "data", view=view).file_uploader


def test_a_killed_job_can_go_on_from_the_page(open_app, tmp_path, monkeypatch):
    archive = tmp_path / "archive"
    folder = jobs.make_folder(archive)
    good = table(("id", "text"), ("c1", "where is my parcel"))
    jobs.save([jobs.InputFile("good.csv", io.BytesIO(good))], folder)
    write_start(folder, "Reading 1 file", ["run", INPUTS, "--json"])
    app = open_app(archive)
    assert "ended from outside" in said(app)
    button(app, "Go on").click().run()
    assert not app.exception
    assert ended(archive).state == "done"
    assert Archive(archive).table("conversations").num_rows == 1


def test_opening_the_app_deletes_what_an_old_killed_job_left(open_app, small_archive, tmp_path):
    archive = tmp_path / "archive"
    shutil.copytree(small_archive, archive)
    folder = jobs.make_folder(archive)
    jobs.save([jobs.InputFile("good.csv", io.BytesIO(CALLS))], folder)
    write_start(folder, "Reading 1 file", ["run", INPUTS])
    open_app(archive)
    assert raw_files(folder)  # of today: it may go on
    yesterday = time.time() - 25 * 3600
    os.utime(folder, (yesterday, yesterday))
    open_app(archive)
    assert raw_files(folder) == []


def test_a_running_job_is_shown_with_rate_and_remaining_time(open_app, small_archive, tmp_path, monkeypatch):
    now = time.time()
    step = Step("reading and tagging", 200, 1000, "200 contacts", now - 10, now)
    job = Job("1", f"Reading {EVIL}", (), tmp_path, datetime.now(UTC), None, None, "running", step)
    monkeypatch.setattr(jobs, "current", lambda archive: job)
    app = open_app(small_archive, "data", view="Add conversations")
    assert "One job at a time" in said(app)
    assert not app.file_uploader
    shown = str(app.get("progress")[0].proto)
    for words in ("200 of 1,000", "20 a second", "about 40 s left"):
        assert words in shown.replace("\\", "").replace("⁠", "")
    assert "![x](" not in shown
    button(app, "Stop").click().run()
    assert (tmp_path / "cancel").exists()


def test_shipped_figures_are_those_of_the_shipped_weights():
    found = shipped()
    assert found is not None
    by_tag = {(line["tag"], line["measure"]): line["value"] for line in found["lines"]}
    assert round(by_tag["turn_sentiment", "macro-F1"], 3) == 0.76  # as docs/tags.md says
    assert round(by_tag["stated_repeat", "F1"], 3) == 0.821
    assert {field.name for field in fields(Card)} <= set(found)  # the whole card, not its first table alone


@pytest.mark.parametrize(
    ("part", "held", "row"),
    [
        ("Figures", "lines", ["Sentiment of a customer turn", "macro-F1", 0.76, "0.68 – 0.82", 0.224, 0.689, 485]),
        ("Right and wrong", "confusions", ["Negative", 170, 41, 1]),
        ("By channel and length", "slices",
         ["Sentiment of a customer turn", "1-5 words", "macro-F1", 0.629, "0.32 – 0.76", 0.306, 60]),
        ("Effort drivers", "drivers", ["Contacts again", 88.889, "67% – 97%", 18, 76.19, "55% – 89%", 21]),
    ],
)  # fmt: skip
def test_the_shipped_card_is_drawn_whole(open_app, small_archive, part, held, row):
    app = open_app(small_archive, "data", view="Accuracy", card_shipped=part)
    first = app.dataframe[0].value.iloc[0].tolist()
    assert [round(cell, 3) if isinstance(cell, float) else cell for cell in first] == row
    assert len(app.dataframe) == (len(shipped()["confusions"]) if held == "confusions" else 1)


def test_the_shipped_calibrations_are_drawn(open_app, small_archive):
    app = open_app(small_archive, "data", view="Accuracy", card_shipped="Confidence")
    assert len(app.get("echarts_chart")) == len(shipped()["calibrations"]) == 6
    assert "Off by 3.8 points on average; 3.5 by chance alone." in said(app)


def test_a_card_without_a_yes_says_so():
    def page() -> None:
        from textinsight.explore.figures import figures

        line = {"tag": "stated_repeat", "measure": "F1", "n": 3}
        nothing = dict.fromkeys(("value", "low", "high", "majority", "quick"))
        figures({"lines": [line | nothing], "slices": [["turn_sentiment", "channel", "chat", 1.0, 3]]}, key="own")

    app = AppTest.from_function(page).run()
    assert not app.exception
    assert [tab.label for tab in app.tabs] == ["Figures"]  # what an older version printed otherwise is left out
    assert "Readers said yes nowhere" in said(app)


def test_accuracy_shows_measured_precision_of_reviews(open_app, small_archive, tmp_path):
    shutil.copytree(small_archive, tmp_path / "archive")
    archive = Archive(tmp_path / "archive")
    archive.review("c010", "c000", "confirmed")
    app = open_app(archive.path, "data", view="Accuracy")
    frame = app.dataframe[0].value
    assert frame["relation"].tolist()[0] == "Same issue again"
    assert (frame["n"][0], frame["value"][0], frame["interval"][0]) == (1, 1.0, "21% – 100%")
    assert "Fewer than 100 reviews" in said(app)


def test_accuracy_shows_measured_precision_of_tags(open_app, small_archive, tmp_path):
    shutil.copytree(small_archive, tmp_path / "archive")
    archive = Archive(tmp_path / "archive")
    correct(
        archive,
        Correction("c001", "resolution", "resolved", None),
        Correction("c002", "resolution", "moved", None),
    )
    app = open_app(archive.path, "data", view="Accuracy")
    assert app.dataframe[0].value.values.tolist() == [["Resolution", "Resolved", 2, 0.5, "9% – 91%"]]


def test_own_labels_are_measured_and_deleted(open_app, small_archive, tmp_path):
    archive = tmp_path / "archive"
    shutil.copytree(small_archive, archive)
    gold = "".join(json.dumps({"text": f"this is great {CARD} {i}", "sentiment": "positive"}) + "\n" for i in range(4))
    app = open_app(archive, "data", view="Accuracy")
    assert "Nobody has reviewed" in said(app)
    upload(app, ("gold.jsonl", gold.encode()))
    button(app, "Measure").click().run()
    assert not app.exception
    job = ended(archive)
    assert (job.kind, job.state) == (KIND, "done")
    assert raw_files(archive) == []
    app = open_app(archive, "data", view="Accuracy")
    assert app.dataframe[1].value["n"].tolist() == [4, 4, 4]
    assert "were measured elsewhere" not in said(app)


def test_broken_labels_say_which_line(open_app, small_archive, tmp_path):
    archive = tmp_path / "archive"
    shutil.copytree(small_archive, archive)
    app = upload(open_app(archive, "data", view="Accuracy"), ("gold.jsonl", b'{"nothing": 1}\n'))
    button(app, "Measure").click().run()
    assert ended(archive).state == "failed"
    app = open_app(archive, "data")
    assert "line 1" in app.code[0].value


def test_pages_keep_working_while_a_job_writes(open_app, tmp_path):
    archive = tmp_path / "archive"
    rows = [("id", "customer_id", "text"), *((f"c{i}", f"p{i % 50}", f"where is parcel {i}") for i in range(2500))]
    job = jobs.start(archive, "Reading", ["run", INPUTS, "--processes", "1"], files=[
        jobs.InputFile("calls.csv", io.BytesIO(table(*rows)))
    ])  # fmt: skip
    seen = set()
    while jobs.current(archive) is not None:
        for page in ("overview", "contacts", "data"):
            seen.add(open_app(archive, page).title[0].value)
    assert ended(archive).id == job.id
    assert jobs.last(archive).state == "done"
    assert "Welcome" in seen
    assert open_app(archive, "contacts").dataframe
