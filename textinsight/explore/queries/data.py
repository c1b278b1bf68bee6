"""What came in, what was refused and why, and how much of it can be used for what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from textinsight.explore.queries.base import Rows
from textinsight.store.coverage import COUNTED

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
    """One row a fact of FACTS: what, how many contacts (or turns) have it, out of how many."""
    import pandas as pd

    facts, kept = rows(_KNOWN), rows("SELECT fact, known, total FROM coverage")
    is_current = kept["total"][kept["fact"] == "ended"].tolist() == facts["total"][:1].tolist()
    found = pd.concat([facts, kept if is_current else rows(COUNTED)]).set_index("fact")
    return found.loc[list(FACTS)].reset_index()


FACTS = ("customer", "started", "ended", "issue", "topic", "role", "english", "company", "agent", "csat", "nps")
_KNOWN = """
    SELECT unnest([
        {'fact': 'customer', 'known': count(customer_id), 'total': count(*)},
        {'fact': 'started', 'known': count(started_at), 'total': count(*)},
        {'fact': 'topic', 'known': count(topic_id), 'total': count(*)},
        {'fact': 'english', 'known': count(*) FILTER (WHERE language LIKE 'en%'), 'total': count(language)},
        {'fact': 'company', 'known': count(company), 'total': count(*)},
        {'fact': 'agent', 'known': count(agent_id), 'total': count(*)},
        {'fact': 'csat', 'known': count(csat), 'total': count(*)},
        {'fact': 'nps', 'known': count(nps), 'total': count(*)}
    ], recursive := true) FROM contact_facts
"""
