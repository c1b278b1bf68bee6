"""What made it hard for customers: drivers, where they show, and the words that show them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from textinsight.explore.filters import COLUMNS, EFFORT_BIN, Filters
from textinsight.explore.queries.base import Rows
from textinsight.explore.queries.conversation import among
from textinsight.explore.queries.facts import COUNTED, PERIODS, sums
from textinsight.explore.words import short
from textinsight.findings import DRIVER_BITS, EFFORT_DRIVERS

if TYPE_CHECKING:
    import pandas as pd

DIMENSIONS = ("topic", "channel", "company", "tenure")
_BEFORE, _AROUND = 25, 160  # characters
HIGH_BIN = 6  # the first step of half a point of a score of 4
_MEANS = ("repeat_share", "fcr_observed", "effort", "sentiment")
_VALUES = ", ".join(f"{COUNTED[name][0]} AS {name}" for name in _MEANS)
_SUMS = sums(*_MEANS)


def counted(rows: Rows, filters: Filters, period: str) -> pd.DataFrame:
    """All that the page counts, in one look at the contacts: a row for each period, score and set of drivers.

    day: the first of the week or month, since 1970, null without a time. bin: the score in steps of half a point
    (0..7), null without one. One column of truth a driver. contacts, and of each measure n, total, squares.
    """
    where, bound = filters.where()
    found = rows(
        f"SELECT day, bin, drivers, count(*) AS contacts, count(*) - count(is_repeat) AS repeat_share_unknown, {_SUMS} "
        f"FROM (SELECT {PERIODS[period]} AS day, {EFFORT_BIN} AS bin, drivers, is_repeat, {_VALUES} FROM contact_facts "
        f"WHERE {where}) GROUP BY ALL ORDER BY ALL",
        bound,
    )
    return _apart(found)


def totals(counted: pd.DataFrame) -> dict[str, int]:
    """contacts, scored (with an effort score), high (4 or more), with_driver (at least one), repeat_unknown."""
    n, has_any = counted["contacts"], counted[list(EFFORT_DRIVERS)].any(axis=1)
    kept = {"scored": counted["bin"].notna(), "high": counted["bin"] >= HIGH_BIN, "with_driver": has_any}
    found = {"contacts": int(n.sum()), "repeat_unknown": int(counted["repeat_share_unknown"].sum())}
    return found | {name: int(n[rows].sum()) for name, rows in kept.items()}


def drivers(counted: pd.DataFrame) -> pd.DataFrame:
    """One row a driver: contacts with it, and the measures over these."""
    import pandas as pd

    found = {driver: _means(counted[counted[driver]].sum(numeric_only=True)) for driver in EFFORT_DRIVERS}
    return pd.DataFrame.from_dict(found, orient="index").rename_axis("driver").reset_index()


def by_period(counted: pd.DataFrame) -> pd.DataFrame:
    """Contacts by week or month (day), and those with each driver: one column a driver."""
    return _with_each(counted, "day")


def scores(counted: pd.DataFrame) -> pd.DataFrame:
    """Contacts by effort score in steps of half a point: bin (0..7), contacts, known (whether repeats), repeats."""
    found = counted.dropna(subset="bin").groupby("bin")[["contacts", "repeat_share_n", "repeat_share_total"]].sum()
    return found.set_axis(["contacts", "known", "repeats"], axis=1).reset_index()


def heat(rows: Rows, filters: Filters, dimension: str) -> pd.DataFrame:
    """One row a value of the dimension, the largest first: contacts, those with each driver, mean effort, repeats."""
    where, bound = filters.where()
    found = rows(
        f"SELECT value, drivers, count(*) AS contacts, {_SUMS} FROM (SELECT {COLUMNS[dimension]} AS value, "
        f"drivers, {_VALUES} FROM contact_facts WHERE {where}) GROUP BY ALL ORDER BY ALL",
        bound,
    )
    each = _with_each(_apart(found), "value")
    means = found.groupby("value").sum(numeric_only=True).apply(_means, axis=1, result_type="expand")
    each = each.merge(means.drop(columns="contacts"), left_on="value", right_index=True)
    return each.sort_values(["contacts", "value"], ascending=[False, True], ignore_index=True)


def _apart(found: pd.DataFrame) -> pd.DataFrame:
    """With one column of truth a driver in place of `drivers`."""
    shown = found["drivers"].fillna(0).astype(int)
    return found.drop(columns="drivers").assign(**{driver: shown & bit > 0 for driver, bit in DRIVER_BITS.items()})


def _with_each(counted: pd.DataFrame, group: str) -> pd.DataFrame:
    """Contacts, and those with each driver, by a column."""
    n = counted["contacts"]
    columns = {driver: n.where(counted[driver], 0) for driver in EFFORT_DRIVERS}
    return counted[[group, "contacts"]].assign(**columns).groupby(group).sum().reset_index()


def _means(sums: pd.Series[Any]) -> dict[str, float]:
    """contacts and the mean of each measure, NaN where none is known."""
    means = {n: sums[f"{n}_total"] / sums[f"{n}_n"] if sums[f"{n}_n"] else math.nan for n in _MEANS}
    return {"contacts": int(sums["contacts"])} | means


def number_of(counted: pd.DataFrame, driver: str) -> int:
    """How many contacts have the driver."""
    return int(counted["contacts"][counted[driver]].sum())


def shown(rows: Rows, filters: Filters, driver: str, *, number: int, size: int) -> pd.DataFrame:
    """Page `number` of the contacts with the driver, the hardest first, each with the customer's words that show it.

    quote: these words; around: what stands around them.
    """
    where, bound = filters.where()
    chosen = rows(
        "SELECT conversation_id, started_at, channel, topic_label, effort_score, shard FROM contact_facts "
        f"WHERE {where} AND drivers & ? > 0 "
        "ORDER BY effort_score DESC, started_at DESC NULLS LAST, conversation_id LIMIT ? OFFSET ?",
        (*bound, DRIVER_BITS[driver], size, (number - 1) * size),
    )
    theirs, ids = among(chosen)
    found = rows(
        f"SELECT conversation_id, quote, turn, start FROM findings WHERE tag = 'effort' AND value = ? AND {theirs} "
        "QUALIFY row_number() OVER (PARTITION BY conversation_id ORDER BY score DESC, turn) = 1",
        (driver, *ids),
    )
    said = rows(f"SELECT conversation_id, turn, text FROM turns WHERE {theirs}", ids)
    found = found.merge(said, on=["conversation_id", "turn"], how="left")
    around = [_around(text, start) for text, start in zip(found["text"], found["start"], strict=True)]
    return chosen.merge(found[["conversation_id", "quote"]].assign(around=around), on="conversation_id", how="left")


def everything(filters: Filters, driver: str) -> tuple[str, tuple[Any, ...]]:
    """(SQL, values) of all words that show the driver, one row a finding, for a download."""
    where, bound = filters.where()
    return (
        "SELECT conversation_id, f.started_at, f.channel, f.topic_label, f.effort_score, turn, quote, score "
        f"FROM findings JOIN (SELECT * FROM contact_facts WHERE {where} AND drivers & ? > 0) f USING (conversation_id) "
        "WHERE tag = 'effort' AND value = ? ORDER BY f.effort_score DESC, conversation_id, turn",
        (*bound, DRIVER_BITS[driver], driver),
    )


def _around(text: object, start: int) -> str:
    """What the customer says around the words, from up to 25 characters before them."""
    if not isinstance(text, str):
        return ""
    begin = text.rfind(" ", 0, start - _BEFORE) + 1 if start > _BEFORE else 0
    return ("…" if begin else "") + short(text[begin:], _AROUND)
