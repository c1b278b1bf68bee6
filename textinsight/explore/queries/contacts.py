"""The list of contacts: counted, paged and sorted in SQL, never read whole.

With `found`, only contacts of the table `hits` (conversation_id, place, score) that a search left beside the query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textinsight.explore.filters import Filters
from textinsight.explore.queries.base import Rows
from textinsight.explore.queries.conversation import details

if TYPE_CHECKING:
    import pandas as pd

BEST = "Best match"
ORDERS = {
    "Newest first": "started_at DESC NULLS LAST, conversation_id",
    "Oldest first": "started_at NULLS LAST, conversation_id",
    "Highest effort": "effort_score DESC NULLS LAST, started_at DESC, conversation_id",
    "Lowest sentiment": "sentiment NULLS LAST, started_at DESC, conversation_id",
    "Least satisfied": "csat NULLS LAST, started_at DESC, conversation_id",
}
NEWEST = next(iter(ORDERS))
_SORTED = {BEST: "place", **ORDERS}

_FACTS = (
    "conversation_id, started_at, channel, company, topic_label, resolution, effort_score, sentiment, csat, "
    "is_repeat IS TRUE AS repeat, customer_id, shard"
)
_HITS = "hits JOIN contact_facts USING (conversation_id)"


def count(rows: Rows, filters: Filters, *, found: bool = False) -> int:
    """How many contacts match."""
    where, values = filters.where()
    return int(rows(f"SELECT count(*) AS n FROM {_from(found)} WHERE {where}", values)["n"][0])


def page(rows: Rows, filters: Filters, *, order: str, number: int, size: int, found: bool = False) -> pd.DataFrame:
    """The matching contacts of page `number` (1-based), with the issue text and number of turns of those alone."""
    where, values = filters.where()
    facts = f"{_FACTS}{', place' if found else ''}"
    narrow = f"SELECT {facts} FROM {_from(found)} WHERE {where} ORDER BY {_SORTED[order]} LIMIT ? OFFSET ?"
    return details(rows, rows(narrow, (*values, size, (number - 1) * size)), "issue_text", "n_turns")


def everything(filters: Filters, *, order: str, found: bool = False) -> tuple[str, tuple[Any, ...]]:
    """(SQL, values) of all matching contacts with every column, for a download."""
    sql, values = chosen(filters)
    source = "hits JOIN conversations USING (conversation_id)" if found else "conversations"
    kept = "source, source_line, shard, place" if found else "source, source_line, shard"
    return f"SELECT * EXCLUDE ({kept}) FROM {source} WHERE conversation_id IN ({sql}) ORDER BY {_SORTED[order]}", values


def chosen(filters: Filters) -> tuple[str, tuple[Any, ...]]:
    """(SQL, values) of the matching contacts' ids."""
    where, values = filters.where()
    return f"SELECT conversation_id FROM contact_facts WHERE {where}", values


def first(rows: Rows, filters: Filters) -> str | None:
    """The newest matching contact."""
    where, values = filters.where()
    sql = f"SELECT conversation_id FROM contact_facts WHERE {where} ORDER BY {ORDERS[NEWEST]} LIMIT 1"
    found = rows(sql, values)["conversation_id"].tolist()
    return str(found[0]) if found else None


def neighbours(rows: Rows, filters: Filters, conversation_id: str) -> tuple[str | None, str | None]:
    """(newer, older) matching contact beside this one, in the order "newest first"."""
    where, values = filters.where()
    here = rows(
        "SELECT CAST(started_at AS VARCHAR) AS at FROM contact_facts WHERE conversation_id = ? LIMIT 1",
        (conversation_id,),
    )["at"].tolist()
    if not here or here[0] is None:
        return None, None
    at = "CAST(? AS TIMESTAMPTZ)"
    sides = ((">", "<", "ASC", "DESC"), ("<", ">", "DESC", "ASC"))
    found = [
        rows(
            f"SELECT conversation_id AS id FROM contact_facts WHERE started_at {beside}= {at} AND (started_at {beside} "
            f"{at} OR conversation_id {tie} ?) AND {where} ORDER BY started_at {time}, conversation_id {then} LIMIT 1",
            (here[0], here[0], conversation_id, *values),
        )["id"].tolist()
        for beside, tie, time, then in sides
    ]
    newer, older = (str(ids[0]) if ids else None for ids in found)
    return newer, older


def _from(found: bool) -> str:
    return _HITS if found else "contact_facts"
