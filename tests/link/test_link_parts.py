from __future__ import annotations

import json
import shutil

import numpy as np
import pyarrow as pa
import pytest

from textinsight.errors import ModelError
from textinsight.link import load_model, references_of
from textinsight.link.blocking import earlier_in_window, pair_chunks
from textinsight.link.compare import SIGNALS
from textinsight.link.config import DAY_US
from textinsight.link.frame import make_frame
from textinsight.link.references import references_in
from textinsight.link.weights import probability
from textinsight.resources import data_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my reference is CS-116854.", ("CS116854",)),
        ("ticket INC0012345 and again inc-0012345", ("INC0012345",)),
        ("case number 48213 please", ("48213",)),
        ("order no. #99812 has not come", ("99812",)),
        ("I paid 1500 in 2024 and 20000 dollars", ()),
        ("since 2019", ()),
        ("nothing here", ()),
        ("", ()),
    ],
)
def test_references_in(text, expected):
    assert references_in(text) == expected


def test_references_are_found_in_linear_time():
    import time

    began = time.process_time()
    references_in("reference number " * 6000)
    references_in("ABCDEF-" * 15000)
    assert time.process_time() - began < 0.5


def test_references_of_turns_keeps_the_rows_order():
    turns = pa.table(
        {"conversation_id": ["b", "a", "b"], "text": ["Your case is CS-1234", "hello", "so CS-1234 and CS-9999"]}
    )
    lists = references_of(turns, pa.chunked_array([["a", "b", "c"]]))
    assert lists.to_pylist() == [[], ["CS1234", "CS9999"], []]


def test_pairs_are_capped_to_the_nearest(make_contacts, make_vectors):
    rows = [{"conversation_id": f"c{i}", "customer_id": "kim", "day": i} for i in range(6)]
    rows.append({"conversation_id": "x", "customer_id": "lee", "day": 2})
    frame = make_frame(make_contacts(rows), make_vectors([0] * 7))
    chunks = list(pair_chunks(frame, window_us=3 * DAY_US, max_earlier=2))
    pairs = [(int(a), int(b)) for c in chunks for a, b in zip(c.later, c.earlier, strict=True)]
    assert pairs == [(1, 0), (2, 1), (2, 0), (3, 2), (3, 1), (4, 3), (4, 2), (5, 4), (5, 3)]
    assert earlier_in_window(frame, 3 * DAY_US).tolist() == [0, 1, 2, 3, 3, 3, 0]


def test_shipped_model_is_ordered_and_gives_the_unknown_no_weight():
    model = load_model()
    for signal, weights in zip(SIGNALS, model.weights, strict=True):
        assert weights[0] == 0
        assert len(weights) == len(signal.labels)
        if signal.ordered:
            known = [w for w, label in zip(weights[1:], signal.labels[1:], strict=True) if label != "over 14 days"]
            assert known == sorted(known), signal.name


def test_log_odds_add_up():
    model = load_model()
    levels = np.zeros((2, len(SIGNALS)), np.int8)
    levels[1, 2] = 2
    assert model.log_odds(levels) == pytest.approx([model.prior, model.prior + model.weights[2][2]])
    assert probability(np.array([-1e9, 0.0, 1e9])) == pytest.approx([0, 0.5, 1])


def test_an_altered_or_unfit_table_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "link"
    shutil.copytree(data_path("models", "link"), folder)
    monkeypatch.setenv("TEXTINSIGHT_MODEL_DIR", str(tmp_path))
    load_model.cache_clear()
    table = json.loads((folder / "weights.json").read_text())
    table["prior"] = 9
    (folder / "weights.json").write_text(json.dumps(table))
    with pytest.raises(ModelError, match="altered"):
        load_model()
    meta = json.loads((folder / "meta.json").read_text())
    del table["signals"]["gap"]
    (folder / "weights.json").write_text(json.dumps(table))
    import hashlib

    meta["sha256"]["weights.json"] = hashlib.sha256((folder / "weights.json").read_bytes()).hexdigest()
    (folder / "meta.json").write_text(json.dumps(meta))
    with pytest.raises(ModelError, match="fit_links"):
        try:
            load_model()
        except ModelError as error:
            raise ModelError(f"{error} {error.hint}") from error
    load_model.cache_clear()
