"""Every command of `textinsight`."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from textinsight import __version__
from textinsight.cli import show
from textinsight.cli.corrections import corrections_app
from textinsight.cli.downstream import downstream, fcr
from textinsight.cli.linking import LINK_EXAMPLES, link, review_app
from textinsight.cli.models import DoubtOption, evaluate, train
from textinsight.cli.search import SEARCH_EXAMPLES, search
from textinsight.cli.serving import LOOPBACK, check_host
from textinsight.cli.topics import topics_app
from textinsight.encode import DEFAULT
from textinsight.errors import ExitCode, UsageError
from textinsight.resources import data_path

if TYPE_CHECKING:
    from textinsight.cli.refusals import Refusal
    from textinsight.pipeline import RunReport, Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Tag conversations, link repeat issues, and map which contacts bring on which later ones.",
    epilog="Start with `textinsight demo`; then `textinsight run calls.jsonl --archive ./archive`.",
)

ArchiveOption = Annotated[
    Path,
    typer.Option("--archive", "-a", envvar="TEXTINSIGHT_ARCHIVE", help="The archive's folder.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, for machines.")]
WindowOption = Annotated[int, typer.Option(help="Days after a contact in which a later one can belong to it.")]
ProcessesOption = Annotated[int, typer.Option(help="Worker processes.", show_default="all cores")]
PortOption = Annotated[int, typer.Option(help="Port of the app.")]

_CORES = os.cpu_count() or 1


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"textinsight {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


@app.command(epilog="Examples: `textinsight demo`  ·  `textinsight demo --no-app --json`")
def demo(
    archive: Annotated[Path, typer.Option("--archive", "-a", help="Where the demo archive goes.")] = Path(
        "textinsight-demo"
    ),
    no_app: Annotated[bool, typer.Option("--no-app", help="Stop after the result; do not open the app.")] = False,
    processes: ProcessesOption = _CORES,
    port: PortOption = 8501,
    as_json: JsonOption = False,
) -> int:
    """Run everything on the shipped demo conversations and open the app on the result."""
    from textinsight.pipeline import Settings

    corpus = data_path("corpora", "demo", "conversations.jsonl.gz")
    code = _run([corpus], archive, Settings(processes=processes), as_json=as_json)
    if code in (ExitCode.OK, ExitCode.PARTLY_REFUSED) and not no_app:
        return _open_app(archive, port=port, host="127.0.0.1", browser=True)
    return code


@app.command(
    epilog="Examples: `textinsight run calls/ chats.csv -a ./archive`  ·  "
    "`textinsight run export.csv -a ./archive --map text=Body --map customer_id=Account`"
)
def run(
    inputs: Annotated[
        list[Path], typer.Argument(help="Files or folders: JSON Lines, CSV, Parquet, text, WebVTT, SRT.")
    ],
    archive: ArchiveOption,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="OURS=THEIRS", help="Our column's name in the input; repeatable."),
    ] = None,
    window_days: WindowOption = 14,
    encoder: Annotated[str, typer.Option(help="intents-en, static-en, or torch:MODEL.")] = DEFAULT,
    doubt: DoubtOption = 0.35,
    tagger: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TAG=torch:MODEL",
            help="A classifier of yours that decides a tag; #0=no,1=yes after it says what classes mean. Repeatable.",
        ),
    ] = None,
    processes: ProcessesOption = _CORES,
    as_json: JsonOption = False,
) -> int:
    """Read conversations into an archive: mask, tag, find topics, link, measure. Run it again to go on or to add."""
    from textinsight.ingest.columns import check_mapping
    from textinsight.pipeline import Settings

    pairs = dict(_pair(option) for option in mapping or ())
    check_mapping(pairs)
    settings = Settings(
        mapping=pairs,
        window_days=window_days,
        encoder=encoder,
        doubt=doubt,
        taggers=dict(_pair(option, "--tagger", "sentiment=torch:MODEL") for option in tagger or ()),
        processes=processes,
    )
    return _run(inputs, archive, settings, as_json=as_json)


@app.command(epilog="Examples: `textinsight export conversations -a ./archive -o contacts.csv`")
def export(
    table: Annotated[str, typer.Argument(help="conversations, turns, findings, topics, links, threads, edges, …")],
    archive: ArchiveOption,
    out: Annotated[Path, typer.Option("--out", "-o", help="FILE.parquet, FILE.csv or FILE.jsonl.", show_default=False)],
) -> int:
    """Write one table to a file. CSV cells that a spreadsheet would run as a formula are defused."""
    from textinsight.store import PUBLIC, Archive
    from textinsight.store.export import export as write

    if table not in PUBLIC:
        raise UsageError(f"no table {table!r}", hint=f"tables: {', '.join(PUBLIC)}")
    rows = write(Archive(archive), table, out)
    show.note(f"{rows:,} rows of {table} → {out}")
    return ExitCode.OK


@app.command(name="app", epilog="Examples: `textinsight app`  ·  `textinsight app -a ./archive --port 8600`")
def open_app(
    archive: Annotated[
        Path,
        typer.Option("--archive", "-a", envvar="TEXTINSIGHT_ARCHIVE", help="The archive's folder; made if need be."),
    ] = Path("textinsight-archive"),
    port: PortOption = 8501,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine's own need a login (docs/app.md).")
    ] = "127.0.0.1",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Serve only; open no browser window.")] = False,
) -> int:
    """Explore an archive in the browser, or fill one there. Works while a job writes to it."""
    from textinsight.store import Archive

    if archive.is_file() or (archive.exists() and any(entry.name != "jobs" for entry in archive.iterdir())):
        Archive(archive)
    return _open_app(archive, port=port, host=host, browser=not no_browser)


@app.command(epilog="Examples: `textinsight doctor -a ./archive`  ·  `textinsight doctor -a ./archive --mend`")
def doctor(
    archive: ArchiveOption,
    mend: Annotated[bool, typer.Option("--mend", help="Set torn pieces aside; the next run does them again.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Check an archive for what a power cut or a killed job can leave behind."""
    from textinsight.store.doctor import examine

    complaints = examine(archive, mend=mend)
    show.complaints(complaints, as_json=as_json)
    return ExitCode.OK if all(complaint.mended for complaint in complaints) else ExitCode.STORE


@app.command(epilog="Examples: `textinsight synth -o volume.jsonl.gz --contacts 1000000`")
def synth(
    out: Annotated[Path, typer.Option("--out", "-o", help="FILE.jsonl, .jsonl.gz or .parquet.", show_default=False)],
    contacts: Annotated[int, typer.Option(help="How many contacts, about.")] = 7000,
    seed: Annotated[int, typer.Option(help="Same seed, same conversations.")] = 7,
) -> int:
    """Generate conversations with planted truth (topics, repeats, downstream edges), for tests and demos."""
    from textinsight.synth import SynthConfig, write

    written = write(SynthConfig(contacts=contacts, seed=seed), out)
    show.note(f"{written:,} contacts → {out}")
    return ExitCode.OK


app.command(
    epilog="Examples: `textinsight downstream -a ./archive`  ·  "
    "`textinsight downstream -a ./archive --window 30 --json`"
    "  ·  `textinsight downstream -a ./archive --pairs 'Card order' 'Card activation'`"
)(downstream)
app.command(
    epilog="Examples: `textinsight fcr -a ./archive --by topic`  ·  "
    "`textinsight fcr -a ./archive --by agent --window 7`  ·  `textinsight fcr -a ./archive --handle-time`"
)(fcr)

app.command(
    epilog="Examples: `textinsight evaluate gold.jsonl`  ·  `textinsight evaluate tweets.csv --doubt 0 --json`"
)(evaluate)
app.command(epilog="Example: `textinsight train own-labels.jsonl --out ./models`")(train)
app.command(epilog=SEARCH_EXAMPLES)(search)
app.command(epilog=LINK_EXAMPLES)(link)
app.add_typer(review_app, name="review")
app.add_typer(corrections_app, name="corrections")

app.add_typer(topics_app, name="topics")


def _run(inputs: list[Path], archive: Path, settings: Settings, *, as_json: bool) -> int:
    from textinsight.pipeline import build_archive

    with show.progress() as progress:
        report = build_archive(inputs, archive, settings=settings, progress=progress)
    show.report(report, _refused(report), as_json=as_json)
    return report.exit_code


def _refused(report: RunReport) -> list[Refusal]:
    from textinsight.cli.refusals import refusals

    return refusals(Path(report.archive), [count.source for count in report.inputs]) if report.n_rejected else []


def _pair(option: str, name: str = "--map", example: str = "text=Body") -> tuple[str, str]:
    ours, equals, theirs = option.partition("=")
    if not (ours and equals and theirs):
        raise UsageError(f"{name} {option!r} is not OURS=THEIRS", hint=f"for example: {name} {example}")
    return ours.strip(), theirs.strip()


def _open_app(archive: Path, *, port: int, host: str, browser: bool) -> int:
    if find_spec("streamlit") is None:
        raise UsageError("the app needs Streamlit", hint="pip install 'textinsight[app]'")
    script = data_path("app.py").resolve()
    check_host(host, script.parent)
    show.note(f"the app runs at http://{host}:{port}  (stop it with Ctrl-C)")
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    command += ["--server.address", host, "--server.headless", "false" if browser else "true"]
    if host in LOOPBACK:  # a page on the web cannot reach it under a name of its own
        command += [word for name in LOOPBACK for word in ("--server.allowedHosts", name)]
    environment = os.environ | {"TEXTINSIGHT_ARCHIVE": str(archive.resolve())}
    # Streamlit reads .streamlit/config.toml of its working directory.
    try:
        return subprocess.run(command, env=environment, cwd=script.parent, check=False).returncode
    except KeyboardInterrupt:  # the usual way to stop it
        return ExitCode.OK
