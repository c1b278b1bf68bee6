"""Topics that stay: who keeps a topic when 20% new contacts come; and a million contacts in bounded memory.

    python benchmarks/topics_refresh.py [--data ../shared/data] [--encoder intents-en] [--seeds 3] [--contacts 1000000]

Kept: share of the old contacts whose topic id is the same after the refresh. Refresh: old topics stay, new ones are
looked for. Anew: all discovered again and reconciled. One intent in ten is held back from the old contacts, so that
there is something new; found: share of the held-back contacts that get a topic of their own.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from textinsight.encode import DEFAULT, encode_unique, load_encoder
from textinsight.topics import AssignConfig, assign, discover, kept_share, reconcile, refresh

Vectors = npt.NDArray[np.float32]
_BOUND = AssignConfig(unclear_at_most=0.05)
_BLOCK = 100_000
_DEMO = Path(__file__).resolve().parents[1] / "corpora" / "demo" / "conversations.jsonl.gz"


def read(data: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Texts and reasons of each set; the demo's texts are its customers' first turns, its reasons are not used."""
    sets = {}
    for name, file, split in (
        ("natcs", "natcs/insurance_test_utterances.jsonl", None),
        ("banking77", "intents/banking77.jsonl", "test"),
        ("clinc150", "intents/clinc150.jsonl", "test"),
    ):
        rows = [json.loads(line) for line in (data / file).read_text("utf-8").splitlines()]
        rows = [row for row in rows if split is None or row["split"] == split]
        sets[name] = [row["text"] for row in rows], [row["intent"] for row in rows]
    with gzip.open(_DEMO, "rt", encoding="utf-8") as lines:
        turns = [json.loads(line)["turns"] for line in lines]
    first = [next((turn["text"] for turn in some if turn["role"] == "customer"), "") for some in turns]
    sets["demo"] = first, [""] * len(first)
    return sets


def stability(texts: Sequence[str], gold: Sequence[str], vectors: Vectors, seed: int) -> tuple[float, float, float]:
    """(kept by refresh, kept by discovery anew, share of held-back contacts in topics that are new)."""
    rng = np.random.default_rng(seed)
    intents = sorted(set(gold))
    held = set(rng.choice(intents, len(intents) // 10, replace=False).tolist()) if intents[1:] else set()
    unseen = np.array([intent in held for intent in gold])
    is_old = ~unseen & (rng.random(len(gold)) < 5 / 6)
    rows = np.flatnonzero(is_old)
    old = discover([texts[i] for i in rows], vectors[rows], engine="one")
    before = assign(old, vectors[rows], config=_BOUND).index
    grown = refresh(old, texts, vectors, known=is_old)
    after = assign(grown, vectors, config=_BOUND).index
    anew = reconcile(old, discover(texts, vectors, engine="one"))
    again = assign(anew, vectors[rows], config=_BOUND).index
    known = {topic.topic_id for topic in old.topics}
    new = np.array([topic.topic_id not in known for topic in grown.topics] + [False])
    found = float(new[after[unseen]].mean()) if unseen.any() else float("nan")
    return kept_share(before, after[rows], old, grown), kept_share(before, again, old, anew), found


def scale(texts: Sequence[str], vectors: Vectors, contacts: int) -> None:
    """Fit on a sample of the contacts, assign all of them in blocks that are made as they are read."""
    rng = np.random.default_rng(0)
    started = time.perf_counter()
    model = discover(texts, vectors, engine="one")
    fitted = time.perf_counter() - started
    seconds = 0.0
    for start in range(0, contacts, _BLOCK):
        size = min(_BLOCK, contacts - start)
        noise = rng.standard_normal((size, vectors.shape[1]), np.float32) * 0.02
        block = vectors[rng.integers(0, len(vectors), size)] + noise
        started = time.perf_counter()
        assign(model, block)
        seconds += time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"fit on {len(texts):,} texts: {fitted:.1f} s, {len(model.leaves)} topics")
    print(
        f"assign {contacts:,} vectors: {seconds:.1f} s, {contacts / seconds:,.0f} a second; peak memory {peak:,.0f} MiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--encoder", default=DEFAULT)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    args = parser.parse_args()
    if not (args.data / "intents").is_dir():
        sys.exit(f"no labelled requests in {args.data}; give the folder with intents/ and natcs/: --data DIR")
    encoder = load_encoder(args.encoder)
    print(f"| set ({encoder.name}) | contacts | kept by refresh | kept by discovery anew | new reasons found |")
    print("|---|---|---|---|---|")
    for name, (texts, gold) in read(args.data).items():
        vectors = encode_unique(encoder, texts)
        rows = np.array([stability(texts, gold, vectors, seed) for seed in range(args.seeds)])
        means, worst = rows.mean(0), rows.min(0)
        found = "–" if np.isnan(means[2]) else f"{means[2]:.1%}"
        print(
            f"| {name} | {len(texts):,} | {means[0]:.1%} (worst {worst[0]:.1%}) | {means[1]:.1%} | {found} |",
            flush=True,
        )
    scale(texts, vectors, args.contacts)


if __name__ == "__main__":
    main()
