"""The edges between topics, what they cost, and the pairs of conversations behind one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textinsight.explore.filters import Filters
from textinsight.explore.queries.base import Rows
from textinsight.explore.queries.conversation import details
from textinsight.explore.words import UNCLEAR

if TYPE_CHECKING:
    import pandas as pd

Asked = tuple[str, tuple[Any, ...]]

_CLEAR = "e.q_value <= 0.05 AND e.lift_low > 1"
# Pairs that an edge counts: a start of A whose window is over, and the person's nearest opening of B after it.
_PAIRS = """
    WITH opener AS (
        SELECT f.conversation_id AS id, f.thread_id, t.topic_id, t.customer_id AS person, t.n_contacts,
               f.started_at AS start,
               f.started_at + to_microseconds(CAST(coalesce(f.handle_s, 0) * 1e6 AS BIGINT)) AS stop
        FROM contact_facts f JOIN threads t USING (thread_id) WHERE f.opens_issue AND t.topic_id IN ($1, $2)
    ),
    pair AS (
        SELECT a.id AS a, b.id AS b, a.thread_id AS thread_a, b.n_contacts,
               greatest(epoch_us(b.start) - epoch_us(a.stop), 0) / 864e8 AS gap_days
        FROM opener a JOIN opener b ON a.person = b.person AND a.topic_id = $1 AND b.topic_id = $2
             AND (b.start, b.id) > (a.start, a.id) AND b.start <= a.stop + to_days($3)
        WHERE a.stop + to_days($3) <= (SELECT max(started_at) FROM contact_facts)
        QUALIFY row_number() OVER (PARTITION BY a.id ORDER BY gap_days, b.start, b.id) = 1
    ),
    link AS (
        SELECT l.conversation_id, l.earlier_id, l.probability, l.reviewed, f.thread_id
        FROM (SELECT conversation_id, earlier_id, probability, reviewed FROM links
              WHERE relation = 'downstream' AND conversation_id IN (SELECT b FROM pair)) l
        JOIN contact_facts f ON f.conversation_id = l.earlier_id
    ),
    linked AS (
        SELECT pair.*, l.earlier_id, l.probability, coalesce(l.reviewed, v.verdict) AS reviewed
        FROM pair
        LEFT JOIN link l ON l.conversation_id = pair.b AND l.thread_id = pair.thread_a
        LEFT JOIN verdicts v ON v.conversation_id = pair.b AND v.earlier_id = pair.a AND v.relation = 'downstream'
        QUALIFY row_number() OVER (PARTITION BY pair.a, pair.b ORDER BY l.probability DESC NULLS LAST, l.earlier_id) = 1
    )
"""


def windows(rows: Rows) -> list[int]:
    """The windows, in days, that edges were counted for."""
    found = rows("SELECT DISTINCT window_days FROM edges ORDER BY window_days")["window_days"].tolist()
    return [int(days) for days in found]


def edges(rows: Rows, *, window_days: int, min_starts: int, topics: tuple[str, ...], limit: int) -> pd.DataFrame:
    """The edges of the window, those that are no chance first and the strongest of them first; with topics' names.

    topics: names; only edges that begin or end at one of them, all if empty. is_clear: q ≤ .05 and a lift above one.
    """
    sql, values = everything(window_days=window_days, min_starts=min_starts, topics=topics)
    return rows(f"{sql} LIMIT ?", (*values, limit))


def everything(*, window_days: int, min_starts: int, topics: tuple[str, ...]) -> Asked:
    """(SQL, values) of those edges."""
    near = "true"
    if topics:
        marks = ", ".join("?" * len(topics))
        near = f"(coalesce(a.label, '{UNCLEAR}') IN ({marks}) OR coalesce(b.label, '{UNCLEAR}') IN ({marks}))"
    sql = f"""
        SELECT coalesce(a.label, '{UNCLEAR}') AS label_a, coalesce(b.label, '{UNCLEAR}') AS label_b, e.*,
               {_CLEAR} AS is_clear, greatest(e.rate - e.base_rate, 0) * e.n_starts AS brought_on
        FROM edges e LEFT JOIN topics a ON a.topic_id = e.topic_a LEFT JOIN topics b ON b.topic_id = e.topic_b
        WHERE window_days = ? AND n_starts >= ? AND {near}
        ORDER BY is_clear DESC, if(is_clear, -brought_on, q_value), lift_low DESC, e.topic_a, e.topic_b
    """
    return sql, (window_days, min_starts, *topics, *topics)


def counts(
    rows: Rows, *, window_days: int, min_starts: int, topics: tuple[str, ...], many: int
) -> tuple[int, int, int]:
    """(edges seen, those that are no chance, those of them with at least `many` starts)."""
    sql, values = everything(window_days=window_days, min_starts=min_starts, topics=topics)
    found = rows(
        "SELECT count(*) AS n, count(*) FILTER (WHERE is_clear) AS clear, "
        f"count(*) FILTER (WHERE is_clear AND n_starts >= ?) AS strong FROM ({sql})",
        (many, *values),
    ).iloc[0]
    return int(found["n"]), int(found["clear"]), int(found["strong"])


def clusters(rows: Rows, window_days: int, cost: float) -> pd.DataFrame:
    """The clusters of the window, those with most brought on first, at this cost of a contact."""
    return rows(
        "SELECT * REPLACE (? AS cost_per_contact, contacts * ? AS cost, attributable * ? AS attributable_cost) "
        "FROM clusters WHERE window_days = ? ORDER BY attributable DESC, cluster_id",
        (cost, cost, cost, window_days),
    )


def avoidable(rows: Rows, window_days: int, cost: float) -> pd.DataFrame:
    """Which first contact would have avoided how many later ones, the most first."""
    return rows(
        "SELECT * REPLACE (? AS cost_per_contact, avoidable * ? AS cost) FROM avoidable WHERE window_days = ? "
        "ORDER BY avoidable DESC, topic_a, topic_b",
        (cost, cost, window_days),
    )


def readings(rows: Rows) -> pd.DataFrame:
    """Both readings of "how much of later contact is related to the first issue", by window, over all contacts."""
    return rows(
        """
        SELECT CAST(regexp_extract(measure, '_(\\d+)d$', 1) AS INTEGER) AS window_days,
               max(value) FILTER (starts_with(measure, 'related')) AS related,
               max(low) FILTER (starts_with(measure, 'related')) AS related_low,
               max(high) FILTER (starts_with(measure, 'related')) AS related_high,
               max(n) FILTER (starts_with(measure, 'related')) AS followups,
               max(value) FILTER (starts_with(measure, 'downstream')) AS downstream_share,
               max(low) FILTER (starts_with(measure, 'downstream')) AS downstream_share_low,
               max(high) FILTER (starts_with(measure, 'downstream')) AS downstream_share_high,
               max(n) FILTER (starts_with(measure, 'downstream')) AS linked
        FROM measures
        WHERE segment = 'all' AND period = 'all'
              AND regexp_matches(measure, '^(related_share_of_followups|downstream_share_of_linked)_\\d+d$')
        GROUP BY 1 ORDER BY 1
        """
    )


def labels(rows: Rows) -> dict[str, str]:
    """The topics' names, by topic_id."""
    found = rows("SELECT topic_id, label FROM topics")
    return dict(zip(found["topic_id"], found["label"], strict=True))


def sizes(rows: Rows) -> dict[str, int]:
    """Contacts a topic, by topic_id."""
    found = rows("SELECT topic_id, count(*) AS n FROM contact_facts WHERE topic_id IS NOT NULL GROUP BY topic_id")
    return {str(topic): int(n) for topic, n in zip(found["topic_id"], found["n"], strict=True)}


def pairs(
    rows: Rows, key: tuple[str, str], *, window_days: int, filters: Filters, number: int, size: int
) -> pd.DataFrame:
    """Page `number` of an edge's pairs, the likeliest first: both contacts, and the link between them, if there is one.

    filters: of the earlier contact, but for the topic. probability: null where no link reached its cut. reviewed: the
    verdict on the link or, without one, on the pair. n_all, n_linked: pairs of the edge, and those linked and not
    rejected, filtered or not; n: filtered.
    """
    where, values = _numbered(filters, 6)
    sql = f"""{_PAIRS}, counted AS (
            SELECT *, count(*) OVER () AS n_all,
                   count(*) FILTER (probability IS NOT NULL AND reviewed IS DISTINCT FROM 'rejected') OVER ()
                   AS n_linked
            FROM linked
        ),
        chosen AS (
            SELECT * EXCLUDE earlier_id, coalesce(earlier_id, a) AS earlier_id, count(*) OVER () AS n FROM counted
            WHERE {f"a IN (SELECT conversation_id FROM contact_facts WHERE {where})" if values else "true"}
        )
        SELECT * FROM chosen ORDER BY probability DESC NULLS LAST, gap_days, a, b LIMIT $4 OFFSET $5
    """
    found = rows(sql, (*key, window_days, size, (number - 1) * size, *values))
    return _with_contacts(rows, found)


def evidence(rows: Rows, conversation_id: str, earlier_id: str) -> list[dict[str, Any]] | None:
    """Why two contacts are linked as downstream; None if they are not."""
    found = rows(
        "SELECT evidence FROM links WHERE conversation_id = ? AND earlier_id = ? AND relation = 'downstream'",
        (conversation_id, earlier_id),
    )
    return None if found.empty else list(found["evidence"][0])


def _with_contacts(rows: Rows, pairs: pd.DataFrame) -> pd.DataFrame:
    """The pairs with what is shown of both contacts; `_a` the earlier, `_b` the later one."""
    ids = tuple(sorted({*pairs["a"], *pairs["b"]}))
    marks = ", ".join("?" * len(ids)) or "NULL"
    facts = rows(
        f"SELECT conversation_id, shard, started_at, channel FROM contact_facts WHERE conversation_id IN ({marks})", ids
    )
    told = details(rows, facts, "issue_text").drop(columns="shard") if ids else facts.assign(issue_text=None)
    for side in "ab":
        named = told.rename(columns={name: f"{name}_{side}" for name in told.columns})
        pairs = pairs.merge(named, left_on=side, right_on=f"conversation_id_{side}", how="left")
    return pairs


def _numbered(filters: Filters, first: int) -> Asked:
    """The filters' condition with its values numbered from `first`; the topic is left out, as the edge gives it."""
    where, values = replace(filters, topic=()).where()
    for i in range(len(values)):
        where = where.replace("?", f"${first + i}", 1)
    return where, values
