"""The turn model's run time: windows, vectors, refusals."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textinsight.encode.turns import MODEL, TurnReader, turn_reader
from textinsight.encode.windows import SIZE, windows
from textinsight.errors import ModelError
from textinsight.resources import model_path

TEXTS = ["my parcel never came", "", "my parcel never came", "   ", "where is my package"]


@given(st.integers(0, 5000))
def test_windows_cover_and_fit(length: int) -> None:
    cuts = windows(length)
    assert cuts[0][0] == 0
    assert all(end - first <= SIZE for first, end in cuts)
    assert all(first < second for (first, _), (second, _) in pairwise(cuts))
    if length <= 16 * 54:
        assert cuts[-1][1] == length
        assert all(second <= end for (_, end), (second, _) in pairwise(cuts))


def test_vectors_are_unit_or_zero() -> None:
    vectors = turn_reader().encode(TEXTS)
    assert vectors.shape == (5, turn_reader().dimension)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 1, 0, 1], abs=1e-4)
    assert np.array_equal(vectors[0], vectors[2])
    assert vectors[0] @ vectors[4] > 0.5


def test_an_altered_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(model_path(MODEL), tmp_path / MODEL)
    with (tmp_path / MODEL / "weights.safetensors").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"\x00\x01\x02\x03")
    monkeypatch.setenv("TEXTINSIGHT_MODEL_DIR", str(tmp_path))
    with pytest.raises(ModelError, match="altered"):
        model_path(MODEL)


def test_a_broken_graph_is_a_model_error(tmp_path: Path) -> None:
    shutil.copytree(model_path(MODEL), tmp_path / MODEL)
    (tmp_path / MODEL / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(ModelError, match="cannot be loaded"):
        TurnReader(tmp_path / MODEL)


def test_meta_says_what_it_was_made_of() -> None:
    meta = json.loads((model_path(MODEL) / "meta.json").read_text("utf-8"))
    assert set(meta["sha256"]) == {"model.onnx", "weights.safetensors", "tokenizer.json", "talk.json"}
    assert len(meta["labels"]) == len(meta["calibration"]["slope"])
    assert meta["licence"].startswith("Apache-2.0")


@pytest.mark.torch
def test_the_torch_twin_says_nearly_the_same() -> None:
    torch = pytest.importorskip("torch")
    from textinsight.encode.twin import load_twin

    reader = turn_reader()
    twin = load_twin(model_path(MODEL), len(reader.labels))
    texts = ["third time I call and the router still drops", "thanks a lot, all sorted now", "how do i pay by card"]
    apart = []
    for text in texts:
        ids = [reader.tokens(text)]
        with torch.inference_mode():
            logits, _, vector = twin(torch.tensor(ids), torch.ones(1, len(ids[0]), dtype=torch.long))
        close = vector[0].numpy() / np.linalg.norm(vector[0].numpy())
        assert close @ reader.encode([text])[0] > 0.98
        apart.append(np.abs(reader.chances_of(logits.numpy()) - reader.read([text])[0].chances).mean())
    assert np.mean(apart) < 0.02


def test_evidence_is_whole_words() -> None:
    text = "you've been great and it wasn't your fault, i'm so thankful"
    for start, end in turn_reader().read([text])[0].spans.values():
        assert start == 0 or text[start - 1] == " "
        assert end == len(text) or text[end] == " "
