"""`textinsight corrections`: what people said of tags, how often the models were right, and labels to learn from."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from textinsight.cli import found, show
from textinsight.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from textinsight.pipeline.correcting import TagPrecision
    from textinsight.store import Correction

ArchiveOption = Annotated[
    Path,
    typer.Option("--archive", "-a", envvar="TEXTINSIGHT_ARCHIVE", help="The archive's folder.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, for machines.")]

corrections_app = typer.Typer(
    no_args_is_help=True,
    help="Corrected tags: list them, see how often the models were right, export them as labels.",
    epilog="Examples: `textinsight corrections precision -a ./archive`  ·  `textinsight corrections list -a ./archive`"
    "  ·  `textinsight corrections export -a ./archive -o own-labels.jsonl`",
)


@corrections_app.command(name="list", epilog="Examples: `textinsight corrections list -a ./archive --json`")
def list_(
    archive: ArchiveOption,
    limit: Annotated[int, typer.Option(min=1, help="The newest, at most.")] = 50,
    as_json: JsonOption = False,
) -> int:
    """What holds of the corrections, newest first."""
    from textinsight.pipeline.correcting import corrections_of
    from textinsight.store import Archive

    standing = corrections_of(Archive(archive))
    found.parts([_listed(standing[:limit], len(standing))], as_json=as_json)
    return ExitCode.OK


@corrections_app.command(epilog="Examples: `textinsight corrections precision -a ./archive --json`")
def precision(archive: ArchiveOption, as_json: JsonOption = False) -> int:
    """How often a looked-at tag was right, by tag and answer, with 95% intervals."""
    from textinsight.pipeline.correcting import tag_precision
    from textinsight.store import Archive

    found.parts([_precision(tag_precision(Archive(archive)))], as_json=as_json)
    return ExitCode.OK


@corrections_app.command(epilog="Examples: `textinsight corrections export -a ./archive -o own-labels.jsonl`")
def export(
    archive: ArchiveOption,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the JSON Lines go.", show_default=False)],
) -> int:
    """Write the looked-at conversations with their labels, for `textinsight evaluate` and `textinsight train`.

    The file holds what was said; personal data is masked as in the archive.
    """
    from textinsight.pipeline.correcting import write_gold
    from textinsight.store import Archive

    if out.suffix.lower() != ".jsonl":
        raise UsageError(f"labels are written as JSON Lines, not as {out.name!r}", hint="end --out in .jsonl")
    show.note(f"{write_gold(Archive(archive), out):,} labelled conversations → {out}")
    return ExitCode.OK


def _listed(standing: list[Correction], total: int) -> found.Part:
    table = show.listing("conversation", "turn", "tag", "model", "is", "by", "when")
    for one in standing:
        told = "right" if one.new == one.old else one.new or "none"
        turn = "" if one.turn is None else str(one.turn)
        when = f"{one.corrected_at:%Y-%m-%d %H:%M}" if one.corrected_at else ""
        table.add_row(*map(Text, (one.conversation_id, turn, one.tag, one.old or "none", told, one.editor or "", when)))
    note = Text(f"{len(standing):,} of {total:,} corrections", style="dim")
    return found.Part("corrections", {"n": total, "rows": [asdict(one) for one in standing]}, (table, note))


def _precision(lines: list[TagPrecision]) -> found.Part:
    table = show.listing("tag", "answer", "looked at", "right", "share", "95% interval")
    for line in lines:
        interval = f"{line.low:.1%} – {line.high:.1%}"
        style = "dim" if line.n < show.GREY_BELOW else ""
        figures = (f"{line.n:,}", f"{line.n_right:,}", f"{line.share:.1%}", interval)
        table.add_row(Text(line.tag), Text(line.value), *figures, style=style)
    note = "the precision of these answers only if those looked at are a random part of them; grey: fewer than 100"
    return found.Part("tag_precision", {"rows": [asdict(line) for line in lines]}, (table, Text(note, style="dim")))
