"""Topics from texts and from what customers come again with.

Topics are better where it is known which contacts are on one issue. So the contacts of a sample of the customers are
linked first, without topics (these must not vouch for themselves), and topics are found with the pairs of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight import link, topics
from textinsight.encode import Encoder

Vectors = npt.NDArray[np.floating]
Index = npt.NDArray[np.int64]

LEAST_SHARE = 0.003  # of contacts: what an analyst can follow; smaller reasons join their nearest topic
CONFIG = topics.TopicsConfig(share=LEAST_SHARE)
ASSIGNING = topics.AssignConfig(unclear_at_most=0.05)
_SAMPLE = 20_000  # contacts that are linked for it
_FEWEST = 50  # pairs on one issue; fewer tell nothing of topics


@dataclass(frozen=True, slots=True)
class Finder:
    """What topics are discovered with. reasons, classifier: the company's own, None without. encoder: for names."""

    engine: str
    encoder: Encoder | None = None
    reasons: Sequence[topics.Reason] = ()
    classifier: topics.ReasonClassifier | None = None

    def find(self, contacts: pa.Table, vectors: Vectors) -> topics.TopicModel:
        """The topics of the contacts, the company's own among them. vectors: (n, d) unit rows of their issue texts."""
        texts, alike = contacts["issue_text"].to_pylist(), _alike(contacts, vectors)
        if self.classifier is None:
            return topics.discover(texts, vectors, engine=self.engine, config=CONFIG, encoder=self.encoder, alike=alike)
        return topics.discover_beside(
            self.reasons, self.classifier, texts, vectors,
            engine=self.engine, config=CONFIG, encoder=self.encoder, alike=alike,
        )  # fmt: skip


def _alike(contacts: pa.Table, vectors: Vectors) -> topics.Alike | None:
    """The pairs that are linked as one issue when a sample of the customers is linked; None if they are too few."""
    rows = _sampled(contacts)
    pairs = link.same_issue(contacts.take(pa.array(rows)), vectors[rows])
    return topics.Alike(rows[pairs], _kinds(contacts)) if len(pairs) >= _FEWEST else None


def _sampled(contacts: pa.Table) -> Index:
    """Rows of all contacts of evenly spaced customers, about `_SAMPLE`; of everybody in a smaller archive."""
    if contacts.num_rows <= _SAMPLE:
        return np.arange(contacts.num_rows)
    customer = _sorted_codes(contacts["customer_id"])
    step = -(-int((customer >= 0).sum()) // _SAMPLE)
    return np.flatnonzero((customer >= 0) & (customer % max(step, 1) == 0))


def _kinds(contacts: pa.Table) -> Index:
    """(n,) code of each contact's company: customers of one are no customers of another."""
    if "company" not in contacts.column_names:
        return np.zeros(contacts.num_rows, np.int64)
    return _sorted_codes(contacts["company"])


def _sorted_codes(column: pa.ChunkedArray) -> Index:
    """(n,) places among the sorted distinct values, -1 where null: the order of the contacts does not matter."""
    values = pc.unique(column).drop_null().sort()
    return np.asarray(pc.fill_null(pc.index_in(column, value_set=values), -1).to_numpy(), np.int64)
