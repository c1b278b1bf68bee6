"""What a labels file may hold, and what is said of a value that it may not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from textinsight.conversation import Role
from textinsight.errors import InputError
from textinsight.learn.gold import read_labelled

TURNS = [{"role": "customer", "text": "still no parcel"}, {"role": "agent", "text": "please call us"}]
GOOD = {"turns": TURNS, "gold": {"escalation": False}}


def refused(path: Path, *lines: str) -> str:
    path.write_text("\n".join(lines), "utf-8")
    with pytest.raises(InputError) as caught:
        read_labelled(path)
    return str(caught.value)


def gold(**labels: Any) -> dict[str, Any]:
    return {"turns": TURNS, "gold": labels}


def turn(**changed: Any) -> dict[str, Any]:
    return {"turns": [TURNS[0] | changed], "gold": {}}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["a"], "expected a JSON object, got a list"),
        ("a", "expected a JSON object, got a str"),
        (None, "expected a JSON object, got a NoneType"),
        ({"turns": TURNS}, 'expected turns and gold, or text and sentiment, found "turns"'),
        ({}, "expected turns and gold, or text and sentiment, found nothing"),
        ({"turns": TURNS, "gold": None}, "gold is null, expected an object"),
        ({"turns": TURNS, "gold": []}, "gold is [], expected an object"),
        ({"turns": [], "gold": {}}, "turns is [], expected a list of at least one {role, text}"),
        ({"turns": None, "gold": {}}, "turns is null, expected a list"),
        ({"turns": ["hello"], "gold": {}}, "turns[0] is not an object {role, text}"),
        (turn(text=None), "turns[0].text is null, expected text"),
        (turn(text=7), "turns[0].text is 7, expected text"),
        (turn(role="Bob"), 'turns[0].role is "Bob", expected customer, agent, bot, system or unknown, or a usual'),
        (turn(role=None), "turns[0].role is null, expected customer"),
        (GOOD | {"channel": 7}, "channel is 7, expected text"),
        (GOOD | {"conversation_id": ["a"]}, 'conversation_id is ["a"], expected text'),
        (gold(turn_sentiment=[-1, 0]), "gold.turn_sentiment is [-1, 0], expected an object by turn"),
        (gold(turn_sentiment={"2": 0}), 'gold.turn_sentiment names turn "2", expected 0 to 1'),
        (gold(turn_sentiment={"-1": 0}), 'gold.turn_sentiment names turn "-1", expected 0 to 1'),
        (gold(turn_sentiment={"x": 0}), 'gold.turn_sentiment names turn "x", expected 0 to 1'),
        (gold(turn_sentiment={"0": 7}), "gold.turn_sentiment[0] is 7, expected -1, 0 or 1"),
        (gold(turn_sentiment={"0": "negative"}), 'gold.turn_sentiment[0] is "negative", expected -1, 0 or 1'),
        (gold(turn_sentiment={"0": None}), "gold.turn_sentiment[0] is null, expected -1, 0 or 1"),
        (gold(turn_sentiment={"0": True}), "gold.turn_sentiment[0] is true, expected -1, 0 or 1"),
        (gold(resolution=None), "gold.resolution is null, expected resolved, unresolved, moved or unclear"),
        (gold(resolution=["moved"]), 'gold.resolution is ["moved"], expected resolved'),
        (gold(resolution="solved"), 'gold.resolution is "solved", expected resolved, unresolved, moved or unclear'),
        (gold(escalation="false"), 'gold.escalation is "false", expected true or false'),
        (gold(churn_risk=0), "gold.churn_risk is 0, expected true or false"),
        (gold(stated_repeat=None), "gold.stated_repeat is null, expected true or false"),
        (gold(effort=None), "gold.effort is null, expected a list of any of repeat_contact, "),
        (gold(effort=["transfer", "foo"]), 'gold.effort holds "foo", expected a list of any of repeat_contact, '),
        (gold(effort=[["transfer"]]), 'gold.effort holds ["transfer"], expected a list of any of'),
        (gold(effort_score="high"), 'gold.effort_score is "high", expected a number from 1 to 5'),
        (gold(effort_score=9), "gold.effort_score is 9, expected a number from 1 to 5"),
        (gold(effort_score=True), "gold.effort_score is true, expected a number from 1 to 5"),
        (gold(effort_score=float("nan")), "gold.effort_score is NaN, expected a number from 1 to 5"),
        (gold(turn_labels={"0": "issue"}), 'gold.turn_labels[0] is "issue", expected a list of labels'),
        (gold(turn_labels={"0": ["moves"]}), 'gold.turn_labels[0]: no label "moves" for customer turns, expected neg'),
        (gold(turn_labels={"5": []}), 'gold.turn_labels names turn "5", expected 0 to 1'),
        ({"text": None, "sentiment": "neutral"}, "text is null, expected text"),
        ({"text": 7, "sentiment": "neutral"}, "text is 7, expected text"),
        ({"text": "hm", "sentiment": "sad"}, 'sentiment is "sad", expected negative, neutral or positive'),
        ({"text": "hm", "sentiment": None}, "sentiment is null, expected negative"),
    ],
)
def test_a_bad_value_is_named_with_its_place_and_what_is_allowed(tmp_path: Path, row: Any, said: str) -> None:
    path = tmp_path / "gold.jsonl"
    assert refused(path, json.dumps(GOOD), json.dumps(row)).startswith(f"{path}, line 2: {said}")


def test_broken_json_is_on_its_own_line(tmp_path: Path) -> None:
    assert "line 2: broken JSON" in refused(tmp_path / "gold.jsonl", json.dumps(GOOD), '{"turns": ', json.dumps(GOOD))


def test_all_problems_are_told_at_once_and_like_ones_together(tmp_path: Path) -> None:
    rows = [GOOD, gold(resolution="solved"), gold(effort_score=9), gold(resolution="solved")]
    said = refused(tmp_path / "gold.jsonl", *map(json.dumps, rows)).splitlines()
    assert said[0].endswith("3 of 4 rows cannot be used")
    assert said[1].startswith('  line 2 and 1 more: gold.resolution is "solved"')
    assert said[2].startswith("  line 3: gold.effort_score is 9")


def test_what_somebody_said_is_not_repeated(tmp_path: Path) -> None:
    words = "card 4111 1111 1111 1111"
    rows = [{"text": "hm", "sentiment": words}, {"turns": [words], "gold": {}}, {words: 1}]
    said = refused(tmp_path / "gold.jsonl", *map(json.dumps, rows))
    assert "line 1: sentiment is a long text, expected negative" in said
    assert "line 3: expected turns and gold, or text and sentiment, found a long text" in said
    assert "4111" not in said


def test_a_table_without_the_columns_names_those_it_has(tmp_path: Path) -> None:
    said = refused(tmp_path / "gold.csv", "text,mood", "fine,positive", "bad,negative")
    assert 'line 2 and 1 more: expected turns and gold, or text and sentiment, found "text", "mood"' in said


def test_a_row_with_too_few_cells_is_named(tmp_path: Path) -> None:
    assert "line 3: 1 cells, but the header has 2" in refused(tmp_path / "g.csv", "text,sentiment", "a,0", "alone")


def test_lines_of_a_table_are_those_of_the_file(tmp_path: Path) -> None:
    said = refused(tmp_path / "gold.csv", "text,sentiment", '"two', 'lines",neutral', "bad,sad")
    assert 'line 4: sentiment is "sad"' in said


def test_a_long_cell_is_read(tmp_path: Path) -> None:
    (tmp_path / "gold.csv").write_text(f"text,sentiment\n{'fine ' * 30_000},positive\n", "utf-8")
    (row,) = read_labelled(tmp_path / "gold.csv")
    assert len(row.conversation.turns[0].text) == 149_999
    assert row.gold == {"turn_sentiment": {"0": 1}}


def test_roles_are_known_as_a_run_knows_them(tmp_path: Path) -> None:
    said = [{"role": role, "text": "hello"} for role in ("Client", "Support Agent", "IVR", "unknown")]
    (tmp_path / "gold.jsonl").write_text(json.dumps({"turns": said, "gold": {"effort_score": 1.5}}), "utf-8")
    (row,) = read_labelled(tmp_path / "gold.jsonl")
    assert [turn.role for turn in row.conversation.turns] == [Role.CUSTOMER, Role.AGENT, Role.BOT, Role.UNKNOWN]
    assert (row.conversation.conversation_id, row.conversation.channel) == ("1", "unknown")


def test_half_characters_are_read_as_a_run_reads_them(tmp_path: Path) -> None:
    row = gold(escalation=True) | {"channel": "ch\ud800at", "conversation_id": "\udc00"}
    row["turns"] = [{"role": "customer", "text": "great \ud83d\ude00 \ud83d"}]
    (tmp_path / "gold.jsonl").write_text(json.dumps(row), "utf-8")
    (found,) = read_labelled(tmp_path / "gold.jsonl")
    talk = found.conversation
    assert (talk.turns[0].text, talk.channel, talk.conversation_id) == ("great 😀 �", "ch�at", "�")


def test_labels_of_other_kinds_are_left_alone(tmp_path: Path) -> None:
    labels = {"reason": "parcel", "sentiment_start": -1, "effort": ["transfer"], "resolution": "moved"}
    (tmp_path / "gold.jsonl").write_text(json.dumps(gold(**labels)), "utf-8")
    assert read_labelled(tmp_path / "gold.jsonl")[0].gold == labels


@pytest.mark.parametrize("name", ["none.jsonl", "."])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="is not a file that is there"):
        read_labelled(tmp_path / name)
