"""The steps of making a static encoder, on numbers small enough to check by hand."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from textinsight.errors import ModelError, UsageError
from textinsight.learn.distill import (
    DistillConfig,
    Sentences,
    distill,
    main,
    principal,
    quantise,
    read_sentences,
    retrieval_scores,
)


def test_int8_rows_come_back_within_half_a_step() -> None:
    vectors = np.random.default_rng(0).standard_normal((50, 8)).astype(np.float32)
    vectors[3] = 0
    rows, scale = quantise(vectors)
    back = rows * scale.astype(np.float32)[:, None]
    assert rows.dtype == np.int8
    assert not back[3].any()
    assert np.abs(back - vectors).max() <= 0.51 * scale.astype(np.float32).max() + 0.07 * scale.max()


def test_principal_axes_keep_all_products_that_fit() -> None:
    plane = np.array([[3, 4, 0, 0], [0, 0, 0, 2], [3, 4, 0, 1]], np.float32)  # rank 2
    two = principal(plane, [[0, 1], [2], [1]], 2)
    np.testing.assert_allclose(two @ two.T, plane @ plane.T, atol=1e-4)


def test_retrieval_scores_by_hand() -> None:
    vectors = np.array([[1, 0], [0.98, 0.2], [0.8, 0.6], [0, 1]], np.float32)
    # nearest: 0→1 a, 1→0 a, 2→1 (a, not b), 3→2 b; of each label there is one other text, so both scores agree
    assert retrieval_scores(vectors, ["a", "a", "b", "b"]) == {"precision_at_1": 0.75, "r_precision": 0.75}


def test_sentences_leave_out_test_rows_and_acts(tmp_path: Path) -> None:
    rows = [
        {"text": "I lost my card", "intent": "lost_card", "split": "train"},
        {"text": "where is my card", "intent": "lost_card", "split": "test"},
        {"text": "thank you very much", "intent": "thankyou", "split": "train"},
    ]
    (tmp_path / "bank.jsonl").write_text("\n".join(map(json.dumps, rows)))
    turns = [{"role": "agent", "text": "How can I help?"}, {"role": "customer", "text": "Hi. My order is late."}]
    with gzip.open(tmp_path / "chats.jsonl.gz", "wt") as file:
        file.write(json.dumps({"turns": turns}))
    found = read_sentences([tmp_path / "bank.jsonl"], [tmp_path / "chats.jsonl.gz"], 10)
    assert dict(zip(found.texts, found.intents.tolist(), strict=True)) == {
        "I lost my card": 0,
        "thank you very much": -1,
        "My order is late.": -1,
    }


def test_absent_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="absent"):
        read_sentences([tmp_path / "none.jsonl"], [], 10)
    with pytest.raises(ModelError, match="no tokenizer"):
        distill(tmp_path, tmp_path / "out", Sentences((), np.zeros(0, np.int64)), data=[])
    with pytest.raises(UsageError, match="dimension"):
        DistillConfig(dimension=2)


@pytest.mark.torch
def test_a_tiny_model_is_distilled_the_same_twice(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "lost", "my", "card", "late", "order", "the", "is"]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    teacher = tmp_path / "teacher"
    transformers.BertModel(transformers.BertConfig(vocab_size=len(words), **sizes)).save_pretrained(teacher)
    transformers.BertTokenizerFast(vocab=str(tmp_path / "vocab.txt")).save_pretrained(teacher)
    rows = [
        {"text": f"{a} {b} {c}", "intent": b} for a in ("lost", "the") for b in ("card", "order") for c in words[5:]
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    config = DistillConfig(dimension=8, batch=8, epochs=2)
    sentences = read_sentences([tmp_path / "rows.jsonl"], [], 10)
    for name in ("one", "two"):
        distill(teacher, tmp_path / name, sentences, data=["rows.jsonl"], config=config)
    one, two = ((tmp_path / name / "meta.json").read_text() for name in ("one", "two"))
    assert one == two
    assert json.loads(one)["source_model"].startswith("sentence-transformers/")
    assert json.loads(one)["data"] == ["rows.jsonl"]


def test_command_asks_for_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([])
    assert "--model" in capsys.readouterr().err
