"""Linking as a whole: people, pairs, log-odds, threads, edges, downstream links."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight.link.causes import fit_causes
from textinsight.link.config import LinkConfig
from textinsight.link.frame import Frame, Ints, check, make_frame
from textinsight.link.people import People, find_people
from textinsight.link.result import LinkCounts, LinkResult, thread_of
from textinsight.link.reviews import reviewed_pairs
from textinsight.link.rows import links_table
from textinsight.link.scorer import Scorer, find_threads
from textinsight.link.state import LinkState
from textinsight.link.weights import LinkModel, load_model
from textinsight.link.whole import Whole, with_person

_DEFAULT = LinkConfig()


def build(
    contacts: pa.Table,
    vectors: npt.NDArray[np.floating],
    *,
    config: LinkConfig = _DEFAULT,
    model: LinkModel | None = None,
    reviews: pa.Table | None = None,
    state: LinkState | None = None,
) -> LinkResult:
    """Links, threads and edges of a contacts table.

    contacts: conversation_id, customer_id, started_at; of ended_at, agent_id, channel, resolution, stated_repeat,
    issue_text, topic_id, references and identity_keys (lists of text) what there is. vectors: (n, d) unit rows of the
    issue texts, a zero row where there is none. model: the log-odds table, None for the shipped one. reviews: as
    store.schema.KEPT. state: of an earlier build, to link by its measure instead of one taken of these contacts.
    Raises UsageError if a needed column is missing or the vectors do not fit, ModelError if the table is unusable.
    """
    check(contacts, vectors)
    people = find_people(contacts, config)
    contacts = with_person(contacts, people.person_id)
    frame = make_frame(contacts, vectors)
    scorer = Scorer.kept(frame, state, config) if state else Scorer.fitted_to(frame, model or load_model(), config)
    reviewed = reviewed_pairs(frame, contacts, reviews)
    threads, n_pairs = find_threads(scorer, reviewed)
    whole = Whole.of(contacts, frame, threads.opener, config)
    told = None
    if state is None:
        causes, told = fit_causes(
            frame, threads.opener, whole.topic, whole.edges[config.window_days],
            n_earlier=scorer.n_earlier, config=config,
        )  # fmt: skip
        state = LinkState(scorer.model, len(frame), scorer.related, scorer.usual_model, causes)
    links = links_table(contacts, scorer, threads, state.causes, reviewed=reviewed, topic=whole.topic, told=told)
    return LinkResult(
        links=links,
        threads=whole.threads,
        edges=whole.edges_table(),
        thread_of=thread_of(contacts, frame, threads.opener),
        person_id=people.person_id,
        counts=count(contacts, people, frame, scorer.n_earlier, n_pairs, config),
        state=state,
        as_of=whole.as_of,
    )


def same_issue(
    contacts: pa.Table,
    vectors: npt.NDArray[np.floating],
    *,
    config: LinkConfig = _DEFAULT,
    model: LinkModel | None = None,
) -> Ints:
    """(k, 2) rows of later and earlier contacts that `build` would link as the same issue, and nothing else of it."""
    check(contacts, vectors)
    contacts = with_person(contacts, find_people(contacts, config).person_id)
    frame = make_frame(contacts, vectors)
    threads, _ = find_threads(
        Scorer.fitted_to(frame, model or load_model(), config), reviewed_pairs(frame, contacts, None)
    )
    later = np.flatnonzero(threads.previous >= 0)
    return np.stack([frame.row[later], frame.row[threads.previous[later]]], axis=1)


def count(
    contacts: pa.Table, people: People, frame: Frame, n_earlier: Ints, n_pairs: int, config: LinkConfig
) -> LinkCounts:
    """The counts of a frame that holds all contacts."""
    beyond = np.maximum(n_earlier - config.max_earlier, 0)
    return LinkCounts(
        contacts.num_rows, frame.n_no_customer, frame.n_no_time, n_pairs, int(beyond.sum()),
        people.n_by_key, people.n_by_reference, people.n_joined, people.n_keys_shared, len(frame),
    )  # fmt: skip
