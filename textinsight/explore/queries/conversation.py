"""One conversation: its turns and tags, and the customer's other contacts with what ties them to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textinsight.explore.queries.base import Rows

if TYPE_CHECKING:
    import pandas as pd

NEAREST = 20  # contacts of the customer shown around the chosen one


def exists(rows: Rows, conversation_id: str) -> bool:
    """Whether the archive holds the conversation."""
    return not rows("SELECT 1 AS found FROM conversations WHERE conversation_id = ? LIMIT 1", (conversation_id,)).empty


def contact(rows: Rows, conversation_id: str) -> pd.DataFrame:
    """The conversation's one row."""
    return rows("SELECT * FROM conversations WHERE conversation_id = ? LIMIT 1", (conversation_id,))


def turns(rows: Rows, conversation_id: str) -> pd.DataFrame:
    """Its turns in order."""
    return rows("SELECT * FROM turns WHERE conversation_id = ? ORDER BY turn", (conversation_id,))


def findings(rows: Rows, conversation_id: str) -> pd.DataFrame:
    """Its tags with their evidence."""
    return rows('SELECT * FROM findings WHERE conversation_id = ? ORDER BY turn, start, "end", tag', (conversation_id,))


def timeline(rows: Rows, conversation_id: str) -> pd.DataFrame:
    """The customer's contacts nearest to this one, newest first, and the link between each and this one, if any."""
    return rows(
        f"""
        WITH here AS (
            SELECT conversation_id AS id, customer_id, started_at AS at FROM conversations WHERE conversation_id = $1
        ),
        near AS (
            SELECT c.conversation_id, c.started_at, c.channel, c.topic_label, c.issue_text, c.resolution, c.thread_id,
                   c.conversation_id = here.id AS is_this
            FROM conversations c, here
            WHERE c.conversation_id = here.id OR c.customer_id = here.customer_id
            ORDER BY abs(epoch(c.started_at) - epoch(here.at)) NULLS LAST, c.conversation_id LIMIT {NEAREST}
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
        (conversation_id,),
    )
