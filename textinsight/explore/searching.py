"""What the reader asked for, the conversations that were found, and the search index as the app keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from textinsight import search
from textinsight.errors import TextinsightError
from textinsight.explore import access, jobs, sidebar, state
from textinsight.explore.filters import Filters
from textinsight.explore.queries import contacts
from textinsight.explore.words import escape
from textinsight.store import Archive

IN_PLACE = 20_000  # conversations whose index is made within seconds: waited for
NEAREST = 500  # conversations that a search by meaning gives


@dataclass(frozen=True, slots=True)
class Question:
    """by: "words", "meaning" or "like", with `text` the words or a conversation's id. filters: narrow what is near."""

    by: search.By
    text: str
    speaker: search.Speaker = "anyone"
    filters: Filters = field(default_factory=Filters)

    @property
    def is_asked(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.text.strip())


@dataclass(frozen=True, slots=True)
class Results:
    """Queries over what was found: as `Source`, with the table `hits` beside the archive's."""

    source: state.Source
    question: Question

    def __call__(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The rows of `sql`, from the cache if this was asked before."""
        source = self.source
        where = (str(source.archive.path), source.stamp, len(index(source) or ()))
        found: pd.DataFrame = _rows(*where, self.question, sql, tuple(parameters), source)
        return found

    @property
    def hits(self) -> search.Hits:
        """The conversations' numbers in the index, best first."""
        source = self.source
        found: search.Hits = _hits(
            str(source.archive.path), source.stamp, len(index(source) or ()), self.question, source
        )
        return found

    @property
    def tables(self) -> dict[str, pa.Table]:
        """What `Archive.query` needs beside the SQL."""
        return {"hits": _table(self.source, self.hits)}

    def passages(self, shown: pd.DataFrame) -> dict[str, search.Passage]:
        """By id: the turn that matches best, of these rows (conversation_id, place); none for a search by meaning."""
        found = index(self.source)
        if found is None or self.question.by != "words":
            return {}
        names = dict(zip(self.hits.numbers[shown["place"]].tolist(), shown["conversation_id"], strict=True))
        query = search.parse(self.question.text)
        best = search.passages(self.source.archive, found, names, query, speaker=self.question.speaker)
        return {names[number]: passage for number, passage in best.items()}


def index(source: state.Source) -> search.Index | None:
    """The archive's search index, None if there is none."""
    found: search.Index | None = _index(str(source.archive.path), source.stamp, _version(source), source.archive)
    return found


def ready(source: state.Source) -> bool:
    """Whether there is an index to ask; else says so, and makes it: at once if that is short, else as a job."""
    found = index(source)
    total = source.panel.total
    behind = total - len(found or ())
    if not behind:
        return True
    if behind <= IN_PLACE:
        try:
            with st.spinner("Making new conversations searchable …"):
                search.refresh(source.archive)
            return True
        except TextinsightError as error:
            st.caption(escape(str(error)))
            return found is not None
    _offer(source, behind, total)
    return found is not None


def _offer(source: state.Source, behind: int, total: int) -> None:
    if jobs.current(source.archive.path) is not None:  # the sidebar shows how far it is
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.text(f"{behind:,} of {total:,} conversations cannot be searched yet. It takes about a minute a million.")
        st.space("stretch")
        if access.is_editor():
            st.button("Make them searchable", icon=":material/manage_search:", key="build_index", on_click=_build)


def _build() -> None:
    archive = state.source().archive.path
    if not access.is_editor():
        return
    try:
        jobs.start(archive, "Search index", ["search", "--build", "--archive", str(archive)])
    except TextinsightError as error:
        st.toast(escape(str(error)), icon=":material/error:")


def _version(source: state.Source) -> int:
    """Changes when the index does."""
    try:
        return (source.archive.path / "search" / "scales.f32").stat().st_size
    except OSError:
        return -1


def _table(source: state.Source, hits: search.Hits) -> pa.Table:
    found = index(source)
    ids = found.ids.take(pa.array(hits.numbers)) if found is not None else pa.array([], pa.string())
    return pa.table({"conversation_id": ids, "place": np.arange(len(ids)), "score": hits.scores})


@st.cache_resource(max_entries=2, show_spinner=False)
def _index(
    path: str,  # noqa: ARG001  part of the cache key
    stamp: tuple[str, ...],  # noqa: ARG001  part of the cache key
    version: int,  # noqa: ARG001  part of the cache key
    _archive: Archive,
) -> search.Index | None:
    return search.Index.open(_archive)


@st.cache_data(max_entries=30, show_spinner=False)
def _hits(
    path: str,  # noqa: ARG001  part of the cache key
    stamp: tuple[str, ...],  # noqa: ARG001  part of the cache key
    size: int,  # noqa: ARG001  part of the cache key
    question: Question,
    _source: state.Source,
) -> search.Hits:
    found = index(_source)
    if found is None:
        return search.Hits(np.zeros(0, np.int64), np.zeros(0, np.float32), 0)
    if question.by == "words":
        return found.words(search.parse(question.text), speaker=question.speaker)
    among = None
    if question.filters != Filters():
        among = _source.archive.query(*contacts.chosen(question.filters))["conversation_id"].combine_chunks()
    near = found.like if question.by == "like" else found.meaning
    return near(question.text, most=NEAREST, among=among)


@st.cache_data(max_entries=60, show_spinner=False)
def _rows(
    path: str,  # noqa: ARG001  part of the cache key
    stamp: tuple[str, ...],  # noqa: ARG001  part of the cache key
    size: int,  # noqa: ARG001  part of the cache key
    question: Question,
    sql: str,
    parameters: tuple[Any, ...],
    _source: state.Source,
) -> pd.DataFrame:
    results = Results(_source, question)
    found: pd.DataFrame = _source.archive.query(sql, parameters, tables=results.tables).to_pandas()
    return found


def asked(by: search.By, text: str, *, speaker: search.Speaker = "anyone") -> Question:
    """The question over what the filter bar lets through; words need no filters, as they match whatever is chosen."""
    return Question(by, text, speaker, Filters() if by == "words" else sidebar.filters())
