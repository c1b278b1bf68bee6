"""Corrections of tags: what an analyst says of a conversation. Kept for good; they win over the models on reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from textinsight.errors import UsageError
from textinsight.findings import EFFORT_DRIVERS
from textinsight.store.schema import KEPT

Query = Callable[[str, Sequence[Any]], pa.Table]

FLAGS = ("stated_repeat", "escalation", "churn_risk")
YES_NO = ("true", "false")
# What may be corrected, and to what; a topic's value is its topic_id, "" for none.
TAGS: dict[str, tuple[str, ...]] = {
    "topic": (),
    "resolution": ("resolved", "unresolved", "moved", "unclear"),
    "sentiment": ("-1", "0", "1"),
    **dict.fromkeys((*FLAGS, *EFFORT_DRIVERS), YES_NO),
}
_LONGEST_NAME = 100
_HINT = 'correct(archive, Correction("conversation id", "resolution", "unresolved"))'


@dataclass(frozen=True, slots=True)
class Correction:
    """What a tag should be. UsageError if a value cannot be.

    turn: of a turn's sentiment, else None. new: equal to old if the tag is right as it is; None takes back what was
    said before. old: what the model says; corrected_at: aware UTC; sentiment: the contact's with this turn's as it
    should be. The last three are filled in when it is stored.
    """

    conversation_id: str
    tag: str
    new: str | None
    turn: int | None = None
    editor: str | None = None
    old: str | None = None
    corrected_at: datetime | None = None
    sentiment: float | None = None

    def __post_init__(self) -> None:
        if self.tag not in TAGS:
            raise UsageError(f"no tag {self.tag!r} to correct; there are {', '.join(TAGS)}", hint=_HINT)
        allowed = TAGS[self.tag]
        if self.new is not None and allowed and self.new not in allowed:
            raise UsageError(f"{self.tag} is {', '.join(allowed)}, not {self.new!r}", hint=_HINT)
        if (self.turn is None) != (self.tag != "sentiment"):
            raise UsageError("a sentiment is a turn's, all other tags the whole conversation's", hint=_HINT)
        if len(self.editor or "") > _LONGEST_NAME:
            raise UsageError(f"the editor's name is longer than {_LONGEST_NAME} characters", hint="give a short name")


def with_old(query: Query, given: Sequence[Correction]) -> list[Correction]:
    """The corrections with the time and what the models say; UsageError for a conversation, turn or topic that is not
    in the archive.
    """
    ids = sorted({one.conversation_id for one in given})
    stored = {row["conversation_id"]: row for row in query(_STORED, [ids]).to_pylist()}
    topics = {row["topic_id"] for row in query("SELECT topic_id FROM topics", []).to_pylist()}
    moods = _moods(query, [one for one in given if one.tag == "sentiment"])
    now = datetime.now(UTC)
    return [replace(one, old=_old(one, stored, topics, moods), corrected_at=one.corrected_at or now) for one in given]


def as_table(corrections: Sequence[Correction]) -> pa.Table:
    """The corrections as rows of table `corrections`."""
    schema = KEPT["corrections"]
    return pa.table({name: [getattr(one, name) for one in corrections] for name in schema.names}, schema=schema)


_STORED = (
    f"SELECT conversation_id, topic_id AS topic, resolution, effort_drivers, {', '.join(FLAGS)} "
    "FROM stored_conversations LEFT JOIN assignments USING (conversation_id) WHERE list_contains(?, conversation_id)"
)


def _moods(query: Query, given: Sequence[Correction]) -> dict[tuple[str, int], str]:
    """(conversation, turn) → the sentiment that the model gave it."""
    if not given:
        return {}
    ids = sorted({one.conversation_id for one in given})
    sql = "SELECT conversation_id, turn, sentiment FROM stored_turns WHERE conversation_id IN (SELECT unnest(?))"
    return {(row["conversation_id"], row["turn"]): str(row["sentiment"]) for row in query(sql, [ids]).to_pylist()}


def _old(
    one: Correction, stored: dict[str, dict[str, Any]], topics: set[str], moods: dict[tuple[str, int], str]
) -> str:
    row = stored.get(one.conversation_id)
    if row is None:
        raise UsageError(f"conversation {one.conversation_id!r} is not in the archive", hint=_HINT)
    if one.tag == "topic":
        if one.new and one.new not in topics:
            raise UsageError(f"no topic {one.new!r}", hint="give a topic_id: textinsight topics list")
        return row["topic"] or ""
    if one.tag == "sentiment":
        if (one.conversation_id, one.turn) not in moods:
            raise UsageError(f"{one.conversation_id!r} has no turn {one.turn}", hint="turns count from 0")
        return moods[one.conversation_id, int(one.turn or 0)]
    if one.tag in EFFORT_DRIVERS:
        return YES_NO[one.tag not in (row["effort_drivers"] or ())]
    return str(row[one.tag]).lower() if one.tag in FLAGS else row[one.tag] or "unclear"
