"""`textinsight link` and `textinsight review`: linking again, judging links, and learning from the judgements."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from textinsight.cli import found, show
from textinsight.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from textinsight.pipeline import Settings
    from textinsight.pipeline.reviewing import Imported
    from textinsight.store import Archive

ArchiveOption = Annotated[
    Path,
    typer.Option("--archive", "-a", envvar="TEXTINSIGHT_ARCHIVE", help="The archive's folder.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, for machines.")]
LAST = "as in the last run"

LINK_EXAMPLES = (
    "Examples: `textinsight link -a ./archive`  ·  `textinsight link -a ./archive --window-days 30`  ·  "
    "`textinsight link -a ./archive --learn`  ·  `textinsight link -a ./archive --forget`  ·  "
    "`textinsight link -a ./archive --review judged.csv`"
)


def link(
    archive: ArchiveOption,
    window_days: Annotated[
        int | None, typer.Option(help="Days after a contact in which a later one can belong to it.", show_default=LAST)
    ] = None,
    max_q: Annotated[
        float | None,
        typer.Option(help="False-discovery rate up to which an edge tells downstream links.", show_default=LAST),
    ] = None,
    by_reference: Annotated[
        bool | None,
        typer.Option(
            "--by-reference/--not-by-reference",
            help="Tie contacts without customer id or key to others by a reference number in the text.",
            show_default=LAST,
        ),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Link everybody by a measure taken anew.")] = False,
    learn: Annotated[
        bool, typer.Option("--learn", help="Refit the weights from the archive's reviews first, and use them.")
    ] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Return to the shipped weights.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="With --learn: use the refitted weights even if no better.")
    ] = False,
    review: Annotated[
        Path | None, typer.Option(help="A CSV file of reviews to store first; see `textinsight review`.")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Link the archive's contacts again: after reviews, with another window, or with weights learnt from reviews.

    Only people with something new are looked at, unless settings or weights have changed or --full asks for all.
    Transfers within 15 minutes stay one contact. Contacts without customer id, key or time are counted, never linked.
    """
    from textinsight.pipeline import relink
    from textinsight.pipeline.runs import last_settings
    from textinsight.store import Archive

    if learn and forget:
        raise UsageError("--learn and --forget cannot go together", hint="textinsight link --learn --archive DIR")
    store = Archive(archive)
    last = last_settings(store)
    settings = replace(
        last,
        window_days=last.window_days if window_days is None else window_days,
        max_q=last.max_q if max_q is None else max_q,
        link_by_reference=last.link_by_reference if by_reference is None else by_reference,
    )
    reviews = _imported(store, review) if review else None
    said = [found.imported(reviews)] if reviews else []
    if learn:
        said.append(_learnt(store, settings, force=force))
    if forget:
        said.append(_forgotten(store))
    with show.progress() as progress:
        report = relink(store, settings=settings, full=full, progress=progress)
    found.links(report, said, as_json=as_json)
    return ExitCode.PARTLY_REFUSED if reviews and reviews.refused else ExitCode.OK


review_app = typer.Typer(
    no_args_is_help=True,
    help="Judge links: draw a sample to review, store the verdicts, see the measured precision.",
    epilog="Examples: `textinsight review sample -a ./archive -o pairs.csv`  ·  "
    "`textinsight review import pairs.csv -a ./archive`  ·  `textinsight review precision -a ./archive`",
)


@review_app.command(epilog="Examples: `textinsight review sample -a ./archive -o pairs.csv --n 200`")
def sample(
    archive: ArchiveOption,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the CSV goes.", show_default=False)],
    n: Annotated[int, typer.Option(help="Pairs, at most.")] = 100,
    relation: Annotated[
        Literal["same_issue", "downstream"] | None, typer.Option(help="Only links of this kind.")
    ] = None,
) -> int:
    """Write links that nobody has reviewed to a CSV file, the most telling first: fill in its column verdict.

    The sample is stratified by relation and probability; stop wherever you like.
    """
    from textinsight.pipeline.reviewing import write_to_review
    from textinsight.store import Archive

    if out.suffix.lower() != ".csv":
        raise UsageError(f"pairs are written as CSV, not as {out.name!r}", hint="end --out in .csv")
    written = write_to_review(Archive(archive), out, n=n, relation=relation)
    show.note(f"{written:,} pairs → {out}; write confirmed or rejected into the column verdict")
    return ExitCode.OK


@review_app.command(name="import", epilog="Examples: `textinsight review import pairs.csv -a ./archive --reviewer ann`")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV with conversation_id, earlier_id, verdict.", show_default=False)],
    archive: ArchiveOption,
    reviewer: Annotated[str | None, typer.Option(help="Who judged, for rows that do not say.")] = None,
    no_link: Annotated[bool, typer.Option("--no-link", help="Store only; link later with `textinsight link`.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Store the verdicts of a CSV file; links, threads and measures follow. Rows without a verdict are left open."""
    from textinsight.pipeline import relink
    from textinsight.pipeline.reviewing import import_reviews
    from textinsight.store import Archive

    store = Archive(archive)
    done = import_reviews(store, file, reviewer=reviewer)
    said = [found.imported(done)]
    if no_link or not done.n_stored:
        found.parts(said, as_json=as_json)
    else:
        with show.progress() as progress:
            report = relink(store, progress=progress)
        found.links(report, said, as_json=as_json)
    if done.refused:
        return ExitCode.PARTLY_REFUSED if done.n_stored else ExitCode.NOTHING_USABLE
    return ExitCode.OK


@review_app.command(epilog="Examples: `textinsight review precision -a ./archive --json`")
def precision(archive: ArchiveOption, as_json: JsonOption = False) -> int:
    """How often reviewers agreed with the links, by relation and probability, with 95% intervals."""
    from textinsight.link import measured_precision
    from textinsight.store import Archive

    lines = measured_precision(Archive(archive).query("SELECT relation, verdict, probability FROM verdicts"))
    found.parts([found.precision(lines)], as_json=as_json)
    return ExitCode.OK


def _imported(archive: Archive, file: Path) -> Imported:
    from textinsight.pipeline.reviewing import import_reviews

    return import_reviews(archive, file)


def _learnt(archive: Archive, settings: Settings, *, force: bool) -> found.Part:
    from textinsight.learn.relearn_links import learn_links
    from textinsight.pipeline import relink
    from textinsight.pipeline.linking import may_keep

    if not may_keep(archive, settings):
        relink(archive, settings=settings)  # so that people, references and topics are there to learn from
    return found.learnt(learn_links(archive, force=force))


def _forgotten(archive: Archive) -> found.Part:
    from textinsight.pipeline.weights import forget_weights

    return found.forgotten(forget_weights(archive))
