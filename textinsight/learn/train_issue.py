"""Train models/issue-static: python -m textinsight.learn.train_issue --data FOLDER [--out FOLDER]."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.encode.static import StaticEncoder
from textinsight.learn.issue_data import Stated, issue_rows, joined_speech
from textinsight.learn.meta import write_meta
from textinsight.tag.stating import MODEL, StatingModel, joint_features, statement_features, words_of
from textinsight.tag.student import incidence, scaled
from textinsight.tag.words import fold

VERSION = "1"
LICENCE = "Apache-2.0 (weights); training data: see CARD.md"
DATA = (
    "BANKING77 (CC BY 4.0)",
    "CLINC150 in-scope (CC BY 3.0)",
    "NatCS insurance (CDLA-Permissive-2.0)",
    "MultiDoGO (CDLA-Permissive-1.0)",
    "GoEmotions neutral (CC BY 4.0)",
    "STAR (MIT)",
    "CFPB complaint narratives (public domain)",
    "sentence frames written for this model (Apache-2.0)",
)


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """inverse_penalty, joint_penalty: of the two heads. dense: scale of the mean vector beside the words."""

    inverse_penalty: float = 1.0
    joint_penalty: float = 0.3
    dense: float = 1.0
    least_count: int = 4
    least_weight: float = 0.03
    held_out: int = 10
    frames_weight: float = 10.0
    iterations: int = 60


@dataclass(frozen=True)
class Head:
    """A binary linear head: feature → weight, the dense part's weights, bias, F1 on held-out rows."""

    weights: dict[str, float]
    vector: npt.NDArray[np.float32]
    bias: float
    f1: float


def train(data: Path, *, config: TrainConfig = TrainConfig()) -> tuple[StatingModel, dict[str, float]]:
    """Both heads, and their F1 on every tenth row."""
    encoder = StaticEncoder.load()
    rows = issue_rows(data)
    statement = _statements(rows, encoder, config)
    joint = _joints(joined_speech(rows, data), config)
    model = StatingModel(
        f"{MODEL}@{VERSION}",
        encoder.name,
        statement.weights,
        statement.vector,
        statement.bias,
        joint.weights,
        joint.bias,
        encoder,
    )
    return model, {"statement_f1": statement.f1, "joint_f1": joint.f1}


def _statements(rows: Sequence[Stated], encoder: StaticEncoder, config: TrainConfig) -> Head:
    said = [([word.text for word in words_of(fold(row.text))], row) for row in rows]
    said = [(words, row) for words, row in said if words]
    names = [list(dict.fromkeys(statement_features(words))) for words, _ in said]
    vocabulary = _vocabulary(names, config.least_count)
    sparse = scaled([[vocabulary[n] for n in turn if n in vocabulary] for turn in names], len(vocabulary))
    dense = _means([words for words, _ in said], encoder)
    labels = np.array([row.reason for _, row in said])
    weights = np.array([config.frames_weight if row.source == "frames" else 1.0 for _, row in said])
    weights *= np.where(labels, 0.5 / weights[labels].sum(), 0.5 / weights[~labels].sum()) * len(labels)
    return _fitted(vocabulary, sparse, dense * config.dense, labels, weights, config, config.inverse_penalty)


def _means(texts: Sequence[Sequence[str]], encoder: StaticEncoder) -> npt.NDArray[np.float32]:
    """(n, dimension): mean of the words' vectors."""
    known = {word: row for row, word in enumerate(dict.fromkeys(word for words in texts for word in words))}
    table = np.stack([encoder.token_vectors(word)[1].sum(axis=0) for word in known])
    rows = [[known[word] for word in words] for words in texts]
    counts = np.array([len(row) for row in rows], np.float32)
    return np.asarray(incidence(rows, len(table)) @ table, np.float32) / counts[:, None]


def _joints(turns: Iterable[Sequence[str]], config: TrainConfig) -> Head:
    names: list[tuple[str, ...]] = []
    labels: list[bool] = []
    for sentences in turns:
        parts = [[word.text for word in words_of(fold(sentence))] for sentence in sentences]
        words = [word for part in parts for word in part]
        begins = set(np.cumsum([len(part) for part in parts]).tolist())
        names += [joint_features(words, gap) for gap in range(1, len(words))]
        labels += [gap in begins for gap in range(1, len(words))]
    vocabulary = _vocabulary(names, config.least_count)
    rows = [[vocabulary[n] for n in gap if n in vocabulary] for gap in names]
    nothing = np.zeros((len(rows), 0), np.float32)
    ones = np.ones(len(rows))
    sparse = incidence(rows, len(vocabulary))
    return _fitted(vocabulary, sparse, nothing, np.array(labels), ones, config, config.joint_penalty)


def _vocabulary(names: Iterable[Iterable[str]], least: int) -> dict[str, int]:
    counts = Counter(name for row in names for name in row)
    return {name: i for i, name in enumerate(sorted(name for name, n in counts.items() if n >= least))}


def _fitted(
    vocabulary: dict[str, int],
    sparse: Any,
    dense: npt.NDArray[np.float32],
    labels: npt.NDArray[np.bool_],
    weights: npt.NDArray[np.float64],
    config: TrainConfig,
    penalty: float,
) -> Head:
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score

    both = hstack([sparse, csr_matrix(dense)]).tocsr()
    held = np.arange(len(labels)) % config.held_out == 0
    head = LogisticRegression(C=penalty, max_iter=config.iterations)
    head.fit(both[~held], labels[~held], sample_weight=weights[~held])
    right = f1_score(labels[held], head.predict(both[held]))
    coefficients = head.coef_[0].astype(np.float16).astype(np.float32)
    kept = {n: float(coefficients[i]) for n, i in vocabulary.items() if abs(coefficients[i]) >= config.least_weight}
    vector = coefficients[len(vocabulary) :] * config.dense
    return Head(kept, vector, float(head.intercept_[0]), round(float(right), 4))


def save(model: StatingModel, folder: Path, *, scores: dict[str, float], config: TrainConfig) -> None:
    """Write statement.txt, joint.txt, weights.safetensors and meta.json with their sha256."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, npt.NDArray[Any]] = {
        "statement": np.array(list(model.statement.values()), np.float16),
        "joint": np.array(list(model.joint.values()), np.float16),
        "vector": model.vector.astype(np.float16),
        "bias": np.array([model.bias, model.joint_bias], np.float32),
    }
    save_file(tensors, folder / "weights.safetensors")
    (folder / "weights.safetensors").chmod(0o644)
    for part in ("statement", "joint"):
        (folder / f"{part}.txt").write_text("\n".join(getattr(model, part)) + "\n", "utf-8")
    files = ("statement.txt", "joint.txt", "weights.safetensors")
    settings = {"encoder": model.engine, **asdict(config)}
    write_meta(folder, model.name, data=DATA, licence=LICENCE, files=files, settings=settings, scores=scores)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, measure, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models") / MODEL)
    options = parser.parse_args(arguments)
    config = TrainConfig()
    model, scores = train(options.data, config=config)
    save(model, options.out, scores=scores, config=config)
    sys.stdout.write(json.dumps(scores, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
