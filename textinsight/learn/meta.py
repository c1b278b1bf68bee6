"""The record beside every shipped model: what `resources.model_path` checks before anything is loaded.

python -m textinsight.learn.meta writes the sha256 of every shipped meta.json into `resources.PINNED`;
python -m textinsight.learn.meta MODEL FILE first takes the scores of MODEL from a card that
`textinsight evaluate … --json` printed, or from any other JSON object.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from textinsight import resources
from textinsight.errors import UsageError

log = logging.getLogger(__name__)


def write_meta(
    folder: Path,
    name: str,
    *,
    data: Sequence[str],
    licence: str,
    files: Sequence[str],
    scores: Mapping[str, Any] | None = None,
    **facts: object,
) -> None:
    """meta.json of model `name` (name@version): what it learnt from, the licence, the sha256 of its files and `facts`,
    JSON-able. scores: None where they are measured later, see above. ValueError without data or licence.
    """
    if not data or not licence:
        raise ValueError(f"{name} needs the data that it learnt from, and a licence")
    plain, _, version = name.partition("@")
    meta = {
        "name": plain,
        "version": version,
        "data": list(data),
        "licence": licence,
        "sha256": {file: sha256(folder / file) for file in files},
        **({} if scores is None else {"scores": scores}),
        **facts,
    }
    _save(folder, meta)
    if plain in resources.PINNED and folder.resolve() == resources.data_path("models").resolve() / plain:
        log.info("%s changed, and is refused until its sha256 is known: %s", folder / "meta.json", resources.PIN)


def add_scores(folder: Path, found: Mapping[str, Any]) -> None:
    """Put scores into the folder's meta.json; of an accuracy card each measure's value and its command."""
    scores: dict[str, Any] = dict(found)
    if "lines" in found:
        scores = {f"{line['tag']} {line['measure']}": round(line["value"], 4) for line in found["lines"]}
        scores |= {"command": found["command"]} if "command" in found else {}
    _save(folder, json.loads((folder / "meta.json").read_text("utf-8")) | {"scores": scores})


def pinned(source: str, models: Path) -> str:
    """The source text of `resources` with the sha256 of the meta.json of every model in its table."""
    for name in resources.PINNED:
        entry = f'"{name}": "{sha256(models / name / "meta.json")}"'
        source = re.sub(rf'"{re.escape(name)}": "[^"]*"', entry, source)
    return source


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _save(folder: Path, meta: Mapping[str, Any]) -> None:
    (folder / "meta.json").write_text(json.dumps(meta, indent=2, sort_keys=True) + "\n", "utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Take scores, pin every shipped meta.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", choices=list(resources.PINNED), help="whose scores are in FILE")
    parser.add_argument("file", type=Path, nargs="?", help="a JSON object")
    options = parser.parse_args(arguments)
    models = resources.data_path("models")
    if options.model is not None:
        if options.file is None:
            raise UsageError(f"no scores of {options.model} were given", hint=f"{resources.PIN} MODEL FILE")
        add_scores(models / options.model, json.loads(options.file.read_text("utf-8")))
    table = Path(resources.__file__)
    table.write_text(pinned(table.read_text("utf-8"), models), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
