"""The record beside every shipped model: what `resources.model_path` checks before anything is loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path


def write_meta(folder: Path, name: str, *, licence: str, files: Sequence[str], **facts: object) -> None:
    """meta.json of model `name` (name@version): the sha256 of its files, the licence and `facts`, JSON-able."""
    plain, _, version = name.partition("@")
    meta = {
        "name": plain,
        "version": version,
        "licence": licence,
        "sha256": {file: sha256(folder / file) for file in files},
        **facts,
    }
    (folder / "meta.json").write_text(json.dumps(meta, indent=2, sort_keys=True) + "\n", "utf-8")


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
