"""Time to find topics, encoding included: textinsight beside BERTopic with MiniLM, the same texts in the same run.

    python benchmarks/unpack_twacs.py twacs_airlines_raw.csv.bz2 > dialogues.jsonl
    python benchmarks/peer_bertopic.py dialogues.jsonl --peer PYTHON --minilm FOLDER [--sample 6000]

PYTHON is an interpreter with bertopic (pip install bertopic), FOLDER holds sentence-transformers/all-MiniLM-L6-v2. A
text is all that a dialogue's customer says. Both start with nothing loaded and may use all cores. BERTopic leaves texts
without a topic: their share is printed beside ours.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_PEER = """
import json, sys, time
started = time.perf_counter()
from bertopic import BERTopic
from sentence_transformers import SentenceTransformer
texts = json.load(open(sys.argv[1]))
model = SentenceTransformer(sys.argv[2])
vectors = model.encode(texts, show_progress_bar=False)
encoded = time.perf_counter()
found, _ = BERTopic(embedding_model=model).fit_transform(texts, vectors)
ended = time.perf_counter()
print(json.dumps({"encoding": encoded - started, "topics": ended - encoded,
                  "n": len(set(found)) - (-1 in found), "without": sum(topic < 0 for topic in found) / len(found)}))
"""
_OURS = """
import json, sys, time
started = time.perf_counter()
from textinsight.encode import load_encoder
from textinsight.topics import AssignConfig, assign, discover
texts = json.load(open(sys.argv[1]))
encoder = load_encoder()
vectors = encoder.encode(texts)
encoded = time.perf_counter()
model = discover(texts, vectors, engine=encoder.name, encoder=encoder)
found = assign(model, vectors, config=AssignConfig(unclear_at_most=0.05))
ended = time.perf_counter()
print(json.dumps({"encoding": encoded - started, "topics": ended - encoded,
                  "n": len(model.leaves), "without": found.unclear_share}))
"""


def measured(python: str, code: str, *arguments: str) -> dict[str, float]:
    """What a fresh interpreter prints of its run, and its seconds as a whole."""
    started = time.perf_counter()
    done = subprocess.run([python, "-c", code, *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return {**json.loads(done.stdout.splitlines()[-1]), "seconds": time.perf_counter() - started}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dialogues", type=Path)
    parser.add_argument("--peer", default=sys.executable, help="python with bertopic")
    parser.add_argument("--minilm", required=True)
    parser.add_argument("--sample", type=int, default=0, help="dialogues taken, evenly spread (0: all)")
    parser.add_argument("--ours-only", action="store_true")
    args = parser.parse_args()
    rows = [json.loads(line) for line in args.dialogues.read_text("utf-8").splitlines()]
    texts = [" ".join(t["text"] for t in row["turns"] if t["role"] == "customer") for row in rows]
    texts = texts[:: max(1, len(texts) // args.sample)][: args.sample] if args.sample else texts
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(texts, file)
        file.flush()
        runs = {"textinsight": measured(sys.executable, _OURS, file.name)}
        if not args.ours_only:
            runs["BERTopic"] = measured(args.peer, _PEER, file.name, args.minilm)
    print(f"{len(texts):,} dialogues\n| | seconds | encoding | topics | found | without a topic |")
    print("|---|---|---|---|---|---|")
    for name, run in runs.items():
        told = [f"{run[part]:.1f}" for part in ("seconds", "encoding", "topics")]
        print("|", " | ".join([name, *told, f"{run['n']:.0f}", f"{run['without']:.1%}"]), "|")
    if "BERTopic" in runs:
        print(f"{runs['BERTopic']['seconds'] / runs['textinsight']['seconds']:.1f} times as fast")


if __name__ == "__main__":
    main()
