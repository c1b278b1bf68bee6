from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from textinsight.explore.filters import Filters
from textinsight.explore.panel import Figure, Panel, catalogue
from textinsight.measure import rank_topics
from textinsight.store import Archive


@pytest.fixture(scope="module")
def panel(small_archive):
    return Panel.load(Archive(small_archive), window_days=14)


def test_headlines_by_hand(panel):
    everyone = panel.chosen(Filters())
    assert panel.figure("contacts", everyone).value == 120
    assert panel.figure("customers", everyone).value == 10
    assert panel.figure("repeat_share", everyone).value == pytest.approx(1 / 120)
    # 119 threads are opened; the 14 days after the last 14 openers are not over; one of the rest comes back.
    fcr = panel.figure("fcr_observed", everyone)
    assert (fcr.n, fcr.n_unknown, fcr.value) == (104, 15, pytest.approx(103 / 104))


def test_filters_choose_contacts_but_not_their_history(panel):
    late = panel.chosen(Filters(start=date(2026, 1, 15)))
    assert late.sum() == 110
    assert panel.figure("repeat_share", late).value == pytest.approx(1 / 110)  # c010 repeats c000, outside the period
    assert panel.chosen(Filters(channel=("chat",))).sum() == 60
    assert panel.chosen(Filters(topic=("Plan change",), resolution=("unresolved",))).sum() == 10
    assert panel.chosen(Filters(end=date(2026, 1, 6))).sum() == 1
    assert panel.chosen(Filters(company=("nobody",))).sum() == 0


def test_panel_and_sql_choose_the_same_contacts(panel, small_archive):
    for filters in (
        Filters(),
        Filters(date(2026, 2, 1), date(2026, 3, 1), channel=("voice",)),
        Filters(topic=("Slow wifi", "Unclear"), resolution=("resolved",), company=("Acme",)),
    ):
        where, values = filters.where()
        found = Archive(small_archive).query(f"SELECT count(*) AS n FROM conversations WHERE {where}", values)
        assert found["n"][0].as_py() == panel.chosen(filters).sum()


def test_fix_list_counts_as_the_measure_does(panel, small_archive):
    archive = Archive(small_archive)
    ours = panel.fix_list(panel.chosen(Filters())).set_index("topic")
    theirs = rank_topics(archive.table("conversations"), archive.table("links"), archive.table("threads")).to_pylist()
    assert list(ours.index) == [row["topic_label"] for row in theirs]
    for row in theirs:
        for column in ("contacts", "repeats", "downstream", "avoidable", "effort"):
            assert ours.loc[row["topic_label"], column] == pytest.approx(row[column])


def test_trend_by_week(panel):
    weeks = panel.trend("effort", Filters())
    assert weeks["period"].iloc[0] == "5 Jan"  # a Monday
    assert weeks["contacts"].sum() == 120
    assert (weeks["contacts"].iloc[:-1] == 7).all()
    assert weeks["value"].iloc[0] == pytest.approx(np.mean([2 + n % 3 for n in range(7)]))
    assert (weeks["low"] <= weeks["value"]).iloc[:-1].all()
    assert np.isnan(weeks["low"].iloc[-1])  # one contact alone has no interval


def test_an_empty_archive_has_no_days_and_unknown_figures(empty_archive):
    panel = Panel.load(Archive(empty_archive), window_days=14)
    nobody = panel.chosen(Filters())
    assert panel.days is None
    assert panel.figure("repeat_share", nobody).value is None
    assert panel.fix_list(nobody).empty
    assert len(panel.trend("effort", Filters())) == 0


def test_every_shown_measure_is_in_the_catalogue(panel):
    assert set(panel.observed) <= set(catalogue())


def test_a_change_within_chance_is_no_difference():
    def figure(value, half):
        return Figure(catalogue()["effort"], value, value - half, value + half, 100, 0)

    assert figure(3.0, 0.3).differs_from(figure(2.4, 0.4))  # 0.6 > 0.5
    assert not figure(3.0, 0.3).differs_from(figure(2.6, 0.4))  # 0.4 < 0.5
    assert not Figure(catalogue()["contacts"], 9, None, None, 9, 0).differs_from(figure(2.6, 0.4))
