"""`textinsight corrections`."""

from __future__ import annotations

import json

import pytest

from textinsight import Archive
from textinsight.pipeline.correcting import correct
from textinsight.store import Correction


@pytest.fixture
def corrected(made):
    correct(
        Archive(made), Correction("c0", "resolution", "moved", editor="ann"), Correction("c1", "churn_risk", "true")
    )
    return made


def test_they_are_listed_and_counted(call, corrected):
    rows = json.loads(call("corrections", "list", "-a", corrected, "--json").out)["corrections"]["rows"]
    assert [(row["conversation_id"], row["tag"], row["new"]) for row in rows] == [
        ("c1", "churn_risk", "true"), ("c0", "resolution", "moved"),
    ]  # fmt: skip
    assert "ann" in call("corrections", "list", "-a", corrected).out
    told = call("corrections", "precision", "-a", corrected).out
    assert "churn_risk" in told
    assert "0.0%" in told


def test_they_are_exported_as_labels(call, corrected, tmp_path):
    done = call("corrections", "export", "-a", corrected, "-o", tmp_path / "gold.jsonl")
    assert "2 labelled conversations" in done.err
    assert len((tmp_path / "gold.jsonl").read_text().splitlines()) == 2
    assert call("corrections", "export", "-a", corrected, "-o", "gold.csv").code == 2
    assert call("export", "corrections", "-a", corrected, "-o", tmp_path / "rows.csv").code == 0
