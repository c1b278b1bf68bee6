"""A taxonomy of few examples a reason: accuracy, calibration and what lies outside it, against simpler classifiers.

    python benchmarks/topics_fewshot.py [--data ../shared/data] [--encoder intents-en]… [--shots 10] [--seeds 5]

On banking77: examples are drawn from its training split, figures are of its whole test split. ECE: mean gap of
confidence and accuracy over ten equal bins. Outside: half of the reasons make the taxonomy; shares of the test texts of
these, and of the others, that are taken to be in it. Intervals: 95% of the mean over seeds (Student's t).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from textinsight.encode import DEFAULT, encode_unique, load_encoder, unit_rows
from textinsight.topics import fit_vectors

Index = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]


def read(data: Path, split: str) -> tuple[list[str], list[str]]:
    """Texts and intents of a split of banking77."""
    rows = [json.loads(line) for line in (data / "intents" / "banking77.jsonl").read_text("utf-8").splitlines()]
    rows = [row for row in rows if row["split"] == split]
    return [row["text"] for row in rows], [row["intent"] for row in rows]


def drawn(kind: Index, shots: int, seed: int) -> Index:
    """`shots` examples of each reason."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.choice(np.flatnonzero(kind == k), shots, replace=False) for k in np.unique(kind)])


def calibration_error(confidence: Vectors, right: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error over ten equal bins; 0 is best."""
    bins = np.clip((confidence * 10).astype(int), 0, 9)
    gaps = [abs(right[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean() for b in set(bins)]
    return float(sum(gaps))


def nearest_mean(train: Vectors, kind: Index, test: Vectors) -> Index:
    """The reason whose mean is nearest."""
    means = unit_rows(np.stack([train[kind == k].mean(0) for k in np.unique(kind)]))
    return np.asarray((test @ means.T).argmax(1))


def nearest_example(train: Vectors, kind: Index, test: Vectors) -> Index:
    """The reason of the nearest example."""
    return np.asarray(kind[(test @ train.T).argmax(1)])


def interval(values: Sequence[float]) -> str:
    from scipy.stats import t

    half = t.ppf(0.975, max(1, len(values) - 1)) * np.std(values, ddof=1) / np.sqrt(len(values)) if values[1:] else 0
    return f"{np.mean(values):.3f} ± {half:.3f}"


def show(spec: str, data: Path, shots: int, seeds: int) -> None:
    """Prints an encoder's rows of the table."""
    encoder = load_encoder(spec)
    (train_texts, train_intents), (texts, intents) = read(data, "train"), read(data, "test")
    names = sorted(set(train_intents))
    number = {name: i for i, name in enumerate(names)}
    train, test = (encode_unique(encoder, some) for some in (train_texts, texts))
    kind = np.array([number[name] for name in train_intents])
    gold = np.array([number[name] for name in intents])
    found: dict[str, list[float]] = {}
    for seed in range(seeds):
        rows = drawn(kind, shots, seed)
        for name, value in one_seed(train[rows], kind[rows], test, gold, names).items():
            found.setdefault(name, []).append(value)
    for name, values in found.items():
        print(f"| {encoder.name} | {name} | {interval(values)} |", flush=True)


def one_seed(train: Vectors, kind: Index, test: Vectors, gold: Index, names: Sequence[str]) -> dict[str, float]:
    """Every figure of one draw."""
    started = time.perf_counter()
    model = fit_vectors(tuple(names), train, kind)
    seconds = time.perf_counter() - started
    best, sure, _ = model.decide(test)
    half = len(names) // 2
    part = fit_vectors(tuple(names[:half]), train[kind < half], kind[kind < half]).decide(test)[2]
    return {
        "accuracy": float((best == gold).mean()),
        "calibration error (ECE)": calibration_error(sure, best == gold),
        "accuracy, nearest mean": float((nearest_mean(train, kind, test) == gold).mean()),
        "accuracy, nearest example": float((nearest_example(train, kind, test) == gold).mean()),
        "half taxonomy: in it, taken": float(part[gold < half].mean()),
        "half taxonomy: not in it, taken": float(part[gold >= half].mean()),
        "seconds to fit": seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--encoder", action="append", help="repeatable; intents-en if none is given")
    parser.add_argument("--shots", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=5)
    args = parser.parse_args()
    if not (args.data / "intents" / "banking77.jsonl").exists():
        sys.exit(f"no banking77 in {args.data}; give the folder with intents/: --data DIR")
    print(f"banking77, {args.shots} examples a reason, {args.seeds} seeds")
    print("| encoder | figure | mean |")
    print("|---|---|---|")
    for spec in args.encoder or [DEFAULT]:
        show(spec, args.data, args.shots, args.seeds)


if __name__ == "__main__":
    main()
