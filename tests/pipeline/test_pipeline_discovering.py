"""Topics of contacts whose customers come again: a sample is linked, and what that tells parts topics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from textinsight.encode import unit_rows
from textinsight.pipeline import discovering
from textinsight.pipeline.discovering import Finder

N = 80  # customers of each reason
START = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> tuple[pa.Table, np.ndarray]:
    """Two near reasons and a far one; every customer comes twice on one of them, the second time saying so."""
    rng = np.random.default_rng(3)
    centre = np.zeros((3, 16))
    centre[:, 0] = [1, 1, 0]
    centre[:, 1] = [0.35, -0.35, 0]
    centre[2, 2] = 1
    reason, days = np.repeat([0, 1, 2], N), rng.uniform(0, 100, 3 * N)
    rows = [
        {
            "conversation_id": f"c{customer:03}{visit}",
            "customer_id": f"k{customer:03}",
            "started_at": START + timedelta(days=float(days[customer]) + 2 * visit),
            "issue_text": f"words {customer} {visit}",
            "resolution": "unresolved",
            "stated_repeat": bool(visit),
        }
        for visit in (0, 1)
        for customer in range(3 * N)
    ]
    vectors = unit_rows(centre[np.tile(reason, 2)] + 0.12 * rng.standard_normal((6 * N, 16)))
    return pa.Table.from_pylist(rows), vectors


def test_two_reasons_that_texts_mix_are_told_by_who_comes_again(world: tuple[pa.Table, np.ndarray]) -> None:
    contacts, vectors = world
    assert len(Finder("tiny").find(contacts, vectors).leaves) == 3


def test_without_customers_the_texts_alone_tell(world: tuple[pa.Table, np.ndarray]) -> None:
    contacts, vectors = world
    place = contacts.schema.get_field_index("customer_id")
    nobody = contacts.set_column(place, "customer_id", pa.nulls(contacts.num_rows, pa.string()))
    assert len(Finder("tiny").find(nobody, vectors).leaves) == 2


def test_a_large_archive_is_sampled_by_whole_customers(
    world: tuple[pa.Table, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts, _ = world
    monkeypatch.setattr(discovering, "_SAMPLE", 100)
    rows = discovering._sampled(contacts)
    customers = contacts["customer_id"].take(pa.array(rows)).to_pylist()
    assert 90 <= len(rows) <= 100
    assert all(customers.count(c) == 2 for c in customers)
