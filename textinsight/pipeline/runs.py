"""The log of runs: with which settings the derived tables were made."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pyarrow as pa

from textinsight import __version__, tag
from textinsight.pipeline.report import InputCount
from textinsight.pipeline.settings import Settings
from textinsight.store import Archive
from textinsight.store.schema import RUNS


def deciding(settings: Settings) -> dict[str, object]:
    """What the derived tables depend on beside the contacts; when it changes they are built again."""
    return {**settings.deciding(), "version": __version__}


def last_deciding(archive: Archive) -> dict[str, Any]:
    """`deciding` of the last run, {} before the first."""
    rows = archive.query("SELECT settings FROM runs ORDER BY finished_at DESC LIMIT 1").to_pylist()
    return dict(json.loads(rows[0]["settings"])) if rows else {}


def last_settings(archive: Archive) -> Settings:
    """The settings of the last run that decide results, the defaults for all others."""
    known = {field.name for field in fields(Settings)}
    stored = {name: value for name, value in last_deciding(archive).items() if name in known}
    return replace(Settings(), **stored)


def run_row(began: datetime, counts: Iterable[InputCount], settings: Settings, engine: str) -> pa.Table:
    """A row of table `runs`, finished now."""
    inputs = [
        {"source": c.source, "n_read": c.n_read, "n_stored": c.n_stored, "n_rejected": c.n_rejected} for c in counts
    ]
    row = {
        "run_id": uuid4().hex,
        "started_at": began,
        "finished_at": datetime.now(UTC),
        "version": __version__,
        "models": json.dumps({"encoder": engine, **tag.models(settings.reading)}),
        "inputs": json.dumps(inputs),
        "settings": json.dumps(deciding(settings)),
    }
    return pa.Table.from_pylist([row], schema=RUNS["runs"])
