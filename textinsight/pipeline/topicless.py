"""Contacts without a topic, in two shares that are never added up: issues that fit none, and no issue stated."""

from __future__ import annotations

from dataclasses import dataclass

from textinsight.store import Archive

_COUNTED = """
    SELECT count(*) AS n, count(nullif(issue_text, '')) AS stated,
        count(*) FILTER (topic_id IS NULL AND issue_text <> '') AS unclear FROM conversations
"""


@dataclass(frozen=True, slots=True)
class Topicless:
    """unclear_share: of the contacts that state an issue (what `AssignConfig.unclear_at_most` bounds).

    without_issue: share of all contacts, which state none and so can have no topic. Both 0 if there are no contacts.
    """

    unclear_share: float
    without_issue: float


def topicless(archive: Archive) -> Topicless:
    """How many of an archive's contacts have no topic, and why."""
    row = archive.query(_COUNTED).to_pylist()[0]
    return Topicless(row["unclear"] / max(row["stated"], 1), (row["n"] - row["stated"]) / max(row["n"], 1))
