"""Threads, downstream links, edges, first contact resolution and calibration on planted journeys, with intervals.

    python benchmarks/journeys.py [--data ../shared/data] [--journeys journeys_dev] [--encoder SPEC]

Pairs are scored after transitive closure (threads) or as directed pairs (downstream links). Edges: the first twelve
significant ones of 14 days in the table's order, a found topic standing for the true one that most of its contacts
have. Intervals: 95%, by drawing customers with replacement. First contact resolution by the truth: the same formula
over the true threads. Calibration: links that were found against the truth, in ten bands of their probability.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight.encode import DEFAULT
from textinsight.errors import UsageError
from textinsight.learn.journeys import Journeys, load_journeys
from textinsight.link import LinkResult, build, edge_pairs
from textinsight.link.blocking import Pairs, pair_chunks
from textinsight.link.clusters import real_edges
from textinsight.link.compare import cosine
from textinsight.link.config import DAY_US
from textinsight.link.frame import Frame, make_frame
from textinsight.measure import compute

Pair = tuple[str, str]
DRAWS = 400


def closure(pairs: Iterable[Pair]) -> set[Pair]:
    """All pairs within the groups that the pairs connect, ids in order."""
    groups = defaultdict(list)
    for member, root in roots(pairs).items():
        groups[root].append(member)
    return {pair for group in groups.values() for pair in itertools.combinations(sorted(group), 2)}


def roots(pairs: Iterable[Pair]) -> dict[str, str]:
    """Every id in the pairs → the name of the group that the pairs connect it to."""
    parent: dict[str, str] = {}

    def find(x: str) -> str:
        parent.setdefault(x, x)
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for one, other in pairs:
        parent[find(one)] = find(other)
    return {member: find(member) for member in list(parent)}


def scores(found: set[Pair], true: set[Pair], customer: Mapping[str, str] | None = None) -> str:
    """Precision, recall and F1; with customers (id → customer) F1's interval over draws of customers."""
    hits = len(found & true)
    p, r = hits / max(len(found), 1), hits / max(len(true), 1)
    told = f"precision {p:.3f}  recall {r:.3f}  F1 {2 * p * r / max(p + r, 1e-9):.3f}"
    if customer is not None:
        low, high = interval(found, true, customer)
        told += f" [{low:.3f}, {high:.3f}]"
    return f"{told}  (found {len(found)} of {len(true)})"


def interval(found: set[Pair], true: set[Pair], customer: Mapping[str, str]) -> tuple[float, float]:
    """95% interval of F1: the customers are drawn again, 400 times."""
    code = {name: at for at, name in enumerate(sorted(set(customer.values())))}
    counts = np.zeros((3, len(code)))
    for row, pairs in enumerate((found & true, found, true)):
        np.add.at(counts[row], [code[customer[pair[0]]] for pair in pairs], 1)
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(len(code), np.full(len(code), 1 / len(code)), DRAWS)
    hits, n_found, n_true = counts @ drawn.T
    low, high = np.quantile(2 * hits / np.maximum(n_found + n_true, 1), [0.025, 0.975])
    return float(low), float(high)


def found_links(result: LinkResult, relation: str) -> set[Pair]:
    """(later, earlier) ids of the links of this relation."""
    rows = result.links.select(["conversation_id", "earlier_id", "relation"]).to_pylist()
    return {(row["conversation_id"], row["earlier_id"]) for row in rows if row["relation"] == relation}


def copied(journeys: Journeys, copies: int) -> tuple[pa.Table, npt.NDArray[np.floating], set[Pair]]:
    """(contacts, vectors, true same-issue pairs): so many copies, each with customers and ids of its own."""
    parts, true = [], set()
    same = closure(journeys.same_issue)
    for copy in range(copies):
        part = journeys.contacts
        for name in ("conversation_id", "customer_id"):
            renamed = pa.array([None if v is None else f"{v}.{copy}" for v in part[name].to_pylist()], pa.string())
            part = part.set_column(part.schema.get_field_index(name), name, renamed)
        parts.append(part)
        true |= {(f"{a}.{copy}", f"{b}.{copy}") for a, b in same}
    return pa.concat_tables(parts).combine_chunks(), np.tile(journeys.vectors, (copies, 1)), true


def true_edges(folder: Path) -> set[Pair]:
    """The planted (topic, topic) pairs."""
    with (folder / "truth_edges.csv").open(newline="", encoding="utf-8") as rows:
        return {(r.get("topic_a") or r["reason_a"], r.get("topic_b") or r["reason_b"]) for r in csv.DictReader(rows)}


def edge_line(result: LinkResult, contacts: pa.Table, intents: tuple[str, ...], true: set[Pair]) -> str:
    """Precision and recall of the first significant edges, as many as are planted; with Wilson intervals."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for topic, intent in zip(contacts["topic_id"].to_pylist(), intents, strict=True):
        votes[topic][intent] += 1
    name = {topic: count.most_common(1)[0][0] for topic, count in votes.items()}
    rows = [
        e for e in result.edges.to_pylist() if e["window_days"] == 14 and e["q_value"] <= 0.05 and e["lift_low"] > 1
    ]
    named = dict.fromkeys((name[e["topic_a"]], name[e["topic_b"]]) for e in rows)
    top = [edge for edge in named if edge[0] != edge[1]][: len(true)]
    hits = len(true & set(top))
    p, r = (wilson_of(hits, n) for n in (len(top), len(true)))
    return f"{len(rows)} significant; of the first {len(top)}: precision {p}  recall {r}"


def brought_on_line(result: LinkResult, contacts: pa.Table, downstream: set[Pair]) -> str:
    """Significant edges by what truly happened, whatever their topics are called.

    An edge is right if at least half of its follow-ups beyond the base rate were planted as brought on.
    """
    contacts = contacts.append_column("thread_id", result.thread_of)
    thread = dict(zip(contacts["conversation_id"].to_pylist(), result.thread_of.to_pylist(), strict=True))
    true = {(thread[later], thread[earlier]) for later, earlier in downstream}
    hits: Counter[Pair] = Counter()
    for row in edge_pairs(contacts, result.threads, result.links).to_pylist():
        hits[row["topic_a"], row["topic_b"]] += (thread[row["conversation_id"]], thread[row["earlier_id"]]) in true
    real = real_edges(result.edges, window_days=14)
    right = sum(hits[edge.key] >= edge.attributable / 2 for edge in real)
    held = sum(hits[edge.key] for edge in real) / max(len(true), 1)
    return f"right by what was planted {wilson_of(right, len(real))}; they hold {held:.1%} of what was brought on"


def wilson_of(hits: int, n: int) -> str:
    """A share with its 95% interval."""
    from textinsight.measure.summary import wilson

    low, high = wilson(np.array([hits / max(n, 1)]), np.array([max(n, 1)]))
    return f"{hits / max(n, 1):.3f} [{low[0]:.3f}, {high[0]:.3f}]"


def rules(journeys: Journeys, true: set[Pair], customer: Mapping[str, str]) -> None:
    """Two simple rules to compare with; the cut of the second is chosen on the answers."""
    frame = make_frame(journeys.contacts, journeys.vectors)
    week = next(pair_chunks(frame, window_us=7 * DAY_US, max_earlier=30))
    print("any contact within 7 days  ", scores(closure(_ids(journeys.contacts, frame, week)), true, customer))
    pairs = next(pair_chunks(frame, window_us=14 * DAY_US, max_earlier=30))
    similar = cosine(frame, pairs)
    tried = [
        (closure(_ids(journeys.contacts, frame, pairs.take(similar >= cut))), cut) for cut in np.arange(0.3, 0.9, 0.05)
    ]
    found, cut = max(tried, key=lambda s: 2 * len(s[0] & true) / max(len(s[0]) + len(true), 1))
    print(f"cosine ≥ {cut:.2f} (the best cut)  ", scores(found, true, customer))


def _ids(contacts: pa.Table, frame: Frame, pairs: Pairs) -> set[Pair]:
    ids = contacts["conversation_id"].combine_chunks()
    later, earlier = (ids.take(pa.array(frame.row[p])).to_pylist() for p in (pairs.later, pairs.earlier))
    return set(zip(later, earlier, strict=True))


def resolution(journeys: Journeys, result: LinkResult) -> None:
    """First contact resolution as measured and by the true threads, for 7, 14 and 30 days."""
    contacts, ids = journeys.contacts, journeys.contacts["conversation_id"].to_pylist()
    group = roots(journeys.same_issue)
    known = contacts["customer_id"].is_valid().to_pylist()
    true = [f"t-{group.get(i, i)}" if k else None for i, k in zip(ids, known, strict=True)]
    shown = {}
    for name, thread in (("measured", result.thread_of), ("true", pa.array(true, pa.string()))):
        table = compute(contacts.append_column("thread_id", thread), result.links, result.threads, segments=())
        shown[name] = {
            row["measure"]: row for row in table.to_pylist() if row["segment"] == "all" and row["period"] == "all"
        }
    for days in (7, 14):
        of, by_truth = (shown[name][f"fcr_observed_{days}d"] for name in ("measured", "true"))
        print(
            f"  first contact resolution, {days} days: {of['value']:.1%} [{of['low']:.1%}, {of['high']:.1%}], "
            f"by the truth {by_truth['value']:.1%}; {of['n_unknown'] / (of['n'] + of['n_unknown']):.1%} unknown"
        )


def calibration(result: LinkResult, true: Mapping[str, set[Pair]]) -> str:
    """Expected calibration error of the links found, and their mean probability against their share of true ones.

    true: relation → its pairs. By chance: the error of as many links if every probability were right to the letter.
    """
    rows = [row for row in result.links.to_pylist() if row["relation"] in true]
    chance = np.array([row["probability"] for row in rows])
    ids = [(row["relation"], tuple(sorted((row["conversation_id"], row["earlier_id"])))) for row in rows]
    right = np.array([pair in true[relation] for relation, pair in ids], float)
    if not rows:
        return "no links"
    drawn = np.random.default_rng(0).random((DRAWS, len(rows))) < chance
    by_chance = np.mean([band_error(chance, draw) for draw in drawn])
    error = band_error(chance, right)
    return (
        f"mean probability {chance.mean():.3f}, true {right.mean():.3f}, error {error:.3f} (by chance {by_chance:.3f})"
    )


def band_error(chance: npt.NDArray[np.floating], right: npt.NDArray[np.generic]) -> float:
    """Mean distance of probability and share of true ones over ten bands, weighted by their links."""
    band = np.minimum((chance * 10).astype(int), 9)
    return float(sum(abs(chance[band == b].mean() - right[band == b].mean()) * (band == b).mean() for b in set(band)))


def evaluate(folder: Path, encoder: str) -> None:
    began = time.perf_counter()
    journeys, edges = load_journeys(folder, encoder=encoder), true_edges(folder)
    seconds = time.perf_counter() - began
    print(f"{folder.name}: {journeys.contacts.num_rows} contacts tagged, encoded, given topics in {seconds:.1f} s")
    facts = journeys.contacts.select(["conversation_id", "customer_id"]).to_pylist()
    customer = {row["conversation_id"]: row["customer_id"] or "" for row in facts}
    true, downstream = closure(journeys.same_issue), set(journeys.downstream)
    rules(journeys, true, customer)
    place = journeys.contacts.schema.get_field_index("topic_id")
    ideal = journeys.contacts.set_column(place, "topic_id", pa.array(journeys.intents))
    bare = journeys.contacts.drop_columns(["references"])
    for label, contacts in (("discovered topics", journeys.contacts), ("no references", bare), ("true topics", ideal)):
        began = time.perf_counter()
        result = build(contacts, journeys.vectors)
        print(f"textinsight, {label} ({time.perf_counter() - began:.2f} s, {result.model})")
        print("  threads    ", scores(closure(found_links(result, "same_issue")), true, customer))
        print("  downstream ", scores(found_links(result, "downstream"), downstream, customer))
        print("  edges      ", edge_line(result, contacts, journeys.intents, edges))
        print("             ", brought_on_line(result, contacts, downstream))
        resolution(journeys, result)
        both = {"same_issue": true, "downstream": {(min(pair), max(pair)) for pair in downstream}}
        for relation, pairs in both.items():
            print(f"  {relation} links:", calibration(result, {relation: pairs}))
        print("  all links:", calibration(result, both))


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--journeys", default="journeys_dev", help="folder under --data")
    parser.add_argument("--encoder", default=DEFAULT, help="its name, or the folder of one")
    args = parser.parse_args()
    try:
        evaluate(args.data / args.journeys, args.encoder)
    except UsageError as error:
        sys.exit(f"{error}\n{error.hint}")


if __name__ == "__main__":
    main()
