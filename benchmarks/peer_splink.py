"""Same-issue threads by Splink and by textinsight on the same contacts, in one run: F1 and seconds.

    python -m venv /tmp/splink && /tmp/splink/bin/pip install splink
    python benchmarks/peer_splink.py --data ../shared/data --peer /tmp/splink/bin/python [--copies 12]

Splink needs an environment of its own (it is no dependency of ours); --peer is that environment's Python. It gets what
our linker gets: issue vectors, topic, gap, how the earlier contact ended, stated repeat, references, channel, agent.
Set up as its manual recommends: blocked on customer and window, u by random sampling, m by expectation and
maximisation, clusters by connected components. Its cut is chosen on the answers, in its favour; ours is as shipped.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WINDOW_DAYS = 14
CUTS = [0.85, 0.75, 0.65, 0.55, 0.45, 0.35, 0.25]
BLOCK = f"l.customer_id = r.customer_id and abs(l.day - r.day) <= {WINDOW_DAYS}"


def peer(source: Path, out: Path) -> None:
    """Runs inside Splink's environment: the contacts in, its scored pairs and seconds out."""
    import duckdb
    import pyarrow.parquet as pq
    import splink.comparison_level_library as levels
    import splink.comparison_library as comparisons
    from splink import DuckDBAPI, Linker, SettingsCreator

    def custom(name: str, *conditions: tuple[str, str], empty: str | None = None) -> object:
        first = [] if empty is None else [levels.NullLevel(empty)]
        told = [levels.CustomLevel(sql, label) for sql, label in conditions]
        return comparisons.CustomComparison(
            output_column_name=name, comparison_levels=[*first, *told, levels.ElseLevel()]
        )

    contacts = pq.read_table(source)
    began = time.perf_counter()
    settings = SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[BLOCK],
        comparisons=[  # ids are in order of time, so _l is the earlier contact
            comparisons.CosineSimilarityAtThresholds("vector", CUTS),
            custom("gap", *((f"abs(day_l - day_r) <= {d}", f"{d} days") for d in (1, 3, 6, 9))),
            custom("topic", ("topic_l = topic_r", "same"), empty="topic"),
            custom("ending", ("outcome_l in ('unresolved', 'moved')", "open"), ("outcome_l = 'resolved'", "resolved")),
            custom("stated", ("stated_r", "a repeat"), empty="stated"),
            comparisons.ArrayIntersectAtSizes("references", [1]),
            custom("channel", ("channel_l = channel_r", "same"), empty="channel"),
            custom("agent", ("agent_l = agent_r", "same"), empty="agent"),
        ],
    )
    linker = Linker(DuckDBAPI().register(contacts), settings, log_level="ERROR")
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_probability_two_random_records_match([f"{BLOCK} and l.topic = r.topic"], recall=0.8)
    linker.training.estimate_parameters_using_expectation_maximisation("l.customer_id = r.customer_id")
    linker.training.estimate_parameters_using_expectation_maximisation(BLOCK)
    scored = linker.inference.predict().as_duckdbpyrelation().to_arrow_table()
    seconds = time.perf_counter() - began
    scored = scored.select(["unique_id_l", "unique_id_r", "match_weight"])
    scored = scored.replace_schema_metadata(
        {"seconds": str(seconds), "version": _version(), "duckdb": duckdb.__version__}
    )
    pq.write_table(scored, out)


def _version() -> str:
    from importlib.metadata import version

    return version("splink")


def main() -> None:
    """Prints both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--journeys", default="journeys_dev", help="folder under --data")
    parser.add_argument("--peer", type=Path, default=Path(sys.executable), help="Python with Splink")
    parser.add_argument("--copies", type=int, default=1, help="so many times the contacts, each with its own customers")
    parser.add_argument("--worker", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        peer(*options.worker)
    else:
        compare(options.data / options.journeys, options.peer, options.copies)


def compare(folder: Path, python: Path, copies: int) -> None:
    import numpy as np
    import pyarrow.parquet as pq
    from journeys import closure, copied, found_links, scores

    from textinsight.errors import UsageError
    from textinsight.learn.journeys import load_journeys
    from textinsight.link import build

    try:
        contacts, vectors, true = copied(load_journeys(folder), copies)
    except UsageError as error:
        sys.exit(f"{error}\n{error.hint}")
    known = np.flatnonzero(contacts["customer_id"].is_valid().to_numpy() & contacts["started_at"].is_valid().to_numpy())
    order = known[np.argsort(contacts["started_at"].to_numpy()[known], kind="stable")]
    with tempfile.TemporaryDirectory() as work:
        source, out = Path(work) / "contacts.parquet", Path(work) / "pairs.parquet"
        pq.write_table(_for_peer(contacts, vectors, order), source)
        done = subprocess.run([python, __file__, "--worker", source, out], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"Splink did not run under {python}:\n{done.stderr[-1500:]}\npip install splink, see --help")
        scored = pq.read_table(out)
    ids = contacts["conversation_id"].to_numpy()[order]
    told = {key.decode(): value.decode() for key, value in scored.schema.metadata.items()}
    print(f"{contacts.num_rows:,} contacts, {len(true):,} true pairs of one issue")
    print(f"Splink {told['version']} (DuckDB {told['duckdb']}): {float(told['seconds']):.1f} s")
    for label, cut in (("its own cut of .5", 0.0), ("the best cut", None)):
        found, at = _best(scored, ids, true) if cut is None else (_clusters(scored, ids, cut), cut)
        print(f"  {label} (match weight {at:.1f}): {scores(found, true)}")
    began = time.perf_counter()
    result = build(contacts, vectors)
    seconds = time.perf_counter() - began
    print(
        f"textinsight: {_threads_alone(contacts, vectors):.1f} s for the threads alone; {seconds:.1f} s for all of it, "
        "downstream links, edges and explanations included"
    )
    print(f"  the shipped cut: {scores(closure(found_links(result, 'same_issue')), true)}")


def _threads_alone(contacts, vectors) -> float:  # type: ignore[no-untyped-def]
    """Seconds of what Splink does too: pairs compared, weights fitted to these contacts, threads."""
    from textinsight.link import LinkConfig, load_model
    from textinsight.link.frame import make_frame
    from textinsight.link.people import find_people
    from textinsight.link.reviews import reviewed_pairs
    from textinsight.link.scorer import Scorer, find_threads
    from textinsight.link.whole import with_person

    config, began = LinkConfig(), time.perf_counter()
    contacts = with_person(contacts, find_people(contacts, config).person_id)
    frame = make_frame(contacts, vectors)
    find_threads(Scorer.fitted_to(frame, load_model(), config), reviewed_pairs(frame, contacts, None))
    return time.perf_counter() - began


def _for_peer(contacts, vectors, order):  # type: ignore[no-untyped-def]
    """The contacts as Splink sees them: numbered in order of time."""
    import numpy as np
    import pyarrow as pa

    contacts, vectors = contacts.take(pa.array(order)), vectors[order].astype(np.float32)
    renamed = {"topic_id": "topic", "channel": "channel", "agent_id": "agent", "resolution": "outcome"}
    return pa.table(
        {
            "unique_id": pa.array([f"{i:09}" for i in range(len(order))]),
            "customer_id": contacts["customer_id"],
            "day": pa.array(contacts["started_at"].cast(pa.int64()).to_numpy() / 86_400e6),
            "stated": contacts["stated_repeat"],
            "references": contacts["references"],
            **{ours: contacts[name] for name, ours in renamed.items()},
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1]),
        }
    )


def _best(scored, ids, true):  # type: ignore[no-untyped-def]
    """Its clusters at the cut with the best F1."""
    import numpy as np

    cuts = np.unique(np.quantile(scored["match_weight"].to_numpy(), np.linspace(0.3, 0.99, 70)))
    tried = [(_clusters(scored, ids, cut), float(cut)) for cut in cuts]
    return max(tried, key=lambda t: 2 * len(t[0] & true) / (len(t[0]) + len(true)))


def _clusters(scored, ids, cut):  # type: ignore[no-untyped-def]
    import pyarrow.compute as pc
    from journeys import closure

    kept = scored.filter(pc.greater_equal(scored["match_weight"], cut))
    pairs = (kept[side].cast("int64").to_numpy() for side in ("unique_id_l", "unique_id_r"))
    return closure(zip(*(ids[at].tolist() for at in pairs), strict=True))


if __name__ == "__main__":
    main()
