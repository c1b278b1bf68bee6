"""Where shipped data lies: in a checkout `models/` and `corpora/`, in an installed wheel `textinsight/_data`."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from textinsight.errors import ModelError

_PACKAGE = Path(__file__).parent


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
    """The folder of model `name`, every file checked against the sha256 in its meta.json.

    $TEXTINSIGHT_MODEL_DIR/<name> wins over the shipped one, if it is there. Raises ModelError if missing or altered.
    """
    own = os.environ.get("TEXTINSIGHT_MODEL_DIR")
    if own and not Path(own).is_dir():
        raise ModelError(f"TEXTINSIGHT_MODEL_DIR is {own}, which is no folder", hint="unset TEXTINSIGHT_MODEL_DIR")
    folder = Path(own) / name if own and (Path(own) / name).is_dir() else data_path("models", name)
    check_files(folder, hint="unset TEXTINSIGHT_MODEL_DIR to use the shipped model, or reinstall textinsight")
    return folder


def check_files(folder: Path, *, hint: str) -> None:
    """ModelError unless every file of a model's folder has the sha256 that its meta.json says."""
    try:
        hashes: dict[str, str] = json.loads((folder / "meta.json").read_text("utf-8"))["sha256"]
        for file, expected in hashes.items():
            got = hashlib.sha256((folder / file).read_bytes()).hexdigest()
            if got != expected:
                raise ModelError(
                    f"{folder / file} was altered: sha256 {got[:12]}…, expected {expected[:12]}…", hint=hint
                )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"model {folder.name!r} cannot be loaded from {folder}: {error}", hint=hint) from error
