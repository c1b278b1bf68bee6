"""What a labelled file of one's own teaches, what is refused, and what of the shipped model stays."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textinsight.errors import InputError, UsageError
from textinsight.learn.turn_data import held_out
from textinsight.resources import check_files, model_path
from textinsight.tag.labels import LABELS, WHOLE

pytestmark = pytest.mark.torch
TURNS = [{"role": "customer", "text": "still no parcel"}, {"role": "agent", "text": "please call us"}]
GOLD = {"turn_sentiment": {"0": -1}, "turn_labels": {"0": ["issue"], "1": ["moves"]}}
Own = Callable[..., Any]


@pytest.fixture
def own(tmp_path: Path) -> Own:
    """What a file of n conversations with the same gold teaches."""
    pytest.importorskip("torch")
    from textinsight.learn.finetune import own_labels

    def read(gold: dict[str, object], n: int = 30) -> Any:
        rows = [{"conversation_id": str(i), "turns": TURNS, "gold": gold} for i in range(n)]
        (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        return own_labels(tmp_path / "own.jsonl")

    return read


def whole(found: Any) -> dict[str, float]:
    """The first conversation's targets that are known."""
    named = zip(WHOLE, found.examples[0].whole, strict=True)
    return {name: value for name, value in named if not math.isnan(value)}


def test_what_is_labelled_is_known_and_the_rest_is_not(own: Own) -> None:
    found = own({"turn_sentiment": {"0": -1}, "turn_labels": {"0": ["issue"]}})
    customer, agent = (dict(zip(LABELS, target, strict=True)) for target in found.examples[0].targets)
    assert (customer["negative"], customer["neutral"], customer["issue"], customer["churn_risk"]) == (1, 0, 1, 0)
    assert math.isnan(customer["moves"]) and all(math.isnan(value) for value in agent.values())
    assert whole(found) == {}  # the agent's turn may carry anything


def test_labels_of_every_turn_say_what_holds_for_the_whole(own: Own) -> None:
    found = own(GOLD)
    agent = dict(zip(LABELS, found.examples[0].targets[1], strict=True))
    assert (agent["moves"], agent["done"]) == (1, 0) and math.isnan(agent["negative"])
    assert whole(found) == {flag: float(flag == "channel_switch") for flag in WHOLE[5:]}


def test_labels_of_the_whole_teach_without_labels_of_turns(own: Own) -> None:
    found = own({"resolution": "moved", "effort_score": 4, "effort": ["transfer"], "stated_repeat": True})
    assert all(math.isnan(value) for target in found.examples[0].targets for value in target)
    known = {"moved": 1, "resolved": 0, "unresolved": 0, "unclear": 0, "effort": 0.75, "transfer": 1}
    drivers = ("repeat_information", "channel_switch", "long_wait", "self_service_failed", "unclear_answer")
    assert whole(found) == {**known, "repeat_contact": 1, **dict.fromkeys(drivers, 0)}
    assert whole(own({"escalation": True, "churn_risk": False})) == {"escalation": 1, "churn_risk": 0}


def test_what_is_said_of_the_whole_wins_over_what_follows_from_turns(own: Own) -> None:
    found = own({**GOLD, "effort": [], "escalation": True})
    assert (whole(found)["channel_switch"], whole(found)["escalation"], whole(found)["churn_risk"]) == (0, 1, 0)


def test_a_fifth_is_held_out(own: Own) -> None:
    found = own(GOLD)
    kept = [str(i) for i in range(30) if not held_out(str(i))]
    assert 0 < len(found.held) == 30 - len(kept)
    assert [talk.conversation_id for talk in found.said] == kept
    assert len(found.examples) == len(kept)


def test_the_log_says_what_is_used_and_what_is_not(own: Own, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        found = own({**GOLD, "resolution": "moved", "reason": "parcel"})
    n = len(found.examples)
    assert f"labels {2 * n} turns and {n} whole conversations to learn from; {30 - n} are held out" in caplog.text
    assert "not used: reason (30)" in caplog.text
    with pytest.raises(UsageError, match="labels 0 turns and 0 whole conversations"):
        own({"reason": "parcel"})


@pytest.mark.parametrize(("n", "share"), [(2, 0.04), (1000, 0.6)])
def test_own_labels_are_read_often_enough_to_count(n: int, share: float) -> None:
    """Four times each, of 100 tokens; a large file leaves 0.4 to what is rehearsed."""
    pytest.importorskip("torch")
    from textinsight.learn.finetune import drawn
    from textinsight.learn.train_turns import TrainConfig
    from textinsight.learn.turn_data import Example

    own, others = Example(("x" * 416,), (0,), ()), Example(("y" * 206,), (0,), (), weight=7.0)
    found = drawn([own] * n, [others] * 50, TrainConfig(steps=10, labels=2000))
    mine, rest = sum(e.weight * e.tokens for e in found), 50 * 7 * others.tokens
    assert len(found) == n and mine / (mine + rest) == pytest.approx(share)


def test_unknown_labels_and_too_few_are_refused(own: Own) -> None:
    with pytest.raises(InputError, match="no label"):
        own({"turn_labels": {"0": ["moves"]}})
    with pytest.raises(UsageError, match="at least 20"):
        own(GOLD, n=3)


def test_the_whole_head_learns_what_is_known() -> None:
    """Of an outcome alone only the outcome counts; a conversation of which nothing is known does not."""
    torch = pytest.importorskip("torch")
    from textinsight.learn.train_turns import whole_loss

    logits = torch.zeros(3, len(WHOLE))
    target = torch.full((3, len(WHOLE)), math.nan)
    target[0, :4] = torch.tensor([1.0, 0, 0, 0])
    assert whole_loss(logits, target).item() == pytest.approx(math.log(4))
    target[1, -1] = 1.0
    assert whole_loss(logits, target).item() == pytest.approx((2 * math.log(4) + math.log(2)) / 2 / 2)


def test_a_taught_model_keeps_the_shipped_calibration_and_borders(
    own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from textinsight.encode.turns import TurnReader
    from textinsight.learn import finetune
    from textinsight.learn.labels import written_talks

    own(GOLD)
    rehearsed, asked = [], []

    def untrained(network: Any, _: Any, written: Any, *args: Any, **options: Any) -> Any:
        rehearsed.extend(talk.conversation.conversation_id for talk in written)
        return network

    def few(reader: Any, talks: Any, texts: Any) -> Any:
        asked.extend(talks)
        return answers(reader, talks[:20], texts[:5])

    answers = finetune.answers
    monkeypatch.setattr(finetune, "_trained", untrained)
    monkeypatch.setattr(finetune, "answers", few)
    out = finetune.finetune(tmp_path / "own.jsonl", tmp_path / "out")

    shipped, taught = (
        json.loads((folder / "meta.json").read_text("utf-8")) for folder in (model_path("turns-en"), out / "turns-en")
    )
    assert taught["calibration"] == shipped["calibration"]
    assert any(taught["calibration"]["alone"])
    assert (out / "turns-en" / "talk.json").read_bytes() == (model_path("turns-en") / "talk.json").read_bytes()
    assert taught["version"] == f"{shipped['version']}+own" and taught["data"] == ["own.jsonl", *shipped["data"]]
    text = ["third time I call and the router still drops"]
    (before,), (after,) = (TurnReader(folder).read(text) for folder in (model_path("turns-en"), out / "turns-en"))
    assert after.chances == pytest.approx(before.chances, abs=0.02)
    for name in ("turns-en", "turns-static"):
        check_files(out / name, hint="")
    names = [talk.conversation.conversation_id for talk in written_talks()]
    assert rehearsed == [name for name in names if not held_out(name)] and len(rehearsed) < len(names)
    assert not [talk for talk in asked if held_out(talk.conversation_id)]
