"""The edges between topics, what they cost, and the pairs of conversations behind one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textinsight.explore import follows
from textinsight.explore.filters import COLUMNS, Filters
from textinsight.explore.queries.base import Rows
from textinsight.explore.queries.conversation import details
from textinsight.explore.words import UNCLEAR

if TYPE_CHECKING:
    import pandas as pd

Asked = tuple[str, tuple[Any, ...]]

_NARROWING = tuple(name for name in COLUMNS if name != "topic")
_CLEAR = "e.q_value <= 0.05 AND e.lift_low > 1"
# Pairs that an edge counts: a start of A whose window is over, and the person's nearest opening of B after it. Of the
# earlier contact also what the filters ask for, so that no filter counts them anew.
_PAIRS = f"""
    WITH near AS MATERIALIZED (
        SELECT f.conversation_id AS id, thread_id, f.opens_issue, f.shard, f.channel AS by_channel,
               f.started_at AS start,
               f.started_at + to_microseconds(CAST(coalesce(f.handle_s, 0) * 1e6 AS BIGINT)) AS stop,
               t.topic_id, t.customer_id AS person, t.n_contacts, f.follows,
               {", ".join(f"{COLUMNS[name]} AS {name}" for name in _NARROWING)}
        FROM contact_facts f JOIN threads t USING (thread_id) WHERE t.topic_id IN ($1, $2)
    ),
    opener AS (SELECT * FROM near WHERE opens_issue),
    pair AS (
        SELECT a.id AS a, b.id AS b, a.thread_id AS thread_a, b.n_contacts,
               greatest(epoch_us(b.start) - epoch_us(a.stop), 0) / 864e8 AS gap_days,
               a.shard AS shard_a, a.start AS started_at_a, a.by_channel AS channel_a,
               b.shard AS shard_b, b.start AS started_at_b, b.by_channel AS channel_b,
               a.follows, {", ".join(f"a.{name}" for name in _NARROWING)}
        FROM opener a JOIN opener b ON a.person = b.person AND a.topic_id = $1 AND b.topic_id = $2
             AND (b.start, b.id) > (a.start, a.id) AND b.start <= a.stop + to_days($3)
        WHERE a.stop + to_days($3) <= (SELECT max(started_at) FROM contact_facts)
        QUALIFY row_number() OVER (PARTITION BY a.id ORDER BY gap_days, b.start, b.id) = 1
    ),
    link AS (
        SELECT l.conversation_id, l.earlier_id, l.probability, l.reviewed, f.thread_id
        FROM (SELECT conversation_id, earlier_id, probability, reviewed FROM links
              WHERE relation = 'downstream' AND conversation_id IN (SELECT b FROM pair)) l
        JOIN near f ON f.id = l.earlier_id
    ),
    linked AS (
        SELECT pair.*, coalesce(l.earlier_id, pair.a) AS earlier_id, l.probability,
               coalesce(l.reviewed, v.verdict) AS reviewed
        FROM pair
        LEFT JOIN link l ON l.conversation_id = pair.b AND l.thread_id = pair.thread_a
        LEFT JOIN verdicts v ON v.conversation_id = pair.b AND v.earlier_id = pair.a AND v.relation = 'downstream'
        QUALIFY row_number() OVER (PARTITION BY pair.a, pair.b ORDER BY l.probability DESC NULLS LAST, l.earlier_id) = 1
    )
    SELECT * FROM linked ORDER BY probability DESC NULLS LAST, gap_days, a, b
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
    every = rows(_PAIRS, (*key, window_days))
    is_linked = every["probability"].notna() & (every["reviewed"] != "rejected")
    here = every[_let_through(every, filters)]
    page = here.iloc[(number - 1) * size : number * size].reset_index(drop=True)
    return _with_texts(rows, page).assign(n=len(here), n_all=len(every), n_linked=int(is_linked.sum()))


def evidence(rows: Rows, conversation_id: str, earlier_id: str) -> list[dict[str, Any]] | None:
    """Why two contacts are linked as downstream; None if they are not."""
    found = rows(
        "SELECT evidence FROM links WHERE conversation_id = ? AND earlier_id = ? AND relation = 'downstream'",
        (conversation_id, earlier_id),
    )
    return None if found.empty else list(found["evidence"][0])


def _let_through(pairs: pd.DataFrame, filters: Filters) -> pd.Series[bool]:
    """Which pairs' earlier contact passes the filters; the topic is left out, as the edge gives it."""
    import pandas as pd

    passes = pd.Series(True, index=pairs.index)
    for name, chosen in filters.chosen.items():
        if name in _NARROWING:
            passes &= pairs[name].isin(chosen)
    if filters.follows:
        passes &= pairs["follows"].fillna(0).map(lambda bits: follows.holds(filters.follows, int(bits)))
    if filters.start is not None:
        passes &= pairs["started_at_a"] >= pd.Timestamp(filters.start, tz="UTC")
    if filters.end is not None:
        passes &= pairs["started_at_a"] < pd.Timestamp(filters.end, tz="UTC")
    return passes


def _with_texts(rows: Rows, pairs: pd.DataFrame) -> pd.DataFrame:
    """The pairs with what both contacts were about; `_a` the earlier, `_b` the later one."""
    import pandas as pd

    sides = [pairs[[side, f"shard_{side}"]].set_axis(["conversation_id", "shard"], axis=1) for side in "ab"]
    told = details(rows, pd.concat(sides).drop_duplicates(ignore_index=True), "issue_text")
    said = told.set_index("conversation_id")["issue_text"]
    named = {f"conversation_id_{side}": pairs[side] for side in "ab"}
    return pairs.assign(**named, **{f"issue_text_{side}": pairs[side].map(said) for side in "ab"})
