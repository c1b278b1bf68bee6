"""How topics look on a terminal, and as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from textinsight.cli.show import SCHEMA, listing, note

if TYPE_CHECKING:
    from pathlib import Path

    from textinsight.pipeline.column import ColumnTopics
    from textinsight.pipeline.curate import TopicsReport
    from textinsight.topics import Edit, Explanation, Topic

_SHORT_ID = 12
_QUOTED = 70  # characters of a contact's words


def column(found: ColumnTopics, out: Path, *, as_json: bool) -> None:
    """The topics of a column."""
    for name, new in found.renamed.items():
        note(f"column {name!r} of the file is {new!r} in {out.name}")
    if as_json:
        _json({"topics": asdict(found) | {"out": str(out)}})
        return
    refused = f", {found.n_rejected:,} refused" if found.n_rejected else ""
    blank = f", {found.without_words:.1%} without words" if found.without_words else ""
    _show(
        _topics((*found.topics, *found.themes), found.n_rows, "rows"),
        Text(f"{found.n_rows:,} rows{refused}, {found.unclear_share:.1%} unclear{blank} → {out}", style="dim"),
    )


def report(found: TopicsReport, *, as_json: bool) -> None:
    """An archive's topics, and what the last refresh changed."""
    if as_json:
        _json({"topics": asdict(found)})
        return
    several = f"{found.several:,} contacts with more than one reason"
    silent = f"{found.topicless.without_issue:.1%} state no issue"
    unclear = f"{found.topicless.unclear_share:.1%} of the others unclear"
    _show(
        _topics(found.topics, found.n_contacts, "contacts"),
        Text(f"{found.n_contacts:,} contacts, {silent}, {unclear}, {several}", style="dim"),
    )
    if found.changes:
        table = listing("changed", "how", "before", "after")
        for change in found.changes:
            table.add_row(Text(change.label), change.kind, f"{change.share_before:.1%}", f"{change.share_after:.1%}")
        _show(table)
    for number, why in found.missed.items():
        note(f"edit {number} fits no longer: {why}")


def edited(edits: Sequence[Edit]) -> None:
    """What was kept in the log."""
    for edit in edits:
        note(f"edit {edit.number}: {_said(edit)}")


def undone(edit: Edit) -> None:
    """What was taken back."""
    note(f"taken back: edit {edit.number}, {_said(edit)}")


def log(edits: Sequence[Edit], missed: Mapping[int, str], *, as_json: bool) -> None:
    """Every edit, those that were taken back in grey. missed: number → why it fits no longer."""
    from textinsight.topics import standing

    holding = {edit.number for edit in standing(edits)}
    if as_json:
        rows = [
            {k: v for k, v in asdict(edit).items() if k != "centroids"}
            | {
                "edited_at": edit.edited_at.isoformat() if edit.edited_at else None,
                "holds": edit.number in holding,
                "missed": missed.get(edit.number),
            }
            for edit in edits
        ]
        _json({"edits": rows})
        return
    table = listing("edit", "by", "when", "no.")
    for edit in edits:
        when = f"{edit.edited_at:%Y-%m-%d %H:%M}" if edit.edited_at else ""
        style = "" if edit.number in holding else "dim"
        why = f" (fits no longer: {missed[edit.number]})" if edit.number in missed else ""
        table.add_row(Text(_said(edit) + why), Text(edit.editor or ""), when, str(edit.number), style=style)
    _show(table if edits else Text("no edits"))


def explanation(found: Explanation, *, as_json: bool) -> None:
    """Why a contact is in its topic."""
    if as_json:
        _json({"explanation": asdict(found)})
        return
    if found.topic is None:
        why = "unclear: no topic is near enough" if found.text else "the contact states no issue"
        _show(Text(why), Text(_short(found.text), style="dim"))
        return
    runner_up = f"; next: {found.runner_up.label}" if found.runner_up else ""
    said = Text(found.text)
    for word in found.words:
        said.stylize("bold", word.start, word.end)
    table = listing("deciding word", "weight")
    for word in found.words:
        table.add_row(Text(word.word), f"{word.weight:.3f}")
    near = listing("nearest contacts", "cosine")
    for alike in found.nearest:
        near.add_row(Text(_short(alike.text)), f"{alike.cosine:.2f}")
    _show(Text(f"{found.topic.label} ({found.confidence:.0%}){runner_up}", style="bold"), said, table, near)


def quality(rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """The quality table, topics worth a look first."""
    if as_json:
        _json({"quality": list(rows)})
        return
    table = listing("topic", "contacts", "coherence", "separation", "confidence", "next topic")
    for row in rows:
        figures = ["–" if row[k] is None else f"{row[k]:.2f}" for k in ("coherence", "separation", "confidence")]
        table.add_row(Text(row["label"]), f"{row['n']:,}", *figures, Text(row["nearest_label"] or ""))
    _show(table, Text("separation near 0: hardly apart from the next topic, look whether to merge", style="dim"))


def _topics(found: Sequence[Topic], total: int, unit: str) -> Table:
    """Topics, largest first, with the theme of each."""
    label = {topic.topic_id: topic.label for topic in found}
    parents = {topic.parent_id for topic in found}
    table = listing("topic", "id", unit, "share", width=30)
    table.add_column("theme", max_width=28, no_wrap=True)
    for topic in sorted(found, key=lambda topic: (-topic.n, topic.topic_id)):
        if topic.topic_id not in parents:
            theme = Text(label.get(topic.parent_id or "", ""), style="dim")
            table.add_row(Text(topic.label), _id(topic), f"{topic.n:,}", f"{topic.n / max(1, total):.1%}", theme)
    return table


def _id(topic: Topic) -> str:
    """The id, but for those of a taxonomy that are as good as a second name."""
    return topic.topic_id if len(topic.topic_id) <= _SHORT_ID else f"{topic.topic_id[: _SHORT_ID - 1]}…"


def _said(edit: Edit) -> str:
    """An edit in words."""
    to = {
        "rename": f" to {edit.value!r}",
        "describe": f": {edit.value}",
        "merge": f" into {edit.target_id}",
        "split": f" into {', '.join(edit.part_labels)}",
        "move": f" to {edit.value or edit.target_id or 'no theme'}",
        "undo": f" {edit.value}",
    }
    return f"{edit.op} {edit.topic_id}".rstrip() + to.get(edit.op, "")


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _QUOTED else f"{one_line[:_QUOTED]}…"


def _json(fields: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"schema": SCHEMA, **fields}, ensure_ascii=False) + "\n")


def _show(*parts: Table | Text) -> None:
    console = Console(highlight=False)
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, Text))
