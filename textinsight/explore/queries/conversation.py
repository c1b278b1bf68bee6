"""One conversation: its turns and tags, and the customer's other contacts with what ties them to it.

contact_facts tells in which shard a contact lies; then that file alone is read, however many there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textinsight.explore.queries.base import Rows

if TYPE_CHECKING:
    import pandas as pd

NEAREST = 20  # contacts of the customer shown around the chosen one


def shard_of(rows: Rows, conversation_id: str) -> str | None:
    """The shard that holds the conversation; None if the archive does not hold it."""
    found = rows("SELECT shard FROM contact_facts WHERE conversation_id = ? LIMIT 1", (conversation_id,))
    return None if found.empty else str(found["shard"][0])


def exists(rows: Rows, conversation_id: str) -> bool:
    """Whether the archive holds the conversation."""
    return shard_of(rows, conversation_id) is not None


def contact(rows: Rows, conversation_id: str, *, shard: str | None = None) -> pd.DataFrame:
    """The conversation's one row; shard: where it lies, looked up if it is not known."""
    return _of(rows, "conversations", conversation_id, shard, "LIMIT 1")


def turns(rows: Rows, conversation_id: str, *, shard: str | None = None) -> pd.DataFrame:
    """Its turns in order."""
    return _of(rows, "turns", conversation_id, shard, "ORDER BY turn")


def findings(rows: Rows, conversation_id: str, *, shard: str | None = None) -> pd.DataFrame:
    """Its tags with their evidence."""
    return _of(rows, "findings", conversation_id, shard, 'ORDER BY turn, start, "end", tag')


def details(rows: Rows, frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The frame of contacts (conversation_id, shard) with these columns of `conversations`, in the frame's order."""
    where, values = among(frame)
    found = rows(f"SELECT conversation_id, {', '.join(columns)} FROM stored_conversations WHERE {where}", values)
    return frame.merge(found, on="conversation_id", how="left")


def among(frame: pd.DataFrame) -> tuple[str, tuple[str, ...]]:
    """(SQL condition, its values) of what belongs to the frame's contacts (conversation_id, shard), in their shards."""
    ids, shards = (frame[name].dropna().unique().tolist() for name in ("conversation_id", "shard"))
    return f"shard IN ({_marks(shards)}) AND conversation_id IN ({_marks(ids)})", (*shards, *ids)


def topic_names(rows: Rows) -> dict[str, str]:
    """The topics' names by topic_id, in the order of their names; a topic under a theme with it."""
    found = rows(
        "SELECT t.topic_id, CASE WHEN p.label IS NULL THEN t.label ELSE p.label || ' › ' || t.label END AS name "
        "FROM topics t LEFT JOIN topics p ON p.topic_id = t.parent_id "
        "WHERE t.topic_id NOT IN (SELECT parent_id FROM topics WHERE parent_id IS NOT NULL) ORDER BY name, t.topic_id"
    )
    return dict(zip(found["topic_id"], found["name"], strict=True))


def timeline(rows: Rows, conversation_id: str) -> pd.DataFrame:
    """The customer's contacts nearest to this one, newest first, and the link between each and this one, if any."""
    here = rows(
        "SELECT customer_id, CAST(started_at AS VARCHAR) AS at FROM contact_facts WHERE conversation_id = ? LIMIT 1",
        (conversation_id,),
    )
    customer, at = (here["customer_id"].iloc[0], here["at"].iloc[0]) if len(here) else (None, None)
    is_known = isinstance(customer, str)
    found = rows(
        f"""
        WITH near AS (
            SELECT conversation_id, started_at, channel, topic_label, resolution, thread_id, shard,
                   conversation_id = $1 AS is_this
            FROM contact_facts WHERE {"customer_id" if is_known else "conversation_id"} = $2
            ORDER BY abs(epoch(started_at) - epoch(CAST($3 AS TIMESTAMPTZ))) NULLS LAST, conversation_id LIMIT {NEAREST}
        ),
        tied AS (
            SELECT earlier_id AS other, relation, probability, gap_days, evidence, reviewed, true AS is_earlier
            FROM links WHERE conversation_id = $1
            UNION ALL
            SELECT conversation_id, relation, probability, gap_days, evidence, reviewed, false
            FROM links WHERE earlier_id = $1
        )
        SELECT near.*, relation, probability, gap_days, evidence, reviewed, is_earlier
        FROM near LEFT JOIN tied ON tied.other = near.conversation_id
        ORDER BY started_at DESC NULLS LAST, near.conversation_id, relation
        """,
        (conversation_id, customer if is_known else conversation_id, at),
    )
    return details(rows, found, "issue_text")


def _of(rows: Rows, table: str, conversation_id: str, shard: str | None, order: str) -> pd.DataFrame:
    shard = shard or shard_of(rows, conversation_id)
    sql = f"SELECT * FROM {table} WHERE shard = ? AND conversation_id = ? {order}"
    return rows(sql, (shard or "", conversation_id))


def _marks(values: list[str]) -> str:
    return ", ".join("?" * len(values)) or "NULL"
