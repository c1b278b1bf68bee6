"""One call from a question to the conversations found, for the library and the command line."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from textinsight.errors import UsageError
from textinsight.search.build import refresh
from textinsight.search.index import Hits, Index, Speaker
from textinsight.search.passages import Passage, passages
from textinsight.search.query import parse
from textinsight.store import Archive

By = Literal["words", "meaning", "like"]
_FACTS = ("conversation_id", "started_at", "channel", "customer_id", "topic_label", "resolution", "issue_text")


@dataclass(frozen=True, slots=True)
class Hit:
    """A conversation found. score: BM25 for words, cosine for the others; higher is better.

    passage: the turn with most matches; None unless searched by words.
    """

    conversation_id: str
    score: float
    started_at: datetime | None
    channel: str | None
    customer_id: str | None
    topic_label: str | None
    resolution: str | None
    issue_text: str
    passage: Passage | None


@dataclass(frozen=True, slots=True)
class Found:
    """hits: the best first (newest first if not ranked). n: how many conversations match the words; by meaning, all."""

    hits: tuple[Hit, ...]
    n: int
    ranked: bool


def find(archive: Archive, text: str, *, by: By = "words", speaker: Speaker = "anyone", limit: int = 20) -> Found:
    """Search the archive; the index is built or brought up to date first.

    by "words": conversations in which the words occur (see `query.parse` for what may be typed); "meaning": whose issue
    is nearest to the text; "like": whose issue is nearest to that of the conversation with id `text`. speaker: whose
    words count, for "words". UsageError for a limit below 1 or an unknown id.

    >>> from textinsight import Archive
    >>> from textinsight.search import find
    >>> found = find(Archive("textinsight-demo"), '"late refund" OR "refund late"')  # doctest: +SKIP
    """
    if limit < 1:
        raise UsageError(f"limit must be at least 1, got {limit}", hint="--limit 20")
    index = Index.open(archive)
    if index is None or index.missing:
        refresh(archive)
        index = Index.open(archive)
    if index is None or not len(index):
        return Found((), 0, ranked=True)
    hits = _hits(index, text, by=by, speaker=speaker, limit=limit)
    numbers = hits.numbers[:limit].tolist()
    shown = passages(archive, index, numbers, parse(text), speaker=speaker) if by == "words" else {}
    facts = _facts(archive, index, numbers)
    scored = zip(numbers, hits.scores.tolist(), strict=False)
    found = (Hit(**facts[number], score=float(score), passage=shown.get(number)) for number, score in scored)
    return Found(tuple(found), hits.n, hits.ranked)


def _hits(index: Index, text: str, *, by: By, speaker: Speaker, limit: int) -> Hits:
    if by == "words":
        return index.words(parse(text), speaker=speaker)
    return index.like(text, most=limit) if by == "like" else index.meaning(text, most=limit)


def _facts(archive: Archive, index: Index, numbers: list[int]) -> dict[int, dict[str, Any]]:
    """What is told of each conversation; only the shards that hold them are read."""
    of = index.names(numbers)
    name_of = {number: name for names in of.values() for number, name in names.items()}
    sql = f"SELECT {', '.join(_FACTS)} FROM conversations WHERE shard IN ({_marks(of)}) AND conversation_id IN "
    found = archive.query(f"{sql} ({_marks(name_of)})", [*of, *name_of.values()]).to_pylist()
    rows = {row["conversation_id"]: row | {"issue_text": row["issue_text"] or ""} for row in found}
    return {number: rows[name] for number, name in name_of.items()}


def _marks(values: Sized) -> str:
    return ", ".join("?" * len(values)) or "NULL"
