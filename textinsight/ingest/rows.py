"""Records → conversations, in both forms of table: a row a conversation, or a row a message.

The form is decided by looking at the first rows. Only rows of messages hold a file in memory (see `messages`).
Every row ends in a conversation or as a reject.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from textinsight.conversation import Conversation
from textinsight.ingest import contact, times, turns
from textinsight.ingest.columns import cell
from textinsight.ingest.layout import Layout, Row, flat, layout_of, look
from textinsight.ingest.messages import grouped
from textinsight.ingest.reader import Limits, Reject
from textinsight.ingest.turns import RawTurn


def assemble(
    rows: Iterable[Row | Reject], *, path: Path, mapping: Mapping[str, str], limits: Limits
) -> Iterator[Conversation | Reject]:
    """Conversations and rejects of a file's records; InputError if no column holds text."""
    stream = iter(rows)
    head = look(stream, mapping)
    found = [row for row in head if isinstance(row, Row)]
    if not found:
        yield from (item for item in head if isinstance(item, Reject))
        return
    layout = layout_of(found, path, mapping)
    form = grouped if layout.messages else _contacts
    yield from form(chain(head, stream), layout, path, limits)


def _contacts(
    rows: Iterable[Row | Reject], layout: Layout, path: Path, limits: Limits
) -> Iterator[Conversation | Reject]:
    seen: Counter[str] = Counter()
    for row in rows:
        if isinstance(row, Reject):
            yield row
            continue
        try:
            yield _contact(row, layout, path, limits, seen)
        except ValueError as error:
            yield Reject(path.name, row.line, str(error), row.excerpt)


def _contact(row: Row, layout: Layout, path: Path, limits: Limits, seen: Counter[str]) -> Conversation:
    values = flat(row.values)
    layout.see(values)
    facts = contact.read(values, layout.facts, day_first=layout.day_first)
    said = _said(values, layout, limits)
    return contact.build(facts, said, fallback_id=lambda: _numbered(path, values, seen), line=row.line, limits=limits)


def _said(values: Mapping[str, Any], layout: Layout, limits: Limits) -> list[RawTurn]:
    value = cell(values, layout.bound, "turns")
    if not times.is_missing(value):
        return turns.from_value(value, limits=limits, day_first=layout.day_first)
    text = cell(values, layout.bound, "text")
    if isinstance(text, list) and text and isinstance(text[0], (dict, list)):
        return turns.from_value(text, limits=limits, day_first=layout.day_first)
    if times.is_missing(text):
        raise ValueError("no text")
    return turns.from_text(turns.text_of(text))


def _numbered(path: Path, values: Mapping[str, Any], seen: Counter[str]) -> str:
    """Two customers may write the very same words: the second such row counts as "… 2"."""
    content = json.dumps(values, sort_keys=True, default=str)
    found = contact.auto_id(path, content)
    seen[found] += 1
    return found if seen[found] == 1 else contact.auto_id(path, f"{content} {seen[found]}")
