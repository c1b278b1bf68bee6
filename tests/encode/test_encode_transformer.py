"""The transformer encoder with a tiny randomly initialised BERT; nothing is downloaded."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from textinsight.encode import load_encoder
from textinsight.errors import ModelError

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
TEXTS = ["my card is lost", "", "card", "where is my card please help me find the card", "card", "  "]


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("bert")
    words = [*SPECIAL, "my", "card", "is", "lost", "where", "please", "help", "me", "find", "the"]
    (folder / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    transformers.BertModel(config).save_pretrained(folder)
    transformers.BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


@pytest.mark.torch
def test_batch_equals_one_by_one(model_dir: Path) -> None:
    encoder = load_encoder(f"torch:{model_dir}")
    together = encoder.encode(TEXTS)
    assert together.shape == (6, 16)
    assert together.dtype == np.float32
    alone = np.vstack([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), [1, 0, 1, 1, 1, 0], atol=1e-5)


@pytest.mark.torch
def test_long_text_is_cut_not_refused(model_dir: Path) -> None:
    assert load_encoder(f"torch:{model_dir}").encode(["card " * 500]).any()


@pytest.mark.torch
def test_missing_model_says_what_to_type(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_encoder(f"torch:{tmp_path / 'absent'}")


def test_missing_extra_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModelError, match=r"\[torch\] extra") as caught:
        load_encoder("torch:any")
    assert "pip install" in caught.value.hint
