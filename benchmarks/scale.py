"""Time and memory of linking, vectors given: from 10,000 contacts up to 1,000,000 of 300,000 customers.

    python benchmarks/scale.py [--sizes 10000,30000,100000,300000,1000000]

Every size runs in a process of its own. 3.3 contacts a customer in a year at every size, 1.4 contacts an issue, those
of an issue some days apart; 100 topics; vectors are half-precision unit rows, alike within a topic. Prints the exponent
of processor time over contacts by a line through the logarithms. Needs no data.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np
import pyarrow as pa

from textinsight.link import build, edge_pairs, find_avoidable, find_clusters
from textinsight.link.config import DAY_US
from textinsight.measure import compute, handle_time, rank_topics

PER_CUSTOMER, PER_ISSUE = 10 / 3, 1.4
TOPICS, AGENTS, DAYS, WIDTH = 100, 200, 365, 256


def contacts_of(n: int, rng: np.random.Generator) -> pa.Table:
    """n contacts with what the linker and the measures read."""
    issue = rng.integers(0, max(int(n / PER_ISSUE), 1), n)
    customer, topic = rng.integers(0, max(int(n / PER_CUSTOMER), 1), n)[issue], rng.integers(0, TOPICS, n)[issue]
    start = rng.integers(0, DAYS * DAY_US, n)[issue] + (rng.exponential(4, n) * DAY_US).astype(np.int64)

    def any_of(names: list[str]) -> pa.Array:
        return pa.array(names, pa.string()).take(pa.array(rng.integers(0, len(names), n)))

    return pa.table(
        {
            "conversation_id": pa.array([f"c{i:08}" for i in range(n)]),
            "customer_id": pa.array([f"k{c}" for c in customer]),
            "agent_id": any_of([f"a{i}" for i in range(AGENTS)]),
            "channel": any_of(["voice", "chat", "email"]),
            "company": any_of(["acme"]),
            "topic_id": pa.array([f"t{t:03}" for t in topic]),
            "started_at": pa.array(start, pa.timestamp("us", tz="UTC")),
            "ended_at": pa.array(start + rng.integers(60, 3600, n) * 1_000_000, pa.timestamp("us", tz="UTC")),
            "resolution": any_of(["resolved", "unresolved", "unclear"]),
            "stated_repeat": pa.array(rng.random(n) < 0.1),
            "issue_text": pa.array([f"issue number {i}" for i in range(n)]),
            "sentiment": pa.array(rng.uniform(-1, 1, n).astype(np.float32)),
            "effort_score": pa.array(rng.uniform(1, 5, n).astype(np.float32)),
            "tenure_days": pa.array(rng.uniform(0, 400, n)),
        }
    )


def vectors_of(contacts: pa.Table, rng: np.random.Generator) -> np.ndarray:
    """(n, 256) float16 unit rows, around a centre for each topic."""
    centres = rng.standard_normal((TOPICS, WIDTH), dtype=np.float32)
    topic = np.char.lstrip(contacts["topic_id"].to_numpy().astype(str), "t").astype(np.int64)
    rows = np.empty((len(topic), WIDTH), np.float16)
    for at in range(0, len(topic), 50_000):
        part = centres[topic[at : at + 50_000]]
        part = part + rng.standard_normal(part.shape, dtype=np.float32)
        rows[at : at + len(part)] = part / np.linalg.norm(part, axis=1, keepdims=True)
    return rows


def timed(n: int) -> dict[str, float]:
    """Seconds of each stage and memory in GB."""
    rng = np.random.default_rng(0)
    contacts = contacts_of(n, rng)
    vectors = vectors_of(contacts, rng)
    told, began = {"n": n, "before_gb": _peak_gb()}, time.perf_counter()
    cpu = time.process_time()
    result = build(contacts, vectors)
    told |= {"build_s": _lap(began), "cpu_s": time.process_time() - cpu}
    told["peak_gb"] = _peak_gb()
    contacts, began = contacts.append_column("thread_id", result.thread_of), time.perf_counter()
    compute(contacts, result.links, result.threads)
    rank_topics(contacts, result.links, result.threads)
    handle_time(contacts, result.links, result.threads)
    told["measures_s"] = _lap(began)
    began = time.perf_counter()
    for days in (7, 14, 30):
        pairs = edge_pairs(contacts, result.threads, result.links, window_days=days)
        find_clusters(result.edges, pairs, {}, window_days=days)
        find_avoidable(result.edges, pairs, {}, window_days=days)
    return told | {"map_s": _lap(began), "all_peak_gb": _peak_gb(), "pairs": result.counts.pairs}


def _lap(began: float) -> float:
    return time.perf_counter() - began


def _peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Prints a line a size and the exponent."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,30000,100000,300000,1000000")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(timed(args.one)))
        return
    print(
        "contacts   pairs      link s   cpu s  measures s  map s  peak GB linking  (before)  peak GB in all", flush=True
    )
    seen = []
    for size in map(int, args.sizes.split(",")):
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(size)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(done.stderr)
        t = json.loads(done.stdout)
        seen.append((size, t["cpu_s"]))
        print(
            f"{size:<10,} {t['pairs']:<10,} {t['build_s']:6.1f}  {t['cpu_s']:6.1f}  {t['measures_s']:10.1f}  "
            f"{t['map_s']:5.1f}  {t['peak_gb']:15.2f}  {t['before_gb']:8.2f}  {t['all_peak_gb']:14.2f}",
            flush=True,
        )
    if len(seen) > 1:
        slope = np.polyfit(*np.log(np.array(seen)).T, 1)[0]
        print(f"processor seconds of linking grow with contacts to the power of {slope:.2f}")


if __name__ == "__main__":
    main()
