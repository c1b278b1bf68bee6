"""Links, threads and edges on planted journeys against two simple rules, and the time for many contacts.

    python benchmarks/link.py [--data ../shared/data] [--journeys journeys_dev] [--contacts 1000000]

Scored pairwise: threads after transitive closure, downstream links as directed pairs, edges as the first twelve.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa

from textinsight.errors import UsageError
from textinsight.learn.journeys import Journeys, load_journeys
from textinsight.link import LinkResult, build
from textinsight.link.blocking import Pairs, pair_chunks
from textinsight.link.compare import cosine
from textinsight.link.config import DAY_US
from textinsight.link.frame import Frame, make_frame
from textinsight.measure import compute, rank_topics

Pair = tuple[str, str]


def closure(pairs: Iterable[Pair]) -> set[Pair]:
    """All pairs within the groups that the pairs connect, ids in order."""
    parent: dict[str, str] = {}

    def find(x: str) -> str:
        parent.setdefault(x, x)
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for one, other in pairs:
        parent[find(one)] = find(other)
    groups = defaultdict(list)
    for x in sorted(parent):
        groups[find(x)].append(x)
    return {pair for group in groups.values() for pair in itertools.combinations(group, 2)}


def f1(found: set[Pair], true: set[Pair]) -> str:
    hits = len(found & true)
    p, r = hits / max(len(found), 1), hits / max(len(true), 1)
    return (
        f"precision {p:.3f}  recall {r:.3f}  F1 {2 * p * r / max(p + r, 1e-9):.3f}  (found {len(found)} of {len(true)})"
    )


def true_edges(folder: Path) -> set[Pair]:
    with (folder / "truth_edges.csv").open(newline="", encoding="utf-8") as rows:
        return {(r.get("topic_a") or r["reason_a"], r.get("topic_b") or r["reason_b"]) for r in csv.DictReader(rows)}


def found_links(result: LinkResult, relation: str) -> set[Pair]:
    rows = result.links.to_pylist()
    return {(row["conversation_id"], row["earlier_id"]) for row in rows if row["relation"] == relation}


def edge_line(result: LinkResult, contacts: pa.Table, intents: tuple[str, ...], true: set[Pair], k: int = 12) -> str:
    """Precision of the first k significant edges, a found topic standing for the intent most of its contacts have."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for topic, intent in zip(contacts["topic_id"].to_pylist(), intents, strict=True):
        votes[topic][intent] += 1
    name = {topic: count.most_common(1)[0][0] for topic, count in votes.items()}
    rows = [
        e for e in result.edges.to_pylist() if e["window_days"] == 14 and e["q_value"] <= 0.05 and e["lift_low"] > 1
    ]
    named = dict.fromkeys((name[e["topic_a"]], name[e["topic_b"]]) for e in rows)
    top = [edge for edge in named if edge[0] != edge[1]][:k]
    hits = len(true & set(top))
    share = hits / max(len(top), 1)
    return f"{len(rows)} significant; of the first {len(top)}: precision {share:.3f}  recall {hits / len(true):.3f}"


def ids_of(contacts: pa.Table, frame: Frame, pairs: Pairs) -> set[Pair]:
    ids = contacts["conversation_id"].combine_chunks()
    later, earlier = (ids.take(pa.array(frame.row[p])).to_pylist() for p in (pairs.later, pairs.earlier))
    return set(zip(later, earlier, strict=True))


def baselines(journeys: Journeys, true: set[Pair]) -> None:
    frame = make_frame(journeys.contacts, journeys.vectors)
    week = next(pair_chunks(frame, window_us=7 * DAY_US, max_earlier=30))
    print("any contact within 7 days  ", f1(closure(ids_of(journeys.contacts, frame, week)), true))
    pairs = next(pair_chunks(frame, window_us=14 * DAY_US, max_earlier=30))
    similar = cosine(frame, pairs)
    scored = [
        (closure(ids_of(journeys.contacts, frame, pairs.take(similar >= cut))), cut)
        for cut in np.arange(0.3, 0.9, 0.05)
    ]
    found, cut = max(scored, key=lambda s: 2 * len(s[0] & true) / max(len(s[0]) + len(true), 1))
    print(f"cosine ≥ {cut:.2f} (the best cut)  ", f1(found, true))


def quality(folder: Path) -> None:
    began = time.perf_counter()
    journeys, edges = load_journeys(folder), true_edges(folder)
    seconds = time.perf_counter() - began
    print(f"{folder.name}: {journeys.contacts.num_rows} contacts tagged, encoded, given topics in {seconds:.1f} s")
    true = closure(journeys.same_issue)
    baselines(journeys, true)
    place = journeys.contacts.schema.get_field_index("topic_id")
    ideal = journeys.contacts.set_column(place, "topic_id", pa.array(journeys.intents))
    bare = journeys.contacts.drop_columns(["references"])
    for label, contacts in (("discovered topics", journeys.contacts), ("no references", bare), ("true topics", ideal)):
        began = time.perf_counter()
        result = build(contacts, journeys.vectors)
        print(f"textinsight, {label} ({time.perf_counter() - began:.2f} s, {result.model})")
        print("  threads    ", f1(closure(found_links(result, "same_issue")), true))
        print("  downstream ", f1(found_links(result, "downstream"), set(journeys.downstream)))
        print("  edges      ", edge_line(result, contacts, journeys.intents, edges))


def volume(n: int) -> None:
    """n contacts of n/3 customers over a year, random half-precision vectors, 100 topics."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((n, 256), dtype=np.float32).astype(np.float16)
    vectors /= np.sqrt(np.float16(256))
    start = rng.integers(0, 365 * DAY_US, n)
    contacts = pa.table(
        {
            "conversation_id": pa.array([f"c{i:08}" for i in range(n)]),
            "customer_id": pa.array([f"k{c}" for c in rng.integers(0, max(n // 3, 1), n)]),
            "channel": pa.array(np.array(["voice", "chat", "email"])[rng.integers(0, 3, n)]),
            "company": pa.array(["acme"] * n),
            "topic_id": pa.array(np.array([f"t{i}" for i in range(100)])[rng.integers(0, 100, n)]),
            "started_at": pa.array(start, pa.timestamp("us", tz="UTC")),
            "ended_at": pa.array(start + rng.integers(60, 3600, n) * 1_000_000, pa.timestamp("us", tz="UTC")),
            "resolution": pa.array(np.array(["resolved", "unresolved", "unclear"])[rng.integers(0, 3, n)]),
            "stated_repeat": pa.array(rng.random(n) < 0.1),
            "issue_text": pa.array([f"issue number {i}" for i in range(n)]),
            "sentiment": pa.array(rng.uniform(-1, 1, n).astype(np.float32)),
            "effort_score": pa.array(rng.uniform(1, 5, n).astype(np.float32)),
            "tenure_days": pa.array(rng.uniform(0, 400, n)),
        }
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    began = time.perf_counter()
    result = build(contacts, vectors)
    print(f"build: {n} contacts in {time.perf_counter() - began:.1f} s; {result.counts}; {result.links.num_rows} links")
    contacts = contacts.append_column("thread_id", result.thread_of)
    began = time.perf_counter()
    rows = compute(contacts, result.links, result.threads).num_rows
    print(f"measures: {rows} rows in {time.perf_counter() - began:.1f} s")
    began = time.perf_counter()
    rank_topics(contacts, result.links, result.threads)
    print(f"fix list in {time.perf_counter() - began:.1f} s")
    top = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory {top:.2f} GB, {peak:.2f} GB of it before linking")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--journeys", default="journeys_dev", help="folder under --data")
    parser.add_argument("--contacts", type=int, default=0, help="also time so many synthetic contacts")
    args = parser.parse_args()
    try:
        quality(args.data / args.journeys)
    except UsageError as error:
        print(f"{error}\n{error.hint}", file=sys.stderr)
    if args.contacts:
        volume(args.contacts)


if __name__ == "__main__":
    main()
