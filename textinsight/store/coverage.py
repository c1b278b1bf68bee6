"""How many contacts have an end and an issue, and how many turns a known speaker: what a look at every shard tells.

Linking keeps it as table `coverage`, so that a page need not open a thousand files.
"""

from __future__ import annotations

COUNTED = """
    WITH c AS (
        SELECT count(*) AS n, count(ended_at) AS ended, count(nullif(issue_text, '')) AS issue FROM stored_conversations
    ),
    t AS (
        SELECT count(*) AS n, count(*) FILTER (WHERE role IN ('customer', 'agent', 'bot', 'system')) AS role
        FROM stored_turns
    )
    SELECT unnest([
        {'fact': 'ended', 'known': ended, 'total': c.n}, {'fact': 'issue', 'known': issue, 'total': c.n},
        {'fact': 'role', 'known': role, 'total': t.n}
    ], recursive := true) FROM c, t
"""
