"""`textinsight downstream` and `textinsight fcr` on an archive with one planted edge."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textinsight.pipeline import Settings, build_archive

Call = Callable[..., Any]

_SAID = {
    "order": (
        "I want to order a new debit card please",
        "Please order a debit card for me",
        "A new debit card, please",
    ),
    "activate": ("How do I activate my card", "My card needs to be activated", "Activate the card that came by mail"),
    "address": ("I moved and have a new address", "Please change my postal address", "My address is wrong, I moved"),
    "loan": ("What interest does the loan have", "I want to ask about a loan", "Tell me the interest of a loan"),
    "fee": ("Why was I charged a fee", "There is a fee on my account statement", "I do not know what this fee is for"),
}


@pytest.fixture(scope="session")
def _mapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mapped")
    (folder / "calls.jsonl").write_text("".join(json.dumps(row) + "\n" for row in _journeys()))
    build_archive([folder / "calls.jsonl"], folder / "archive", settings=Settings(processes=1))
    return folder / "archive"


def _journeys() -> list[dict[str, object]]:
    """900 customers; two thirds of those who order a card ask some days later how to activate it."""
    rng = np.random.default_rng(0)
    rows: list[dict[str, object]] = []

    def say(customer: int, topic: str, day: float) -> None:
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
        rows.append(
            {
                "conversation_id": f"c{len(rows):05}",
                "customer_id": f"k{customer}" if len(rows) % 20 else None,
                "agent_id": f"a{len(rows) % 3}",
                "channel": ("chat", "voice")[len(rows) % 2],
                "started_at": at.isoformat(),
                "duration_s": int(rng.integers(60, 900)),
                "text": str(rng.choice(_SAID[topic])),
            }
        )

    for customer in range(900):
        for _ in range(2):
            topic, day = str(rng.choice(list(_SAID))), float(rng.uniform(0, 120))
            say(customer, topic, day)
            if topic == "order" and rng.random() < 0.67:
                say(customer, "activate", day + float(rng.uniform(1, 5)))
    return rows


def test_the_planted_edge_leads_the_map(call: Call, _mapped: Path) -> None:
    done = call("downstream", "-a", _mapped, "--json", "--cost-per-contact", 8)

    assert done.code == 0
    said = json.loads(done.out)["downstream"]
    first = said["edges"][0]
    assert "order" in first["label_a"].lower() or "debit" in first["label_a"].lower()
    assert "activat" in first["label_b"].lower() or "card" in first["label_b"].lower()
    assert first["significant"] and first["brought_on"] > 50
    assert [e["brought_on"] for e in said["edges"]] == sorted((e["brought_on"] for e in said["edges"]), reverse=True)
    cluster, avoidable = said["clusters"][0], said["avoidable"][0]
    assert cluster["cost"] == cluster["contacts"] * 8
    assert {first["topic_a"], first["topic_b"]} <= set(cluster["topics"])
    assert avoidable["low"] < avoidable["avoidable"] < avoidable["high"]
    assert avoidable["cost"] == pytest.approx(avoidable["avoidable"] * 8)


def test_the_pairs_behind_an_edge(call: Call, _mapped: Path) -> None:
    first = json.loads(call("downstream", "-a", _mapped, "--json").out)["downstream"]["edges"][0]

    by_id = call("downstream", "-a", _mapped, "--pairs", first["topic_a"], first["topic_b"], "--json")
    by_label = call("downstream", "-a", _mapped, "--pairs", first["label_a"].upper(), first["label_b"], "--top", 3)

    pairs = json.loads(by_id.out)["pairs"]
    assert len(pairs) == first["n_followed"]
    assert all(pair["gap_days"] <= 14 for pair in pairs)
    assert pairs[0]["probability"] > 0.5
    assert f"3 of {len(pairs):,} pairs" in by_label.out
    assert pairs[0]["earlier_id"] in by_label.out


def test_the_map_for_people_is_never_cut_off(call: Call, _mapped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    done = call("downstream", "-a", _mapped, "--all")

    assert done.code == 0
    for words in (
        "downstream map, 14 days",
        "95% interval",
        "starts",
        "clusters",
        "of it beyond",
        "a 100 starts",
        "grey",
    ):
        assert words in " ".join(done.out.split()), words
    assert "…" not in done.out


@pytest.mark.parametrize("by", ["all", "topic", "channel", "agent", "company", "tenure", "period"])
def test_first_contact_resolution_by(by: str, call: Call, _mapped: Path) -> None:
    rows = json.loads(call("fcr", "-a", _mapped, "--by", by, "--json").out)["fcr"]["rows"]

    assert rows
    for row in rows:
        assert row["observed"] is None or row["observed_low"] <= row["observed"] <= row["observed_high"]
        assert row["observed_n"] + row["observed_n_unknown"] > 0
        assert 0 <= row["not_measurable_share"] <= 1
    if by in ("all", "period"):
        assert sum(row["observed_n"] for row in rows) > 1000
        assert max(row["open_share"] for row in rows) > 0.05
    assert call("fcr", "-a", _mapped, "--by", by).code == 0


def test_longer_windows_solve_no_more(call: Call, _mapped: Path) -> None:
    shares = [
        json.loads(call("fcr", "-a", _mapped, "--window", days, "--json").out)["fcr"]["rows"][0] for days in (7, 14, 30)
    ]

    assert shares[0]["open_share"] < shares[1]["open_share"] < shares[2]["open_share"]
    assert all(row["observed"] is not None and row["observed_n"] > 500 for row in shares)
    assert len({row["not_measurable_share"] for row in shares}) == 1


def test_handle_time_against_repeats(call: Call, _mapped: Path) -> None:
    rows = json.loads(call("fcr", "-a", _mapped, "--handle-time", "--json").out)["handle_time"]["rows"]

    assert rows[0]["topic_id"] == "all"
    assert [row["quartile"] for row in rows[:5]] == [0, 1, 2, 3, 4]
    assert sum(row["n"] for row in rows[1:5]) == rows[0]["n"]
    assert "association above 0" in call("fcr", "-a", _mapped, "--handle-time").out


def test_what_cannot_be_asked_says_what_can(call: Call, _mapped: Path) -> None:
    no_window = call("downstream", "-a", _mapped, "--window", 8)
    no_topic = call("downstream", "-a", _mapped, "--pairs", "nothing", "nowhere")
    no_cost = call("downstream", "-a", _mapped, "--cost-per-contact", -1)

    assert (no_window.code, no_topic.code, no_cost.code) == (2, 2, 2)
    assert "--window 7 or 14 or 30" in no_window.err
    assert "no topics named 'nothing'" in no_topic.err
    assert "got -1" in no_cost.err


def test_an_archive_without_edges_says_so(call: Call, made: Path) -> None:
    assert "no downstream edge" in call("downstream", "-a", made).out
    assert call("fcr", "-a", made).code == 0
    assert call("fcr", "-a", made, "--handle-time").code == 0
