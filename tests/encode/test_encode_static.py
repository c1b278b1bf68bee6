"""The static encoder on a vocabulary small enough to add up by hand, and the shipped one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from textinsight.encode import Encoder, encode_unique, load_encoder
from textinsight.encode.static import StaticEncoder
from textinsight.errors import ModelError, UsageError

VOCABULARY = {"[UNK]": 0, "card": 1, "lost": 2, "found": 3}
ROWS = np.array([[0, 0], [100, 0], [0, 100], [0, -100]], np.int8)
SCALE = np.array([0, 0.03, 0.04, 0.04], np.float16)


def save_tiny(folder: Path, rows: np.ndarray = ROWS) -> Path:
    tokenizer = Tokenizer(models.WordLevel(VOCABULARY, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file({"vectors": rows, "scale": SCALE[: len(rows)]}, str(folder / "vectors.safetensors"))
    hashes = {
        f: hashlib.sha256((folder / f).read_bytes()).hexdigest() for f in ("tokenizer.json", "vectors.safetensors")
    }
    (folder / "meta.json").write_text(json.dumps({"name": "tiny", "version": "3", "sha256": hashes}))
    return folder


def test_weighted_mean_by_hand(tmp_path: Path) -> None:
    encoder = StaticEncoder.from_folder(save_tiny(tmp_path))
    assert (encoder.name, encoder.dimension) == ("tiny@3", 2)
    # card (3, 0) + lost (0, 4) = (3, 4), length 5
    np.testing.assert_allclose(encoder.encode(["Card lost"]), [[0.6, 0.8]], atol=2e-4)


def test_unknown_and_empty_texts_are_zero_rows(tmp_path: Path) -> None:
    encoder = StaticEncoder.from_folder(save_tiny(tmp_path))
    assert not encoder.encode(["", "   ", "zebra", "lost found"]).any()
    assert encoder.encode([]).shape == (0, 2)


def test_token_vectors_add_up_to_the_text(tmp_path: Path) -> None:
    encoder = StaticEncoder.from_folder(save_tiny(tmp_path))
    spans, vectors = encoder.token_vectors("lost my card")
    assert spans.tolist() == [[0, 4], [5, 7], [8, 12]]
    total = vectors.sum(0)
    np.testing.assert_allclose(total / np.linalg.norm(total), encoder.encode(["lost my card"])[0], atol=1e-6)
    assert encoder.token_vectors("")[1].shape == (0, 2)


def test_vectors_must_match_the_vocabulary(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="4 tokens but 3 vectors"):
        StaticEncoder.from_folder(save_tiny(tmp_path, ROWS[:3]))


def test_altered_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "static-en"
    folder.mkdir()
    save_tiny(folder)
    (folder / "tokenizer.json").write_text("{}")
    monkeypatch.setenv("TEXTINSIGHT_MODEL_DIR", str(tmp_path))
    with pytest.raises(ModelError, match="altered"):
        StaticEncoder.load()


def test_damaged_folder_says_so(tmp_path: Path) -> None:
    save_tiny(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ModelError, match="cannot be read"):
        StaticEncoder.from_folder(tmp_path)


def test_shipped_encoder_ranks_meaning() -> None:
    encoder = load_encoder("static-en")
    assert isinstance(encoder, Encoder)
    assert load_encoder("static-en") is encoder
    card, where, flight = encoder.encode(
        ["my card has not arrived", "still waiting for the new card", "i want to cancel my flight"]
    )
    assert card @ where > card @ flight + 0.2


def test_rows_do_not_depend_on_their_batch() -> None:
    encoder = load_encoder("static-en")
    texts = ["hello", "I was charged twice for one order", "", "x" * 100_000, "hello"] * 3
    together = encoder.encode(texts)
    alone = np.vstack([encoder.encode([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1)[[0, 1]], 1, atol=1e-5)
    np.testing.assert_array_equal(together, encode_unique(encoder, texts))


def test_unknown_spec_names_the_alternatives() -> None:
    with pytest.raises(UsageError, match=r"static-en.*torch:"):
        load_encoder("word2vec")
