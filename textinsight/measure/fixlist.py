"""What to fix first: topics ranked by the contacts that would not have come if they were solved at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.measure.base import Reals
from textinsight.measure.facts import Facts
from textinsight.measure.segments import segment

FIXLIST = pa.schema(
    [
        ("rank", pa.int64()),
        ("topic_id", pa.string()),
        ("topic_label", pa.string()),
        ("contacts", pa.int64()),
        ("repeats", pa.int64()),
        ("downstream", pa.float64()),
        ("avoidable", pa.float64()),
        ("avoidable_share", pa.float64()),
        ("effort", pa.float64()),
        ("sentiment", pa.float64()),
    ]
)


def rank_topics(contacts: pa.Table, links: pa.Table, threads: pa.Table, *, window_days: int = 14) -> pa.Table:
    """One row a topic, most avoidable contacts first.

    repeats: same-issue contacts again, counted at their own topic. downstream: later issues that contacts of this
    topic brought on, each counted with its probability, at the topic of the *earlier* contact. avoidable = repeats +
    downstream. avoidable_share: avoidable / contacts; it may pass 1, as downstream contacts are of other topics.
    effort, sentiment: means, null if unknown. topic_id "unclear" gathers contacts without a topic.
    """
    facts = Facts(contacts, links, threads, window_days, None)
    groups = segment(facts, "topic_id")
    n = len(groups.names)
    total = np.bincount(groups.code, minlength=n)
    repeats = np.bincount(groups.code[facts.is_repeat], minlength=n)
    downstream = np.bincount(groups.code, weights=brought_on(facts), minlength=n)
    avoidable = repeats + downstream
    seen = total > 0
    names = np.array([name.partition("=")[2] for name in groups.names])
    order = np.lexsort((names, -total, -avoidable))
    order = order[seen[order]]
    columns = {
        "rank": pa.array(np.arange(1, len(order) + 1)),
        "topic_id": pa.array(names[order].tolist(), pa.string()),
        "topic_label": labels_of(contacts, names[order].tolist()),
        "contacts": pa.array(total[order]),
        "repeats": pa.array(repeats[order]),
        "downstream": pa.array(downstream[order]),
        "avoidable": pa.array(avoidable[order]),
        "avoidable_share": pa.array(avoidable[order] / total[order]),
        "effort": pa.array(_means(facts.numbers("effort_score"), groups.code, n)[order], from_pandas=True),
        "sentiment": pa.array(_means(facts.numbers("sentiment"), groups.code, n)[order], from_pandas=True),
    }
    return pa.table(columns, schema=FIXLIST)


def brought_on(facts: Facts) -> Reals:
    """(n,) expected later contacts that each contact brought on: the probabilities of its downstream links."""
    kept = pc.and_(
        pc.equal(facts.links["relation"], "downstream"),
        pc.not_equal(pc.fill_null(facts.links["reviewed"], ""), "rejected"),
    )
    links = facts.links.filter(kept)
    at = pc.index_in(links["earlier_id"], value_set=facts.contacts["conversation_id"].combine_chunks())
    known = pc.is_valid(at)
    rows = at.filter(known).to_numpy()
    p = links["probability"].filter(known).to_numpy()
    return np.asarray(np.bincount(rows, weights=p, minlength=len(facts)), np.float64)


def _means(values: Reals, group: np.ndarray, n: int) -> Reals:
    known = ~np.isnan(values)
    counts = np.bincount(group[known], minlength=n)
    total = np.bincount(group[known], weights=values[known], minlength=n)
    return np.asarray(np.divide(total, counts, out=np.full(n, np.nan), where=counts > 0), np.float64)


def labels_of(contacts: pa.Table, topics: list[str]) -> pa.Array:
    """(n,) the topics' labels in the contacts table, null where it has none."""
    if not {"topic_id", "topic_label"}.issubset(contacts.column_names):
        return pa.nulls(len(topics), pa.string())
    pairs = contacts.select(["topic_id", "topic_label"]).group_by("topic_id").aggregate([("topic_label", "max")])
    label = dict(zip(pairs["topic_id"].to_pylist(), pairs["topic_label_max"].to_pylist(), strict=True))
    return pa.array([label.get(topic) for topic in topics], pa.string())
