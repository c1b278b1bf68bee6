"""The contacts as sorted arrays: by customer, then time, then id, so that input order cannot matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.errors import UsageError
from textinsight.link.because import cause_stated
from textinsight.link.references import reference_codes

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Levels = npt.NDArray[np.int8]

_NEEDED = ("conversation_id", "customer_id", "started_at")
_OUTCOMES = {"resolved": 1, "unresolved": 3, "moved": 3}
_SURE = 0.5  # a resolution tag of this confidence or more is taken to be sure
_EFFORT = ("long_wait", "repeat_information", "transfer", "unclear_answer")  # what comes with contacts before this one


@dataclass(frozen=True, slots=True)
class Frame:
    """One entry a linkable contact (person and start time known), sorted; codes are -1 where unknown.

    customer: the person's code: column person_id (see `people`) if there is one, else customer_id.
    row: where the contact stands in the input. start, end: microseconds since 1970 (end = start if unknown).
    outcome: 0 unclear, 1 surely resolved, 2 probably resolved, 3 left open. stated: 0 unknown, 1 not stated, 2 stated.
    ending: 0 unknown, 1 the customer ends content, 2 neither, 3 cross. effort: 0 unknown, 1 none told, 2 told.
    cause: 0 unknown, 1 none stated, 2 the customer says it came of an earlier contact.
    topics, people, companies: names that topic, customer and company index, sorted. references: (n, k) codes.
    vectors: the input's rows (n_input, d), by `row`. n_no_customer, n_no_time: contacts left out.
    """

    row: Ints
    customer: Ints
    start: Ints
    end: Ints
    topic: Codes
    channel: Codes
    company: Codes
    agent: Codes
    outcome: Levels
    stated: Levels
    ending: Levels
    effort: Levels
    cause: Levels
    references: Codes
    vectors: npt.NDArray[np.floating]
    has_text: npt.NDArray[np.bool_]
    topics: tuple[str, ...]
    people: tuple[str, ...]
    companies: tuple[str, ...]
    n_no_customer: int
    n_no_time: int

    def __len__(self) -> int:
        return len(self.row)


def make_frame(contacts: pa.Table, vectors: npt.NDArray[np.floating]) -> Frame:
    """The frame of a contacts table. UsageError if a needed column is missing or the vectors do not fit."""
    check(contacts, vectors)
    customer, people = sorted_codes(contacts["person_id" if "person_id" in contacts.column_names else "customer_id"])
    start = microseconds(contacts, "started_at")
    known = (customer >= 0) & (start != MISSING)
    ids, _ = sorted_codes(contacts["conversation_id"])
    row = np.flatnonzero(known)
    row = row[np.lexsort((ids[row], start[row], customer[row]))]
    end = microseconds(contacts, "ended_at")[row]
    topic, topics = sorted_codes(_column(contacts, "topic_id"))
    company, companies = sorted_codes(_column(contacts, "company"))
    return Frame(
        row=row,
        customer=customer[row].astype(np.int64),
        start=start[row],
        end=np.maximum(end, start[row]),  # MISSING is the smallest integer
        topic=topic[row],
        channel=sorted_codes(_known_channel(contacts))[0][row],
        company=company[row],
        agent=sorted_codes(_column(contacts, "agent_id"))[0][row],
        outcome=_outcome(contacts)[row],
        stated=_stated(contacts)[row],
        ending=_ending(contacts)[row],
        effort=_effort(contacts)[row],
        cause=cause_stated(contacts)[row],
        references=reference_codes(contacts)[row],
        vectors=vectors,
        has_text=_has_text(vectors)[row],
        topics=topics,
        people=people,
        companies=companies,
        n_no_customer=int((customer < 0).sum()),
        n_no_time=int(((customer >= 0) & (start == MISSING)).sum()),
    )


MISSING = np.iinfo(np.int64).min


def microseconds(contacts: pa.Table, name: str) -> Ints:
    """A time column as microseconds since 1970, MISSING where null or absent."""
    if name not in contacts.column_names:
        return np.full(contacts.num_rows, MISSING)
    column = pc.cast(pc.cast(contacts[name], pa.timestamp("us", tz="UTC")), pa.int64())
    values: Ints = pc.fill_null(column, int(MISSING)).to_numpy().astype(np.int64)
    return values


def sorted_codes(column: pa.ChunkedArray) -> tuple[Codes, tuple[str, ...]]:
    """Codes into the sorted distinct values, -1 where null, and those values."""
    encoded = pc.dictionary_encode(column.combine_chunks().cast(pa.string()))
    names = encoded.dictionary
    order = pc.sort_indices(names).to_numpy()
    rank = np.empty(len(order) + 1, np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    rank[-1] = -1
    indices = pc.fill_null(pc.cast(encoded.indices, pa.int64()), -1).to_numpy(zero_copy_only=False)
    return rank[indices], tuple(names.take(pa.array(order)).to_pylist())


def check(contacts: pa.Table, vectors: npt.NDArray[np.floating]) -> None:
    """UsageError if a needed column is missing or the vectors do not fit."""
    missing = [name for name in _NEEDED if name not in contacts.column_names]
    if missing:
        raise UsageError(
            f"contacts lack {', '.join(missing)}; got {', '.join(contacts.column_names)}",
            hint="pass the conversations table (textinsight.store.schema)",
        )
    if vectors.ndim != 2 or len(vectors) != contacts.num_rows:
        raise UsageError(
            f"vectors have shape {vectors.shape}, expected ({contacts.num_rows}, d)",
            hint="one unit row a contact, a zero row where there is no text",
        )


def _column(contacts: pa.Table, name: str) -> pa.ChunkedArray:
    if name in contacts.column_names:
        return contacts[name]
    return pa.chunked_array([pa.nulls(contacts.num_rows, pa.string())])


def _known_channel(contacts: pa.Table) -> pa.ChunkedArray:
    channel = _column(contacts, "channel")
    return pc.if_else(pc.equal(channel, "unknown"), None, channel)


def _outcome(contacts: pa.Table) -> Levels:
    codes, names = sorted_codes(_column(contacts, "resolution"))
    table = np.array([_OUTCOMES.get(name, 0) for name in names] + [0], np.int8)
    level = table[codes]
    if "resolution_confidence" in contacts.column_names:
        confidence = pc.fill_null(contacts["resolution_confidence"].cast(pa.float64()), 1.0).to_numpy()
        level[(level == 1) & (confidence < _SURE)] = 2
    return level


def _stated(contacts: pa.Table) -> Levels:
    if "stated_repeat" not in contacts.column_names:
        return np.zeros(contacts.num_rows, np.int8)
    level = pc.if_else(contacts["stated_repeat"], 2, 1)
    values: Levels = pc.fill_null(level, 0).to_numpy().astype(np.int8)
    return values


def _ending(contacts: pa.Table) -> Levels:
    if "sentiment_end" not in contacts.column_names:
        return np.zeros(contacts.num_rows, np.int8)
    mood = pc.fill_null(contacts["sentiment_end"].cast(pa.float64()), np.nan).to_numpy()
    return np.select([mood > 0, mood == 0, mood < 0], [1, 2, 3], 0).astype(np.int8)


def _effort(contacts: pa.Table) -> Levels:
    """What customers tell of contacts before: waits, being passed on, telling it again, unclear answers; escalation."""
    if "effort_drivers" not in contacts.column_names:
        return np.zeros(contacts.num_rows, np.int8)
    drivers = contacts["effort_drivers"].combine_chunks()
    level: Levels = pc.is_valid(drivers).to_numpy(zero_copy_only=False).astype(np.int8)
    told = pc.is_in(drivers.flatten().cast(pa.string()), pa.array(_EFFORT)).to_numpy(zero_copy_only=False)
    level[pc.list_parent_indices(drivers).to_numpy()[told]] = 2
    if "escalation" in contacts.column_names:
        level[pc.fill_null(contacts["escalation"], False).to_numpy()] = 2
    return level


def _has_text(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Rows that are not all zero, looked at in blocks (a float16 copy of a million rows would be large)."""
    if not vectors.size:
        return np.zeros(len(vectors), bool)
    blocks = range(0, len(vectors), 65_536)
    return np.concatenate([vectors[b : b + 65_536].any(axis=1) for b in blocks])
