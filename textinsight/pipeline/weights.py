"""Which link weights an archive uses: its own, learnt from its reviews, or the shipped ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from textinsight import link
from textinsight.resources import check_files
from textinsight.store import Archive

_FOLDER = "link-weights"


def weights_folder(archive: Archive) -> Path:
    """Where the archive's own weights lie, if it has any."""
    return archive.path / _FOLDER


def link_model(archive: Archive) -> link.LinkModel:
    """The archive's own weights, else the shipped ones; ModelError if its own were altered or cannot be read."""
    folder = weights_folder(archive)
    if not folder.exists():
        return link.load_model()
    check_files(folder, hint=f"remove {folder}, or: textinsight link --forget --archive {archive.path}")
    return link.read_model(folder)


def forget_weights(archive: Archive) -> int | None:
    """Return to the shipped weights; how many reviews the forgotten ones were learnt from, None if there were none."""
    folder = weights_folder(archive)
    if not folder.exists():
        return None
    try:
        learnt_from = int(json.loads((folder / "meta.json").read_text("utf-8"))["n_reviews"])
    except (OSError, ValueError, KeyError, TypeError):
        learnt_from = 0  # damaged weights are what one wants to forget
    shutil.rmtree(folder)
    return learnt_from
