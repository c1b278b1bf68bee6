"""The time to link one more day of contacts, against linking all of them again, at the linker and nothing else.

    python benchmarks/new_day.py [--contacts 100000] [--customers 30000] [--days 120]

Contacts are drawn by chance, with planted repeats and one planted consequence; vectors are given. Both ways are checked
to give the same links and threads by the same measure.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.link import Known, LinkResult, build, update

DAY_US = 86_400_000_000
N_TOPICS, D = 40, 256


def world(n: int, n_customers: int, days: int, seed: int = 0) -> tuple[pa.Table, npt.NDArray[np.float16]]:
    """n contacts: a quarter are repeats within a week, a twentieth follow topic 0 with topic 1."""
    rng = np.random.default_rng(seed)
    first = int(n * 0.7)
    customer, day, topic = (
        rng.integers(0, n_customers, first),
        rng.uniform(0, days, first),
        rng.integers(0, N_TOPICS, first),
    )
    again = rng.integers(0, first, int(n * 0.25))
    moved = rng.choice(np.flatnonzero(topic == 0), n - first - len(again))
    customer = np.concatenate([customer, customer[again], customer[moved]])
    day = np.concatenate(
        [day, day[again] + rng.uniform(0.1, 7, len(again)), day[moved] + rng.uniform(0.1, 10, len(moved))]
    )
    topic = np.concatenate([topic, topic[again], np.ones(len(moved), np.int64)])
    centres = rng.standard_normal((N_TOPICS, D)).astype(np.float32)
    vectors = centres[topic] + 0.8 * rng.standard_normal((n, D)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    start = (np.minimum(day, days - 1e-6) * DAY_US).astype(np.int64)
    table = pa.table(
        {
            "conversation_id": pa.array([f"c{i:07}" for i in range(n)]),
            "customer_id": pa.array([f"k{c}" for c in customer]),
            "started_at": pa.array(start, pa.timestamp("us", tz="UTC")),
            "ended_at": pa.array(start + 300_000_000, pa.timestamp("us", tz="UTC")),
            "channel": pa.array(np.array(["voice", "chat"])[rng.integers(0, 2, n)]),
            "topic_id": pa.array([f"t{t:02}" for t in topic]),
            "stated_repeat": pa.array(rng.random(n) < np.where(np.arange(n) >= first, 0.5, 0.05)),
            "resolution": pa.array(np.array(["resolved", "unresolved"])[rng.integers(0, 2, n)]),
        }
    )
    return table, vectors.astype(np.float16)


def known_after(found: LinkResult, old: npt.NDArray[np.bool_]) -> Known:
    """What linking the old contacts left, spread over the rows of all contacts."""
    place = np.full(len(old), 0, np.int64)
    place[old] = np.arange(int(old.sum()))
    at = pa.array(place, mask=~old)
    return Known(found.person_id.take(at), found.thread_of.take(at), ~old, found.links)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--customers", type=int, default=30_000)
    parser.add_argument("--days", type=int, default=120)
    args = parser.parse_args()
    contacts, vectors = world(args.contacts, args.customers, args.days)
    old = pc.cast(contacts["started_at"], pa.int64()).to_numpy() < (args.days - 1) * DAY_US
    before = build(contacts.filter(pa.array(old)), vectors[old])
    known = known_after(before, old)
    began = time.perf_counter()
    day = update(contacts, vectors, known, before.state)
    one_day = time.perf_counter() - began
    began = time.perf_counter()
    full = build(contacts, vectors)
    anew = time.perf_counter() - began
    same = build(contacts, vectors, state=before.state)
    pairs = [
        {(r["conversation_id"], r["earlier_id"], r["relation"]) for r in f.links.to_pylist()} for f in (day, same, full)
    ]
    print(f"{args.contacts:,} contacts, {int((~old).sum()):,} of them on the last day")
    print(
        f"the last day alone {one_day:.2f} s ({day.counts.relinked:,} contacts looked at); everybody anew {anew:.2f} s"
    )
    print(f"links {len(pairs[0]):,}; the same as at once by the same measure: {pairs[0] == pairs[1]}", end="; ")
    print(f"threads too: {day.threads.equals(same.threads)}")
    print(f"against a measure taken anew, {len(pairs[0] ^ pairs[2]):,} links differ")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main()
