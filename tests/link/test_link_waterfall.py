from __future__ import annotations

import itertools

import pyarrow as pa
import pytest

from textinsight.errors import UsageError
from textinsight.link import build, measured_precision, waterfall
from textinsight.link.precision import wilson


def test_rows_lead_from_the_prior_to_the_links_probability_for_every_link(planted_world):
    links = build(*planted_world()).links.to_pylist()
    assert {link["relation"] for link in links} == {"same_issue", "downstream"}
    for link in links:
        rows = waterfall(link["evidence"])
        assert rows[0].signal in ("prior", "attributable_share", "alike_steps")
        assert (rows[0].start, rows[-1].signal) == (0.0, "final")
        assert all(a.end == b.start for a, b in itertools.pairwise(rows[:-1]))
        assert rows[-1].probability == pytest.approx(link["probability"], abs=1e-5)


def test_hand_counted_rows():
    rows = waterfall(
        [{"signal": "prior", "value": "v", "weight": -1.0}, {"signal": "gap", "value": "w", "weight": 3.0}]
    )
    assert [(r.start, r.end) for r in rows] == [(0.0, -1.0), (-1.0, 2.0), (0.0, 2.0)]
    assert rows[-1].probability == pytest.approx(0.880797, abs=1e-6)
    with pytest.raises(UsageError):
        waterfall([])


def test_precision_by_relation_and_band():
    said = [("same_issue", "confirmed", 0.95)] * 8 + [("same_issue", "rejected", 0.95)] * 2
    said += [("same_issue", "rejected", 0.55), ("downstream", "confirmed", 0.6), ("same_issue", "rejected", None)]
    verdicts = pa.table({n: [s[i] for s in said] for i, n in enumerate(("relation", "verdict", "probability"))})
    lines = {(p.relation, p.low_p, p.high_p): p for p in measured_precision(verdicts)}
    assert lines["same_issue", 0.0, 1.0].n == 11
    assert lines["same_issue", 0.0, 1.0].value == pytest.approx(8 / 11)
    top = lines["same_issue", 0.9, 1.0]
    assert (top.n, top.value, top.mean_probability) == (10, 0.8, pytest.approx(0.95))
    assert (top.low, top.high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))
    assert lines["downstream", 0.5, 0.7].n_confirmed == 1
    assert ("downstream", 0.9, 1.0) not in lines


def test_nothing_reviewed_is_unknown_and_wilson_stays_within_bounds():
    none = pa.table(
        {
            n: pa.array([], t)
            for n, t in (("relation", pa.string()), ("verdict", pa.string()), ("probability", pa.float32()))
        }
    )
    assert [(p.n, p.value) for p in measured_precision(none)] == [(0, None), (0, None)]
    assert wilson(0, 5) == (0.0, pytest.approx(0.4345, abs=1e-4))
    assert wilson(5, 5) == (pytest.approx(0.5655, abs=1e-4), 1.0)
