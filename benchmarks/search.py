"""What the search index costs and how fast it answers: python benchmarks/search.py ARCHIVE [--rebuild].

Prints the index's size and what it took to build it, then for some questions how many conversations match, and the
seconds for a page of twenty results: matching, ranking, facts and passages. Wall is the best of three after a first
one; cpu counts all threads, and on a busy machine it is the figure to go by.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from textinsight import Archive
from textinsight.search import Index, drop, find, refresh

WORDS = ("late refund", '"still waiting"', "bill -card", "refund OR cancel*", "refund", "you")
MEANING = ("my money has not come back", "the internet is gone every evening")


def best_of_three(ask: Callable[[], object]) -> tuple[float, float]:
    """(wall, cpu) seconds."""
    ask()
    took = []
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        ask()
        took.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(took)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--rebuild", action="store_true")
    arguments = parser.parse_args()
    archive = Archive(arguments.archive)
    if arguments.rebuild:
        drop(archive)
    cpu = time.process_time()
    built = refresh(archive)
    print(
        f"{built.contacts:,} conversations, {built.bytes / 1e6:,.0f} MB; "
        f"{built.added:,} added in {built.seconds:.0f} s, cpu {time.process_time() - cpu:.0f} s"
    )
    index = Index.open(archive)
    if index is None or not len(index):
        return
    like = index.ids[len(index) // 2].as_py()
    asked = [(text, "words") for text in WORDS] + [(text, "meaning") for text in MEANING] + [(like, "like")]
    print("\n| question | by | matches | wall, s | cpu, s |\n|---|---|---|---|---|")
    for text, by in asked:
        wall, cpu = best_of_three(lambda: find(archive, text, by=by))  # noqa: B023  asked at once
        print(f"| {text} | {by} | {find(archive, text, by=by).n:,} | {wall:.2f} | {cpu:.2f} |")


if __name__ == "__main__":
    main()
