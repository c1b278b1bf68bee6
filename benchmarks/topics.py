"""Topics found without being told their number, against k-means with k chosen by silhouette, on labelled requests.

    python benchmarks/topics.py [--data ../shared/data] [--encoder static-en] [--labels]

ACC: accuracy after the best one-to-one match of topics and intents. F1: harmonic mean of purity and its inverse.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from textinsight.encode import Encoder, load_encoder
from textinsight.topics import TopicModel, assign, discover

Index = npt.NDArray[np.int64]
SETS = {
    "natcs insurance": ("natcs/insurance_test_utterances.jsonl", None),
    "banking77 test": ("intents/banking77.jsonl", "test"),
    "clinc150 test": ("intents/clinc150.jsonl", "test"),
}


@dataclass(frozen=True, slots=True)
class Score:
    """accuracy and f1 in [0, 1], higher is better; n_topics found."""

    accuracy: float
    f1: float
    n_topics: int


def score(found: Index, gold: Sequence[str]) -> Score:
    """How well `found` (n,) agrees with `gold`; unclear (-1) counts as a group of its own."""
    from scipy.optimize import linear_sum_assignment

    rows = np.unique(found, return_inverse=True)[1]
    columns = np.unique(gold, return_inverse=True)[1]
    table = np.zeros((rows.max() + 1, columns.max() + 1), np.int64)
    np.add.at(table, (rows, columns), 1)
    matched = table[linear_sum_assignment(table, maximize=True)].sum() / len(gold)
    purity, inverse = table.max(1).sum() / len(gold), table.max(0).sum() / len(gold)
    return Score(float(matched), float(2 * purity * inverse / (purity + inverse)), len(table))


def silhouette_kmeans(vectors: npt.NDArray[np.float32]) -> Index:
    """k-means with the k of the best silhouette among 5, 10, 20, 40, 80 and 160 (2,000 texts looked at)."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    best: tuple[float, Index] = (-2.0, np.zeros(len(vectors), np.int64))
    for k in (k for k in (5, 10, 20, 40, 80, 160) if k < len(vectors) // 2):
        group = KMeans(k, n_init=1, random_state=0).fit_predict(vectors)
        width = silhouette_score(vectors, group, sample_size=min(2000, len(vectors)), random_state=0)
        best = max(best, (float(width), group.astype(np.int64)), key=lambda pair: pair[0])
    return best[1]


def read(data: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Name, texts and intents of each set."""
    for name, (file, split) in SETS.items():
        rows = [json.loads(line) for line in (data / file).read_text("utf-8").splitlines()]
        rows = [row for row in rows if split is None or row["split"] == split]
        yield name, [row["text"] for row in rows], [row["intent"] for row in rows]


def show(name: str, texts: list[str], gold: list[str], encoder: Encoder) -> TopicModel:
    """Prints one set's rows of the table."""
    vectors = encoder.encode(texts)
    started = time.perf_counter()
    model = discover(texts, vectors, engine=encoder.name)
    assigned = assign(model, vectors)
    seconds = time.perf_counter() - started
    plain_started = time.perf_counter()
    plain = score(silhouette_kmeans(vectors), gold)
    plain_seconds = time.perf_counter() - plain_started
    ours = score(assigned.index, gold)
    tail = f"unclear {assigned.unclear_share:.1%}"
    print(f"{name:16} {len(texts):6} texts {len(set(gold)):4} intents")
    print(f"  discover   ACC {ours.accuracy:.3f} F1 {ours.f1:.3f} {ours.n_topics:4} topics {tail} {seconds:.1f} s")
    print(f"  silhouette ACC {plain.accuracy:.3f} F1 {plain.f1:.3f} {plain.n_topics:4} topics {plain_seconds:.1f} s")
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--encoder", default="static-en")
    parser.add_argument("--labels", action="store_true", help="print every topic's label, size and terms too")
    args = parser.parse_args()
    if not (args.data / "intents").is_dir():
        sys.exit(f"no labelled requests in {args.data}; give the folder with intents/ and natcs/: --data DIR")
    encoder = load_encoder(args.encoder)
    print(f"encoder {encoder.name}")
    for name, texts, gold in read(args.data):
        model = show(name, texts, gold, encoder)
        for topic in model.topics if args.labels else ():
            print(f"    {topic.topic_id} {topic.n:5} {topic.label:36} {'; '.join(topic.terms[:4])}")


if __name__ == "__main__":
    main()
