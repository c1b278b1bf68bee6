"""Linking the archive's contacts: everybody, or with what the linking before left, only people with something new."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight import __version__, link
from textinsight.pipeline.settings import Settings
from textinsight.pipeline.weights import link_model
from textinsight.store import DERIVED, Archive

_NEW_TURNS = (
    "SELECT conversation_id, text FROM turns {} regexp_matches(text, '[0-9]{{4}}') ORDER BY conversation_id, turn"
)
_ALL, _NEW = "WHERE", "ANTI JOIN people USING (conversation_id) WHERE"


@dataclass(frozen=True, slots=True)
class Linking:
    """found: window in days → what linking within it found. tables: what the next linking goes on from, to be written
    before `mark`, which says that all of it belongs together."""

    found: dict[int, link.LinkResult]
    tables: dict[str, pa.Table]
    mark: pa.Table


def link_config(settings: Settings, window_days: int | None = None) -> link.LinkConfig:
    """The linker's settings of a run; a window other than the run's has no edges of its own."""
    config = link.LinkConfig(
        window_days=settings.window_days, max_q=settings.max_q, link_by_reference=settings.link_by_reference
    )
    return config if window_days is None else replace(config, window_days=window_days, edge_windows=())


def with_references(archive: Archive, contacts: pa.Table, *, kept: bool) -> pa.Table:
    """The contacts with the reference numbers they name; kept: read them only in turns that are new."""
    ids = contacts["conversation_id"]
    if not kept:
        turns = archive.query(_NEW_TURNS.format(_ALL))
        return contacts.append_column("references", link.references_of(turns, ids))
    people = archive.query('SELECT conversation_id, "references" FROM people')
    at = pc.index_in(ids, value_set=people["conversation_id"].combine_chunks())
    new = ids.filter(pc.is_null(at))
    found = link.references_of(archive.query(_NEW_TURNS.format(_NEW)), new)
    both = pa.concat_arrays([people["references"].combine_chunks(), found])
    place = pc.fill_null(at, -1).to_numpy().copy()
    place[place < 0] = people.num_rows + np.arange(len(new))
    return contacts.append_column("references", both.take(pa.array(place)))


def link_contacts(
    archive: Archive,
    contacts: pa.Table,
    vectors: npt.NDArray[np.floating],
    *,
    settings: Settings,
    windows: Iterable[int],
    kept: bool,
) -> Linking:
    """Link within the run's window and the others. contacts: with topic_id and references; kept: see `may_keep`."""
    reviews = archive.query("SELECT * FROM reviews")
    days_of = dict.fromkeys([settings.window_days, *windows])
    before = _before(archive, contacts, settings, list(days_of), reviews) if kept else {}
    found, states = {}, []
    for days in days_of:
        config = link_config(settings, None if days == settings.window_days else days)
        found[days] = _linked(contacts, vectors, before.get(days), config, reviews, link_model(archive))
        states.append({"window_days": days, "state": found[days].state.to_bytes()})
    fresh = any(days not in before or found[days].state is not before[days].state for days in days_of)
    tables = _tables(contacts, found, settings)
    if fresh:
        tables["link_states"] = pa.Table.from_pylist(states, schema=DERIVED["link_states"])
    return Linking(found, tables, _mark(archive, settings, reviews.num_rows))


@dataclass(frozen=True, slots=True)
class _Before:
    known: link.Known
    state: link.LinkState


def _linked(
    contacts: pa.Table,
    vectors: npt.NDArray[np.floating],
    before: _Before | None,
    config: link.LinkConfig,
    reviews: pa.Table,
    model: link.LinkModel,
) -> link.LinkResult:
    if before is not None:
        found = link.update(contacts, vectors, before.known, before.state, config=config, reviews=reviews)
        if not before.state.outgrown(found.counts.linkable):
            return found
    return link.build(contacts, vectors, config=config, model=model, reviews=reviews)


def may_keep(archive: Archive, settings: Settings) -> bool:
    """Whether the tables of the linking before are whole and were made with these settings and weights."""
    rows = archive.query("SELECT settings, n_reviews FROM linking").to_pylist()
    if len(rows) != 1 or rows[0]["settings"] != _made_with(archive, settings):
        return False
    counts = archive.query(
        "SELECT (SELECT count(*) FROM people) AS people, (SELECT count(*) FROM assignments) AS assigned,"
        " (SELECT count(*) FROM reviews) AS reviews, (SELECT count(*) FROM link_states) AS states"
    ).to_pylist()[0]
    whole = counts["people"] == counts["assigned"] > 0 and counts["states"] > 0
    return bool(whole and counts["reviews"] >= rows[0]["n_reviews"])


def _made_with(archive: Archive, settings: Settings) -> str:
    model = link_model(archive)
    weights = [model.name, model.prior, *model.weights]
    made = {"version": __version__, "measure": link.MEASURE, "weights": weights}
    return json.dumps(settings.deciding() | made, sort_keys=True)


def _mark(archive: Archive, settings: Settings, n_reviews: int) -> pa.Table:
    row = {"settings": _made_with(archive, settings), "n_reviews": n_reviews}
    return pa.Table.from_pylist([row], schema=DERIVED["linking"])


def _before(
    archive: Archive, contacts: pa.Table, settings: Settings, windows: list[int], reviews: pa.Table
) -> dict[int, _Before]:
    """What the linking before left, by window."""
    states = archive.query("SELECT window_days, state FROM link_states").to_pylist()
    state = {row["window_days"]: link.LinkState.from_bytes(row["state"]) for row in states}
    n = archive.query("SELECT n_reviews FROM linking").to_pylist()[0]["n_reviews"]
    said = reviews.slice(n)
    corrected = archive.query("SELECT DISTINCT conversation_id FROM corrections")
    reviewed = frozenset(
        said["conversation_id"].to_pylist() + said["earlier_id"].to_pylist() + corrected["conversation_id"].to_pylist()
    )
    people = archive.query("SELECT conversation_id, person_id FROM people")
    at = pc.index_in(contacts["conversation_id"], value_set=people["conversation_id"].combine_chunks())
    at = at.combine_chunks() if isinstance(at, pa.ChunkedArray) else at
    person = people["person_id"].combine_chunks().take(at)
    is_new = pc.is_null(at).to_numpy(zero_copy_only=False)
    before = {}
    for days in windows:
        if days in state:
            thread_of, links = _left(archive, contacts, None if days == settings.window_days else days)
            before[days] = _Before(link.Known(person, thread_of, is_new, links, reviewed), state[days])
    return before


def _left(archive: Archive, contacts: pa.Table, days: int | None) -> tuple[pa.Array, pa.Table]:
    """(thread of each contact, links) of the run's window (None) or of another."""
    columns = ", ".join(DERIVED["links"].names)
    if days is None:
        threads = archive.query("SELECT conversation_id, thread_id FROM assignments")
        links = archive.query(f"SELECT {columns} FROM stored_links")
    else:
        threads = archive.query("SELECT conversation_id, thread_id FROM wider WHERE window_days = ?", [days])
        links = archive.query(f"SELECT {columns} FROM wider_links WHERE window_days = ?", [days])
    at = pc.index_in(contacts["conversation_id"], value_set=threads["conversation_id"].combine_chunks())
    at = at.combine_chunks() if isinstance(at, pa.ChunkedArray) else at
    return threads["thread_id"].combine_chunks().take(at), links.cast(DERIVED["links"]).combine_chunks()


def _tables(contacts: pa.Table, found: dict[int, link.LinkResult], settings: Settings) -> dict[str, pa.Table]:
    own, ids = found[settings.window_days], contacts["conversation_id"]
    people = {"conversation_id": ids, "person_id": own.person_id, "references": contacts["references"]}
    wider, links = [DERIVED["wider"].empty_table()], [DERIVED["wider_links"].empty_table()]
    for days, other in found.items():
        if days != settings.window_days:
            window = pa.array(np.full(len(ids), days, np.int32))
            columns = {"conversation_id": ids, "window_days": window, "thread_id": other.thread_of}
            wider.append(pa.table(columns, schema=DERIVED["wider"]))
            window = pa.array(np.full(other.links.num_rows, days, np.int32))
            links.append(other.links.append_column(DERIVED["wider_links"].field("window_days"), window))
    return {
        "people": pa.table(people, schema=DERIVED["people"]),
        "wider": pa.concat_tables(wider),
        "wider_links": pa.concat_tables(links),
    }
