from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from textinsight.errors import InputError
from textinsight.learn.evaluate import accuracy, as_markdown, evaluate, macro_f1, main, micro_f1, spearman

GOLD = {
    "turn_sentiment": {"0": -1, "2": 1},
    "sentiment_start": -1,
    "sentiment_end": 1,
    "resolution": "resolved",
    "stated_repeat": False,
    "escalation": False,
    "churn_risk": False,
    "effort": [],
    "effort_score": 2,
}
TURNS = [
    {"role": "customer", "text": "this is ridiculous, my order is wrong!"},
    {"role": "agent", "text": "I've sent you a replacement."},
    {"role": "customer", "text": "perfect, thank you so much!"},
]


def labelled(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_macro_f1_by_hand() -> None:
    """Label 0: TP 1, FP 1, FN 1 -> .5; label 1: TP 1, FP 1, FN 1 -> .5; label 2: missed -> 0 with its FN."""
    gold, got = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 0, 0])
    assert macro_f1(gold, got) == pytest.approx((2 / 5 + 2 / 4 + 0) / 3)
    assert accuracy(gold, got) == pytest.approx(0.4)


def test_micro_f1_and_ranks_by_hand() -> None:
    assert micro_f1(np.array([1, 1, 0]), np.array([1, 0, 1])) == pytest.approx(0.5)
    assert spearman(np.array([1, 2, 3]), np.array([30, 20, 10])) == pytest.approx(-1.0)
    assert spearman(np.array([1, 2, 3]), np.array([5, 5, 5])) == 0.0


def test_card_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"conversation_id": str(i), "turns": TURNS, "gold": GOLD} for i in range(3)]
    path = labelled(tmp_path / "gold.jsonl", rows)
    card = {(line.tag, line.measure): line for line in evaluate(path)}
    turns = card["turn_sentiment", "accuracy"]
    assert (turns.value, turns.n, turns.baseline) == (1.0, 6, 0.5)
    assert turns.low <= turns.value <= turns.high
    assert card["resolution", "accuracy"].value == 1.0
    assert main([str(path)]) == 0
    assert capsys.readouterr().out == as_markdown(list(card.values()))


def test_what_is_not_labelled_is_not_measured(tmp_path: Path) -> None:
    row = {"conversation_id": "1", "turns": TURNS, "gold": {"escalation": False}}
    assert {line.tag for line in evaluate(labelled(tmp_path / "gold.jsonl", [row]))} == {"escalation"}


@pytest.mark.parametrize("text", ["", "{}\n", "not json\n", '{"conversation_id": "1", "turns": [], "gold": {}}\n'])
def test_bad_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError):
        evaluate(path)
