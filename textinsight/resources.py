"""Where shipped data lies: in a checkout `models/` and `corpora/`, in an installed wheel `textinsight/_data`."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from textinsight.errors import ModelError

PIN = "python -m textinsight.learn.meta"  # writes the table below

# The sha256 of each shipped model's meta.json, which holds those of its files.
PINNED: Mapping[str, str] = {
    "intents-en": "442240b259d2e38c037b81f4d9f6ed68ca68b19edde9c1e25a903e49b455f580",
    "issue-static": "6491d8434a0eff0384d77d1cb880121f67f71caa191785728db591586916d435",
    "link": "4d1dc1b093820631dc94fe957be3bfba9605c04cbc3e90ba04aa62753f059b8e",
    "static-en": "767a8a231693e657fe0420dc39d9315621c032901cd1a12c994b82cb26a26363",
    "turns-en": "d2d64b627a1171e118574808711832adbd32b0150e63a67a283ca387f81d4bb3",
    "turns-static": "ca5c4354082c3937502cb9dece74fe52b6a03879e54b8d2468bf1fb163e38a32",
}

_PACKAGE = Path(__file__).parent
_NOTES = frozenset(("meta.json", "CARD.md", "accuracy.json"))  # in a model's folder, and no part of the model


def data_path(*parts: str) -> Path:
    """The path of a shipped file or folder, e.g. data_path("corpora", "demo"); ModelError if it is not there."""
    roots = (_PACKAGE / "_data", _PACKAGE.parent)
    for root in roots:
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise ModelError(
        f"shipped data {'/'.join(parts)} is missing from this installation",
        hint="reinstall: pip install --force-reinstall textinsight",
    )


def model_path(name: str) -> Path:
    """The folder of model `name`, every file checked against its meta.json, a shipped one's meta.json against `PINNED`.

    $TEXTINSIGHT_MODEL_DIR/<name> wins over the shipped one, if it is there. Raises ModelError if missing or altered, or
    if $TEXTINSIGHT_MODEL_DIR holds no model of a known name.
    """
    own = os.environ.get("TEXTINSIGHT_MODEL_DIR")
    if own and not any((Path(own) / known).is_dir() for known in (name, *PINNED)):
        what = "holds none of the models" if Path(own).is_dir() else "is no folder"
        raise ModelError(
            f"TEXTINSIGHT_MODEL_DIR is {own}, which {what}",
            hint=f"name a folder with one of {', '.join(PINNED)}, or unset TEXTINSIGHT_MODEL_DIR",
        )
    if own and (Path(own) / name).is_dir():
        check_files(Path(own) / name, hint="unset TEXTINSIGHT_MODEL_DIR to use the shipped model")
        return Path(own) / name
    folder = data_path("models", name)
    check_files(folder, meta=PINNED.get(name, "none"), hint="reinstall textinsight; in a checkout: " + PIN)
    return folder


def check_files(folder: Path, *, hint: str, meta: str | None = None) -> None:
    """ModelError unless each file in a model's folder has the sha256 that its meta.json says; meta: that of itself."""
    try:
        if meta is not None:
            _check(folder / "meta.json", meta, hint=hint)
        hashes: dict[str, str] = json.loads((folder / "meta.json").read_text("utf-8"))["sha256"]
        for file, expected in hashes.items():
            _check(folder / file, expected, hint=hint)
        files = {path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"model {folder.name!r} cannot be loaded from {folder}: {error}", hint=hint) from error
    if unknown := sorted(files - _NOTES - hashes.keys()):
        raise ModelError(f"the meta.json in {folder} has no sha256 of {', '.join(unknown)}", hint=hint)


@contextmanager
def reading(folder: Path, *, hint: str) -> Iterator[None]:
    """Around what reads a model's folder: ModelError for what is missing there or has another form."""
    try:
        yield
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise ModelError(f"model in {folder} cannot be read: {error!r}", hint=hint) from error


def _check(path: Path, expected: str, *, hint: str) -> None:
    got = hashlib.sha256(path.read_bytes()).hexdigest()
    if got != expected:
        raise ModelError(f"{path} was altered: sha256 {got[:12]}…, expected {expected[:12]}…", hint=hint)
