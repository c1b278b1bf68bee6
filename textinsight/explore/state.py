"""What all pages share: the archive, cached reads of one of its states, and where the reader is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from textinsight.explore.panel import Panel
from textinsight.explore.queries import conversation, data
from textinsight.store import Archive

VARIABLE = "TEXTINSIGHT_ARCHIVE"
DEFAULT = "textinsight-archive"
PAGES = Path(__file__).parent / "pages"


@dataclass(frozen=True, slots=True)
class Source:
    """One state of the archive, fixed for a run of the page: all its figures belong together."""

    archive: Archive
    stamp: tuple[str, ...]

    def __call__(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The rows of `sql`, from the cache if this state was asked before."""
        found: pd.DataFrame = _rows(str(self.archive.path), self.stamp, sql, tuple(parameters), self.archive)
        return found

    @property
    def window_days(self) -> int:
        """The follow-up window that the links were made with."""
        return data.window_days(self)

    @property
    def panel(self) -> Panel:
        """The archive as a whole, and figures over any part of it."""
        return Panel.of(self)


def archive_path() -> Path:
    """Where the archive is, or is to be: the one this session made, else that of the environment."""
    return Path(st.session_state.get("archive") or started_with())


def started_with() -> Path:
    """The archive that the app was started with."""
    return Path(os.environ.get(VARIABLE) or DEFAULT)


def show(archive: Path) -> None:
    """Look at this archive from here on, in this session alone."""
    st.session_state["archive"] = str(archive)


def open_source() -> Source:
    """The archive at `archive_path`; StoreError if there is none."""
    archive = _archive(str(archive_path()))
    return Source(archive, archive.stamp)


def is_empty() -> bool:
    """Whether the archive holds no conversation yet."""
    return source()("SELECT 1 AS found FROM contact_facts LIMIT 1").empty


def source() -> Source:
    """The state that this run of the page reads."""
    found: Source = st.session_state["source"]
    return found


def open_page(name: str, **parameters: str) -> None:
    """Go to a page; the filters stay."""
    st.switch_page(PAGES / f"{name}.py", query_params=parameters)


def has_page(name: str) -> bool:
    """Whether the app has this page."""
    return (PAGES / f"{name}.py").exists()


def open_contact(conversation_id: str) -> None:
    """Go to the reader at one conversation."""
    open_page("conversation", contact=conversation_id)


def turn_to(conversation_id: str) -> None:
    """Show another conversation in the reader; call it from a callback."""
    st.query_params["contact"] = conversation_id


def chosen_contact() -> str | None:
    """The conversation named in the address, if the archive holds it."""
    wanted = st.query_params.get("contact")
    return wanted if wanted and conversation.exists(source(), wanted) else None


@st.cache_resource(max_entries=4, show_spinner=False)
def _archive(path: str) -> Archive:
    return Archive(path)


@st.cache_data(max_entries=200, show_spinner=False)
def _rows(
    path: str,  # noqa: ARG001  part of the cache key
    stamp: tuple[str, ...],  # noqa: ARG001  part of the cache key
    sql: str,
    parameters: tuple[Any, ...],
    _archive: Archive,
) -> pd.DataFrame:
    frame: pd.DataFrame = _archive.query(sql, parameters).to_pandas()
    return frame
