"""The pages about links, headless: what they say of the small archive, verdicts, and who may give them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.importorskip("streamlit")
from streamlit.testing.v1 import AppTest

from textinsight.explore import access, link_charts
from textinsight.explore.filters import Filters
from textinsight.explore.queries import downstream, judged, repeats
from textinsight.link import waterfall
from textinsight.store import Archive

pytestmark = pytest.mark.app

APP = Path(__file__).parents[2] / "app.py"
PAGE_FILES = Path(downstream.__file__).parents[1] / "pages"


@pytest.fixture
def own_archive(small_archive, tmp_path):
    """The small archive, to be written into."""
    return Path(shutil.copytree(small_archive, tmp_path / "archive"))


@pytest.fixture
def rows(small_archive):
    archive = Archive(small_archive)
    return lambda sql, parameters=(): archive.query(sql, parameters).to_pandas()


@pytest.fixture
def open_page(monkeypatch):
    def start(archive: Path, page: str, **query: str) -> AppTest:
        monkeypatch.setenv("TEXTINSIGHT_ARCHIVE", str(archive))
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.query_params.update(query)
        app.run()
        return app.switch_page(str(PAGE_FILES / f"{page}.py")).run()

    return start


def texts(app: AppTest) -> str:
    return "\n".join(element.value for kind in ("text", "caption", "markdown") for element in app.get(kind))


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def verdicts(path: Path) -> list[dict]:
    return Archive(path).query("SELECT conversation_id, earlier_id, relation, verdict FROM verdicts").to_pylist()


def test_a_thread_is_told_contact_by_contact(open_page, small_archive):
    app = open_page(small_archive, "repeats")
    assert not app.exception
    assert {metric.label: metric.value for metric in app.metric}["Threads of several contacts"] == "1"
    said = texts(app)
    assert "Why contact 2 is linked to contact 1" in said
    assert "issue number 0" in said
    assert "issue number 10" in said


def test_without_a_thread_in_view_it_is_said(open_page, small_archive):
    app = open_page(small_archive, "repeats", topic="Slow wifi")
    assert not app.exception
    assert "No customer came back for the same issue here." in texts(app)


@pytest.mark.parametrize("view", ["First contact resolution", "Handle time"])
def test_the_other_views_open(open_page, small_archive, view):
    app = open_page(small_archive, "repeats", repeats=view)
    assert not app.exception
    assert texts(app)


def test_rejecting_a_repeat_is_kept_and_shown(open_page, own_archive):
    app = press(open_page(own_archive, "repeats"), "Reject")
    assert not app.exception
    pair = {"conversation_id": "c010", "earlier_id": "c000", "relation": "same_issue", "verdict": "rejected"}
    assert verdicts(own_archive) == [pair]
    assert "Rejected" in texts(app)
    assert "1 new verdict" in texts(app)
    assert "precision 0" in texts(app).replace("\\", "")


def test_rejecting_a_downstream_link_takes_it_out_of_the_count(open_page, own_archive):
    app = open_page(own_archive, "downstream")
    assert " 1 of " in texts(app)
    app = press(app, "Reject")
    assert not app.exception
    pair = {"conversation_id": "c011", "earlier_id": "c001", "relation": "downstream", "verdict": "rejected"}
    assert verdicts(own_archive) == [pair]
    assert " 0 of " in texts(app)


def test_viewers_see_no_buttons_and_their_calls_are_refused(open_page, own_archive, monkeypatch):
    app = open_page(own_archive, "downstream")
    monkeypatch.setattr(access, "is_editor", lambda: False)
    app = press(app, "Reject")  # of the page that was drawn before
    assert verdicts(own_archive) == []
    assert not [button for button in app.button if button.label in ("Confirm", "Reject", "Bring figures up to date")]
    assert "Editors can confirm or reject it" in texts(app).replace("\\", "")


@pytest.mark.parametrize("view", ["Table", "Clusters", "Avoidable contacts", "Two readings"])
def test_every_view_of_the_map_opens(open_page, small_archive, view):
    app = open_page(small_archive, "downstream", view=view)
    assert not app.exception


def test_an_arrow_in_the_address_is_chosen(open_page, small_archive):
    app = open_page(small_archive, "downstream")
    assert "Unexpected bill  →  Slow wifi" in texts(app)
    app.query_params["arrow"] = "t3~t1"
    assert "Slow wifi  →  Plan change" in texts(app.run())


def test_first_contact_resolution_adds_up_to_the_whole(rows):
    found = repeats.fcr(rows, Filters(), "channel", limit=10)
    assert found["contacts"].sum() == 120
    assert found["n"].sum() == int(rows("SELECT count(fcr_observed) AS n FROM contact_facts")["n"][0])
    assert ((found["low"] <= found["observed"]) & (found["observed"] <= found["high"])).all()
    assert (found["not_measurable"] == 0).all()
    chat = repeats.fcr(rows, Filters(channel=("chat",)), "topic", limit=10)
    assert chat["contacts"].sum() == 60


def test_threads_are_filtered_ordered_and_paged(rows):
    assert repeats.count(rows, Filters()) == (1, 0)
    assert repeats.count(rows, Filters(topic=("Slow wifi",))) == (0, 0)
    for order in repeats.ORDERS:
        assert repeats.page(rows, Filters(), order=order, number=1, size=5)["thread_id"].tolist() == ["t-c000"]
    contacts = repeats.contacts(rows, repeats.dots(rows, ("t-c000",)))
    assert contacts["conversation_id"].tolist() == ["c000", "c010"]
    assert contacts["earlier_id"].tolist()[1] == "c000"
    assert repeats.dots(rows, ("t-c000",))["days"].tolist() == [0.0, 10.0]


def test_pending_counts_reviews_since_linking(own_archive):
    archive = Archive(own_archive)
    assert judged.pending(lambda sql, parameters=(): archive.query(sql, parameters).to_pandas()) == 0
    archive.review("c010", "c000", "confirmed")
    assert judged.pending(lambda sql, parameters=(): archive.query(sql, parameters).to_pandas()) == 1


def test_the_waterfall_floats_between_its_ends():
    import pandas as pd

    parts = [{"signal": "prior", "value": "", "weight": -1.0}, {"signal": "gap", "value": "", "weight": 3.0}]
    steps = waterfall(parts)
    frame = pd.DataFrame(
        {
            "signal": [step.signal for step in steps], "weight": [step.weight for step in steps],
            "start": [step.start for step in steps], "end": [step.end for step in steps],
            "probability": [100 * step.probability for step in steps],
            "is_final": [step.signal == "final" for step in steps],
        }
    )  # fmt: skip
    base, over, under = (
        [_value(point) for point in series["data"]] for series in link_charts.waterfall(frame)["series"]
    )
    ends = [{round(b, 3), round(b + o, 3), round(u, 3)} - {0.0} for b, o, u in zip(base, over, under, strict=True)]
    assert ends == [{2.0}, {2.0, -1.0}, {-1.0}]  # from the bottom: final, gap from −1 to 2, prior


def _value(point):
    return point["value"] if isinstance(point, dict) else point
