"""Topics found without being told their number, against k-means with k chosen by silhouette, on labelled requests.

    python benchmarks/topics.py [--data ../shared/data] [--encoder SPEC] [--encoder DOMAIN=SPEC]… [--seeds 3] [--labels]

SPEC is an encoder's name (intents-en, static-en, torch:MODEL) or the folder of one (`learn.train_intents --leave`).
With DOMAIN=SPEC each domain is measured with an encoder of its own, one that was trained on the others: that is the
leave-one-domain-out table. Figures are means over `--seeds` random 80% of each set, with the 95% interval of that mean.

ACC: accuracy after the best one-to-one match of topics and intents; unclear counts as wrong unless an intent is matched
to it. F1: harmonic mean of purity and its inverse. No label is used for finding topics.
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

from textinsight.encode import DEFAULT, Encoder, encode_unique, load_encoder
from textinsight.topics import AssignConfig, TopicModel, assign, discover

Index = npt.NDArray[np.int64]
_BOUND = AssignConfig(unclear_at_most=0.05)
_PART = 0.8  # of a set that a seed draws
_ACTS = {"openinggreeting", "closinggreeting", "confirmation", "rejection", "thankyou", "contentonly", "outofdomain"}


@dataclass(frozen=True, slots=True)
class Domain:
    """A labelled set: its file under the data folder and which rows of it count (split None: all)."""

    name: str
    file: str
    split: str | None = None


DOMAINS = (
    Domain("natcs", "natcs/insurance_test_utterances.jsonl"),
    Domain("banking77", "intents/banking77.jsonl", "test"),
    Domain("clinc150", "intents/clinc150.jsonl", "test"),
    *(
        Domain(f"multidogo_{name}", f"intents/multidogo_{name}.jsonl")
        for name in ("airline", "fastfood", "finance", "insurance")
    ),
)


@dataclass(frozen=True, slots=True)
class Score:
    """accuracy and f1 in [0, 1], higher is better; n_topics found; share left unclear; seconds taken."""

    accuracy: float
    f1: float
    n_topics: int
    unclear: float = 0.0
    seconds: float = 0.0


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


def silhouette_kmeans(vectors: npt.NDArray[np.float32], seed: int) -> Index:
    """k-means with the k of the best silhouette among 5, 10, 20, 40, 80 and 160 (2,000 texts looked at)."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    best: tuple[float, Index] = (-2.0, np.zeros(len(vectors), np.int64))
    for k in (k for k in (5, 10, 20, 40, 80, 160) if k < len(vectors) // 2):
        group = KMeans(k, n_init=1, random_state=seed).fit_predict(vectors)
        width = silhouette_score(vectors, group, sample_size=min(2000, len(vectors)), random_state=seed)
        best = max(best, (float(width), group.astype(np.int64)), key=lambda pair: pair[0])
    return best[1]


def discovered(texts: Sequence[str], vectors: npt.NDArray[np.float32], encoder: Encoder) -> tuple[Index, TopicModel]:
    """Topic of each text, and the topics."""
    model = discover(texts, vectors, engine=encoder.name, encoder=encoder)
    return assign(model, vectors, config=_BOUND).index, model


def read(data: Path, domain: Domain) -> tuple[list[str], list[str]]:
    """Texts and intents of a set; dialogue acts such as greetings are no intents."""
    rows = [json.loads(line) for line in (data / domain.file).read_text("utf-8").splitlines()]
    rows = [row for row in rows if domain.split is None or row["split"] == domain.split]
    rows = [row for row in rows if row["intent"] and row["intent"] not in _ACTS]
    return [row["text"] for row in rows], [row["intent"] for row in rows]


def open_encoder(spec: str) -> Encoder:
    """An encoder by name, or one of the shipped kinds from its folder."""
    if (Path(spec) / "model.onnx").exists():
        from textinsight.encode.intents import IntentEncoder

        return IntentEncoder(Path(spec))
    if (Path(spec) / "vectors.safetensors").exists():
        from textinsight.encode.static import StaticEncoder

        return StaticEncoder.from_folder(Path(spec))
    return load_encoder(spec)


def measured(texts: list[str], gold: list[str], encoder: Encoder, seeds: int) -> Iterator[tuple[str, Score]]:
    """The score of each method on each seed's part of a set."""
    vectors = encode_unique(encoder, texts)
    for seed in range(seeds):
        part = np.sort(np.random.default_rng(seed).permutation(len(texts))[: round(_PART * len(texts))])
        truth = [gold[i] for i in part]
        for name in ("discover", "silhouette"):
            started = time.perf_counter()
            if name == "discover":
                found, _ = discovered([texts[i] for i in part], vectors[part], encoder)
            else:
                found = silhouette_kmeans(vectors[part], seed)
            seconds = time.perf_counter() - started
            one = score(found, truth)
            yield name, Score(one.accuracy, one.f1, one.n_topics, float((found < 0).mean()), seconds)


def interval(values: Sequence[float]) -> str:
    """Mean ± half the 95% interval of the mean (Student's t)."""
    from scipy.stats import t

    if len(values) < 2:
        return f"{np.mean(values):.3f}"
    half = t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return f"{np.mean(values):.3f} ± {half:.3f}"


def show(domain: Domain, data: Path, encoder: Encoder, seeds: int) -> float:
    """Prints a set's rows of the table; mean accuracy of `discover`."""
    texts, gold = read(data, domain)
    scores = list(measured(texts, gold, encoder, seeds))
    for name in ("discover", "silhouette"):
        mine = [one for method, one in scores if method == name]
        topics = np.mean([one.n_topics for one in mine])
        print(
            f"| {domain.name} | {len(texts):,} | {len(set(gold))} | {encoder.name} | {name} | "
            f"{interval([one.accuracy for one in mine])} | {interval([one.f1 for one in mine])} | {topics:.0f} | "
            f"{np.mean([one.unclear for one in mine]):.1%} | {np.mean([one.seconds for one in mine]):.1f} |",
            flush=True,
        )
    return float(np.mean([one.accuracy for name, one in scores if name == "discover"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--encoder", action="append", default=[], help="SPEC for all domains, or DOMAIN=SPEC for one")
    parser.add_argument("--domain", action="append", choices=[d.name for d in DOMAINS], help="only these; repeatable")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--labels", action="store_true", help="print every topic's label, size and terms too")
    args = parser.parse_args()
    if not (args.data / "intents").is_dir():
        sys.exit(f"no labelled requests in {args.data}; give the folder with intents/ and natcs/: --data DIR")
    own = dict(spec.split("=", 1) for spec in args.encoder if "=" in spec)
    common = next((spec for spec in args.encoder if "=" not in spec), DEFAULT)
    print("| domain | texts | intents | encoder | method | ACC | F1 | topics | unclear | seconds |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    means = []
    for domain in (d for d in DOMAINS if not args.domain or d.name in args.domain):
        encoder = open_encoder(own.get(domain.name, common))
        means.append(show(domain, args.data, encoder, args.seeds))
        if args.labels:
            texts, _ = read(args.data, domain)
            _, model = discovered(texts, encode_unique(encoder, texts), encoder)
            for topic in model.topics:
                print(f"    {topic.topic_id} {topic.n:5} {topic.label:36} {'; '.join(topic.terms[:4])}")
    print(f"mean ACC of discover over {len(means)} domains: {np.mean(means):.3f}")


if __name__ == "__main__":
    main()
