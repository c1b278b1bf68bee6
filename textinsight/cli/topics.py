"""`textinsight topics`: discover, name, curate and explain contact reasons, of an archive or of any text column."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from textinsight.cli import show, topic_tables
from textinsight.encode import DEFAULT
from textinsight.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from textinsight.topics import Edit, Namer

ArchiveOption = Annotated[
    Path,
    typer.Option("--archive", "-a", envvar="TEXTINSIGHT_ARCHIVE", help="The archive's folder.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, for machines.")]
TopicArgument = Annotated[str, typer.Argument(help="The topic's name or id.", show_default=False)]
EditorOption = Annotated[str | None, typer.Option("--by", help="Who says so; kept in the log.", show_default=False)]
NamerOption = Annotated[
    str | None,
    typer.Option(metavar="MODULE:FUNCTION", help="Your function that names topics: topic → name.", show_default=False),
]

topics_app = typer.Typer(
    no_args_is_help=True, help="Contact reasons: discover, name, curate and explain them; of any text column too."
)


@topics_app.callback()
def _topics() -> None:
    pass


@topics_app.command(
    epilog="Examples: `textinsight topics discover tickets.csv --text subject -o topics.csv`  ·  "
    "`textinsight topics discover tickets.csv --text body -o topics.csv --taxonomy reasons.toml`  ·  "
    "`textinsight topics discover -a ./archive`"
)
def discover(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="CSV, JSON Lines or Parquet.", show_default=False)] = None,
    text: Annotated[str | None, typer.Option(help="The column that holds the text.", show_default=False)] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where the CSV goes.", show_default=False)] = None,
    archive: Annotated[
        Path | None, typer.Option("--archive", "-a", help="Discover an archive's topics anew.", show_default=False)
    ] = None,
    taxonomy: Annotated[
        Path | None, typer.Option(help="Your own reasons, .toml or .csv; new ones are found beside them.")
    ] = None,
    unclear_at_most: Annotated[float, typer.Option(help="Share of the rows that may stay unclear.")] = 0.05,
    namer: NamerOption = None,
    encoder: Annotated[str, typer.Option(help="intents-en, static-en, or torch:MODEL.")] = DEFAULT,
    as_json: JsonOption = False,
) -> int:
    """Find the topics of a column or of an archive.

    Of a column: writes the rows with topic_id, topic_label, confidence and theme. Of an archive: what is found again
    keeps its id and name, and every edit is replayed; with --taxonomy the archive takes on these reasons. Topics are
    for English; for another language give an --encoder of your own that reads it.
    """
    if archive is not None:
        _check_alone(ctx)
        return _discover_archive(archive, taxonomy, namer, as_json=as_json)
    if file is None:
        raise UsageError("give a FILE with --text and --out, or --archive", hint="textinsight topics discover --help")
    if text is None or out is None:
        raise UsageError("a FILE needs --text COLUMN and --out FILE.csv", hint="textinsight topics discover --help")
    from textinsight.pipeline.column import ColumnSettings, discover_column
    from textinsight.topics import read_taxonomy

    if out.suffix.lower() != ".csv":
        raise UsageError(f"topics are written as CSV, not as {out.name!r}", hint="end --out in .csv")
    reasons = read_taxonomy(taxonomy) if taxonomy else ()
    settings = ColumnSettings(encoder, unclear_at_most, reasons, _namer(namer))
    with show.progress() as progress:
        found = discover_column(file, text=text, out=out, settings=settings, progress=progress)
    topic_tables.column(found, out, as_json=as_json)
    return ExitCode.PARTLY_REFUSED if found.n_rejected else ExitCode.OK


@topics_app.command(name="list", epilog="Examples: `textinsight topics list -a ./archive`")
def list_topics(archive: ArchiveOption, as_json: JsonOption = False) -> int:
    """The topics of an archive with their themes, contacts and shares, and what the last refresh changed."""
    from textinsight.pipeline.curate import topics_report

    topic_tables.report(topics_report(archive), as_json=as_json)
    return ExitCode.OK


@topics_app.command(
    epilog="Examples: `textinsight topics refresh -a ./archive`  ·  "
    "`textinsight topics refresh -a ./archive --namer mynames:ask_model`"
)
def refresh(archive: ArchiveOption, namer: NamerOption = None, as_json: JsonOption = False) -> int:
    """Look for topics that are new; old ones stay as they are. Says what is new, grown, shrunk or gone."""
    from textinsight.pipeline.curate import refresh_topics

    with show.progress() as progress:
        found = refresh_topics(archive, namer=_namer(namer), progress=progress)
    topic_tables.report(found, as_json=as_json)
    return ExitCode.OK


@topics_app.command(
    epilog="Examples: `textinsight topics taxonomy reasons.toml -a ./archive`  ·  "
    "`textinsight topics taxonomy --none -a ./archive`"
)
def taxonomy(
    archive: ArchiveOption,
    file: Annotated[Path | None, typer.Argument(help="Your own reasons, .toml or .csv.", show_default=False)] = None,
    none: Annotated[bool, typer.Option("--none", help="Take the taxonomy away again.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Give an archive your company's own reasons; contacts get them first, and new topics are found beside them.

    Fields: id, name, parent, description, examples. In TOML: [[reason]] tables; in CSV: examples parted by "|".
    """
    from textinsight.pipeline.curate import use_taxonomy
    from textinsight.topics import read_taxonomy

    if (file is None) != none:
        raise UsageError("give a FILE or --none", hint="textinsight topics taxonomy reasons.toml -a ARCHIVE")
    with show.progress() as progress:
        found = use_taxonomy(archive, read_taxonomy(file) if file else (), progress=progress)
    topic_tables.report(found, as_json=as_json)
    return ExitCode.OK


@topics_app.command(epilog="Examples: `textinsight topics rename t004 'Lost parcel' -a ./archive`")
def rename(
    topic: TopicArgument,
    name: Annotated[str, typer.Argument(help="Its new name.", show_default=False)],
    archive: ArchiveOption,
    by: EditorOption = None,
) -> int:
    """Give a topic or theme a name of your own; it stays through every refresh."""
    from textinsight.topics import Edit

    return _edit(archive, Edit("rename", topic, value=name, editor=by))


@topics_app.command(epilog="Examples: `textinsight topics describe t004 'Parcels that never came' -a ./archive`")
def describe(
    topic: TopicArgument,
    words: Annotated[str, typer.Argument(help="What it means.", show_default=False)],
    archive: ArchiveOption,
    by: EditorOption = None,
) -> int:
    """Say what a topic means."""
    from textinsight.topics import Edit

    return _edit(archive, Edit("describe", topic, value=words, editor=by))


@topics_app.command(epilog="Examples: `textinsight topics merge 'late parcel' 'parcel missing' -a ./archive`")
def merge(
    topics: Annotated[list[str], typer.Argument(help="Topics; the last one takes the others in.", show_default=False)],
    archive: ArchiveOption,
    by: EditorOption = None,
) -> int:
    """Make one topic of several: the last one named keeps its id and name."""
    from textinsight.topics import Edit

    if len(topics) < 2:
        raise UsageError("name two topics or more", hint="textinsight topics merge t004 t009 -a ARCHIVE")
    return _edit(archive, *(Edit("merge", topic, target_id=topics[-1], editor=by) for topic in topics[:-1]))


@topics_app.command(
    epilog="Examples: `textinsight topics split t004 -a ./archive`  ·  "
    "`textinsight topics split t004 --name 'Late parcel' --name 'Lost parcel' -a ./archive`"
)
def split(
    topic: TopicArgument,
    archive: ArchiveOption,
    parts: Annotated[int, typer.Option(help="How many; ignored where names are given.")] = 2,
    name: Annotated[list[str] | None, typer.Option(help="A part's name, largest first; repeatable.")] = None,
    by: EditorOption = None,
) -> int:
    """Split a topic by how its contacts part; the largest part keeps the id."""
    from textinsight.pipeline.curate import split_topic

    labels = tuple(name or ())
    with show.progress() as progress:
        edit = split_topic(archive, topic, parts=len(labels) or parts, labels=labels, editor=by, progress=progress)
    topic_tables.edited([edit])
    return ExitCode.OK


@topics_app.command(epilog="Examples: `textinsight topics move t004 --to Delivery -a ./archive`")
def move(
    topic: TopicArgument,
    archive: ArchiveOption,
    to: Annotated[str, typer.Option(help='A theme, old or new; "" for none.')],
    by: EditorOption = None,
) -> int:
    """Put a topic under another theme; a name that is no theme yet makes one."""
    from textinsight.topics import Edit

    return _edit(archive, Edit("move", topic, target_id=to, editor=by))


@topics_app.command(epilog="Examples: `textinsight topics pin t004 -a ./archive`")
def pin(topic: TopicArgument, archive: ArchiveOption, by: EditorOption = None) -> int:
    """Keep a topic through every refresh, though no contact may have it."""
    from textinsight.topics import Edit

    return _edit(archive, Edit("pin", topic, editor=by))


@topics_app.command(
    epilog="Examples: `textinsight topics undo -a ./archive`  ·  `textinsight topics undo 3 -a ./archive`"
)
def undo(
    archive: ArchiveOption,
    number: Annotated[int | None, typer.Argument(help="Which, as `log` numbers them.", show_default=False)] = None,
    by: EditorOption = None,
) -> int:
    """Take back an edit: the last one that holds, or the one of this number."""
    from textinsight.pipeline.curate import undo as take_back

    with show.progress() as progress:
        edit = take_back(archive, number, editor=by, progress=progress)
    topic_tables.undone(edit)
    return ExitCode.OK


@topics_app.command(epilog="Examples: `textinsight topics log -a ./archive --json`")
def log(archive: ArchiveOption, as_json: JsonOption = False) -> int:
    """Every edit ever made, which of them hold, and which of these fit no longer."""
    from textinsight.pipeline.reasons import replayed_topics, stored_edits
    from textinsight.store import Archive

    store = Archive(archive)
    topic_tables.log(stored_edits(store), replayed_topics(store).missed, as_json=as_json)
    return ExitCode.OK


@topics_app.command(epilog="Examples: `textinsight topics explain c0123 -a ./archive`")
def explain(
    conversation_id: Annotated[str, typer.Argument(help="The contact.", show_default=False)],
    archive: ArchiveOption,
    as_json: JsonOption = False,
) -> int:
    """Why a contact is in its topic: the words that decide it, the runner-up, the nearest contacts."""
    from textinsight.pipeline.curate import explain_contact

    topic_tables.explanation(explain_contact(archive, conversation_id), as_json=as_json)
    return ExitCode.OK


@topics_app.command(epilog="Examples: `textinsight topics quality -a ./archive`")
def quality(archive: ArchiveOption, as_json: JsonOption = False) -> int:
    """How good each topic is: size, coherence, separation from the next topic; those worth a look come first."""
    from textinsight.store import Archive

    rows = Archive(archive).query("SELECT * FROM topic_quality ORDER BY separation NULLS LAST, topic_id").to_pylist()
    topic_tables.quality(rows, as_json=as_json)
    return ExitCode.OK


def _check_alone(ctx: typer.Context) -> None:
    """UsageError if anything was given that is for a file."""
    of_file = {name: f"--{name.replace('_', '-')}" for name in ("text", "out", "unclear_at_most", "encoder")}
    for name, shown in ({"file": "a FILE"} | of_file).items():
        source = ctx.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise UsageError(f"{shown} and --archive do not go together", hint="leave one of them out")


def _discover_archive(archive: Path, taxonomy_file: Path | None, namer: str | None, *, as_json: bool) -> int:
    from textinsight.pipeline.curate import refresh_topics, use_taxonomy
    from textinsight.topics import read_taxonomy

    ask = _namer(namer)
    with show.progress() as progress:
        if taxonomy_file is not None:
            found = use_taxonomy(archive, read_taxonomy(taxonomy_file), progress=progress)
        if taxonomy_file is None or ask is not None:
            found = refresh_topics(archive, anew=taxonomy_file is None, namer=ask, progress=progress)
    topic_tables.report(found, as_json=as_json)
    return ExitCode.OK


def _namer(spec: str | None) -> Namer | None:
    from textinsight.topics import load_namer

    return load_namer(spec) if spec else None


def _edit(archive: Path, *edits: Edit) -> int:
    from textinsight.pipeline.curate import edit_topics

    with show.progress() as progress:
        kept = edit_topics(archive, *edits, progress=progress)
    topic_tables.edited(kept)
    return ExitCode.OK
