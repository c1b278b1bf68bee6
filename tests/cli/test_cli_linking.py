"""textinsight link and textinsight review: figures, samples, verdicts, refusals."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from textinsight.errors import ExitCode
from textinsight.pipeline import relink
from textinsight.store import STORED, Archive

Call = Callable[..., Any]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Ten customers who come back after two days, stored as a run leaves them; and one contact of nobody."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        {
            "conversation_id": f"c{k}{part}", "customer_id": f"k{k}", "channel": "voice", "n_turns": 1,
            "started_at": begin + timedelta(days=20 * (k % 3) + 2 * later, hours=k),
            "resolution": "resolved" if later else "unresolved", "resolution_confidence": 0.9,
            "stated_repeat": bool(later), "effort_drivers": [], "issue_text": f"=issue {k}",
        }
        for k in range(10)
        for later, part in enumerate("ab")
    ]  # fmt: skip
    rows.append({"conversation_id": "lost", "started_at": begin, "n_turns": 1, "effort_drivers": []})
    vector = np.eye(4, dtype="<f2")[0].tobytes()
    vectors = [{"conversation_id": r["conversation_id"], "engine": "toy@1", "vector": vector} for r in rows]
    stored = {"conversations": rows, "vectors": vectors}
    store = Archive(tmp_path / "made", create=True)
    store.append_shard({n: pa.Table.from_pylist(stored.get(n, []), schema=s) for n, s in STORED.items()})
    relink(store)
    return store.path


def fill(path: Path, verdict: Callable[[int], str]) -> int:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(row | {"verdict": verdict(i)} for i, row in enumerate(rows))
    return len(rows)


def test_link_says_what_is_linkable_and_what_is_not(call: Call, archive: Path) -> None:
    done = call("link", "-a", archive, "--json")
    assert done.code == ExitCode.OK
    found = json.loads(done.out)["links"]
    assert (found["contacts"], found["linkable"], found["without_customer"]) == (21, 20, 1)
    assert (found["same_issue"], found["threads_of_several"], found["reviews"]) == (10, 10, 0)
    shown = call("link", "-a", archive, "--window-days", 1)
    assert "not linkable" in shown.out
    assert "links within 1 days" in shown.out
    assert json.loads(call("link", "-a", archive, "--json").out)["links"]["window_days"] == 1  # remembered


def test_a_sample_is_judged_imported_and_measured(call: Call, archive: Path, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    assert call("review", "sample", "-a", archive, "-o", pairs).code == ExitCode.OK
    assert "'=issue" in pairs.read_text("utf-8-sig")  # no formula for a spreadsheet
    n = fill(pairs, lambda i: ("rejected", "confirmed", "")[i % 3])
    done = call("review", "import", pairs, "-a", archive, "--reviewer", "ann", "--json")
    assert done.code == ExitCode.OK
    said = json.loads(done.out)
    assert (said["reviews"]["n_stored"], said["reviews"]["n_open"]) == (n - n // 3, n // 3)
    assert said["links"]["rejected"] == len(range(0, n, 3))
    assert said["links"]["same_issue"] == n - said["links"]["rejected"]
    lines = json.loads(call("review", "precision", "-a", archive, "--json").out)["precision"]["rows"]
    assert (lines[0]["n"], lines[0]["n_confirmed"]) == (n - n // 3, len(range(1, n, 3)))
    assert lines[0]["low"] < lines[0]["value"] < lines[0]["high"]
    assert "none reviewed" in call("review", "precision", "-a", archive).out


def test_bad_rows_are_refused_one_by_one(call: Call, archive: Path, tmp_path: Path) -> None:
    path = tmp_path / "said.csv"
    path.write_text("conversation_id,earlier_id,verdict\nc1b,c1a,no\nc1b,c2a,no\nc1b,gone,yes\n")
    done = call("link", "-a", archive, "--review", path)
    assert done.code == ExitCode.PARTLY_REFUSED
    assert "1 reviews stored, 0 rows without a verdict, 2 refused" in done.out
    assert "refused line 3" in done.out
    path.write_text("conversation_id,earlier_id,verdict\nc1b,gone,yes\n")
    assert call("review", "import", path, "-a", archive).code == ExitCode.NOTHING_USABLE
    path.write_text("a,b\n1,2\n")
    wrong = call("review", "import", path, "-a", archive)
    assert wrong.code == ExitCode.NOTHING_USABLE
    assert "review sample" in wrong.err


def test_learning_needs_reviews_and_says_how_to_get_them(call: Call, archive: Path) -> None:
    done = call("link", "-a", archive, "--learn")
    assert done.code == ExitCode.USAGE
    assert "needs at least 20" in done.err
    assert "textinsight review sample" in done.err
    assert call("link", "-a", archive, "--learn", "--forget").code == ExitCode.USAGE
    assert "no learnt weights" in call("link", "-a", archive, "--forget").out


def test_what_is_no_archive_or_no_csv_is_refused(call: Call, archive: Path, tmp_path: Path) -> None:
    assert call("link", "-a", tmp_path / "none").code == ExitCode.STORE
    assert call("review", "sample", "-a", archive, "-o", "pairs.xlsx").code == ExitCode.USAGE
    assert call("review", "sample", "-a", archive, "-o", "pairs.csv", "--n", 0).code == ExitCode.USAGE
