"""What came in, what was refused and why, and how much of it can be used for what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from textinsight.explore.queries.base import Rows

if TYPE_CHECKING:
    import pandas as pd

_DEFAULT_WINDOW = 14


def window_days(rows: Rows) -> int:
    """The follow-up window of the newest run; 14 if no run is logged."""
    settings = rows("SELECT settings FROM runs ORDER BY finished_at DESC NULLS LAST LIMIT 1")["settings"].tolist()
    try:
        return int(json.loads(settings[0])["window_days"])
    except (IndexError, ValueError, KeyError, TypeError):
        return _DEFAULT_WINDOW


def n_contacts(rows: Rows) -> int:
    """How many contacts are stored."""
    return int(rows("SELECT count(*) AS n FROM contact_facts")["n"][0])


def inputs(rows: Rows) -> pd.DataFrame:
    """Records read, stored and refused of each input file."""
    return rows(
        "SELECT source, sum(n_records) AS n_read, sum(n_stored) AS n_stored, sum(n_rejected) AS n_rejected, "
        "bool_or(complete) AS complete FROM inputs GROUP BY file_id, source ORDER BY source"
    )


def runs(rows: Rows) -> pd.DataFrame:
    """The log of runs, newest first."""
    return rows("SELECT * FROM runs ORDER BY started_at DESC NULLS LAST LIMIT 200")


def reasons(rows: Rows) -> pd.DataFrame:
    """How often each reason for a refusal was given, most frequent first."""
    return rows(
        "SELECT reason, source, count(*) AS n FROM rejects GROUP BY reason, source "
        "ORDER BY n DESC, reason, source LIMIT 200"
    )


def rejects(rows: Rows, *, number: int, size: int) -> pd.DataFrame:
    """A page of the refused records."""
    return rows(
        "SELECT source, line, reason, excerpt FROM rejects ORDER BY source, line LIMIT ? OFFSET ?",
        (size, (number - 1) * size),
    )


def coverage(rows: Rows) -> pd.DataFrame:
    """One row a fact: what, how many contacts (or turns) have it, out of how many."""
    return rows(
        """
        WITH c AS (
            SELECT count(*) AS n, count(customer_id) AS customer, count(started_at) AS started,
                   count(company) AS company, count(topic_id) AS topic, count(csat) AS csat, count(nps) AS nps,
                   count(agent_id) AS agent
            FROM contact_facts
        ),
        s AS (
            SELECT count(ended_at) AS ended, count(*) FILTER (WHERE language = 'en') AS english,
                   count(nullif(issue_text, '')) AS issue
            FROM stored_conversations
        ),
        t AS (
            SELECT count(*) AS n, count(*) FILTER (WHERE role IN ('customer', 'agent', 'bot', 'system')) AS role
            FROM stored_turns
        )
        SELECT unnest([
            {'fact': 'customer', 'known': customer, 'total': c.n}, {'fact': 'started', 'known': started, 'total': c.n},
            {'fact': 'ended', 'known': ended, 'total': c.n}, {'fact': 'issue', 'known': issue, 'total': c.n},
            {'fact': 'topic', 'known': topic, 'total': c.n}, {'fact': 'role', 'known': role, 'total': t.n},
            {'fact': 'english', 'known': english, 'total': c.n}, {'fact': 'company', 'known': company, 'total': c.n},
            {'fact': 'agent', 'known': agent, 'total': c.n}, {'fact': 'csat', 'known': csat, 'total': c.n},
            {'fact': 'nps', 'known': nps, 'total': c.n}
        ], recursive := true) FROM c, s, t
        """
    )
