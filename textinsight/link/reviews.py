"""What reviewers said of pairs, in terms of a frame: which must be together, which apart, which brought on which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.link.blocking import Pairs
from textinsight.link.frame import Frame, Ints

_NONE = Pairs(np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Pairs by verdict, later > earlier. Reviews of contacts that are no pair of one person here are left out.

    same, different: confirmed and rejected as one issue. caused, not_caused: as downstream.
    """

    same: Pairs = _NONE
    different: Pairs = _NONE
    caused: Pairs = _NONE
    not_caused: Pairs = _NONE

    @property
    def apart(self) -> Pairs:
        """Pairs that may not share a thread: rejected as one issue, or confirmed as one bringing on the other."""
        pairs = (self.different, self.caused)
        return Pairs(np.concatenate([p.later for p in pairs]), np.concatenate([p.earlier for p in pairs]))


def reviewed_pairs(frame: Frame, contacts: pa.Table, reviews: pa.Table | None) -> Reviewed:
    """The last review of every pair and relation, as positions in the frame.

    reviews: conversation_id, earlier_id, relation, verdict, reviewed_at; later rows win over earlier ones of one time.
    A pair confirmed as both relations is what was said last.
    """
    if reviews is None or not reviews.num_rows or not len(frame):
        return Reviewed()
    later, earlier = (_positions(frame, contacts, reviews[name]) for name in ("conversation_id", "earlier_id"))
    ok = (later >= 0) & (earlier >= 0) & (later != earlier)
    ok[ok] = frame.customer[later[ok]] == frame.customer[earlier[ok]]
    pairs = Pairs(np.maximum(later, earlier), np.minimum(later, earlier))
    same = pc.equal(reviews["relation"], "same_issue").to_numpy()
    yes = pc.equal(reviews["verdict"], "confirmed").to_numpy()
    order = _in_order(reviews)
    order = order[ok[order]]
    pairs, same, yes = pairs.take(order), same[order], yes[order]
    key = pairs.later * len(frame) + pairs.earlier
    last = _last(key * 2 + same)
    last[yes] &= _last(key[yes])
    return Reviewed(*(_sorted(pairs.take(last & (same == s) & (yes == y))) for s, y in _GROUPS))


_GROUPS = ((True, True), (True, False), (False, True), (False, False))


def together(same: Pairs) -> dict[int, int]:
    """Later position → the earlier one that it joins: the nearest confirmed one, else the nearest of its group."""
    if not len(same):
        return {}
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    positions = np.unique(np.concatenate([same.later, same.earlier]))
    at = (np.searchsorted(positions, same.later), np.searchsorted(positions, same.earlier))
    said = coo_matrix((np.ones(len(same)), at), shape=(len(positions), len(positions)))
    group = connected_components(said, directed=False)[1]
    joins: dict[int, int] = {}
    newest: dict[int, int] = {}
    for g, position in zip(group.tolist(), positions.tolist(), strict=True):
        if g in newest:
            joins[position] = newest[g]
        newest[g] = position
    for later, earlier in zip(same.later.tolist(), same.earlier.tolist(), strict=True):
        joins[later] = earlier  # ascending: the nearest one stays
    return joins


def apart(pairs: Pairs) -> dict[int, list[int]]:
    """Later position → earlier ones whose thread it may not join."""
    out: dict[int, list[int]] = {}
    for later, earlier in zip(pairs.later.tolist(), pairs.earlier.tolist(), strict=True):
        out.setdefault(later, []).append(earlier)
    return out


def is_among(pairs: Pairs, others: Pairs, n: int) -> npt.NDArray[np.bool_]:
    """(n_pairs,) whether each pair is one of the others."""
    return np.isin(pairs.later * n + pairs.earlier, others.later * n + others.earlier)


def _positions(frame: Frame, contacts: pa.Table, ids: pa.ChunkedArray) -> Ints:
    """Where each contact stands in the frame, -1 where it does not."""
    row = pc.index_in(ids, value_set=contacts["conversation_id"].combine_chunks()).fill_null(-1)
    place = np.full(contacts.num_rows + 1, -1, np.int64)
    place[frame.row] = np.arange(len(frame))
    return np.asarray(place[row.to_numpy()], np.int64)


def _in_order(reviews: pa.Table) -> Ints:
    """By time; of one time as they come."""
    if "reviewed_at" not in reviews.column_names:
        return np.arange(reviews.num_rows)
    at = pc.fill_null(pc.cast(reviews["reviewed_at"], pa.int64()), 0).to_numpy()
    return np.argsort(at, kind="stable")


def _last(key: Ints) -> npt.NDArray[np.bool_]:
    """(n,) the last entry of each key."""
    last = np.zeros(len(key), bool)
    _, first = np.unique(key[::-1], return_index=True)
    last[len(key) - 1 - first] = True
    return last


def _sorted(pairs: Pairs) -> Pairs:
    return pairs.take(np.lexsort((pairs.earlier, pairs.later)))
