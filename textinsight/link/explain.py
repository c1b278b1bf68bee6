"""Why two contacts are linked: rows {signal, value, weight} that sum to the link's log-odds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.link.compare import SIGNALS, Comparison
from textinsight.link.config import DAY_US
from textinsight.link.prior import Related
from textinsight.link.weights import LinkModel
from textinsight.store.derived import SIGNALS as EVIDENCE

_NAMES = pa.array(["prior", *(s.name for s in SIGNALS)])
_SIMILARITY = [s.name for s in SIGNALS].index("issue_similarity")
_GAP = [s.name for s in SIGNALS].index("gap")


def explain(comparison: Comparison, model: LinkModel, related: Related | None) -> pa.ListArray:
    """(n_pairs,) lists: the prior first, then what was known of the pair, the heaviest signal first.

    related: what the prior was adapted to, None if it is the fitted one.
    """
    weights = np.take_along_axis(model.table().T, comparison.levels.astype(np.int64), axis=0)
    weights = np.concatenate([np.full((len(weights), 1), model.prior), weights], axis=1)
    known = np.concatenate([np.ones((len(weights), 1), bool), comparison.levels > 0], axis=1)
    heavy = np.abs(weights)
    heavy[:, 0] = np.inf
    order = np.argsort(-heavy, axis=1, kind="stable")
    shown = np.take_along_axis(known, order, axis=1)
    pair = np.broadcast_to(np.arange(len(order))[:, None], order.shape)[shown]
    signal = order[shown]
    values = _values(comparison, pair, signal, _prior_value(related))
    rows = (_NAMES.take(pa.array(signal)), values, pa.array(weights[pair, signal]))
    return evidence_lists(*rows, counts=shown.sum(axis=1))


def evidence_lists(
    signal: pa.Array, value: pa.Array, weight: pa.Array, *, counts: npt.NDArray[np.int64]
) -> pa.ListArray:
    """Flat rows and their number a link, as the list column of the links table."""
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))
    rows = pa.StructArray.from_arrays([signal, value, weight], fields=list(EVIDENCE.value_type))
    return pa.ListArray.from_arrays(offsets, rows)


def _prior_value(related: Related | None) -> str:
    if related is None:
        return "share of compared pairs that are one issue"
    return f"share of compared pairs that are one issue; {related.share:.0%} are related here, by their times"


def _values(comparison: Comparison, pair: npt.NDArray[np.int64], signal: npt.NDArray[np.int64], prior: str) -> pa.Array:
    """The level's label of each row; similarity and gap carry their number too."""
    text = np.full(len(pair), prior, object)
    for s, definition in enumerate(SIGNALS):
        rows = signal == s + 1
        text[rows] = np.array(definition.labels, object)[comparison.levels[pair[rows], s]]
    values = pa.array(text, pa.string())
    similar, gap = signal == _SIMILARITY + 1, signal == _GAP + 1
    numbers = np.full(len(pair), None, object)
    numbers[similar] = np.char.mod("cosine %.2f", comparison.similarity[pair[similar]])
    numbers[gap] = np.char.mod("%.2f days", comparison.gap_us[pair[gap]] / DAY_US)
    detail = pc.binary_join_element_wise(values, pa.array(numbers, pa.string()), ": ")
    return pc.if_else(pc.is_null(detail), values, detail)
