"""Contacts, links and threads in; the measures table out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa

from textinsight.measure.base import Measure, Observed
from textinsight.measure.catalogue import MEASURES
from textinsight.measure.facts import Facts
from textinsight.measure.segments import Groups, Periods, everything, months, segment
from textinsight.measure.summary import summarise
from textinsight.measure.windows import Linked, Windows
from textinsight.store.derived import DERIVED

SEGMENTS = ("channel", "company", "topic_id", "agent_id", "tenure_band")
_ALWAYS_SHOWN = "all"


def compute(
    contacts: pa.Table,
    links: pa.Table,
    threads: pa.Table,
    *,
    window_days: int = 14,
    as_of: datetime | None = None,
    segments: Sequence[str] = SEGMENTS,
    measures: Sequence[Measure] = MEASURES,
    wider: Mapping[int, Linked] | None = None,
) -> pa.Table:
    """The measures table: every measure × (all contacts and each segment value) × (all time and each month).

    contacts: the conversations table with thread_id and topic_id; columns that are missing make values unknown.
    window_days: that the contacts were linked within. wider: what linking within longer windows found; a measure
    bound to a longer window is unknown without it, as repeats after so many days were not looked for.
    as_of: end of the observed time, None for the last start. Groups that a measure says nothing about have no row.
    Raises UsageError for a segment that is no column or a window under one day.
    """
    facts = Facts(contacts, links, threads, window_days, as_of)
    groups = [everything(facts), *(segment(facts, name) for name in segments)]
    periods = months(facts)
    within = Windows.of(facts, wider or {})
    observed = ((m, within.observe(m)) for m in measures)
    tables = [_rows(m, values, g, periods) for m, values in observed for g in groups]
    return pa.concat_tables([*tables, DERIVED["measures"].empty_table()]).combine_chunks()


def _rows(measure: Measure, observed: Observed, groups: Groups, periods: Periods) -> pa.Table:
    """All time first, then the months; contacts without time count in all time only."""
    timed = periods.code < len(periods.names)
    monthly = Observed(observed.value[timed], observed.applies[timed])
    code = groups.code[timed] * len(periods.names) + periods.code[timed]
    names = [(name, _ALWAYS_SHOWN) for name in groups.names]
    parts = [_table(measure, observed, groups.code, names)]
    names = [(name, period) for name in groups.names for period in periods.names]
    parts.append(_table(measure, monthly, code, names))
    return pa.concat_tables(parts)


def _table(measure: Measure, observed: Observed, code: np.ndarray, names: list[tuple[str, str]]) -> pa.Table:
    s = summarise(observed, code, len(names), kind=measure.kind)
    shown = np.flatnonzero(s.n + s.n_unknown > 0)
    return pa.table(
        {
            "measure": pa.repeat(measure.name, len(shown)),
            "segment": pa.array([names[i][0] for i in shown], pa.string()),
            "period": pa.array([names[i][1] for i in shown], pa.string()),
            "value": pa.array(s.value[shown], from_pandas=True),
            "low": pa.array(s.low[shown], from_pandas=True),
            "high": pa.array(s.high[shown], from_pandas=True),
            "n": pa.array(s.n[shown]),
            "n_unknown": pa.array(s.n_unknown[shown]),
            "unit": pa.repeat(measure.unit, len(shown)),
            "higher_is_better": pa.repeat(pa.scalar(measure.higher_is_better, pa.bool_()), len(shown)),
        },
        schema=DERIVED["measures"],
    )
