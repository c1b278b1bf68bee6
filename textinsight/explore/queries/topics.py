"""Themes and topics: how large they are and how they do, what their contacts say, and what follows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textinsight.explore.filters import COLUMNS, Filters
from textinsight.explore.queries.base import Rows
from textinsight.explore.queries.facts import COUNTED, PERIODS

if TYPE_CHECKING:
    import pandas as pd

MEASURES = ("repeat_share", "fcr_observed", "effort", "sentiment")
_ID = "if(grouping(topic) = 0, coalesce(topic, 'unclear'), theme) AS topic_id, grouping(topic) = 1 AS is_theme"
_NAMED = "grouping(topic) = 0 OR theme IS NOT NULL"
_MAY_BE = 0.2  # false-discovery rate from which an edge is not worth a look
SEGMENTS = ("channel", "company", "tenure")


def listed(rows: Rows) -> pd.DataFrame:
    """Every topic and theme: topic_id, label, description, parent_id, terms, n, source, is_theme."""
    return rows(
        "SELECT topic_id, label, description, parent_id, terms, n, source, topic_id IN (SELECT parent_id FROM topics) "
        "AS is_theme FROM topics ORDER BY n DESC, topic_id"
    )


def counts(rows: Rows, filters: Filters) -> pd.DataFrame:
    """One row a topic or theme with contacts ("unclear": no topic): is_theme, contacts and the mean of each measure."""
    where, bound = filters.where()
    values = ", ".join(f"{COUNTED[name][0]} AS {name}" for name in MEASURES)
    means = ", ".join(f"avg({name}) AS {name}" for name in MEASURES)
    return rows(
        f"SELECT {_ID}, count(*) AS contacts, {means} FROM (SELECT topic_id AS topic, theme_id AS theme, {values} "
        f"FROM contact_facts WHERE {where}) GROUP BY GROUPING SETS ((topic), (theme)) HAVING {_NAMED}",
        bound,
    )


def by_period(rows: Rows, filters: Filters, period: str) -> pd.DataFrame:
    """Contacts of each of them by week or month: topic_id, is_theme, day (the period's first, since 1970), contacts."""
    where, bound = filters.where()
    return rows(
        f"SELECT {_ID}, day, count(*) AS contacts FROM (SELECT topic_id AS topic, theme_id AS theme, "
        f"{PERIODS[period]} AS day FROM contact_facts WHERE started_at IS NOT NULL AND {where}) "
        f"GROUP BY GROUPING SETS ((topic, day), (theme, day)) HAVING {_NAMED} ORDER BY day",
        bound,
    )


def points(rows: Rows, filters: Filters, *, most: int) -> pd.DataFrame:
    """Contacts on the map by meaning, at most so many, the same ones every time; and how many the map holds."""
    where, bound = filters.where()
    return rows(
        "SELECT conversation_id, m.x, m.y, m.issue_text, f.topic_id, f.topic_label, f.theme_id, f.theme_label, "
        "count(*) OVER () AS n_placed FROM topic_map m JOIN contact_facts f USING (conversation_id) "
        f"WHERE {where} ORDER BY hash(conversation_id), conversation_id LIMIT ?",
        (*bound, most),
    )


def centres(rows: Rows) -> pd.DataFrame:
    """Every topic's own place on the map, the largest first: topic_id, label, theme_id, n, x, y."""
    return rows(
        "SELECT topic_id, label, parent_id AS theme_id, n, x, y FROM topic_map m JOIN topics USING (topic_id) "
        "WHERE m.conversation_id IS NULL ORDER BY n DESC, topic_id"
    )


def typical(rows: Rows, filters: Filters, *, most: int) -> pd.DataFrame:
    """Contacts at the heart of their topic, each topic in turn and no text twice: the nearest to the topic's centre."""
    where, bound = filters.where()
    return rows(
        "SELECT * EXCLUDE place FROM ("
        "  SELECT conversation_id, f.started_at, f.channel, f.topic_label, m.issue_text, row_number() OVER ("
        "    PARTITION BY m.topic_id ORDER BY (m.x - c.x) ** 2 + (m.y - c.y) ** 2, conversation_id) AS place "
        "  FROM topic_map m JOIN contact_facts f USING (conversation_id) "
        "  JOIN topic_map c ON c.topic_id = m.topic_id AND c.conversation_id IS NULL WHERE " + where + ") "
        "QUALIFY row_number() OVER (PARTITION BY lower(issue_text) ORDER BY place, conversation_id) = 1 "
        "ORDER BY place, conversation_id LIMIT ?",
        (*bound, most),
    )


def segments(rows: Rows, here: Filters, everywhere: Filters) -> pd.DataFrame:
    """Contacts of each channel, company and tenure band: dimension, value, here, everywhere; largest first."""
    parts, bound = [], []
    for dimension in SEGMENTS:
        (inside, of_inside), (where, of_where) = here.where(), everywhere.where()
        parts.append(
            f"SELECT '{dimension}' AS dimension, {COLUMNS[dimension]} AS value, "
            f"count(*) FILTER (WHERE {inside}) AS here, count(*) AS everywhere "
            f"FROM contact_facts WHERE {where} GROUP BY 2"
        )
        bound += [*of_inside, *of_where]
    order = " ".join(f"WHEN '{name}' THEN {place}" for place, name in enumerate(SEGMENTS))
    return rows(
        f"SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY CASE dimension {order} END, everywhere DESC, value",
        bound,
    )


def outcomes(rows: Rows, filters: Filters) -> dict[str, int]:
    """Contacts by what the conversation shows: resolution → contacts."""
    where, bound = filters.where()
    found = rows(
        f"SELECT {COLUMNS['resolution']} AS value, count(*) AS n FROM contact_facts WHERE {where} GROUP BY 1", bound
    )
    return {str(value): int(n) for value, n in zip(found["value"], found["n"], strict=True)}


def follows(rows: Rows, topic_ids: tuple[str, ...], *, window_days: int) -> pd.DataFrame:
    """Edges out of and into these topics, the clearest first: as in the table edges, with label_a, label_b and out."""
    ids = ", ".join("?" * len(topic_ids)) or "NULL"
    return rows(
        f"SELECT e.*, coalesce(a.label, e.topic_a) AS label_a, coalesce(b.label, e.topic_b) AS label_b, "
        f"e.topic_a IN ({ids}) AS is_out FROM edges e LEFT JOIN topics a ON a.topic_id = e.topic_a "
        f"LEFT JOIN topics b ON b.topic_id = e.topic_b WHERE window_days = ? AND lift_low > 1 AND q_value < ? "
        f"AND (e.topic_a IN ({ids}) OR e.topic_b IN ({ids})) ORDER BY q_value, lift_low DESC, e.topic_a, e.topic_b",
        (*topic_ids, window_days, _MAY_BE, *topic_ids, *topic_ids),
    )


def quality(rows: Rows, topic_ids: tuple[str, ...]) -> pd.DataFrame:
    """How coherent these topics are and what lies next to each; those hardly apart from the next one come first."""
    ids = ", ".join("?" * len(topic_ids)) or "NULL"
    return rows(
        f"SELECT * FROM topic_quality WHERE topic_id IN ({ids}) ORDER BY separation NULLS LAST, topic_id", topic_ids
    )


def changes(rows: Rows) -> pd.DataFrame:
    """What the last refresh changed."""
    return rows("SELECT * FROM topic_changes ORDER BY abs(share_after - share_before) DESC, topic_id")


def edits(rows: Rows) -> pd.DataFrame:
    """The edit log, newest first; holds: not taken back."""
    return rows(
        "SELECT number, op, topic_id, target_id, value, part_labels, editor, edited_at, number NOT IN ("
        "  SELECT TRY_CAST(value AS BIGINT) FROM topic_edits WHERE op = 'undo') AS holds "
        "FROM topic_edits ORDER BY number DESC"
    )


def number_of(rows: Rows, filters: Filters) -> int:
    """How many contacts the filters leave."""
    where, bound = filters.where()
    return int(rows(f"SELECT count(*) AS n FROM contact_facts WHERE {where}", bound)["n"][0])
