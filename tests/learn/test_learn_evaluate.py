from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from textinsight.errors import InputError
from textinsight.findings import EFFORT_DRIVERS
from textinsight.learn.card import Share, as_markdown
from textinsight.learn.evaluate import Answers, _calibration, _driver_rows, _lines, _slices, evaluate
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
    assert {"chat"} == {part.part for part in found.slices if part.kind == "channel"}
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
    assert (first.driver, first.precision.value, first.precision.n) == (EFFORT_DRIVERS[0], 1.0, 1)
    assert (first.recall.value, first.recall.n) == (0.5, 2)
    assert first.recall.low is not None and 0 < first.recall.low < 0.5
    assert (second.driver, second.precision.value) == (EFFORT_DRIVERS[1], 0.0)
    assert second.recall == Share(None, None, None, 0)


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


def test_moods_of_agents_are_not_the_customers(tmp_path: Path) -> None:
    gold = {"turn_sentiment": {"0": -1, "1": 1, "2": 1}}
    found = evaluate(labelled(tmp_path / "gold.jsonl", [{"turns": TURNS, "gold": gold}] * 2))
    assert {line.n for line in found.lines} == {4}


def test_no_yes_to_find_is_not_a_score_of_nothing(tmp_path: Path) -> None:
    gold = {"stated_repeat": False, "effort": []}
    found = evaluate(labelled(tmp_path / "gold.jsonl", [{"turns": TURNS, "gold": gold}] * 3))
    card = {(line.tag, line.measure): line for line in found.lines}
    for key in (("stated_repeat", "F1"), ("effort_drivers", "micro-F1")):
        line = card[key]
        assert (line.value, line.low, line.high, line.majority, line.quick) == (None,) * 5
    assert card["stated_repeat", "accuracy"].value == 1.0
    assert "| stated_repeat | F1 | no yes in the labels |  |  |  | 3 |" in as_markdown(found)
    assert "0.000" not in as_markdown(found).split("effort driver")[0].split("calibration error")[0]
    json.dumps(asdict(found), allow_nan=False)


def test_an_interval_leaves_out_draws_without_a_yes() -> None:
    """One of two conversations says yes and is found: every draw that holds it scores 1."""
    answers = Answers("stated_repeat", np.array([True, False]), np.array([True, False]), np.ones(2), np.arange(2), ())
    line = next(line for line in _lines(answers, answers) if line.measure == "F1")
    assert (line.value, line.low, line.high) == (1.0, 1.0, 1.0)


def test_one_conversation_has_no_interval(tmp_path: Path) -> None:
    found = evaluate(labelled(tmp_path / "gold.jsonl", [{"turns": TURNS, "gold": GOLD}]))
    assert {(line.low, line.high) for line in found.lines} == {(None, None)}


def test_slices_carry_interval_and_commonest_answer() -> None:
    """Chat: three of four right, and resolved is said three times; voice: one of two, both resolved."""
    gold = np.array(["resolved", "resolved", "resolved", "moved", "resolved", "resolved"])
    said = np.array(["resolved", "resolved", "resolved", "resolved", "moved", "resolved"])
    parts = (("chat", "5-8 turns"),) * 4 + (("voice", "1-4 turns"),) * 2
    slices = list(_slices(Answers("resolution", gold, said, np.ones(6), np.arange(6), parts)))
    assert [part.part for part in slices] == ["chat", "voice", "1-4 turns", "5-8 turns"]
    chat, voice, *_ = slices
    assert (chat.measure, chat.value, chat.majority, chat.n) == ("accuracy", 0.75, 0.75, 4)
    assert (voice.value, voice.majority, voice.n) == (0.5, 1.0, 2)
    assert chat.low is not None and chat.high is not None and chat.low < 0.75 < chat.high


def test_stated_repeats_are_sliced_where_there_are_ten() -> None:
    gold = np.array([True] * 10 + [False] * 5 + [True] * 9)
    parts = (("chat", "1-4 turns"),) * 15 + (("voice", "1-4 turns"),) * 9
    slices = list(_slices(Answers("stated_repeat", gold, gold, np.ones(24), np.arange(24), parts)))
    assert [(part.part, part.measure, part.value, part.n) for part in slices] == [
        ("chat", "F1", 1.0, 15),
        ("1-4 turns", "F1", 1.0, 24),
    ]


@pytest.mark.parametrize("gold", [{}, {"reason": "parcel"}, {"turn_labels": {"0": ["issue"]}}])
def test_a_file_without_labels_is_refused(tmp_path: Path, gold: dict[str, object]) -> None:
    with pytest.raises(InputError, match="labels nothing that is measured; gold may hold turn_sentiment, resolution"):
        evaluate(labelled(tmp_path / "gold.jsonl", [{"turns": TURNS, "gold": gold}]))


def test_agents_moods_alone_are_nothing_to_measure(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing that is measured"):
        evaluate(labelled(tmp_path / "gold.jsonl", [{"turns": TURNS, "gold": {"turn_sentiment": {"1": 0}}}]))


@pytest.mark.parametrize("text", ["", "{}\n", "not json\n", '{"conversation_id": "1", "turns": [], "gold": {}}\n'])
def test_bad_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError):
        evaluate(path)
