"""The turn model's run time: windows, vectors, refusals."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textinsight.encode.turns import MODEL, TurnReader, attended, turn_reader
from textinsight.encode.windows import MARK, SIZE, Window, as_read, pack
from textinsight.errors import ModelError
from textinsight.resources import model_path

TEXTS = ["my parcel never came", "", "my parcel never came", "   ", "where is my package"]


def packed(lengths: list[int]) -> list[Window]:
    turns = [[1000 + number] * length for number, length in enumerate(lengths)]
    return pack(turns, [number % 2 for number in range(len(turns))], opening=101, closing=102)


@given(st.lists(st.integers(0, 700), max_size=12))
@settings(deadline=None)
def test_every_token_counts_once_and_windows_fit(lengths: list[int]) -> None:
    windows = packed(lengths)
    assert all(len(window.ids) <= SIZE for window in windows)
    counted = [pair for window in windows for pair in zip(window.turns, window.ids, window.said, strict=True)]
    for number, length in enumerate(lengths):
        assert [token for turn, token, said in counted if turn == number and said] == [1000 + number] * length
        assert any(turn == number for turn, _, _ in counted)
    assert [turn for turn, _, _ in counted if turn != MARK] == sorted(turn for turn, _, _ in counted if turn != MARK)


def test_a_window_says_who_speaks_and_how_near_the_end_is() -> None:
    (window,) = packed([2, 1])
    assert window.ids == (101, 1000, 1000, 102, 1001, 102)
    assert window.speakers == (0, 0, 0, 0, 1, 1)
    assert window.ages == (1, 1, 1, 1, 0, 0)
    assert window.turns == (MARK, 0, 0, 0, 1, 1)


def test_the_next_window_begins_with_the_end_of_the_one_before() -> None:
    first, second = packed([150, 150])
    again = [token for token, turn in zip(second.ids, second.turns, strict=True) if turn == MARK]
    assert again == [101, *first.ids[-48:]]
    assert packed([]) == []


def test_an_address_is_read_as_a_link_and_moves_no_character() -> None:
    read = as_read("gone again (see https://t.co/Ab12?x=1). Bye http://a.bc/d")
    assert read.split() == ["gone", "again", "(see", "<LINK>", ").", "Bye", "<LINK>"]
    assert (read.index(")"), read.index("Bye")) == (37, 40)
    assert as_read("no http here") == "no http here"


@pytest.mark.parametrize("address", ["https://t.co/KET6EGD1an", "http://shop.example/returns/form?id=88123"])
def test_what_an_address_spells_changes_no_mood(address: str) -> None:
    reader = turn_reader()
    spelt, marked = (reader.read([f"parcel never came, third time {link}"])[0] for link in (address, "<LINK>"))
    assert spelt.chances == pytest.approx(marked.chances)


def test_summands_are_the_logit() -> None:
    """Two groups: softmax of (0, ln 3) is (1/4, 3/4), of one token 1."""
    scores, judged = np.array([[0.0], [np.log(3)], [5.0]], np.float32), np.array([[4.0], [8.0], [2.0]], np.float32)
    gains = attended(scores, judged, np.array([0, 2]))
    assert gains[:, 0] == pytest.approx([1, 6, 2], abs=1e-5)


def test_a_turn_is_read_in_the_light_of_the_one_before() -> None:
    reader = turn_reader()
    alone = reader.read(["yes it does"])[0].chances
    after = reader.read_talk(["does it still show the error?", "yes it does"], [1, 0]).turns[1].chances
    assert np.abs(alone - after).max() > 0.01


def test_only_windows_that_are_wanted_and_the_last_are_read() -> None:
    texts = ["the router is on the shelf in the hall. " * 15] * 6
    found = turn_reader().read_talk(texts, [0, 1] * 3, {0})
    assert {0, 5} <= set(found.turns)
    assert 3 not in found.turns


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
    from textinsight.encode.network import pooled
    from textinsight.encode.twin import load_twin

    reader = turn_reader()
    twin = load_twin(model_path(MODEL))
    texts = ["third time I call and the router still drops", "have you restarted it?", "twice. i want a manager"]
    speakers = [0, 1, 0]
    tokens = [reader.tokens(text) for text in texts]
    (window,) = reader.windows(tokens, speakers)
    rows = [torch.tensor([row]) for row in (window.ids, window.speakers, window.ages)]
    with torch.inference_mode():
        scores, judged, _ = (part[0] for part in twin(*rows, torch.ones_like(rows[0])))
    place = torch.tensor(window.turns)
    own, n = place >= 0, len(reader.labels)
    logits = pooled(scores[own][:, :n], judged[own][:, :n], place[own], len(texts)).numpy()
    ours = np.array([reader.read_talk(texts, speakers).turns[turn].chances for turn in range(3)])
    apart = np.abs(reader.chances_of(logits) - ours)
    assert apart.mean() < 0.02 and apart.max() < 0.35
    whole = pooled(scores[own][:, n:], judged[own][:, n:], torch.zeros_like(place[own]), 1)[0].numpy()
    assert np.abs(whole - reader.read_talk(texts, speakers).whole).mean() < 0.3
    (lone,) = reader.windows(tokens[:1], [0])
    rows = [torch.tensor([row]) for row in (lone.ids, lone.speakers, lone.ages)]
    with torch.inference_mode():
        vector = twin(*rows, torch.ones_like(rows[0]))[2][0][1:].sum(0).numpy()
    assert vector / np.linalg.norm(vector) @ reader.encode(texts[:1])[0] > 0.98


def test_evidence_is_whole_words() -> None:
    text = "you've been great and it wasn't your fault, i'm so thankful"
    for start, end in turn_reader().read([text])[0].spans.values():
        assert start == 0 or text[start - 1] == " "
        assert end == len(text) or text[end] == " "
