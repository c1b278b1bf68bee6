"""Aggregates over contact_facts: DuckDB reads the columns it needs, and a page gets a row a day or a topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textinsight.explore.filters import COLUMNS, Filters
from textinsight.explore.follows import FOLLOWS
from textinsight.explore.queries.base import Rows

if TYPE_CHECKING:
    import pandas as pd

DAY_US = 86_400_000_000
_DAY = f"epoch_us(started_at) // {DAY_US}"  # date_trunc on a time with a zone takes ten times as long
PERIODS = {
    "week": f"{_DAY} - ({_DAY} + 3) % 7",  # weeks begin on Monday; 1970-01-01 was a Thursday
    "month": f"epoch_us(date_trunc('month', make_timestamp(epoch_us(started_at)))) // {DAY_US}",
}
# measure → (its value, null where it does not count; whether it ought to be known and is not: "" if that is whenever it
# has no value), as textinsight.measure
COUNTED = {
    "repeat_share": ("CASE WHEN NOT is_transfer THEN is_repeat::UTINYINT END", "is_repeat IS NULL"),
    "fcr_observed": ("fcr_observed", "fcr_observed IS NULL AND opens_issue IS NOT FALSE"),
    "fcr_stated": (
        "CASE WHEN resolution = 'resolved' THEN 1 WHEN resolution IN ('unresolved', 'moved') THEN 0 END",
        "",
    ),
    "effort": ("effort_score::DOUBLE", ""),
    "sentiment": ("sentiment::DOUBLE", ""),
    "csat_top_two_box": ("(csat >= 4)::UTINYINT", ""),
}
_SPREAD = ("effort", "sentiment")  # the others are 0 or 1, and so are their squares: no need to sum them up


def extent(rows: Rows) -> dict[str, Any]:
    """contacts, first and last day (days since 1970, None without a time), is_related: whether linking took place.

    was_related: whether any version's did, whose facts may lack columns and then do not count.
    late: contacts of known customers that linking has not seen yet.
    """
    found = rows(
        f"SELECT count(*) AS contacts, min({_DAY}) AS first, max({_DAY}) AS last, "
        "EXISTS (SELECT 1 FROM stored_facts LIMIT 1) AS is_related, "
        "EXISTS (SELECT 1 FROM assignments LIMIT 1) AS was_related, "
        "count(*) FILTER (WHERE person IS NULL AND customer_id IS NOT NULL) AS late FROM contact_facts"
    )
    known = found.astype(object).where(found.notna(), None)
    return {str(name): known[name][0] for name in known.columns}


def values(rows: Rows, dimension: str) -> tuple[str, ...]:
    """The values of a filter's dimension, the most frequent first."""
    if dimension == "follows":
        return tuple(FOLLOWS)
    found = rows(
        f"SELECT {COLUMNS[dimension]} AS value, count(*) AS n FROM contact_facts GROUP BY 1 ORDER BY n DESC, 1"
    )
    return tuple(found["value"])


def daily(rows: Rows, filters: Filters) -> pd.DataFrame:
    """A row a day (days since 1970, null: time unknown): contacts, and of each measure n, unknown, total, squares."""
    where, bound = filters.where()
    told = {name: unknown for name, (_, unknown) in COUNTED.items() if unknown}
    inner = [f"{value} AS {name}" for name, (value, _) in COUNTED.items()]
    inner += [f"({unknown})::UTINYINT AS {name}_u" for name, unknown in told.items()]
    outer = [sums(*COUNTED), *(f"sum({name}_u)::DOUBLE AS {name}_unknown" for name in told)]
    found = rows(
        f"SELECT day, count(*) AS contacts, {', '.join(outer)} FROM (SELECT {_DAY} AS day, {', '.join(inner)} "
        f"FROM contact_facts WHERE {where}) GROUP BY day ORDER BY day",
        bound,
    )
    return found.assign(
        **{f"{name}_unknown": found["contacts"] - found[f"{name}_n"] for name in COUNTED if name not in told},
        **{f"{name}_squares": found[f"{name}_total"] for name in COUNTED if name not in _SPREAD},
    )


def sums(*names: str) -> str:
    """The SQL of each measure's n and total, and of the squares of those that are no shares."""
    parts = [f"count({name}) AS {name}_n, sum({name})::DOUBLE AS {name}_total" for name in names]
    return ", ".join(parts + [f"sum({name} * {name}) AS {name}_squares" for name in names if name in _SPREAD])


def customers(rows: Rows, filters: Filters) -> tuple[int, int]:
    """(different customers, contacts without one); before linking, customer ids are counted."""
    where, bound = filters.where()
    counted = "count(DISTINCT {0}) AS n, count(*) - count({0}) AS without FROM contact_facts WHERE "
    found = rows(f"SELECT {counted.format('person')}{where}", bound).iloc[0]
    if not found["without"] or not extent(rows)["late"]:
        return int(found["n"]), int(found["without"])
    late = rows(f"SELECT {counted.format('customer_id')}person IS NULL AND {where}", bound).iloc[0]
    return int(found["n"] + late["n"]), int(late["without"])


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
