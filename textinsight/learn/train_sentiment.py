"""Train models/sentiment-static: python -m textinsight.learn.train_sentiment --data FOLDER [--out FOLDER]."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.encode.static import StaticEncoder
from textinsight.learn.meta import write_meta
from textinsight.learn.sentiment_data import Row, measured_sets, training_rows
from textinsight.tag.polarity import LABELS, MODEL, Array, PolarityModel, WordVectors, features, scaled
from textinsight.tag.scan import cue_labels
from textinsight.tag.words import spoken

VERSION = "1"
LICENCE = "Apache-2.0 (weights); training data: see CARD.md"


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """prior: weight share of the classes -1, 0, 1. dense: scale of the static vector beside the words."""

    inverse_penalty: float = 1.0
    dense: float = 2.0
    prior: tuple[float, float, float] = (0.4, 0.4, 0.2)
    least_count: int = 5
    least_weight: float = 0.03
    held_out: int = 10
    iterations: int = 80


@dataclass(frozen=True)
class Inputs:
    """vocabulary, sparse (n, features), dense (n, dimension), labels (n,), weights (n,)."""

    vocabulary: dict[str, int]
    sparse: Any
    dense: Array
    labels: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]


def train(data: Path, *, config: TrainConfig = TrainConfig()) -> PolarityModel:
    """Weighted multinomial logistic regression, its temperature fitted on every tenth row."""
    encoder = StaticEncoder.load()
    inputs = _inputs(training_rows(data), WordVectors(encoder), config)
    held = np.arange(len(inputs.labels)) % config.held_out == 0
    weights, vector, bias = _fit(inputs, ~held, config)
    logits = inputs.sparse[held] @ weights + inputs.dense[held] @ vector + bias
    scale = 1 / _temperature(logits, inputs.labels[held] + 1, inputs.weights[held])
    kept = np.flatnonzero(np.abs(weights).max(axis=1) >= config.least_weight)
    names = list(inputs.vocabulary)
    vocabulary = {names[row]: i for i, row in enumerate(kept)}
    head, dense, shift = (
        (part * scale).astype(np.float16).astype(np.float32) for part in (weights[kept], vector, bias)
    )
    name = f"{MODEL}@{VERSION}"
    return PolarityModel(name, vocabulary, head, dense, shift, WordVectors(encoder), encoder.name)


def _inputs(rows: Sequence[Row], encoder: WordVectors, config: TrainConfig) -> Inputs:
    said = [spoken(row.text) for row in rows]
    names = [set(features(text, cue_labels(text.text))) for text in said]
    counts = Counter(name for turn in names for name in turn)
    frequent = sorted(name for name, count in counts.items() if count >= config.least_count)
    vocabulary = {name: i for i, name in enumerate(frequent)}
    sparse = scaled([sorted(vocabulary[n] for n in turn if n in vocabulary) for turn in names], len(frequent))
    dense = encoder.encode([text.words for text in said])
    labels = np.array([row.label for row in rows])
    return Inputs(vocabulary, sparse, dense, labels, _balanced(rows, labels, config.prior))


def _balanced(rows: Sequence[Row], labels: npt.NDArray[np.int64], prior: Sequence[float]) -> npt.NDArray[np.float64]:
    weights = np.array([row.weight for row in rows])
    for label, share in zip(LABELS, prior, strict=True):
        weights[labels == label] *= share / weights[labels == label].sum()
    return weights * len(rows)


def _fit(inputs: Inputs, rows: npt.NDArray[np.bool_], config: TrainConfig) -> tuple[Array, Array, Array]:
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    both = hstack([inputs.sparse[rows], csr_matrix(inputs.dense[rows] * config.dense)]).tocsr()
    head = LogisticRegression(C=config.inverse_penalty, max_iter=config.iterations)
    head.fit(both, inputs.labels[rows], sample_weight=inputs.weights[rows])
    split = inputs.sparse.shape[1]
    return head.coef_[:, :split].T, head.coef_[:, split:].T * config.dense, head.intercept_


def _temperature(logits: Array, classes: npt.NDArray[np.int64], weights: npt.NDArray[np.float64]) -> float:
    """The divisor of the logits with the least weighted log loss."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    def loss(temperature: float) -> float:
        chosen = log_softmax(logits / temperature, axis=1)[np.arange(len(classes)), classes]
        return float(-(weights * chosen).sum())

    return float(minimize_scalar(loss, bounds=(0.3, 5.0), method="bounded").x)


def scores(model: PolarityModel, data: Path) -> dict[str, dict[str, float]]:
    """Macro-F1, macro-recall and accuracy on every set to measure on."""
    from sklearn.metrics import accuracy_score, f1_score, recall_score

    out = {}
    for name, texts, labels in measured_sets(data):
        got = [p.label for p in model.predict([spoken(text) for text in texts], [cue_labels(text) for text in texts])]
        out[name] = {
            "n": len(texts),
            "macro_f1": round(f1_score(labels, got, average="macro"), 4),
            "macro_recall": round(recall_score(labels, got, average="macro"), 4),
            "accuracy": round(accuracy_score(labels, got), 4),
        }
    return out


def save(model: PolarityModel, folder: Path, *, measured: dict[str, Any], config: TrainConfig) -> None:
    """Write head.safetensors (float16), features.txt and meta.json with their sha256."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {"weights": model.weights, "vector": model.vector, "bias": model.bias}
    save_file({k: np.ascontiguousarray(v, np.float16) for k, v in tensors.items()}, folder / "head.safetensors")
    (folder / "head.safetensors").chmod(0o644)
    (folder / "features.txt").write_text("\n".join(model.vocabulary) + "\n", "utf-8")
    files = ("head.safetensors", "features.txt")
    settings = {"encoder": model.engine, "inverse_penalty": config.inverse_penalty, "prior": config.prior}
    write_meta(folder, model.name, licence=LICENCE, files=files, settings=settings, scores=measured)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, measure, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models") / MODEL)
    options = parser.parse_args(arguments)
    config = TrainConfig()
    model = train(options.data, config=config)
    measured = scores(model, options.data)
    save(model, options.out, measured=measured, config=config)
    sys.stdout.write(json.dumps(measured, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
