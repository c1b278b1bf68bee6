"""A classifier of one's own in a tagger's place, with tiny random models; nothing is downloaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from textinsight.conversation import Role
from textinsight.errors import ModelError
from textinsight.tag.labels import LABELS, MOOD
from textinsight.tag.marks import ReadConfig, mark
from textinsight.tag.words import spoken

pytestmark = pytest.mark.torch
TEXTS = ["my card is lost", "thank you", "my card is lost"]


def classifier(folder: Path, names: dict[int, str]) -> str:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "my", "card", "is", "lost", "thank", "you"]
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=32, id2label=names, label2id={name: i for i, name in names.items()},
    )  # fmt: skip
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    transformers.BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    return f"torch:{folder}"


def chances(taggers: dict[str, str]) -> np.ndarray:
    said = [[spoken(text)] for text in TEXTS]
    found = mark(said, [[Role.CUSTOMER]] * 3, [[()]] * 3, config=ReadConfig(doubt=1, taggers=taggers))
    return np.array([talk.turns[0].chances for talk in found])


def test_its_classes_become_the_moods_and_nothing_else_changes(tmp_path: Path) -> None:
    spec = classifier(tmp_path / "mood", {0: "POSITIVE", 1: "negative", 2: "Neutral"})
    ours, theirs = chances({}), chances({"sentiment": spec})
    assert theirs[:, : len(MOOD)].sum(1) == pytest.approx(1, abs=1e-5)
    assert not np.allclose(ours[:, : len(MOOD)], theirs[:, : len(MOOD)])
    assert np.array_equal(ours[:, len(MOOD) :], theirs[:, len(MOOD) :])
    assert np.array_equal(theirs[0], theirs[2])


def test_a_label_takes_the_second_of_two_classes(tmp_path: Path) -> None:
    spec = classifier(tmp_path / "churn", {0: "stays", 1: "leaves"})
    column = LABELS.index("churn_risk")
    ours, theirs = chances({}), chances({"churn_risk": spec})
    assert not np.allclose(ours[:, column], theirs[:, column])
    assert np.array_equal(np.delete(ours, column, 1), np.delete(theirs, column, 1))


def test_classes_that_are_no_moods_are_refused(tmp_path: Path) -> None:
    spec = classifier(tmp_path / "odd", {0: "cats", 1: "dogs"})
    with pytest.raises(ModelError, match="cats, dogs"):
        chances({"sentiment": spec})
    with pytest.raises(ModelError, match="cannot be loaded"):
        chances({"sentiment": f"torch:{tmp_path / 'none'}"})
