"""False edges where there is nothing to find: journeys whose contacts are dealt out anew among the customers.

    python benchmarks/shuffles.py [--data ../shared/data] [--journeys journeys_dev] [--runs 100]

Each run permutes the customer ids over the contacts and links from scratch. Prints the share of runs with any edge at
q ≤ .05, by window and in any of the windows, with the topics discovered and the true ones.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
from journeys import wilson_of

from textinsight.errors import UsageError
from textinsight.learn.journeys import Journeys, load_journeys
from textinsight.link import LinkConfig, build

MAX_Q = LinkConfig().max_q


def dealt(contacts: pa.Table, seed: int) -> pa.Table:
    """The contacts with the same customer ids in another order."""
    order = pa.array(np.random.default_rng(seed).permutation(contacts.num_rows))
    customers = contacts["customer_id"].combine_chunks().take(order)
    return contacts.set_column(contacts.schema.get_field_index("customer_id"), "customer_id", customers)


def shuffle(journeys: Journeys, contacts: pa.Table, label: str, runs: int) -> None:
    """Prints the shares for one set of topics."""
    began, false, edges, downstream = time.perf_counter(), Counter[str](), 0, 0
    for seed in range(runs):
        result = build(dealt(contacts, seed), journeys.vectors)
        windows = [row["window_days"] for row in result.edges.to_pylist() if row["q_value"] <= MAX_Q]
        false.update({f"{days} days" for days in windows} | ({"any window"} if windows else set()))
        edges += len(windows)
        downstream += result.links["relation"].to_pylist().count("downstream")
    print(f"{label}, {runs} shuffles ({time.perf_counter() - began:.0f} s)")
    for name in (*(f"{days} days" for days in LinkConfig().edge_windows), "any window"):
        print(f"  runs with an edge, {name}: {wilson_of(false[name], runs)}")
    per_run = downstream / runs / contacts.num_rows
    print(f"  {edges} edges in all; downstream links on {per_run:.3%} of the contacts")


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--journeys", default="journeys_dev", help="folder under --data")
    parser.add_argument("--runs", type=int, default=100)
    args = parser.parse_args()
    try:
        journeys = load_journeys(args.data / args.journeys)
    except UsageError as error:
        sys.exit(f"{error}\n{error.hint}")
    place = journeys.contacts.schema.get_field_index("topic_id")
    ideal = journeys.contacts.set_column(place, "topic_id", pa.array(journeys.intents))
    for label, contacts in (("discovered topics", journeys.contacts), ("true topics", ideal)):
        shuffle(journeys, contacts, label, args.runs)


if __name__ == "__main__":
    main()
