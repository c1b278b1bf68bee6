from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

DAY_ZERO = datetime(2026, 1, 1, tzinfo=UTC)
TIME = pa.timestamp("us", tz="UTC")
TEXTS = ("conversation_id", "customer_id", "agent_id", "channel", "resolution", "issue_text", "topic_id")

Rows = Sequence[dict[str, Any]]


def contacts_table(rows: Rows) -> pa.Table:
    """A contacts table; day: start in days since 2026-01-01, hours: duration (0.1 unless given)."""
    starts = [None if r.get("day") is None else DAY_ZERO + timedelta(days=r["day"]) for r in rows]
    ends = [None if s is None else s + timedelta(hours=r.get("hours", 0.1)) for s, r in zip(starts, rows, strict=True)]
    columns: dict[str, Any] = {name: pa.array([r.get(name) for r in rows], pa.string()) for name in TEXTS}
    columns |= {"started_at": pa.array(starts, TIME), "ended_at": pa.array(ends, TIME)}
    columns["stated_repeat"] = pa.array([r.get("stated_repeat") for r in rows], pa.bool_())
    return pa.table(columns)


def unit_vectors(issues: Sequence[int | None]) -> np.ndarray:
    """(n, 8) rows; contacts of one issue share a direction, others are at right angles; None: a zero row."""
    out = np.zeros((len(issues), 8), np.float32)
    for row, issue in zip(out, issues, strict=True):
        if issue is not None:
            row[issue % 8] = 1
    return out


@pytest.fixture
def make_contacts() -> Callable[[Rows], pa.Table]:
    return contacts_table


@pytest.fixture
def make_vectors() -> Callable[[Sequence[int | None]], np.ndarray]:
    return unit_vectors
