from __future__ import annotations

import json
from pathlib import Path

import pytest

from textinsight.errors import UsageError
from textinsight.learn.sentiment_data import measured_sets, training_rows
from textinsight.learn.train_sentiment import TrainConfig, save, scores, train
from textinsight.resources import model_path
from textinsight.tag.words import spoken

MOST_BYTES = 5_000_000


def sources(folder: Path) -> Path:
    """A few lines of every training source."""
    lines = {
        "sentiment/goemotions/train.tsv": [
            "i love it\t3\ta",
            "i hate it\t1\tb",
            "it is a box\t2\tc",
            "hm\t0\td",
            "so so\t1,3\te",
        ],
        **{
            f"sentiment/hutto_{name}.jsonl": [json.dumps({"text": f"good {name}", "valence": 2.0})]
            for name in ("tweets", "amazonReviewSnippets", "movieReviewSnippets", "nytEditorialSnippets")
        },
        **{
            f"intents/multidogo_{name}.jsonl": [
                json.dumps({"text": "thank you so much", "intent": "thankyou", "split": "train"})
            ]
            for name in ("airline", "fastfood", "finance", "insurance")
        },
        "intents/banking77.jsonl": [json.dumps({"text": "where is my card", "split": "train"})],
        "intents/clinc150.jsonl": [json.dumps({"text": "unseen", "split": "test"})],
        "complaints/cfpb_product_narratives.csv": [
            "Consumer complaint narrative",
            "XXXX never answered my letters at all.",
        ],
        "complaints/cfpb_payday.csv": ["Consumer complaint narrative", "short"],
    }
    for name, rows in lines.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(rows) + "\n", "utf-8")
    return folder


def test_rows_carry_label_and_source(tmp_path: Path) -> None:
    rows = {(row.source, row.text): row for row in training_rows(sources(tmp_path))}
    assert rows["goemotions", "i hate it"].label == -1
    assert rows["goemotions", "hm"].weight < 1
    assert ("goemotions", "so so") not in rows
    assert ("clinc150", "unseen") not in rows
    assert rows["multidogo", "thank you so much"].label == 1
    assert rows["cfpb", " never answered my letters at all."].label == -1
    assert {row.label for row in rows.values() if row.source == "support-turns"} == {-1, 0, 1}


def test_a_folder_without_the_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="goemotions"):
        training_rows(tmp_path)
    assert list(measured_sets(tmp_path)) == []


def test_training_learns_and_saves_what_loads(tmp_path: Path) -> None:
    data = sources(tmp_path / "data")
    model = train(data, config=TrainConfig(iterations=30))
    texts = [spoken("this is a complete joke, nobody has replied"), spoken("my order number is 0")]
    assert [found.label for found in model.predict(texts, [(), ()])] == [-1, 0]
    save(model, tmp_path / "model", measured=scores(model, data), config=TrainConfig())
    meta = json.loads((tmp_path / "model" / "meta.json").read_text("utf-8"))
    assert meta["settings"]["encoder"] == model.engine
    assert set(meta["sha256"]) == {"head.safetensors", "features.txt"}


def test_the_shipped_model_is_small_and_documented() -> None:
    folder = model_path("sentiment-static")
    assert sum(path.stat().st_size for path in folder.iterdir()) < MOST_BYTES
    assert (folder / "CARD.md").is_file()
