from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from textinsight.explore.filters import Filters
from textinsight.explore.panel import Figure, Panel, catalogue
from textinsight.explore.queries.facts import COUNTED
from textinsight.measure import Observed, rank_topics
from textinsight.measure.facts import Facts
from textinsight.measure.summary import summarise
from textinsight.store import Archive

from .conftest import START, contact, facts_of, link, write_archive

SHOWN = ("contacts", "customers", *COUNTED)


def panel_of(path) -> Panel:
    archive = Archive(path)
    return Panel.of(lambda sql, parameters=(): archive.query(sql, parameters).to_pandas())


@pytest.fixture(scope="module")
def panel(small_archive):
    return panel_of(small_archive)


@pytest.fixture(scope="module")
def mixed_archive(tmp_path_factory):
    """Contacts of every kind: hand-overs, repeats, unknown customers and times, no answers, rejected links."""
    rng = np.random.default_rng(3)
    contacts = [
        contact(
            n,
            thread_id=f"t-c{n - n % 4:03d}",
            customer_id=None if n % 11 == 0 else f"cust{n // 4}",
            channel=("voice", "chat", None)[n % 3],
            topic_label=("Plan change", "Slow wifi", None)[n % 3],
            sentiment=None if n % 7 == 0 else float(rng.uniform(-1, 1)),
            effort_score=None if n % 5 == 0 else float(rng.uniform(1, 5)),
            resolution=("resolved", "unresolved", "moved", "unclear", None)[n % 5],
            csat=None if n % 2 else float(rng.integers(1, 6)),
            tenure_days=None if n % 6 == 0 else float(n),
        )
        for n in range(160)
    ]
    for n, row in enumerate(contacts):
        start = START + timedelta(days=n / 2 if n % 4 != 1 else (n - 1) / 2, minutes=6 if n % 4 == 1 else 0)
        row |= {"started_at": start, "ended_at": start + timedelta(minutes=5)}
        if row["customer_id"] is None:
            row["thread_id"] = None
    contacts[42]["started_at"] = None
    links = [link(n + 1, n, "downstream", 0.3) for n in range(3, 100, 7)]
    links[2]["reviewed"] = "rejected"
    path = tmp_path_factory.mktemp("panel") / "mixed"
    write_archive(path, contacts, links=links)
    return path


def observed(path, name: str, filters: Filters, group=None):
    """The measure as textinsight.measure finds it, with every contact in memory."""
    archive = Archive(path)
    contacts = archive.query("SELECT * FROM conversations ORDER BY conversation_id")
    facts = Facts(contacts, archive.table("links"), archive.table("threads"), 14, None)
    where, values = filters.where()
    wanted = archive.query(f"SELECT {where} AS chosen FROM conversations ORDER BY conversation_id", values)
    chosen = np.array([bool(v) for v in wanted["chosen"].to_pylist()])
    whole = catalogue()[name].observe(facts)
    groups = np.zeros(len(chosen), np.int64) if group is None else group(facts.start)
    chosen &= groups >= 0
    part = Observed(whole.value[chosen], whole.applies[chosen])
    return summarise(part, groups[chosen], int(groups.max()) + 1, kind=catalogue()[name].kind)


FILTERS = (
    Filters(),
    Filters(channel=("chat",)),
    Filters(start=date(2026, 1, 20), end=date(2026, 2, 10)),
    Filters(topic=("Slow wifi", "Unclear"), sentiment=("negative", "unknown")),
    Filters(tenure=("91-120 days",)),
    Filters(company=("nobody",)),
)


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("name", SHOWN)
def test_figures_are_those_of_the_measures(mixed_archive, name, filters):
    ours = panel_of(mixed_archive).days_of(filters).figure(name)
    theirs = observed(mixed_archive, name, filters)
    expected = (theirs.value[0], theirs.low[0], theirs.high[0])
    got = [np.nan if v is None else v for v in (ours.value, ours.low, ours.high)]
    np.testing.assert_allclose(got, expected, rtol=1e-9)
    assert (ours.n, ours.n_unknown) == (theirs.n[0], theirs.n_unknown[0])


@pytest.mark.parametrize("name", SHOWN)
def test_trends_are_those_of_the_measures(mixed_archive, name):
    def week(start):
        day = np.nan_to_num(start // 86_400).astype(int)
        monday = day - (day + 3) % 7
        return np.where(np.isnan(start), -1, (monday - monday[~np.isnan(start)].min()) // 7)

    ours = panel_of(mixed_archive).days_of(Filters()).trend(name)
    theirs = observed(mixed_archive, name, Filters(), week)
    np.testing.assert_allclose(ours["value"], theirs.value, rtol=1e-9)
    np.testing.assert_allclose(ours["low"], theirs.low, rtol=1e-9)
    assert ours["period"].iloc[0] == "5 Jan"  # a Monday


@pytest.mark.parametrize("archive", ["small_archive", "mixed_archive"])
def test_fix_list_counts_as_the_measure_does(archive, request):
    path = request.getfixturevalue(archive)
    archive = Archive(path)
    ours = panel_of(path).fix_list(Filters()).set_index("topic")
    contacts = archive.table("conversations")
    at = contacts.column_names.index("topic_id")
    contacts = contacts.set_column(at, "topic_id", contacts["topic_label"])
    theirs = rank_topics(contacts, archive.table("links"), archive.table("threads")).to_pylist()
    assert [name.lower() for name in ours.index] == [row["topic_id"].lower() for row in theirs]
    for (_, mine), row in zip(ours.iterrows(), theirs, strict=True):
        for column in ("contacts", "repeats", "downstream", "avoidable", "effort", "sentiment"):
            assert mine[column] == pytest.approx(row[column])


def test_headlines_by_hand(panel):
    days = panel.days_of(Filters())
    assert days.figure("contacts").value == 120
    assert days.figure("customers").value == 10
    assert days.figure("repeat_share").value == pytest.approx(1 / 120)
    # 119 threads are opened; the 14 days after the last 14 openers are not over; one of the rest comes back.
    fcr = days.figure("fcr_observed")
    assert (fcr.n, fcr.n_unknown, fcr.value) == (104, 15, pytest.approx(103 / 104))


def test_filters_choose_contacts_but_not_their_history(panel):
    late = panel.days_of(Filters(start=date(2026, 1, 15)))
    assert late.contacts == 110
    assert late.figure("repeat_share").value == pytest.approx(1 / 110)  # c010 repeats c000, outside the period


def test_days_within_are_those_of_a_narrower_filter(panel):
    narrow = Filters(date(2026, 2, 1), date(2026, 2, 15), channel=("chat",))
    inside = panel.days_of(Filters(channel=("chat",))).within(narrow)
    for name in SHOWN:
        assert inside.figure(name) == panel.days_of(narrow).figure(name)


def test_values_come_with_the_most_frequent_first(panel):
    assert panel.names("topic") == ("Plan change", "Slow wifi", "Unexpected bill")
    assert panel.names("sentiment") == ("positive",)
    assert panel.names("tenure") == ("unknown",)
    assert panel.days == (date(2026, 1, 5), date(2026, 5, 5))
    assert panel.is_related


def test_a_trend_over_more_than_half_a_year_goes_by_month(tmp_path):
    contacts = [contact(n) for n in range(0, 300, 10)]
    trend = panel_of(write_archive(tmp_path / "long", contacts).path).days_of(Filters()).trend("customers")
    assert list(trend["period"][:2]) == ["Jan 2026", "Feb 2026"]
    assert trend["value"].iloc[0] == 1  # contacts 0, 10 and 20 are of one customer


def test_a_trend_skips_no_time(tmp_path):
    weeks = panel_of(write_archive(tmp_path / "weeks", [contact(0), contact(30)]).path).days_of(Filters())
    assert weeks.trend("contacts")["value"].tolist() == [1, 0, 0, 0, 1]  # 5 January and 4 February 2026
    assert weeks.trend("customers")["value"].tolist() == [1, 0, 0, 0, 1]
    assert weeks.trend("effort")["value"].isna().tolist() == [False, True, True, True, False]
    months = panel_of(write_archive(tmp_path / "months", [contact(0), contact(300)]).path).days_of(Filters())
    assert months.trend("contacts")["period"].tolist()[::10] == ["Jan 2026", "Nov 2026"]


def test_an_empty_archive_has_no_days_and_unknown_figures(empty_archive):
    panel = panel_of(empty_archive)
    nobody = panel.days_of(Filters())
    assert (panel.total, panel.days, panel.is_related) == (0, None, False)
    assert nobody.figure("repeat_share").value is None
    assert panel.fix_list(Filters()).empty
    assert len(nobody.trend("effort")) == len(nobody.trend("customers")) == 0


def test_before_linking_customers_are_counted_by_their_ids(unrelated_archive):
    days = panel_of(unrelated_archive).days_of(Filters())
    assert (days.figure("customers").value, days.figure("customers").n_unknown) == (5, 0)
    assert days.figure("repeat_share").n_unknown == 5
    assert days.trend("customers")["value"].tolist() == [5]


def test_a_change_within_chance_is_no_difference():
    def figure(value, half):
        return Figure(catalogue()["effort"], value, value - half, value + half, 100, 0)

    assert figure(3.0, 0.3).differs_from(figure(2.4, 0.4))  # 0.6 > 0.5
    assert not figure(3.0, 0.3).differs_from(figure(2.6, 0.4))  # 0.4 < 0.5
    assert not Figure(catalogue()["contacts"], 9, None, None, 9, 0).differs_from(figure(2.6, 0.4))


def test_facts_are_made_once_a_linking(small_archive):
    archive = Archive(small_archive)
    assert archive.query("SELECT * FROM stored_facts").num_rows == facts_of(archive).num_rows == 120
