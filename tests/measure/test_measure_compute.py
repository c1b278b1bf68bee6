from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from textinsight.errors import UsageError
from textinsight.measure import MEASURES, SEGMENTS, Linked, compute
from textinsight.store.derived import DERIVED

THREADS = DERIVED["threads"].empty_table()
LINKS = DERIVED["links"].empty_table()


def values(table, segment="all", period="all"):
    rows = [r for r in table.to_pylist() if r["segment"] == segment and r["period"] == period]
    return {r["measure"]: r for r in rows}


def contact(day, customer="kim", thread="t1", **more):
    return {"day": day, "customer_id": customer, "thread_id": thread, **more}


def counted(row):
    return row["value"], row["n"], row["n_unknown"]


def test_first_contact_resolution_counted_by_hand(make_contacts):
    contacts = make_contacts(
        [
            contact(0, "kim", "t1"),  # failure: c1 comes back on day 3
            contact(3, "kim", "t1"),
            contact(0, "lee", "t2"),  # success
            contact(50, "ada", "t3"),  # its window is open: unknown
            contact(5, None, None),  # not measurable: unknown
            contact(10, "joe", "t4"),  # a hand-over ten minutes after its end is no failure
            contact(10 + 16 / 1440, "joe", "t4"),
        ]
    )
    got = values(compute(contacts, LINKS, THREADS, segments=()))
    assert counted(got["fcr_observed"]) == (pytest.approx(2 / 3), 3, 2)
    assert counted(got["transfer_share"]) == (pytest.approx(1 / 6), 6, 1)
    # six contacts that are no hand-over: one repeat, one without customer
    assert counted(got["repeat_share"]) == (pytest.approx(1 / 5), 5, 1)
    assert counted(got["contacts"]) == (7, 7, 0)
    assert counted(got["customers"]) == (4, 6, 1)
    assert counted(got["issues"]) == (4, 4, 1)


def test_a_failure_already_seen_stays_unknown_until_the_window_is_over(make_contacts):
    contacts = make_contacts([contact(0), contact(3)])
    seen = values(compute(contacts, LINKS, THREADS, segments=(), as_of=datetime(2026, 1, 10, tzinfo=UTC)))
    assert counted(seen["fcr_observed"]) == (None, 0, 1)
    later = values(compute(contacts, LINKS, THREADS, segments=(), as_of=datetime(2026, 2, 1, tzinfo=UTC)))
    assert counted(later["fcr_observed"]) == (0.0, 1, 0)


def test_a_return_after_a_hand_over_counts_for_the_opener(make_contacts):
    contacts = make_contacts([contact(0), contact(10 / 1440), contact(5), contact(40, "lee", "t2")])
    got = values(compute(contacts, LINKS, THREADS, segments=(), as_of=datetime(2027, 1, 1, tzinfo=UTC)))
    assert counted(got["fcr_observed"]) == (0.5, 2, 0)


def test_the_two_readings_of_related_follow_ups(make_contacts, make_links):
    contacts = make_contacts(
        [
            contact(0, "kim", "t1"),
            contact(2, "kim", "t1"),  # c1: same issue
            contact(4, "kim", "t2"),  # c2: downstream
            contact(6, "kim", "t3"),  # c3: a follow-up that is unrelated
            contact(40, "kim", "t4"),  # c4: no follow-up, the window is over
            contact(1, None, None),  # unknown
        ]
    )
    links = make_links(("c1", "c0", "same_issue"), ("c2", "c1", "downstream"))
    got = values(compute(contacts, links, THREADS, segments=()))
    assert counted(got["related_share_of_followups"]) == (pytest.approx(2 / 3), 3, 1)
    assert counted(got["downstream_share_of_linked"]) == (0.5, 2, 0)


def test_a_link_rejected_by_a_reviewer_does_not_count(make_contacts, make_links):
    contacts = make_contacts([contact(0), contact(2, thread="t2")])
    links = make_links(("c1", "c0", "downstream"))
    rejected = links.set_column(6, "reviewed", [["rejected"]])
    got = values(compute(contacts, rejected, THREADS, segments=()))
    assert got["related_share_of_followups"]["value"] == 0.0
    assert "downstream_share_of_linked" not in got


def test_windows_side_by_side(make_contacts, make_links):
    contacts = make_contacts(
        [
            contact(0, "kim", "t1"),
            contact(9, "kim", "t1"),  # c1: comes back after nine days
            contact(20, "lee", "t2"),
            contact(45, "ada", "t3"),  # the data ends here: seven days back it is closed for lee alone
        ]
    )
    links = make_links(("c1", "c0", "same_issue", 9.0))
    as_of = datetime(2026, 2, 22, tzinfo=UTC)  # day 52
    got = values(compute(contacts, links, THREADS, segments=(), window_days=14, as_of=as_of))
    assert counted(got["fcr_observed_7d"]) == (1.0, 2, 1)
    assert counted(got["fcr_observed_14d"]) == (0.5, 2, 1) == counted(got["fcr_observed"])
    assert counted(got["fcr_window_open_share_7d"]) == (pytest.approx(1 / 3), 3, 0)
    assert counted(got["repeat_share_7d"]) == (0.0, 4, 0)
    assert counted(got["repeat_share_14d"]) == (0.25, 4, 0)
    assert counted(got["related_share_of_followups_14d"]) == (1.0, 1, 0)
    # nobody looked for repeats after more than 14 days: unknown, not solved
    assert counted(got["fcr_observed_30d"]) == (None, 0, 3)


def test_a_longer_window_counts_on_links_of_its_own(make_contacts):
    contacts = make_contacts([contact(0, "kim", "t1"), contact(20, "kim", "t2"), contact(90, "lee", "t3")])
    longer = Linked(pa.chunked_array([["t1", "t1", "t3"]]), LINKS, THREADS)
    got = values(compute(contacts, LINKS, THREADS, segments=(), wider={30: longer}))
    assert counted(got["fcr_observed_14d"]) == (1.0, 2, 1)
    assert counted(got["fcr_observed_30d"]) == (0.0, 1, 1)
    assert counted(got["issues"]) == (3, 3, 0)


def test_what_cannot_be_measured_stands_beside_the_figure(make_contacts):
    contacts = make_contacts([contact(0), contact(50, "lee", "t2"), contact(5, None, None), contact(6, None, None)])
    got = values(compute(contacts, LINKS, THREADS, segments=()))
    assert counted(got["fcr_observed"]) == (1.0, 1, 3)
    assert counted(got["fcr_window_open_share"]) == (0.5, 2, 0)
    assert counted(got["fcr_not_measurable_share"]) == (0.5, 4, 0)


def test_survey_measures_counted_by_hand(make_contacts):
    contacts = make_contacts(
        [
            contact(0, csat=5, nps=10, ces=1),
            contact(1, csat=4, nps=9, ces=2),
            contact(2, csat=2, nps=7),
            contact(3, csat=3, nps=0),
            contact(4),
        ]
    )
    got = values(compute(contacts, LINKS, THREADS, segments=()))
    assert counted(got["csat_top_two_box"]) == (0.5, 4, 1)
    assert counted(got["csat_mean"]) == (3.5, 4, 1)
    assert counted(got["csat_response_rate"]) == (pytest.approx(0.8), 5, 0)
    assert counted(got["nps"]) == (25.0, 4, 1)  # 2 promoters − 1 detractor of 4
    assert counted(got["ces"]) == (1.5, 2, 3)
    assert got["ces"]["higher_is_better"] is False


def test_experience_and_handle_time(make_contacts):
    contacts = make_contacts(
        [
            contact(
                0, minutes=1, sentiment=-1, effort_score=4.5, resolution="resolved", escalation=True, churn_risk=False
            ),
            contact(
                1, minutes=2, sentiment=0.5, effort_score=1, resolution="moved", escalation=False, churn_risk=False
            ),
            contact(2, minutes=9, resolution="unclear"),
        ]
    )
    got = values(compute(contacts, LINKS, THREADS, segments=()))
    assert counted(got["sentiment"]) == (-0.25, 2, 1)
    assert counted(got["effort"]) == (2.75, 2, 1)
    assert counted(got["high_effort_share"]) == (0.5, 2, 1)
    assert counted(got["fcr_stated"]) == (0.5, 2, 1)
    assert counted(got["escalation_share"]) == (0.5, 2, 1)
    assert counted(got["churn_risk_share"]) == (0.0, 2, 1)
    assert counted(got["aht_mean"]) == (pytest.approx(240), 3, 0)
    assert counted(got["aht_median"]) == (pytest.approx(120), 3, 0)


def test_segments_and_months(make_contacts):
    contacts = make_contacts(
        [
            contact(0, channel="chat", topic_id="a", tenure_days=90),
            contact(40, channel="chat", tenure_days=90.5),
            contact(None, topic_id="a", tenure_days=121),
        ]
    )
    table = compute(contacts, LINKS, THREADS, segments=("channel", "topic_id", "tenure_band"))
    volume = {(r["segment"], r["period"]): r["value"] for r in table.to_pylist() if r["measure"] == "contacts"}
    assert volume == {
        ("all", "all"): 3, ("all", "2026-01"): 1, ("all", "2026-02"): 1,
        ("channel=chat", "all"): 2, ("channel=chat", "2026-01"): 1, ("channel=chat", "2026-02"): 1,
        ("channel=unknown", "all"): 1,
        ("topic_id=a", "all"): 2, ("topic_id=a", "2026-01"): 1,
        ("topic_id=unclear", "all"): 1, ("topic_id=unclear", "2026-02"): 1,
        ("tenure_band=0-90 days", "all"): 1, ("tenure_band=0-90 days", "2026-01"): 1,
        ("tenure_band=91-120 days", "all"): 1, ("tenure_band=91-120 days", "2026-02"): 1,
        ("tenure_band=over 120 days", "all"): 1,
    }  # fmt: skip


def test_a_value_named_unknown_is_the_same_group_as_null(make_contacts):
    contacts = make_contacts([contact(0, channel="unknown"), contact(1)])
    table = compute(contacts, LINKS, THREADS, segments=("channel",))
    rows = [r for r in table.to_pylist() if r["measure"] == "contacts" and r["period"] == "all"]
    assert {r["segment"]: r["value"] for r in rows} == {"all": 2, "channel=unknown": 2}


def test_no_contacts_and_unknown_segments(make_contacts):
    empty = compute(make_contacts([]), LINKS, THREADS)
    assert empty.num_rows == 0
    assert empty.schema == DERIVED["measures"]
    with pytest.raises(UsageError, match="'colour'"):
        compute(make_contacts([contact(0)]), LINKS, THREADS, segments=("colour",))
    with pytest.raises(UsageError, match="got 0"):
        compute(make_contacts([contact(0)]), LINKS, THREADS, window_days=0)


def test_catalogue_is_documented_and_every_measure_can_be_computed(make_contacts):
    names = [m.name for m in MEASURES]
    assert len(set(names)) == len(names)
    for measure in MEASURES:
        direction = "is better" if measure.higher_is_better is not None else "direction"
        assert direction in measure.definition or "is worse" in measure.definition, measure.name
    table = compute(make_contacts([contact(0)]), LINKS, THREADS, segments=SEGMENTS)
    quiet = {"downstream_share_of_linked", "related_share_of_followups"}  # one contact says nothing on these
    assert set(table["measure"].to_pylist()) == {n for n in names if not n.startswith(tuple(quiet))}


def test_row_order_changes_nothing(make_contacts):
    rng = np.random.default_rng(3)
    rows = [
        contact(
            float(rng.uniform(0, 50)), f"k{rng.integers(5)}", f"t{rng.integers(9)}", conversation_id=f"id{i}", csat=4
        )
        for i in range(40)
    ]
    one, other = (compute(make_contacts(r), LINKS, THREADS, segments=()) for r in (rows, rows[::-1]))
    for a, b in zip(one.to_pylist(), other.to_pylist(), strict=True):
        assert a == {
            **b,
            "value": pytest.approx(b["value"]),
            "low": pytest.approx(b["low"]),
            "high": pytest.approx(b["high"]),
        }
