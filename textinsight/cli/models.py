"""`textinsight evaluate` and `textinsight train`: how good the taggers are on your data, and teaching them."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from textinsight.errors import ExitCode, UsageError

FileArgument = Annotated[
    Path, typer.Argument(help="Labelled conversations (JSON Lines) or texts (JSON Lines, CSV, TSV).")
]
DoubtOption = Annotated[
    float, typer.Option(help="How unsure the quick reader may be: 0 lets the transformer read all turns, 1 none.")
]
TaggerOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TAG=torch:MODEL",
        help="A classifier of yours that decides a tag; #0=no,1=yes after it says what classes mean. Repeatable.",
    ),
]


def evaluate(
    file: FileArgument,
    doubt: DoubtOption = 0.35,
    tagger: TaggerOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout, for machines.")] = False,
) -> int:
    """Print the taggers' accuracy card on a labelled file: F1, intervals, baselines, calibration, confusion."""
    from textinsight.learn.evaluate import as_markdown
    from textinsight.learn.evaluate import evaluate as measure
    from textinsight.tag import ReadConfig, TagConfig

    card = measure(file, config=TagConfig(read=ReadConfig(doubt=doubt, taggers=taggers(tagger))))
    sys.stdout.write(json.dumps(asdict(card)) + "\n" if as_json else as_markdown(card))
    return ExitCode.OK


def train(
    file: FileArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the new models.", show_default=False)],
    steps: Annotated[int, typer.Option(min=1, help="Updates; 300 take some minutes on two cores.")] = 300,
    seed: Annotated[int, typer.Option(help="Of what is drawn at random.")] = 0,
) -> int:
    """Go on training the shipped taggers with labels of your own. Needs the extras [torch] and [train]."""
    try:
        from textinsight.learn.finetune import finetune
    except ImportError as error:
        raise UsageError(
            f"training needs more packages: {error.name} is missing", hint="pip install '.[torch,train]'"
        ) from error

    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("textinsight").setLevel(logging.INFO)
    finetune(file, out, steps=steps, seed=seed)
    sys.stderr.write(f"written to {out}; use it with: TEXTINSIGHT_MODEL_DIR={out} textinsight run …\n")
    return ExitCode.OK


def taggers(options: list[str] | None) -> dict[str, str]:
    """{tag: model} of --tagger options. UsageError for one without an equals sign."""
    return dict(pair(option, "--tagger", "sentiment=torch:MODEL") for option in options or ())


def pair(option: str, name: str = "--map", example: str = "text=Body") -> tuple[str, str]:
    """The two sides of an option OURS=THEIRS. UsageError if one is missing."""
    ours, equals, theirs = option.partition("=")
    if not (ours and equals and theirs):
        raise UsageError(f"{name} {option!r} is not OURS=THEIRS", hint=f"for example: {name} {example}")
    return ours.strip(), theirs.strip()
