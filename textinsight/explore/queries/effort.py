"""What made it hard for customers: drivers, where they show, and the words that show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textinsight.explore.filters import COLUMNS, Filters
from textinsight.explore.queries.base import Rows
from textinsight.explore.queries.conversation import among
from textinsight.explore.queries.facts import COUNTED, PERIODS
from textinsight.explore.words import short
from textinsight.findings import EFFORT_DRIVERS

if TYPE_CHECKING:
    import pandas as pd

DIMENSIONS = ("topic", "channel", "company", "tenure")
_BEFORE, _AROUND = 25, 160  # characters
N_BINS = 8  # of the score 1..5, half a point each
_MEANS = ("repeat_share", "fcr_observed", "effort", "sentiment")
_VALUES = ", ".join(f"{COUNTED[name][0]} AS {name}" for name in _MEANS)
_AVERAGES = ", ".join(f"avg({name}) AS {name}" for name in _MEANS)


def totals(rows: Rows, filters: Filters) -> dict[str, int]:
    """contacts, scored (with an effort score), high (4 or more), with_driver (at least one)."""
    where, bound = filters.where()
    found = rows(
        "SELECT count(*) AS contacts, count(effort_score) AS scored, "
        "count(*) FILTER (WHERE effort_score >= 4) AS high, "
        f"count(*) FILTER (WHERE len(effort_drivers) > 0) AS with_driver FROM contact_facts WHERE {where}",
        bound,
    ).iloc[0]
    return {str(name): int(n) for name, n in found.items()}


def drivers(rows: Rows, filters: Filters) -> pd.DataFrame:
    """One row a driver, the most frequent first: contacts with it, and the measures over these."""
    where, bound = filters.where()
    return rows(
        f"SELECT driver, count(*) AS contacts, {_AVERAGES} FROM (SELECT unnest(effort_drivers) AS driver, {_VALUES} "
        f"FROM contact_facts WHERE {where}) GROUP BY driver ORDER BY contacts DESC, driver",
        bound,
    )


def by_period(rows: Rows, filters: Filters, period: str) -> pd.DataFrame:
    """Contacts by week or month (day: its first, since 1970), and those with each driver: one column a driver."""
    where, bound = filters.where()
    return rows(
        f"SELECT {PERIODS[period]} AS day, count(*) AS contacts, {_with_each()} FROM contact_facts "
        f"WHERE started_at IS NOT NULL AND {where} GROUP BY day ORDER BY day",
        bound,
    )


def scores(rows: Rows, filters: Filters) -> pd.DataFrame:
    """Contacts by effort score in steps of half a point: bin (0..7), contacts, known (whether repeats), repeats."""
    where, bound = filters.where()
    return rows(
        f"SELECT least(floor((effort_score - 1) * 2), {N_BINS - 1})::INTEGER AS bin, count(*) AS contacts, "
        f"count(repeat_share) AS known, sum(repeat_share)::BIGINT AS repeats FROM (SELECT effort_score, {_VALUES} "
        f"FROM contact_facts WHERE effort_score IS NOT NULL AND {where}) GROUP BY bin ORDER BY bin",
        bound,
    )


def heat(rows: Rows, filters: Filters, dimension: str) -> pd.DataFrame:
    """One row a value of the dimension, the largest first: contacts, those with each driver, mean effort, repeats."""
    where, bound = filters.where()
    return rows(
        f"SELECT value, count(*) AS contacts, {_with_each()}, {_AVERAGES} FROM (SELECT {COLUMNS[dimension]} AS value, "
        f"effort_drivers, {_VALUES} FROM contact_facts WHERE {where}) GROUP BY value ORDER BY contacts DESC, value",
        bound,
    )


def shown(rows: Rows, filters: Filters, driver: str, *, number: int, size: int) -> pd.DataFrame:
    """Page `number` of the contacts with the driver, the hardest first, each with the customer's words that show it.

    quote: these words; around: what stands around them.
    """
    where, bound = filters.where()
    chosen = rows(
        "SELECT conversation_id, started_at, channel, topic_label, effort_score, shard FROM contact_facts "
        f"WHERE list_contains(effort_drivers, ?) AND {where} "
        "ORDER BY effort_score DESC, started_at DESC NULLS LAST, conversation_id LIMIT ? OFFSET ?",
        (driver, *bound, size, (number - 1) * size),
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


def number_of(rows: Rows, filters: Filters, driver: str) -> int:
    """How many contacts have the driver."""
    where, bound = filters.where()
    sql = f"SELECT count(*) AS n FROM contact_facts WHERE list_contains(effort_drivers, ?) AND {where}"
    return int(rows(sql, (driver, *bound))["n"][0])


def everything(filters: Filters, driver: str) -> tuple[str, tuple[Any, ...]]:
    """(SQL, values) of all words that show the driver, one row a finding, for a download."""
    where, bound = filters.where()
    return (
        "SELECT conversation_id, f.started_at, f.channel, f.topic_label, f.effort_score, turn, quote, score "
        f"FROM findings JOIN (SELECT * FROM contact_facts WHERE {where}) f USING (conversation_id) "
        "WHERE tag = 'effort' AND value = ? ORDER BY f.effort_score DESC, conversation_id, turn",
        (*bound, driver),
    )


def _around(text: object, start: int) -> str:
    """What the customer says around the words, from up to 25 characters before them."""
    if not isinstance(text, str):
        return ""
    begin = text.rfind(" ", 0, start - _BEFORE) + 1 if start > _BEFORE else 0
    return ("…" if begin else "") + short(text[begin:], _AROUND)


def _with_each() -> str:
    return ", ".join(
        f"count(*) FILTER (WHERE list_contains(effort_drivers, '{name}')) AS {name}" for name in EFFORT_DRIVERS
    )
