"""What a labelled file of one's own teaches, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from textinsight.errors import InputError, UsageError
from textinsight.tag.labels import LABELS

pytestmark = pytest.mark.torch
TURNS = [{"role": "customer", "text": "still no parcel"}, {"role": "agent", "text": "please call us"}]
GOLD = {"turn_sentiment": {"0": -1}, "turn_labels": {"0": ["issue"], "1": ["moves"]}}


def file_of(folder: Path, gold: dict[str, object], n: int = 12) -> Path:
    rows = [{"conversation_id": str(i), "turns": TURNS, "gold": gold} for i in range(n)]
    (folder / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return folder / "own.jsonl"


def test_what_is_labelled_is_known_and_the_rest_is_not(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from textinsight.learn.finetune import own_labels

    own = own_labels(file_of(tmp_path, GOLD))
    customer, agent = (dict(zip(LABELS, target, strict=True)) for target in own.examples[0].targets)
    assert (customer["negative"], customer["neutral"], customer["issue"], customer["churn_risk"]) == (1, 0, 1, 0)
    assert math.isnan(customer["moves"]) and math.isnan(agent["negative"])
    assert (agent["moves"], agent["done"]) == (1, 0)
    assert own.talks == ()  # neither resolution nor effort is labelled


def test_whole_conversations_need_every_label(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from textinsight.learn.finetune import own_labels

    own = own_labels(file_of(tmp_path, {**GOLD, "resolution": "moved", "effort_score": 3}))
    assert len(own.talks) == 12
    assert own.talks[0].turns == (frozenset(["issue"]), frozenset(["moves"]))


def test_unknown_labels_and_too_few_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from textinsight.learn.finetune import own_labels

    with pytest.raises(InputError, match="no label"):
        own_labels(file_of(tmp_path, {"turn_labels": {"0": ["moves"]}}))
    with pytest.raises(UsageError, match="at least 20"):
        own_labels(file_of(tmp_path, GOLD, n=3))
