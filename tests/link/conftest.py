from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

DAY_ZERO = datetime(2026, 1, 1, tzinfo=UTC)
TIME = pa.timestamp("us", tz="UTC")
DAY_US = 86_400_000_000
N_TOPICS = 8
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


def world(n: int = 1_600, n_customers: int = 420, seed: int = 0, days: int = 120) -> tuple[pa.Table, np.ndarray]:
    """Contacts by chance, with planted steps from topic 1 to topic 2 and planted repeats; keys join some customers."""
    rng = np.random.default_rng(seed)
    customer, day = rng.integers(0, n_customers, n), rng.uniform(0, days, n)
    topic = rng.integers(0, N_TOPICS, n)
    moved = np.flatnonzero(topic == 1)
    again = rng.choice(n, n // 5, replace=False)
    customer = np.concatenate([customer, customer[moved], customer[again]])
    day = np.concatenate(
        [day, day[moved] + rng.uniform(0.2, 8, len(moved)), day[again] + rng.uniform(0.1, 6, len(again))]
    )
    topic = np.concatenate([topic, np.full(len(moved), 2), topic[again]])
    m = len(topic)
    vectors = np.eye(16, dtype=np.float32)[topic] + 0.12 * rng.standard_normal((m, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    start = (day * DAY_US).astype(np.int64)
    who = pa.array([None if c % 29 == 0 else f"k{c:04}" for c in customer])
    keys = [[f"key{c // 2}"] if c % 29 in (0, 1, 2) else [] for c in customer]
    contacts = pa.table(
        {
            "conversation_id": pa.array([f"c{i:05}" for i in range(m)]),
            "customer_id": who,
            "identity_keys": pa.array(keys, pa.list_(pa.string())),
            "company": pa.array(np.array(["acme", "other"])[customer % 2]),
            "started_at": pa.array(start, TIME),
            "ended_at": pa.array(start + 300_000_000, TIME),
            "channel": pa.array(np.array(["voice", "chat"])[rng.integers(0, 2, m)]),
            "topic_id": pa.array([f"t{t}" for t in topic]),
            "stated_repeat": pa.array(np.isin(np.arange(m), np.arange(m - len(again), m))),
            "resolution": pa.array(np.array(["resolved", "unresolved"])[rng.integers(0, 2, m)]),
        }
    )
    return contacts, vectors.astype(np.float16)


@pytest.fixture(scope="session")
def planted_world() -> Callable[..., tuple[pa.Table, np.ndarray]]:
    return world


@pytest.fixture
def make_contacts() -> Callable[[Rows], pa.Table]:
    return contacts_table


@pytest.fixture
def make_vectors() -> Callable[[Sequence[int | None]], np.ndarray]:
    return unit_vectors
