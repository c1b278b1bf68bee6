"""The shipped encoder of intents: one intent lies together however worded, and nothing depends on the neighbours."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from textinsight.encode import Encoder, load_encoder
from textinsight.encode.intents import IntentEncoder
from textinsight.errors import ModelError
from textinsight.resources import data_path

SAME = ("I'd like to check my balance please", "how much money do I have in my account")
OTHER = "yeah so i was calling because um i need to report a lost debit card"


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder("intents-en")


def test_it_is_the_default_loaded_once_and_gives_unit_rows(encoder: Encoder) -> None:
    assert load_encoder() is encoder
    vectors = encoder.encode([*SAME, OTHER])
    assert vectors.shape == (3, encoder.dimension) == (3, 256)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_wordings_of_one_intent_lie_together(encoder: Encoder) -> None:
    one, same, other = encoder.encode([*SAME, OTHER])
    assert one @ same > one @ other + 0.25


def test_a_text_without_a_token_gives_a_zero_row(encoder: Encoder) -> None:
    assert not encoder.encode(["", "   "]).any()
    assert encoder.encode([]).shape == (0, 256)


def test_neighbours_order_and_repetition_change_nothing(encoder: Encoder) -> None:
    texts = [f"question number {n} about my order" for n in range(150)] + list(SAME)  # more than a thread's task
    together = encoder.encode([*texts, *texts[::-1]])
    assert np.array_equal(together[: len(texts)], together[len(texts) :][::-1])
    assert np.array_equal(together[7], encoder.encode([texts[7]])[0])


def test_a_long_text_is_read_to_its_limit(encoder: Encoder) -> None:
    long = "my router keeps dropping the connection " * 500
    assert np.isclose(np.linalg.norm(encoder.encode([long])), 1, atol=1e-5)


def test_a_broken_model_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "intents-en"
    shutil.copytree(data_path("models", "intents-en"), folder)
    (folder / "model.onnx").write_bytes(b"broken")
    with pytest.raises(ModelError, match="cannot be loaded") as caught:
        IntentEncoder(folder)
    assert "static-en" in str(caught.value.hint)
