"""The links table: what is linked, and what reviewers confirmed or rejected, each with its explanation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight.findings import Relation
from textinsight.link.attribute import attribute, evidence
from textinsight.link.blocking import Pairs
from textinsight.link.causes import Causes, Told, tell
from textinsight.link.config import DAY_US
from textinsight.link.explain import explain
from textinsight.link.frame import Codes, Frame, Ints
from textinsight.link.reviews import Reviewed, is_among
from textinsight.link.scorer import Scorer
from textinsight.link.threads import ThreadBuilder
from textinsight.store.derived import DERIVED


@dataclass(frozen=True, slots=True)
class _Found:
    """Links of one relation, columns as in the links table."""

    relation: Relation
    pairs: Pairs
    probability: npt.NDArray[np.float64]
    gap_us: Ints
    evidence: pa.ListArray


def links_table(
    contacts: pa.Table,
    scorer: Scorer,
    threads: ThreadBuilder,
    causes: Causes,
    *,
    reviewed: Reviewed,
    topic: Codes,
    told: Told | None = None,
) -> pa.Table:
    """All links, same-issue ones first, then by their contacts' ids.

    topic: (n,) of each contact's thread. told: what `causes` say of the frame's steps, if that is known already.
    A pair that was rejected stays in the table, as rejected, if it would be linked otherwise.
    """
    frame = scorer.frame
    repeats = _repeats(scorer, threads, reviewed)
    brought_on = _brought_on(scorer, threads.opener, causes, reviewed=reviewed, topic=topic, told=told)
    verdicts = ((reviewed.same, reviewed.different), (reviewed.caused, reviewed.not_caused))
    parts = [
        _table(contacts, frame, found, confirmed=yes, rejected=no)
        for found, (yes, no) in zip((repeats, brought_on), verdicts, strict=True)
    ]
    return in_order(pa.concat_tables(parts))


def in_order(links: pa.Table) -> pa.Table:
    """The links in the order that tells nothing of how they were found."""
    keys = [("relation", "descending"), ("conversation_id", "ascending"), ("earlier_id", "ascending")]
    return links.sort_by(keys).combine_chunks()


def _repeats(scorer: Scorer, threads: ThreadBuilder, reviewed: Reviewed) -> _Found:
    """Each contact with the one it joined; confirmed pairs too, and rejected ones that the signals would link."""
    later = np.flatnonzero(threads.previous >= 0)
    pairs, n = Pairs(later, threads.previous[later]), len(scorer.frame)
    no = reviewed.different
    probable = scorer.probability(scorer.compare(no)) >= scorer.config.min_probability
    more = [pairs, reviewed.same, no.take(probable & ~is_among(no, pairs, n))]
    keys = np.unique(np.concatenate([p.later * n + p.earlier for p in more]))
    pairs = Pairs(keys // max(n, 1), keys % max(n, 1))
    comparison = scorer.compare(pairs)
    p = scorer.probability(comparison)
    return _Found("same_issue", pairs, p, comparison.gap_us, explain(comparison, scorer.model, scorer.related))


def _brought_on(
    scorer: Scorer, opener: Ints, causes: Causes, *, reviewed: Reviewed, topic: Codes, told: Told | None
) -> _Found:
    frame, config = scorer.frame, scorer.config
    found = attribute(
        frame,
        opener,
        topic,
        causes,
        told=told or tell(frame, opener, topic, causes, n_earlier=scorer.n_earlier, config=config),
        same_issue=lambda pairs: scorer.probability(scorer.compare(pairs)),
        reviewed=reviewed,
        config=config,
    )
    return _Found("downstream", found.pairs, found.probability, found.gap_us, evidence(found, causes))


def _table(contacts: pa.Table, frame: Frame, found: _Found, *, confirmed: Pairs, rejected: Pairs) -> pa.Table:
    ids, n = contacts["conversation_id"].combine_chunks(), len(found.pairs)
    verdict = np.full(n, None, object)
    verdict[is_among(found.pairs, rejected, len(frame))] = "rejected"
    verdict[is_among(found.pairs, confirmed, len(frame))] = "confirmed"
    return pa.table(
        {
            "conversation_id": ids.take(pa.array(frame.row[found.pairs.later])),
            "earlier_id": ids.take(pa.array(frame.row[found.pairs.earlier])),
            "relation": pa.array([found.relation] * n, pa.string()),
            "probability": pa.array(found.probability.astype(np.float32)),
            "gap_days": pa.array(found.gap_us / DAY_US),
            "evidence": found.evidence,
            "reviewed": pa.array(verdict, pa.string()),
        },
        schema=DERIVED["links"],
    )
