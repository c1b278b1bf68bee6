"""Linking as a whole: pairs, log-odds, threads, edges, downstream links."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight.findings import Relation
from textinsight.link.adapt import adapt
from textinsight.link.attribute import Attributed, attribute, evidence
from textinsight.link.blocking import Pairs, earlier_in_window, pair_chunks
from textinsight.link.compare import Comparison, compare
from textinsight.link.config import DAY_US, LinkConfig
from textinsight.link.downstream import Edges, Starts, edges_table, find_edges
from textinsight.link.explain import explain
from textinsight.link.frame import Codes, Frame, Ints, make_frame
from textinsight.link.prior import Related, related_share, sample_pairs
from textinsight.link.result import LinkCounts, LinkResult, thread_of, thread_topics, threads_table
from textinsight.link.threads import ThreadBuilder
from textinsight.link.usual import Usual, usual_similarity
from textinsight.link.weights import LinkModel, load_model, probability
from textinsight.store.schema import DERIVED

_DEFAULT = LinkConfig()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def build(
    contacts: pa.Table,
    vectors: npt.NDArray[np.floating],
    *,
    config: LinkConfig = _DEFAULT,
    model: LinkModel | None = None,
) -> LinkResult:
    """Links, threads and edges of a contacts table.

    contacts: conversation_id, customer_id, started_at; of ended_at, agent_id, channel, resolution, stated_repeat,
    issue_text, topic_id and references (list of text) what there is. vectors: (n, d) unit rows of the issue texts,
    a zero row where there is none. model: the log-odds table, None for the shipped one.
    Raises UsageError if a needed column is missing or the vectors do not fit, ModelError if the table is unusable.
    """
    frame = make_frame(contacts, vectors)
    scorer = Scorer.fitted_to(frame, model or load_model(), config)
    threads, n_pairs = find_threads(scorer)
    topic = thread_topics(frame, threads.opener)
    as_of = _as_of_us(frame, config)
    edges = _edges(frame, threads.opener, topic, as_of, config)
    caused = attribute(
        frame,
        threads.opener,
        topic,
        edges[config.window_days],
        n_earlier=scorer.n_earlier,
        same_issue=lambda pairs: scorer.probability(scorer.compare(pairs)),
        config=config,
    )
    found = (_repeats(scorer, threads), _brought_on(frame, caused, edges[config.window_days]))
    return LinkResult(
        links=pa.concat_tables([_links_table(contacts, frame, f) for f in found]).combine_chunks(),
        threads=threads_table(contacts, frame, threads.opener, topic, window_us=config.window_us, as_of_us=as_of),
        edges=edges_table([edges[w] for w in sorted(set(config.edge_windows))], frame.topics),
        thread_of=thread_of(contacts, frame, threads.opener),
        counts=_counts(contacts, scorer, n_pairs),
        model=scorer.model.name,
        as_of=None if as_of is None else _EPOCH + timedelta(microseconds=as_of),
    )


@dataclass(frozen=True, slots=True)
class Scorer:
    """Compares and weighs pairs of one frame. related: what the contacts' times tell, None if too little.

    n_earlier: (n,) earlier contacts in the window of each contact. usual: what a pair's cosine is read against.
    """

    frame: Frame
    model: LinkModel
    config: LinkConfig
    n_earlier: Ints
    usual: Usual
    related: Related | None

    @classmethod
    def fitted_to(cls, frame: Frame, model: LinkModel, config: LinkConfig) -> Scorer:
        """The scorer adapted to this archive, as far as its contacts tell."""
        n_earlier, related = earlier_in_window(frame, config.window_us), related_share(frame, config)
        scorer = cls(frame, model, config, n_earlier, usual_similarity(frame), related)
        if related is None:
            return scorer
        levels = scorer.compare(sample_pairs(frame, config)).levels
        return replace(scorer, model=adapt(model, levels, related))

    def compare(self, pairs: Pairs) -> Comparison:
        """The comparison levels of every pair."""
        crowded = self.n_earlier > self.config.max_earlier
        cuts = self.model.cuts(self.config.transfer_minutes)
        return compare(self.frame, pairs, cuts=cuts, crowded=crowded, usual=self.usual)

    def probability(self, comparison: Comparison) -> npt.NDArray[np.float64]:
        """(n_pairs,) chance that both contacts are one issue."""
        return probability(self.model.log_odds(comparison.levels))


def find_threads(scorer: Scorer) -> tuple[ThreadBuilder, int]:
    """(threads, pairs compared): every chunk of pairs compared, weighed and handed to the thread builder."""
    config, builder, n_pairs = scorer.config, ThreadBuilder(len(scorer.frame), scorer.config), 0
    for pairs in pair_chunks(scorer.frame, window_us=config.window_us, max_earlier=config.max_earlier):
        builder.add(pairs, scorer.probability(scorer.compare(pairs)))
        n_pairs += len(pairs)
    return builder, n_pairs


@dataclass(frozen=True, slots=True)
class _Found:
    """Links of one relation, columns as in the links table."""

    relation: Relation
    pairs: Pairs
    probability: npt.NDArray[np.float64]
    gap_us: Ints
    evidence: pa.ListArray


def _as_of_us(frame: Frame, config: LinkConfig) -> int | None:
    if config.as_of is not None:
        return (config.as_of - _EPOCH) // timedelta(microseconds=1)
    return int(frame.start.max()) if len(frame) else None


def _edges(frame: Frame, opener: Ints, topic: Codes, as_of: int | None, config: LinkConfig) -> dict[int, Edges]:
    """Window in days → edges; the linking window is always among them."""
    opening = np.flatnonzero(opener == np.arange(len(frame)))
    starts = Starts(
        customer=frame.customer[opening],
        start=frame.start[opening],
        end=frame.end[opening],
        topic=topic[opening],
        company=frame.company[opening],
        n_topics=max(len(frame.topics), 1),
    )
    windows = {*config.edge_windows, config.window_days}
    return {w: find_edges(starts, window_days=w, as_of_us=as_of or 0, config=config) for w in sorted(windows)}


def _repeats(scorer: Scorer, threads: ThreadBuilder) -> _Found:
    later = np.flatnonzero(threads.previous >= 0)
    pairs = Pairs(later, threads.previous[later])
    comparison = scorer.compare(pairs)
    p = scorer.probability(comparison)
    return _Found("same_issue", pairs, p, comparison.gap_us, explain(comparison, scorer.model, scorer.related))


def _brought_on(frame: Frame, found: Attributed, edges: Edges) -> _Found:
    rows = evidence(found, edges, frame.topics)
    return _Found("downstream", found.pairs, found.probability, found.gap_us, rows)


def _links_table(contacts: pa.Table, frame: Frame, found: _Found) -> pa.Table:
    ids, n = contacts["conversation_id"].combine_chunks(), len(found.pairs)
    return pa.table(
        {
            "conversation_id": ids.take(pa.array(frame.row[found.pairs.later])),
            "earlier_id": ids.take(pa.array(frame.row[found.pairs.earlier])),
            "relation": pa.array([found.relation] * n, pa.string()),
            "probability": pa.array(found.probability.astype(np.float32)),
            "gap_days": pa.array(found.gap_us / DAY_US),
            "evidence": found.evidence,
            "reviewed": pa.nulls(n, pa.string()),
        },
        schema=DERIVED["links"],
    )


def _counts(contacts: pa.Table, scorer: Scorer, n_pairs: int) -> LinkCounts:
    frame, beyond = scorer.frame, np.maximum(scorer.n_earlier - scorer.config.max_earlier, 0)
    return LinkCounts(contacts.num_rows, frame.n_no_customer, frame.n_no_time, n_pairs, int(beyond.sum()))
