from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from textinsight.store.derived import DERIVED
from textinsight.store.schema import CONVERSATION_FACTS

DAY_ZERO = datetime(2026, 1, 1, tzinfo=UTC)
FACTS = {f.name: f.type for f in CONVERSATION_FACTS} | {f.name: f.type for f in DERIVED["assignments"]}


def measure_table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """A contacts table; day: start in days since 2026-01-01, minutes: duration (6 unless given)."""
    filled = []
    for number, row in enumerate(rows):
        start = None if row.get("day") is None else DAY_ZERO + timedelta(days=row["day"])
        end = None if start is None else start + timedelta(minutes=row.get("minutes", 6))
        filled.append({"conversation_id": f"c{number}", "started_at": start, "ended_at": end, **row})
    return pa.table({name: pa.array([row.get(name) for row in filled], kind) for name, kind in FACTS.items()})


def links_table(*rows: tuple[Any, ...]) -> pa.Table:
    """(later, earlier, relation) or (…, gap in days) with probability 0.8."""
    names = ("conversation_id", "earlier_id", "relation", "gap_days")
    named = [dict(zip(names, row, strict=False)) | {"probability": 0.8} for row in rows]
    return pa.Table.from_pylist(named, schema=DERIVED["links"])


@pytest.fixture
def make_contacts() -> Callable[[Sequence[dict[str, Any]]], pa.Table]:
    return measure_table


@pytest.fixture
def make_links() -> Callable[..., pa.Table]:
    return links_table
