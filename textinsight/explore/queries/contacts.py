"""The list of contacts: counted, paged and searched in SQL, never read whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textinsight.explore.filters import Filters
from textinsight.explore.queries.base import Rows
from textinsight.explore.queries.conversation import details

if TYPE_CHECKING:
    import pandas as pd

ORDERS = {
    "Newest first": "started_at DESC NULLS LAST, conversation_id",
    "Oldest first": "started_at NULLS LAST, conversation_id",
    "Highest effort": "effort_score DESC NULLS LAST, started_at DESC, conversation_id",
    "Lowest sentiment": "sentiment NULLS LAST, started_at DESC, conversation_id",
    "Least satisfied": "csat NULLS LAST, started_at DESC, conversation_id",
}
NEWEST = next(iter(ORDERS))

_FACTS = (
    "conversation_id, started_at, channel, company, topic_label, resolution, effort_score, sentiment, csat, "
    "is_repeat IS TRUE AS repeat, customer_id, shard"
)


def count(rows: Rows, filters: Filters, search: str) -> int:
    """How many contacts match."""
    where, values = filters.where(search=search)
    return int(rows(f"SELECT count(*) AS n FROM {_source(search)} WHERE {where}", values)["n"][0])


def page(rows: Rows, filters: Filters, search: str, *, order: str, number: int, size: int) -> pd.DataFrame:
    """The matching contacts of page `number` (1-based)."""
    where, values = filters.where(search=search)
    chosen = f"SELECT {_FACTS} FROM {_source(search)} WHERE {where} ORDER BY {ORDERS[order]} LIMIT ? OFFSET ?"
    return details(rows, rows(chosen, (*values, size, (number - 1) * size)), "issue_text", "n_turns")


def _source(search: str) -> str:
    """Facts alone, or with the words to search in."""
    if not search.split():
        return "contact_facts"
    return "(SELECT f.*, c.issue_text FROM contact_facts f JOIN stored_conversations c USING (conversation_id))"


def everything(filters: Filters, search: str, *, order: str) -> tuple[str, tuple[Any, ...]]:
    """(SQL, values) of all matching contacts with every column, for a download."""
    where, values = filters.where(search=search)
    sql = f"SELECT * EXCLUDE (source, source_line, shard) FROM conversations WHERE {where} ORDER BY {ORDERS[order]}"
    return sql, values


def first(rows: Rows, filters: Filters) -> str | None:
    """The newest matching contact."""
    found = page(rows, filters, "", order=NEWEST, number=1, size=1)
    return None if found.empty else str(found["conversation_id"][0])


def neighbours(rows: Rows, filters: Filters, conversation_id: str) -> tuple[str | None, str | None]:
    """(newer, older) matching contact beside this one, in the order "newest first"."""
    where, values = filters.where()
    here = "(SELECT started_at AS at, conversation_id AS id FROM contact_facts WHERE conversation_id = ?)"
    sides = (
        ("(c.started_at > here.at OR (c.started_at = here.at AND c.conversation_id < here.id))", "ASC", "DESC"),
        ("(c.started_at < here.at OR (c.started_at = here.at AND c.conversation_id > here.id))", "DESC", "ASC"),
    )
    found = [
        rows(
            f"SELECT c.conversation_id AS id FROM contact_facts c, {here} here WHERE {beside} AND {where} "
            f"ORDER BY c.started_at {time}, c.conversation_id {tie} LIMIT 1",
            (conversation_id, *values),
        )["id"].tolist()
        for beside, time, tie in sides
    ]
    newer, older = (str(ids[0]) if ids else None for ids in found)
    return newer, older
