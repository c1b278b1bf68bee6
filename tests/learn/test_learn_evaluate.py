from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from textinsight.errors import InputError
from textinsight.findings import EFFORT_DRIVERS
from textinsight.learn.card import as_markdown
from textinsight.learn.evaluate import Answers, _calibration, _driver_rows, evaluate
from textinsight.learn.scores import accuracy, macro_f1, macro_recall, micro_f1, spearman

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


def test_macro_recall_by_hand() -> None:
    assert macro_recall(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])) == pytest.approx(0.75)


def test_card_of_a_file(tmp_path: Path) -> None:
    rows = [{"conversation_id": str(i), "channel": "chat", "turns": TURNS, "gold": GOLD} for i in range(3)]
    found = evaluate(labelled(tmp_path / "gold.jsonl", rows))
    card = {(line.tag, line.measure): line for line in found.lines}
    turns = card["turn_sentiment", "accuracy"]
    assert (turns.value, turns.n, turns.majority) == (1.0, 6, 0.5)
    assert turns.low <= turns.value <= turns.high
    assert card["resolution", "accuracy"].value == 1.0
    moods = next(table for table in found.confusions if table.tag == "turn_sentiment")
    assert (moods.labels, moods.counts) == (("-1", "1"), ((3, 0), (0, 3)))
    assert {("channel", "chat")} == {(kind, part) for _, kind, part, _, _ in found.slices if kind == "channel"}
    flags = {"stated_repeat", "escalation", "churn_risk"}
    assert {table.tag for table in found.confusions} == {"turn_sentiment", "resolution", *flags}
    assert all(0 <= table.error <= 1 for table in found.calibrations)
    assert "| turn_sentiment | accuracy | 1.000 |" in as_markdown(found)


def test_calibration_by_hand() -> None:
    """Two answers at .95 of which one is right: |.95 - .5| = .45; two at .65, both right: .35; mean .4."""
    sure = np.array([0.95, 0.95, 0.65, 0.65])
    answers = Answers("x", np.array([1, 1, 1, 1]), np.array([1, 0, 1, 1]), sure, np.arange(4), (("", ""),) * 4)
    assert _calibration(answers).error == pytest.approx(0.4)


def test_calibration_by_chance() -> None:
    """One answer at .6 is .4 off when right and .6 off when wrong: .6 · .4 + .4 · .6 = .48 on average."""
    answers = Answers("x", np.array([1]), np.array([1]), np.array([0.6]), np.arange(1), (("", ""),))
    assert _calibration(answers).chance == pytest.approx(0.48, abs=0.01)


def test_drivers_one_by_one() -> None:
    """Of two conversations with the first driver one is found, and it is said of none besides."""
    gold, said = np.zeros((2, 2, len(EFFORT_DRIVERS)), bool)
    gold[:, 0] = said[0, 0] = said[1, 1] = True
    answers = Answers("effort_drivers", gold.ravel(), said.ravel(), np.ones(gold.size), np.arange(gold.size), ())
    first, second, *_ = _driver_rows(answers)
    assert first == (EFFORT_DRIVERS[0], 1.0, 0.5, 2)
    assert second == (EFFORT_DRIVERS[1], 0.0, 0.0, 0)


@pytest.mark.parametrize("name", ["texts.jsonl", "texts.csv", "texts.tsv"])
def test_texts_with_a_sentiment_are_measured(tmp_path: Path, name: str) -> None:
    texts = [("this is ridiculous, worst service ever", "negative"), ("perfect, thank you so much!", "positive")]
    if name.endswith("jsonl"):
        lines = [json.dumps({"text": text, "sentiment": mood}) for text, mood in texts]
    else:
        mark = "\t" if name.endswith("tsv") else ","
        lines = [mark.join(("text", "sentiment")), *(mark.join((f'"{text}"', mood)) for text, mood in texts)]
    (tmp_path / name).write_text("\n".join(lines), "utf-8")
    found = evaluate(tmp_path / name)
    assert {(line.tag, line.value) for line in found.lines if line.measure == "accuracy"} == {("turn_sentiment", 1.0)}


def test_what_is_not_labelled_is_not_measured(tmp_path: Path) -> None:
    row = {"conversation_id": "1", "turns": TURNS, "gold": {"escalation": False}}
    assert {line.tag for line in evaluate(labelled(tmp_path / "gold.jsonl", [row])).lines} == {"escalation"}


@pytest.mark.parametrize("text", ["", "{}\n", "not json\n", '{"conversation_id": "1", "turns": [], "gold": {}}\n'])
def test_bad_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError):
        evaluate(path)
