"""Pairs that are nearly linked: what a reviewer has to see beside the links, if weights are to be learnt from them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight.link.config import DAY_US, LinkConfig
from textinsight.link.explain import explain
from textinsight.link.frame import make_frame
from textinsight.link.prior import sample_pairs
from textinsight.link.result import openers_of
from textinsight.link.scorer import Scorer
from textinsight.link.state import LinkState
from textinsight.store.derived import DERIVED

LEAST = 0.2  # below, a pair is hardly worth anybody's time


def near_misses(
    contacts: pa.Table,
    vectors: npt.NDArray[np.floating],
    thread_of: pa.Array,
    state: LinkState,
    *,
    config: LinkConfig,
    most: int = 200,
) -> pa.Table:
    """At most so many pairs of different threads with a same-issue probability from `LEAST` up to the cut.

    As rows of the links table, evenly spread over the contacts. contacts: with person_id, topic_id and references.
    """
    frame = make_frame(contacts, vectors)
    scorer, opener = Scorer.kept(frame, state, config), openers_of(contacts, frame, thread_of)
    pairs = sample_pairs(frame, config)
    p = scorer.probability(scorer.compare(pairs))
    apart = opener[pairs.later] != opener[pairs.earlier]
    near = np.flatnonzero((p >= LEAST) & (p < config.min_probability) & apart)
    near = near[np.linspace(0, len(near) - 1, min(len(near), most)).astype(np.int64)]
    pairs = pairs.take(near)
    comparison = scorer.compare(pairs)
    ids = contacts["conversation_id"].combine_chunks()
    return pa.table(
        {
            "conversation_id": ids.take(pa.array(frame.row[pairs.later])),
            "earlier_id": ids.take(pa.array(frame.row[pairs.earlier])),
            "relation": pa.array(["same_issue"] * len(near), pa.string()),
            "probability": pa.array(p[near].astype(np.float32)),
            "gap_days": pa.array(comparison.gap_us / DAY_US),
            "evidence": explain(comparison, scorer.model, scorer.related),
            "reviewed": pa.nulls(len(near), pa.string()),
        },
        schema=DERIVED["links"],
    )
