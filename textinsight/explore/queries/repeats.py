"""Issue threads of several contacts, the links that hold them together, and first contact resolution by segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textinsight.explore.filters import COLUMNS, Filters
from textinsight.explore.queries.base import Rows
from textinsight.explore.queries.conversation import details
from textinsight.explore.queries.facts import COUNTED
from textinsight.explore.words import UNCLEAR
from textinsight.measure.summary import share_of

if TYPE_CHECKING:
    import pandas as pd

Asked = tuple[str, tuple[Any, ...]]

ORDERS = {
    "Most contacts": "n_contacts DESC, span_days DESC",
    "Longest": "span_days DESC",
    "Open, oldest first": "open DESC, first_at",
    "Newest": "last_at DESC",
}
BY = {"topic": COLUMNS["topic"], "channel": COLUMNS["channel"], "agent": COLUMNS["agent"]}


def count(rows: Rows, filters: Filters) -> tuple[int, int]:
    """(threads of several contacts of which one matches, those of them that are open)."""
    sql, values = threads(filters)
    found = rows(f"SELECT count(*) AS n, count(*) FILTER (WHERE open) AS n_open FROM ({sql})", values)
    return int(found["n"][0]), int(found["n_open"][0])


def page(rows: Rows, filters: Filters, *, order: str, number: int, size: int) -> pd.DataFrame:
    """Page `number` of those threads: thread_id, topic, customer_id, n_contacts, channels, first_at, last_at, …"""
    sql, values = threads(filters)
    ordered = f"SELECT * FROM ({sql}) ORDER BY {ORDERS[order]}, thread_id LIMIT ? OFFSET ?"
    return rows(ordered, (*values, size, (number - 1) * size))


def threads(filters: Filters) -> Asked:
    """(SQL, values) of all of them."""
    where, values = filters.where()
    is_in_view = f"t.thread_id IN (SELECT thread_id FROM contact_facts WHERE thread_id IS NOT NULL AND {where})"
    sql = f"""
        SELECT t.thread_id, coalesce(p.label, '{UNCLEAR}') AS topic, t.customer_id, t.n_contacts, t.channels,
               t.first_at, t.last_at, (epoch(t.last_at) - epoch(t.first_at)) / 86400 AS span_days, t.open
        FROM threads t LEFT JOIN topics p USING (topic_id)
        WHERE t.n_contacts >= 2 AND {is_in_view if filters != Filters() else "true"}
    """
    return sql, values


def dots(rows: Rows, thread_ids: tuple[str, ...]) -> pd.DataFrame:
    """The threads' contacts in order of time: conversation_id, thread_id, shard, days since the first, channel, …"""
    return rows(
        f"""
        SELECT conversation_id, thread_id, shard, is_transfer, started_at, {COLUMNS["channel"]} AS channel,
               {COLUMNS["resolution"]} AS resolution,
               (epoch(started_at) - min(epoch(started_at)) OVER (PARTITION BY thread_id)) / 86400 AS days
        FROM contact_facts WHERE thread_id IN ({_marks(thread_ids)}) ORDER BY started_at, conversation_id
        """,
        thread_ids,
    )


def contacts(rows: Rows, own: pd.DataFrame) -> pd.DataFrame:
    """A thread's contacts, as `dots` has them, each with the link to an earlier one, if it has one.

    earlier_id, probability, gap_days, evidence, reviewed: of the same-issue link; null for the first contact.
    """
    ids = tuple(own["conversation_id"])
    links = rows(
        "SELECT conversation_id, earlier_id, probability, gap_days, evidence, reviewed FROM links "
        f"WHERE relation = 'same_issue' AND conversation_id IN ({_marks(ids)})",
        ids,
    )
    return details(rows, own, "issue_text").merge(links, on="conversation_id", how="left")


def _marks(values: tuple[str, ...]) -> str:
    return ", ".join("?" * len(values))


def fcr(rows: Rows, filters: Filters, by: str, *, limit: int) -> pd.DataFrame:
    """First contact resolution of the largest segments: name, contacts, n, observed, low, high, open, not_measurable,

    stated, n_stated. n: contacts that open an issue and whose window is over. open, not_measurable: shares of those
    that open an issue or may, which the observed figure says nothing of.
    """
    found = rows(*segments(filters, by, limit))
    found["observed"], found["low"], found["high"] = share_of(found["n"].to_numpy(), found["solved"].to_numpy())
    found["stated"], _, __ = share_of(found["n_stated"].to_numpy(), found["said"].to_numpy())
    return found


def segments(filters: Filters, by: str, limit: int) -> Asked:
    """(SQL, values) of the counts behind it."""
    where, values = filters.where()
    stated = COUNTED["fcr_stated"][0]
    sql = f"""
        SELECT {BY[by]} AS name, count(*) AS contacts, count(fcr_observed) AS n,
               coalesce(sum(fcr_observed), 0)::DOUBLE AS solved,
               count(*) FILTER (WHERE fcr_observed IS NULL AND opens_issue)
                   / greatest(count(*) FILTER (WHERE opens_issue IS NOT FALSE), 1) AS open,
               count(*) FILTER (WHERE opens_issue IS NULL)
                   / greatest(count(*) FILTER (WHERE opens_issue IS NOT FALSE), 1) AS not_measurable,
               count({stated}) AS n_stated, coalesce(sum({stated}), 0)::DOUBLE AS said
        FROM contact_facts WHERE {where} GROUP BY 1 ORDER BY contacts DESC, name LIMIT ?
    """
    return sql, (*values, limit)


def handle_topics(rows: Rows, window_days: int, topics: tuple[str, ...]) -> dict[str, str]:
    """topic_id → name of what handle time is told of: all topics together first, then the largest."""
    found = rows(
        "SELECT topic_id, topic_label FROM handle_time WHERE window_days = ? AND quartile = 0 AND n > 0 "
        "ORDER BY topic_id <> 'all', n DESC, topic_id",
        (window_days,),
    )
    named = dict(zip(found["topic_id"], found["topic_label"].fillna(UNCLEAR), strict=True))
    return {key: label for key, label in named.items() if not topics or key == "all" or label in topics}


def handle_time(rows: Rows, window_days: int, topic_id: str) -> pd.DataFrame:
    """Repeat rate by quartile of handle time (0: all), with the association of both."""
    return rows(
        "SELECT * FROM handle_time WHERE window_days = ? AND topic_id = ? ORDER BY quartile", (window_days, topic_id)
    )
