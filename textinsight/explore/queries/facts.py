"""Aggregates over contact_facts: DuckDB reads the columns it needs, and a page gets a row a day or a topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textinsight.explore.filters import COLUMNS, Filters
from textinsight.explore.queries.base import Rows

if TYPE_CHECKING:
    import pandas as pd

DAY_US = 86_400_000_000
_DAY = f"epoch_us(started_at) // {DAY_US}"  # date_trunc on a time with a zone takes ten times as long
PERIODS = {
    "week": f"{_DAY} - ({_DAY} + 3) % 7",  # weeks begin on Monday; 1970-01-01 was a Thursday
    "month": f"epoch_us(date_trunc('month', make_timestamp(epoch_us(started_at)))) // {DAY_US}",
}
# measure → (its value, null where it does not count; whether it ought to be known and is not), as textinsight.measure
COUNTED = {
    "repeat_share": ("CASE WHEN NOT is_transfer THEN is_repeat::UTINYINT END", "is_repeat IS NULL"),
    "fcr_observed": ("fcr_observed", "fcr_observed IS NULL AND opens_issue IS NOT FALSE"),
    "fcr_stated": (
        "CASE WHEN resolution = 'resolved' THEN 1 WHEN resolution IN ('unresolved', 'moved') THEN 0 END",
        "resolution IS NULL OR resolution NOT IN ('resolved', 'unresolved', 'moved')",
    ),
    "effort": ("effort_score::DOUBLE", "effort_score IS NULL"),
    "sentiment": ("sentiment::DOUBLE", "sentiment IS NULL"),
    "csat_top_two_box": ("(csat >= 4)::UTINYINT", "csat IS NULL"),
}


def extent(rows: Rows) -> dict[str, Any]:
    """contacts, first and last day (days since 1970, None without a time), is_related: whether linking took place."""
    found = rows(
        f"SELECT count(*) AS contacts, min({_DAY}) AS first, max({_DAY}) AS last, "
        "EXISTS (SELECT 1 FROM stored_facts LIMIT 1) AS is_related FROM contact_facts"
    )
    known = found.astype(object).where(found.notna(), None)
    return {str(name): known[name][0] for name in known.columns}


def values(rows: Rows, dimension: str) -> tuple[str, ...]:
    """The values of a filter's dimension, the most frequent first."""
    found = rows(
        f"SELECT {COLUMNS[dimension]} AS value, count(*) AS n FROM contact_facts GROUP BY 1 ORDER BY n DESC, 1"
    )
    return tuple(found["value"])


def daily(rows: Rows, filters: Filters) -> pd.DataFrame:
    """A row a day (days since 1970, null: time unknown): contacts, and of each measure n, unknown, total, squares."""
    where, bound = filters.where()
    inner = ", ".join(
        f"{value} AS {name}, ({unknown})::UTINYINT AS {name}_u" for name, (value, unknown) in COUNTED.items()
    )
    outer = ", ".join(
        f"count({name}) AS {name}_n, sum({name}_u)::DOUBLE AS {name}_unknown, sum({name})::DOUBLE AS {name}_total, "
        f"sum({name} * {name})::DOUBLE AS {name}_squares"
        for name in COUNTED
    )
    return rows(
        f"SELECT day, count(*) AS contacts, {outer} FROM (SELECT {_DAY} AS day, {inner} FROM contact_facts "
        f"WHERE {where}) GROUP BY day ORDER BY day",
        bound,
    )


def customers(rows: Rows, filters: Filters) -> tuple[int, int]:
    """(different customers, contacts without one); before linking, customer ids are counted."""
    where, bound = filters.where()
    found = rows(
        "SELECT count(DISTINCT person) AS n, count(*) - count(person) AS without, "
        f"count(CASE WHEN person IS NULL THEN customer_id END) AS late FROM contact_facts WHERE {where}",
        bound,
    ).iloc[0]
    n, unknown = int(found["n"]), int(found["without"])
    if not found["late"]:
        return n, unknown
    late = rows(f"SELECT count(DISTINCT customer_id) AS n FROM contact_facts WHERE person IS NULL AND {where}", bound)
    return n + int(late["n"][0]), unknown - int(found["late"])


def customers_by(rows: Rows, filters: Filters, period: str) -> pd.DataFrame:
    """Different customers of each week or month: day (its first, days since 1970), n."""
    where, bound = filters.where()
    who = "coalesce(person::VARCHAR, customer_id)" if not extent(rows)["is_related"] else "person"
    return rows(
        f"SELECT day, count(who) AS n FROM (SELECT DISTINCT {PERIODS[period]} AS day, {who} AS who FROM contact_facts "
        f"WHERE started_at IS NOT NULL AND {where}) GROUP BY day ORDER BY day",
        bound,
    )


def fix_list(rows: Rows, filters: Filters) -> pd.DataFrame:
    """One row a topic, most avoidable contacts first, counted as `measure.rank_topics` counts.

    contacts, repeats, downstream (expected), avoidable = repeats + downstream, effort, sentiment, fcr_observed.
    """
    return rows(*fixes(filters))


def fixes(filters: Filters) -> tuple[str, tuple[Any, ...]]:
    """(SQL, values) of that list."""
    where, bound = filters.where()
    return (
        f"SELECT {COLUMNS['topic']} AS topic, count(*) AS contacts, count(*) FILTER (WHERE is_repeat) AS repeats, "
        "sum(brought_on) AS downstream, count(*) FILTER (WHERE is_repeat) + sum(brought_on) AS avoidable, "
        "avg(effort_score) AS effort, avg(sentiment) AS sentiment, avg(fcr_observed) AS fcr_observed "
        f"FROM contact_facts WHERE {where} GROUP BY 1 ORDER BY avoidable DESC, contacts DESC, topic",
        bound,
    )
