from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from textinsight.link import build
from textinsight.link.because import cause_stated
from textinsight.link.causes import _stated_log_odds
from textinsight.link.config import DAY_US

STATED = (
    "Since you changed my plan the internet is slow",
    "my card is declined after you blocked the old one",
    "I have no signal since the last call",
    "since your colleague reset it, I cannot log in",
    "because of that change my bill is higher",
)
NOT = (
    "how long has it been since I was paid",
    "what happens after I move",
    "I called you last week about this",
    "what should I do since my phone was stolen",
)


def test_stated_causes_are_told_from_other_talk_of_time():
    contacts = pa.table({"issue_text": [*STATED, *NOT, None, ""]})
    assert cause_stated(contacts).tolist() == [2] * len(STATED) + [1] * len(NOT) + [0, 1]
    assert cause_stated(pa.table({"conversation_id": ["a"]})).tolist() == [0]


def test_the_weight_of_a_stated_cause_is_the_archives_own_once_it_shows_enough():
    nobody = _stated_log_odds(np.zeros(0, np.int8), np.zeros(0))
    assert nobody == pytest.approx(np.log(5))  # the strongest; 6% against 1% would be more
    cause, caused = np.tile(np.array([2, 1, 1, 1], np.int8), 5_000), np.repeat([0.9, 0.1], 10_000)
    assert _stated_log_odds(cause, caused) < 0.1  # as often where nothing was brought on


def test_a_stated_cause_has_a_row_and_makes_a_downstream_link_surer():
    rng = np.random.default_rng(0)
    day = np.sort(rng.uniform(0, 100, 400))
    first = [(f"a{i}", f"k{i}", d, "plan", "change my plan") for i, d in enumerate(day)]
    later = [(f"b{i}", f"k{i}", d + 3, "bill", "the bill is wrong") for i, d in enumerate(day[:120])]
    later[7] = (*later[7][:4], "the bill is wrong since you changed my plan")
    alone = [(f"c{i}", f"m{i}", d, "loan", "a loan") for i, d in enumerate(rng.uniform(0, 100, 400))]
    alone += [(f"d{i}", f"n{i}", d, "bill", "the bill is wrong") for i, d in enumerate(rng.uniform(0, 100, 100))]
    rows = [*first, *later, *alone]
    names = ["plan", "bill", "loan"]
    contacts = pa.table(
        {
            "conversation_id": [r[0] for r in rows],
            "customer_id": [r[1] for r in rows],
            "started_at": pa.array([int(r[2] * DAY_US) for r in rows], pa.timestamp("us", tz="UTC")),
            "topic_id": [r[3] for r in rows],
            "issue_text": [r[4] for r in rows],
        }
    )
    links = build(contacts, np.eye(3, dtype=np.float32)[[names.index(r[3]) for r in rows]]).links.to_pylist()
    found = {x["conversation_id"]: x for x in links if x["relation"] == "downstream"}
    told, silent = found["b7"], found["b8"]
    assert [row["signal"] for row in told["evidence"]] == ["attributable_share", "gap", "stated_cause", "rivals"]
    assert "stated_cause" not in [row["signal"] for row in silent["evidence"]]
    assert told["probability"] > silent["probability"]
    total = sum(row["weight"] for row in told["evidence"])
    assert told["probability"] == pytest.approx(1 / (1 + np.exp(-total)), abs=1e-5)
