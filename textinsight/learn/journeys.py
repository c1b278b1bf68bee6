"""Planted journeys as the linker's input: contacts tagged, encoded and assigned to discovered topics.

A journeys folder holds contacts.jsonl (one contact a line with its turns), truth_links.csv (conversation_id,
earlier_id, relation) and truth_contacts.csv (conversation_id, intent).
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from textinsight import topics
from textinsight.conversation import Conversation, Role, Turn, utc
from textinsight.encode import Vectors, encode_unique, load_encoder
from textinsight.errors import UsageError
from textinsight.findings import Analysis
from textinsight.link import references_of
from textinsight.tag import analyse_batch

_TIME = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class Journeys:
    """contacts: the linker's columns, with references and discovered topics. intents: true topic of each row."""

    contacts: pa.Table
    vectors: Vectors
    intents: tuple[str, ...]
    folder: Path


def load_journeys(folder: Path, *, encoder: str = "static-en") -> Journeys:
    """The journeys of a folder, through the same stages as in a run. UsageError if the folder is absent."""
    if not (folder / "contacts.jsonl").exists():
        raise UsageError(f"no journeys at {folder}", hint="give a folder with contacts.jsonl and truth_links.csv")
    lines = (folder / "contacts.jsonl").read_text("utf-8").splitlines()
    conversations = [_conversation(json.loads(line)) for line in lines]
    analyses = analyse_batch(conversations)
    vectors = encode_unique(load_encoder(encoder), [a.issue_text for a in analyses])
    table = _table(conversations, analyses)
    table = table.append_column("references", references_of(_turns(conversations), table["conversation_id"]))
    table = table.append_column("topic_id", _topics(table, vectors, encoder))
    with (folder / "truth_contacts.csv").open(newline="", encoding="utf-8") as rows:
        intent = {row["conversation_id"]: row["intent"] for row in csv.DictReader(rows)}
    return Journeys(table, vectors, tuple(intent[c.conversation_id] for c in conversations), folder)


def _conversation(row: dict[str, Any]) -> Conversation:
    start = utc(datetime.fromisoformat(row["started_at"]))
    return Conversation(
        conversation_id=row["conversation_id"],
        turns=tuple(Turn(Role(turn["role"]), turn["text"]) for turn in row["turns"]),
        customer_id=row["customer_id"],
        agent_id=row["agent_id"],
        channel=row["channel"],
        started_at=start,
        ended_at=start + timedelta(seconds=row["duration_s"]),
    )


def _table(conversations: list[Conversation], analyses: list[Analysis]) -> pa.Table:
    facts = ("conversation_id", "customer_id", "agent_id", "channel")
    columns: dict[str, Any] = {name: [getattr(c, name) for c in conversations] for name in facts}
    times = {name: pa.array([getattr(c, name) for c in conversations], _TIME) for name in ("started_at", "ended_at")}
    tags = {name: [getattr(a, name) for a in analyses] for name in ("resolution", "stated_repeat", "issue_text")}
    return pa.table(columns | times | tags)


def _turns(conversations: list[Conversation]) -> pa.Table:
    rows = [(c.conversation_id, turn.text) for c in conversations for turn in c.turns]
    return pa.table({"conversation_id": [r[0] for r in rows], "text": [r[1] for r in rows]})


def _topics(table: pa.Table, vectors: Vectors, encoder: str) -> pa.Array:
    """(n,) discovered topic ids, null where unclear."""
    model = topics.discover(table["issue_text"].to_pylist(), vectors, engine=load_encoder(encoder).name)
    index = topics.assign(model, vectors).index
    ids = pa.array([topic.topic_id for topic in model.topics], pa.string())
    return ids.take(pa.array(index, mask=index < 0))
