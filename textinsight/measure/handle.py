"""Handle time against repeats: do short contacts bring the customer back?

A contact that opens an issue counts with its hand-overs. Contacts are compared within their topic and channel, as a
letter takes longer than a call whatever it leads to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight.measure.association import Association, associate, false_discovery
from textinsight.measure.base import Mask, Reals
from textinsight.measure.catalogue import WINDOWS
from textinsight.measure.facts import Facts, Ints
from textinsight.measure.fixlist import labels_of
from textinsight.measure.segments import Groups, segment
from textinsight.measure.summary import wilson
from textinsight.measure.windows import Linked, Windows
from textinsight.store.derived import DERIVED

_QUARTILES = 4


@dataclass(frozen=True, slots=True)
class _Seen:
    """(n,) each: row of the contacts, topic and stratum (topic × channel) codes, seconds, repeat or not.

    known: all of these are told.
    """

    row: Ints
    topic: Ints
    stratum: Ints
    seconds: Reals
    repeat: Mask
    known: Mask
    quartile: Ints


def handle_time(
    contacts: pa.Table,
    links: pa.Table,
    threads: pa.Table,
    *,
    window_days: int = 14,
    windows: Sequence[int] = WINDOWS,
    as_of: datetime | None = None,
    wider: Mapping[int, Linked] | None = None,
) -> pa.Table:
    """Repeat rate by topic and quartile of handle time, for `windows` and `window_days`; `DERIVED["handle_time"]`.

    quartile: 1 the shortest quarter of the topic's contacts on their channel .. 4 the longest, 0 all of them.
    topic_id "all" pools the topics (compared within them still), "unclear" has no topic. n: contacts that open an
    issue, with known handle time and W days over; n_unknown: the others that open one or may do so. repeat_rate: share
    of n with a contact on the same issue within W days, with its 95% interval (Wilson).

    association: P(the contact that was followed by a repeat is the shorter one) − P(it is the longer one), over pairs
    of one topic and channel; −1..1, above 0: short contacts bring repeats. With its 95% interval and q, the
    false-discovery-controlled two-sided p-value over the topics. No cause is shown by it: simple matters are short.
    A window longer than `window_days` needs its own linking in `wider`, else it has no rows.
    """
    within = Windows.of(Facts(contacts, links, threads, window_days, as_of), wider or {})
    told = ((days, within.at(days)) for days in sorted({*windows, window_days}))
    tables = [_table(facts, days) for days, facts in told if facts is not None]
    return pa.concat_tables([*tables, DERIVED["handle_time"].empty_table()]).combine_chunks()


def handle_quartile(facts: Facts) -> Ints:
    """(n,) the quartile that the contact counts in under the facts' window, 0 if in none."""
    seen = _see(facts, _topics(facts).code)
    quartile = np.zeros(len(facts), np.int64)
    quartile[seen.row] = seen.quartile
    return quartile


def _topics(facts: Facts) -> Groups:
    told = "topic_id" in facts.contacts.column_names
    return segment(facts, "topic_id") if told else Groups(np.zeros(len(facts), np.int64), ("topic_id=unclear",))


def _table(facts: Facts, window_days: int) -> pa.Table:
    groups = _topics(facts)
    names = [name.partition("=")[2] for name in groups.names]
    seen = _see(facts, groups.code)
    pooled = replace(seen, topic=np.zeros(len(seen.topic), np.int64))
    parts = [_rows(seen, len(names)), _rows(pooled, 1)]
    associations = [_associate(seen, len(names)), _associate(pooled, 1)]
    named = pa.array([*names, "all"], pa.string())
    label = pa.array([*labels_of(facts.contacts, names).to_pylist(), "all topics"], pa.string())
    own = np.concatenate([p.topic + at for p, at in zip(parts, (0, len(names)), strict=True)])
    columns: dict[str, pa.Array] = {
        "topic_id": named.take(pa.array(own)),
        "topic_label": label.take(pa.array(own)),
        "window_days": pa.array(np.full(len(own), window_days, np.int32)),
    }
    for name in ("quartile", "median_s", "n", "n_repeat", "repeat_rate", "low", "high", "n_unknown"):
        columns[name] = pa.array(np.concatenate([getattr(p, name) for p in parts]), from_pandas=True)
    columns |= _association_columns(associations, own)
    return pa.table(columns).select(DERIVED["handle_time"].names).cast(DERIVED["handle_time"])


def _associate(seen: _Seen, n_topics: int) -> Association:
    k = seen.known
    return associate(seen.seconds[k], seen.repeat[k], seen.topic[k], seen.stratum[k], n_topics)


def _association_columns(told: Sequence[Association], own: Ints) -> dict[str, pa.Array]:
    """Of each row's topic; q over the topics, and that of all topics together is a test of its own."""
    q_value = np.concatenate([false_discovery(a.p_value) for a in told])
    columns: dict[str, pa.Array] = {"q_value": pa.array(q_value[own], from_pandas=True)}
    for ours, theirs in (("association", "value"), ("association_low", "low"), ("association_high", "high")):
        columns[ours] = pa.array(np.concatenate([getattr(a, theirs) for a in told])[own], from_pandas=True)
    return columns


def _see(facts: Facts, topic: Ints) -> _Seen:
    channel, names = facts.codes("channel")
    stratum = topic * (len(names) + 1) + channel + 1
    seconds = np.where(facts.is_window_over, facts.handle_time, np.nan)
    known = facts.is_opener & ~np.isnan(seconds)
    about = facts.is_opener | facts.is_unmeasurable
    rows = np.flatnonzero(about)
    repeat = facts.first_repeat_in[rows] <= facts.window_s
    quartile = np.zeros(len(rows), np.int64)
    at = np.flatnonzero(known[rows])
    quartile[at] = _quartiles(seconds[rows[at]], stratum[rows[at]])
    return _Seen(rows, topic[rows], stratum[rows], seconds[rows], repeat, known[rows], quartile)


def _quartiles(seconds: Reals, stratum: Ints) -> Ints:
    """(n,) 1..4 by the mid-rank within the stratum, so that equal times share a quartile."""
    order = np.lexsort((seconds, stratum))
    s, t = stratum[order], seconds[order]
    first = np.searchsorted(s, s, side="left")
    size = np.searchsorted(s, s, side="right") - first
    new = np.concatenate([[True], (s[1:] != s[:-1]) | (t[1:] != t[:-1])])[: len(s)]
    tie = np.cumsum(new) - 1
    begin = np.flatnonzero(new)
    middle = (begin + np.append(begin[1:], len(s)) - 1) / 2
    rank = (middle[tie] - first + 0.5) / size if len(s) else np.empty(0)
    out = np.empty(len(s), np.int64)
    out[order] = np.minimum((rank * _QUARTILES).astype(np.int64), _QUARTILES - 1) + 1
    return out


@dataclass(frozen=True, slots=True)
class _Rows:
    """One entry a topic and quartile that has contacts; quartile 0 is the whole topic."""

    topic: Ints
    quartile: Ints
    median_s: Reals
    n: Ints
    n_repeat: Ints
    repeat_rate: Reals
    low: Reals
    high: Reals
    n_unknown: Ints


def _rows(seen: _Seen, n_topics: int) -> _Rows:
    wide, topic, known = _QUARTILES + 1, seen.topic, seen.known
    cell = topic[known] * wide
    both, size = np.concatenate([cell, cell + seen.quartile[known]]), n_topics * wide
    n = np.bincount(both, minlength=size)
    repeats = np.bincount(both, np.tile(seen.repeat[known], 2), minlength=size).astype(np.int64)
    unknown = np.bincount(topic[~known] * wide, minlength=size)
    shown = np.flatnonzero(n + unknown)
    rate = np.divide(repeats, n, out=np.full(size, np.nan), where=n > 0)
    low, high = wilson(rate[shown], n[shown])
    median = _medians(np.tile(seen.seconds[known], 2), both, size)
    return _Rows(
        shown // wide, shown % wide, median[shown], n[shown], repeats[shown], rate[shown], low, high, unknown[shown]
    )


def _medians(values: Reals, group: npt.NDArray[np.int64], n_groups: int) -> Reals:
    order = np.lexsort((values, group))
    counts = np.bincount(group, minlength=n_groups)
    held = np.flatnonzero(counts)
    first = (np.cumsum(counts) - counts)[held]
    ordered, out = values[order], np.full(n_groups, np.nan)
    out[held] = (ordered[first + (counts[held] - 1) // 2] + ordered[first + counts[held] // 2]) / 2
    return out
