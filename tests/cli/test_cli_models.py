"""`textinsight evaluate`: what its options come to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textinsight.tag import marks
from textinsight.tag.labels import MOOD

Call = Callable[..., Any]


def test_a_tagger_of_ones_own_is_measured(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It finds every turn positive; the quick reader beside it stays what it is."""

    def overrule(chances: np.ndarray, texts: list[str], taggers: dict[str, str]) -> np.ndarray:
        assert taggers == {"sentiment": "torch:mine"}
        found = chances.copy()
        found[:, : len(MOOD)] = (0, 0, 1)
        return found

    monkeypatch.setattr(marks, "overrule", overrule)
    rows = [{"text": "this is ridiculous, worst service ever", "sentiment": "negative"}] * 2
    (tmp_path / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")

    done = call("evaluate", "gold.jsonl", "--tagger", "sentiment=torch:mine", "--json")

    card = json.loads(done.out)
    moods = next(table for table in card["confusions"] if table["tag"] == "turn_sentiment")
    assert (done.code, moods["labels"], moods["counts"]) == (0, ["-1", "1"], [[0, 2], [0, 0]])
    line = next(line for line in card["lines"] if line["measure"] == "accuracy")
    assert (line["value"], line["quick"]) == (0.0, 1.0)
