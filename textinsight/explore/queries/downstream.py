"""Edges between topics, and the pairs of conversations behind one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textinsight.explore.queries.base import Rows
from textinsight.explore.words import UNCLEAR

if TYPE_CHECKING:
    import pandas as pd


# A contact's topic is that of its thread, as in the edges.
_PAIRED = """
    FROM links l
    JOIN conversations a ON a.conversation_id = l.earlier_id
    JOIN conversations b ON b.conversation_id = l.conversation_id
    LEFT JOIN threads ta ON ta.thread_id = a.thread_id
    LEFT JOIN threads tb ON tb.thread_id = b.thread_id,
    LATERAL (SELECT coalesce(ta.topic_id, a.topic_id) AS topic_a, coalesce(tb.topic_id, b.topic_id) AS topic_b)
    WHERE l.relation = 'downstream' AND l.reviewed IS DISTINCT FROM 'rejected'
"""


def windows(rows: Rows) -> list[int]:
    """The windows, in days, that edges were counted for."""
    found = rows("SELECT DISTINCT window_days FROM edges ORDER BY window_days")["window_days"].tolist()
    return [int(days) for days in found]


def edges(rows: Rows, *, window_days: int, min_starts: int) -> pd.DataFrame:
    """Edges with at least so many starts, the clearest first, with the topics' names."""
    return rows(*everything(window_days=window_days, min_starts=min_starts))


def everything(*, window_days: int, min_starts: int) -> tuple[str, tuple[int, ...]]:
    """(SQL, values) of those edges."""
    sql = f"""
        WITH pairs AS (SELECT topic_a, topic_b, count(*) AS n_pairs {_PAIRED} GROUP BY ALL)
        SELECT coalesce(a.label, '{UNCLEAR}') AS label_a, coalesce(b.label, '{UNCLEAR}') AS label_b, e.*,
               coalesce(n_pairs, 0) AS n_pairs
        FROM edges e LEFT JOIN topics a ON a.topic_id = e.topic_a LEFT JOIN topics b ON b.topic_id = e.topic_b
        LEFT JOIN pairs ON pairs.topic_a = e.topic_a AND pairs.topic_b = e.topic_b
        WHERE window_days = ? AND n_starts >= ? ORDER BY q_value, lift_low DESC, e.topic_a, e.topic_b
    """
    return sql, (window_days, min_starts)


def labels(rows: Rows) -> dict[str, str]:
    """The topics' names, by topic_id."""
    found = rows("SELECT topic_id, label FROM topics")
    return dict(zip(found["topic_id"], found["label"], strict=True))


def sizes(rows: Rows) -> dict[str, int]:
    """Contacts a topic, by topic_id."""
    found = rows("SELECT topic_id, count(*) AS n FROM conversations WHERE topic_id IS NOT NULL GROUP BY topic_id")
    return {str(topic): int(n) for topic, n in zip(found["topic_id"], found["n"], strict=True)}


def pairs(rows: Rows, topic_a: str, topic_b: str, *, number: int, size: int) -> pd.DataFrame:
    """Page `number` of the linked pairs, the likeliest first: both contacts' id, time, channel, outcome and issue."""
    columns = ", ".join(
        f"{side}.{column} AS {column}_{side}"
        for side in "ab"
        for column in ("conversation_id", "started_at", "channel", "resolution", "issue_text")
    )
    return rows(
        f"SELECT {columns}, l.probability, l.gap_days {_PAIRED} AND topic_a = ? AND topic_b = ? "
        "ORDER BY l.probability DESC, l.gap_days, l.conversation_id LIMIT ? OFFSET ?",
        (topic_a, topic_b, size, (number - 1) * size),
    )
