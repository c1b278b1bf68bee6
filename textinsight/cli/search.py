"""`textinsight search`: conversations by words, by meaning, or like a given one."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from textinsight.cli import show
from textinsight.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from textinsight.search import By, Found, Hit
    from textinsight.store import Archive

SEARCH_EXAMPLES = (
    'Examples: `textinsight search "late refund" -a ./archive`  ·  '
    "`textinsight search '\"cancel my\" OR churn -trial' -a ./archive --customer`  ·  "
    '`textinsight search "my money never came back" -a ./archive --meaning`  ·  '
    "`textinsight search --like c7da76ac24e63 -a ./archive --json`  ·  `textinsight search --build -a ./archive`"
)


def search(
    archive: Annotated[
        Path,
        typer.Option("--archive", "-a", envvar="TEXTINSIGHT_ARCHIVE", help="The archive's folder.", show_default=False),
    ],
    text: Annotated[
        str | None,
        typer.Argument(help='Words; "a phrase", OR, -without, refun*. With --meaning: any sentence.'),
    ] = None,
    meaning: Annotated[bool, typer.Option("--meaning", help="Whose issue means the same, whatever the words.")] = False,
    like: Annotated[
        str | None, typer.Option(metavar="CONVERSATION_ID", help="Whose issue is like that of this conversation.")
    ] = None,
    customer: Annotated[bool, typer.Option("--customer", help="Only what customers said, not agents.")] = False,
    limit: Annotated[int, typer.Option(help="Conversations, at most.")] = 20,
    build: Annotated[
        bool, typer.Option("--build", help="Bring the index up to date; a search does it by itself.")
    ] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Delete the index and build it anew.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout, for machines.")] = False,
) -> int:
    """Search what was said, word for word or by meaning. The first search of an archive builds its index."""
    from textinsight.search import Index, find
    from textinsight.store import Archive

    if (text is not None) + (like is not None) + (build or rebuild) != 1:
        raise UsageError(
            "give words to find, --like CONVERSATION_ID, or --build", hint='textinsight search "late refund"'
        )
    if (like is not None) + meaning + customer > 1:
        raise UsageError("--meaning, --like and --customer cannot go together", hint='textinsight search "late refund"')
    store = Archive(archive)
    index = Index.open(store)
    if index is None or index.missing or rebuild:
        _build(store, anew=rebuild)
    if text is None and like is None:
        return ExitCode.OK
    by: By = "like" if like is not None else "meaning" if meaning else "words"
    found = find(store, like or text or "", by=by, speaker="customer" if customer else "anyone", limit=limit)
    _show(found, as_json=as_json, by_words=by == "words")
    return ExitCode.OK


def _build(archive: Archive, *, anew: bool) -> None:
    from textinsight.search import drop, refresh

    if anew:
        drop(archive)
    total = archive.query("SELECT count(*) AS n FROM stored_conversations").to_pylist()[0]["n"]
    with show.progress() as progress:
        progress.stage("search index", total)
        done = refresh(archive, progress=progress.advance)
    show.note(f"search index: {done.contacts:,} conversations, {done.bytes / 1e6:,.1f} MB ({done.seconds:.0f} s)")


def _show(found: Found, *, as_json: bool, by_words: bool) -> None:
    if as_json:
        sys.stdout.write(
            json.dumps({"schema": show.SCHEMA, "search": asdict(found)}, ensure_ascii=False, default=str) + "\n"
        )
        return
    console = Console(highlight=False)
    for hit in found.hits:
        console.print(_head(hit, by_words=by_words), _body(hit), sep="\n", end="\n\n", soft_wrap=True)
    if by_words:
        order = "" if found.ranked else ", the last stored first: too many to rank"
        show.note(f"{len(found.hits):,} of {found.n:,} conversations that match{order}")
    else:
        show.note(f"the {len(found.hits):,} nearest of {found.n:,} conversations")


def _head(hit: Hit, *, by_words: bool) -> Text:
    when = "time unknown" if hit.started_at is None else f"{hit.started_at:%Y-%m-%d %H:%M}"
    told = [when, hit.channel or "", hit.topic_label or "unclear", hit.resolution or "unclear"]
    told.append(f"{'BM25' if by_words else 'cosine'} {hit.score:.2f}")
    return Text.assemble((hit.conversation_id, "bold"), ("  " + " · ".join(filter(None, told)), "dim"))


def _body(hit: Hit) -> Text:
    """The passage with what matches in bold, else the issue; on one line, without control characters."""
    if hit.passage is None:
        return Text("  " + _line(hit.issue_text[:240]))
    shown, spans = hit.passage.around()
    text = Text("  " + hit.passage.role + ": ")
    at = 0
    for start, end in spans:
        text.append(_line(shown[at:start]))
        text.append(_line(shown[start:end]), "bold")
        at = end
    return text.append(_line(shown[at:]))


def _line(text: str) -> str:
    return re.sub(r"\s", " ", "".join(char if char.isprintable() else " " for char in text))
