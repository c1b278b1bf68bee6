"""The turn of a found conversation that shows why it was found, with the places to mark."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

import pyarrow.compute as pc

from textinsight.search.build import searchable
from textinsight.search.files import TOKENIZER
from textinsight.search.index import Index, Speaker
from textinsight.search.query import Query
from textinsight.store import Archive

_OPEN, _CLOSE = "\x01", "\x02"


@dataclass(frozen=True, slots=True)
class Passage:
    """A turn and the half-open stretches of its characters that match; n_turns: how many turns match."""

    turn: int
    role: str
    text: str
    spans: tuple[tuple[int, int], ...]
    n_turns: int

    def around(self, width: int = 240) -> tuple[str, tuple[tuple[int, int], ...]]:
        """(About `width` characters of the text from just before the first match, the stretches in it); cut at words,
        with … where something is left out.
        """
        if len(self.text) <= width:
            return self.text, self.spans
        first = self.spans[0][0] if self.spans else 0
        start = max(0, min(first - width // 4, len(self.text) - width))
        start = self.text.rfind(" ", 0, start) + 1 if start else 0
        end = self.text.find(" ", start + width)
        end = len(self.text) if end < 0 else end
        before = "… " if start else ""
        moved = len(before) - start
        spans = tuple((a + moved, min(b, end) + moved) for a, b in self.spans if start <= a < end)
        return before + self.text[start:end] + (" …" if end < len(self.text) else ""), spans


def passages(
    archive: Archive, index: Index, numbers: Iterable[int], query: Query, *, speaker: Speaker = "anyone"
) -> dict[int, Passage]:
    """By number: of each conversation the turn with most matches, the first of several; only shards that hold one of
    them are read.
    """
    found: dict[int, Passage] = {}
    for shard, names in index.names(numbers).items():
        columns = ["conversation_id", "turn", "role", "text"]
        turns = archive.shard(shard, "turns", columns=columns, conversation_ids=list(names.values()))
        if speaker == "customer":
            turns = turns.filter(pc.equal(turns["role"], "customer"))
        best = _best(turns.to_pylist(), query)
        found |= {number: best[name] for number, name in names.items() if name in best}
    return found


def marks(texts: Iterable[str], query: Query) -> dict[int, tuple[tuple[int, int], ...]]:
    """By place: the stretches of a text that match, of texts where any does; words as the index sees them."""
    if not query.wanted:
        return {}
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f"CREATE VIRTUAL TABLE said USING fts5(text, tokenize='{TOKENIZER}')")
        rows = ((i, _plain(text)) for i, text in enumerate(texts))
        db.executemany("INSERT INTO said(rowid, text) VALUES (?, ?)", rows)
        sql = "SELECT rowid, highlight(said, 0, ?, ?) FROM said WHERE said MATCH ? ORDER BY rowid"
        return {int(row): _spans(marked) for row, marked in db.execute(sql, (_OPEN, _CLOSE, query.wanted))}


def _plain(text: str) -> str:
    return searchable(text).replace(_OPEN, " ").replace(_CLOSE, " ")


def _spans(marked: str) -> tuple[tuple[int, int], ...]:
    """Where the marks stand, in characters of the text without them."""
    spans, at = [], 0
    for i, part in enumerate(marked.replace(_CLOSE, _OPEN).split(_OPEN)):
        if i % 2:
            spans.append((at, at + len(part)))
        at += len(part)
    return tuple(spans)


def _best(turns: list[dict[str, object]], query: Query) -> dict[str, Passage]:
    found = marks((str(turn["text"] or "") for turn in turns), query)
    best: dict[str, Passage] = {}
    counts: dict[str, int] = {}
    for place, spans in found.items():
        turn = turns[place]
        name = str(turn["conversation_id"])
        counts[name] = counts.get(name, 0) + 1
        if name not in best or len(spans) > len(best[name].spans):
            best[name] = Passage(int(str(turn["turn"])), str(turn["role"]), str(turn["text"]), spans, 0)
    return {name: Passage(p.turn, p.role, p.text, p.spans, counts[name]) for name, p in best.items()}
