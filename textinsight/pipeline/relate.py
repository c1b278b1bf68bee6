"""What needs all contacts at once: topics, links, threads, edges, measures. Stored tables in, derived tables out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight import link, measure, topics
from textinsight.errors import UsageError
from textinsight.pipeline.consequences import consequences, longer_windows
from textinsight.pipeline.correcting import CORRECTABLE, with_corrections
from textinsight.pipeline.linking import link_contacts, may_keep, with_references
from textinsight.pipeline.progress import Progress
from textinsight.pipeline.reasons import Naming, archive_topics, topic_tables
from textinsight.pipeline.settings import Settings
from textinsight.store import DERIVED, Archive
from textinsight.store.coverage import COUNTED

_AS_BEFORE = Naming()


@dataclass(frozen=True, slots=True)
class Contacts:
    """All contacts, ordered by conversation_id, and the vectors of their issue texts row by row."""

    table: pa.Table
    vectors: npt.NDArray[np.floating]


def relate(
    archive: Archive,
    *,
    settings: Settings,
    progress: Progress,
    engine: str,
    kept: bool = True,
    how: Naming = _AS_BEFORE,
) -> link.LinkResult:
    """Bring every derived table up to date; what linking found.

    kept: link only people with something new, where the linking before allows it; else everybody, by a measure taken
    anew. how: whether and how topics are found anew. `linking` is emptied first and written last: without it, the next
    time everybody is linked.
    """
    contacts = load_contacts(archive, engine)
    progress.stage("topics", None)
    known = archive_topics(archive, contacts.table, contacts.vectors, settings=settings, engine=engine, how=how)
    if known.missed:
        progress.advance(0, f"edits that fit no longer: {', '.join(map(str, known.missed))}")
    table = _with_topics(contacts.table, known.model, known.assigned)
    of_topics = topic_tables(archive, known, table, contacts.vectors)
    progress.stage("links", None)
    kept = kept and known.is_old and may_keep(archive, settings)
    found, table = table, with_corrections(archive, table, {t.topic_id: t.label for t in known.model.topics})
    table = with_references(archive, table, kept=kept)
    longer = [days for days in measure.WINDOWS if days > settings.window_days]
    linking = link_contacts(archive, table, contacts.vectors, settings=settings, windows=longer, kept=kept)
    linked = linking.found[settings.window_days]
    wider = longer_windows(linked, {days: linking.found[days] for days in longer})
    table = table.append_column("thread_id", linked.thread_of)
    progress.stage("measures", None)
    measured = _by_person(table, linked.person_id)
    measures = measure.compute(measured, linked.links, linked.threads, window_days=settings.window_days, wider=wider)
    table = table.append_column("csat_predicted", measure.predict_csat(table).values)
    derived = {
        "linking": DERIVED["linking"].empty_table(),
        **of_topics,
        "links": linked.links,
        "threads": linked.threads,
        "edges": linked.edges,
        "measures": measures,
        "contact_facts": measure.contact_facts(
            _as_found(measured, found),
            linked.links,
            linked.threads,
            of_topics["topics"],
            customer_id=table["customer_id"],
            window_days=settings.window_days,
            counted=measure.counted(
                measured, linked.links, linked.threads, window_days=settings.window_days, wider=wider
            ),
        ),
        **consequences(measured, linked, window_days=settings.window_days, wider=wider),
        **linking.tables,
        "coverage": archive.query(COUNTED),
        "assignments": _as_found(table, found).select(DERIVED["assignments"].names),
    }
    progress.stage("writing tables", len(derived) + 1)
    for name, data in (*derived.items(), ("linking", linking.mark)):
        archive.replace(name, data)
        progress.advance(1)
    return linked


def _by_person(contacts: pa.Table, person_id: pa.Array) -> pa.Table:
    """The contacts with their person for a customer: who shares a phone number or account counts once."""
    return contacts.set_column(contacts.schema.get_field_index("customer_id"), "customer_id", person_id)


def _as_found(table: pa.Table, found: pa.Table) -> pa.Table:
    """The table with the tags as the models found them: views put corrections in their place, and can be undone."""
    for name in CORRECTABLE:
        table = table.set_column(table.schema.get_field_index(name), name, found[name])
    return table


def is_related(archive: Archive) -> bool:
    """Whether the derived tables cover every stored contact."""
    row = archive.query(
        "SELECT (SELECT count(*) FROM stored_conversations) AS stored, (SELECT count(*) FROM assignments) AS related,"
        " (SELECT count(*) FROM stored_facts) AS facts"
    ).to_pylist()[0]
    return bool(row["stored"] == row["related"] == row["facts"] and row["stored"])


def check_engine(archive: Archive, engine: str) -> None:
    """UsageError if the archive holds vectors of another engine: they are not comparable."""
    found = [row["engine"] for row in archive.query("SELECT DISTINCT engine FROM vectors").to_pylist()]
    if found and found != [engine]:
        raise UsageError(
            f"this archive was made with encoder {', '.join(found)}, not {engine}",
            hint="use the same --encoder, or run the inputs into a new archive",
        )


def load_contacts(archive: Archive, engine: str) -> Contacts:
    """Contacts and vectors of the archive in one order; vectors are (n, d) float16."""
    table = archive.query("SELECT * FROM stored_conversations ORDER BY conversation_id")
    stored = archive.query("SELECT vector FROM vectors WHERE engine = ? ORDER BY conversation_id", [engine])
    return Contacts(table, _matrix(stored["vector"]))


def _matrix(column: pa.ChunkedArray) -> npt.NDArray[np.float16]:
    """(n, d) float16, read straight from Arrow's buffers: a million vectors are not copied twice."""
    parts = [_values(chunk) for chunk in column.chunks if len(chunk)]
    return np.concatenate(parts).reshape(len(column), -1) if parts else np.zeros((0, 1), np.float16)


def _values(chunk: pa.Array) -> npt.NDArray[np.float16]:
    _, offsets, data = chunk.buffers()
    ends = np.frombuffer(offsets, np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    return np.frombuffer(data, np.uint8)[ends[0] : ends[-1]].view("<f2")


def _with_topics(table: pa.Table, model: topics.TopicModel, assigned: topics.Assignment) -> pa.Table:
    """The contacts with topic_id, topic_label (null: unclear) and topic_confidence."""
    index = pa.array(assigned.index, mask=assigned.index < 0)
    for name, values in (
        ("topic_id", [topic.topic_id for topic in model.topics]),
        ("topic_label", [topic.label for topic in model.topics]),
    ):
        table = table.append_column(name, pa.array(values, pa.string()).take(index))
    return table.append_column("topic_confidence", pa.array(assigned.confidence, pa.float32()))
