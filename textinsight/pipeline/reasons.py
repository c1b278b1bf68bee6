"""The topics of an archive: found, grown with it, beside its company's own reasons, as analysts have edited them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight import topics
from textinsight.encode import load_encoder
from textinsight.pipeline.discovering import ASSIGNING, CONFIG, Finder
from textinsight.pipeline.runs import last_settings
from textinsight.pipeline.settings import Settings
from textinsight.store import DERIVED, Archive
from textinsight.topics import edits as edit_log

_REFIT_GROWTH = 2.0  # a young archive's topics are discovered anew once it has doubled; names and ids carry over
_SETTLED = 5000  # contacts on which topics rest well enough to stay until somebody asks for new ones
_REFRESH_GROWTH = 1.05  # new topics are looked for once it has grown so much
_BUCKETS = 16  # statements are read in parts

_STATEMENTS = """
    SELECT conversation_id, turn, "start", "end", vector FROM statements
    WHERE engine = ? AND hash(conversation_id) % ? = ? ORDER BY conversation_id, turn, "start"
"""
_ALONE = """
    SELECT conversation_id, turn, "start", "end" FROM findings ANTI JOIN statements USING (conversation_id)
    WHERE tag = 'issue' ORDER BY conversation_id, turn, "start"
"""
_TAXONOMY = """
    SELECT id, name, parent, description, examples FROM taxonomy
    WHERE version = (SELECT max(version) FROM taxonomy) AND id IS NOT NULL ORDER BY place
"""

Vectors = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class ArchiveTopics:
    """model: as edited. found: as discovered. fitted_on, refreshed_on: contacts when topics were found, and looked
    for. assigned: of the contacts, in their order. missed: see `topics.Replayed`. is_old: nothing about topics or
    contacts has changed.
    """

    model: topics.TopicModel
    found: topics.TopicModel
    fitted_on: int
    refreshed_on: int
    assigned: topics.Assignment
    missed: Mapping[int, str]
    is_old: bool


@dataclass(frozen=True, slots=True)
class Naming:
    """How topics are found. anew: discover again, and look: look for new ones, though the archive has hardly grown.

    taxonomy: the company's own reasons, None for those that the archive keeps. namer: see `topics.load_namer`.
    """

    anew: bool = False
    look: bool = False
    taxonomy: tuple[topics.Reason, ...] | None = None
    namer: topics.Namer | None = None


def archive_topics(
    archive: Archive, contacts: pa.Table, vectors: Vectors, *, settings: Settings, engine: str, how: Naming
) -> ArchiveTopics:
    """The topics that hold now and each contact's. contacts: with issue_text; vectors: (n, d) of these texts."""
    reasons = stored_taxonomy(archive) if how.taxonomy is None else how.taxonomy
    edits = stored_edits(archive)
    encoder = load_encoder(settings.encoder)
    classifier = topics.fit_reasons(reasons, encoder) if reasons else None
    old = _stored(archive, engine)
    seen = archive.query("SELECT conversation_id FROM assignments")["conversation_id"]
    known = pc.is_in(contacts["conversation_id"], value_set=seen.combine_chunks()).to_numpy()
    finder = _Finder(contacts, vectors, reasons, classifier, settings.encoder, engine, edits, known)
    found = finder.grown(old, how) if old else finder.afresh(None)
    if how.namer is not None:
        found = replace(found, model=topics.renamed(found.model, how.namer, given=_given(found.model, edits)))
    replayed = topics.replayed(found.model, edits)
    model = replayed.model
    assigned = topics.assign(model, vectors, config=ASSIGNING)
    return ArchiveTopics(
        model, found.model, found.fitted_on, found.refreshed_on, assigned,
        missed=replayed.missed, is_old=_same(archive, model, engine),
    )  # fmt: skip


def _given(found: topics.TopicModel, edits: Sequence[topics.Edit]) -> dict[str, str]:
    """topic_id → name, where an edit gives it."""
    labels = {topic.topic_id: topic.label for topic in found.topics}
    curated = [topic for topic in topics.replay(found, edits).topics if topic.source == "curated"]
    return {topic.topic_id: topic.label for topic in curated if labels.get(topic.topic_id) != topic.label}


def current_topics(archive: Archive) -> topics.TopicModel:
    """The topics as they hold, with what assigns contacts to them; none before the first run."""
    return replayed_topics(archive).model


def replayed_topics(archive: Archive) -> topics.Replayed:
    """The topics as they hold, and which edits fit no longer."""
    counts = {row["topic_id"]: row["n"] for row in archive.query("SELECT topic_id, n FROM topics").to_pylist()}
    done = topics.replayed(found_topics(archive), stored_edits(archive))
    known = tuple(replace(topic, n=counts.get(topic.topic_id, 0)) for topic in done.model.topics)
    return replace(done, model=replace(done.model, topics=known))


def found_topics(archive: Archive) -> topics.TopicModel:
    """The topics before any edit, those of the taxonomy among them; none before the first run."""
    engines = [row["engine"] for row in archive.query("SELECT DISTINCT engine FROM topics").to_pylist()]
    old = _stored(archive, engines[0]) if engines else None
    if old is None:
        return topics.TopicModel((), np.zeros((0, 1), np.float32), "")
    reasons = stored_taxonomy(archive)
    found = topics.found_part(old.model)
    if reasons:
        classifier = topics.fit_reasons(reasons, load_encoder(last_settings(archive).encoder))
        found = topics.with_found(topics.taxonomy_model(reasons, classifier, engine=engines[0]), found)
    return found


def stored_edits(archive: Archive) -> tuple[topics.Edit, ...]:
    """The edit log, oldest first."""
    return edit_log.from_table(archive.query("SELECT * FROM topic_edits"))


def stored_taxonomy(archive: Archive) -> tuple[topics.Reason, ...]:
    """The company's own reasons that hold now; empty if there are none."""
    rows = archive.query(_TAXONOMY).to_pylist()
    return tuple(topics.Reason(**{**row, "examples": tuple(row["examples"] or ())}) for row in rows)


@dataclass(frozen=True, slots=True)
class _Found:
    model: topics.TopicModel
    fitted_on: int
    refreshed_on: int


@dataclass(frozen=True, slots=True)
class _Finder:
    contacts: pa.Table
    vectors: Vectors
    reasons: Sequence[topics.Reason]
    classifier: topics.ReasonClassifier | None
    encoder: str
    engine: str
    edits: Sequence[topics.Edit]
    known: npt.NDArray[np.bool_]

    def grown(self, old: _Found, how: Naming) -> _Found:
        """The old topics, with new ones or discovered anew where the archive has grown enough."""
        n = self.contacts.num_rows
        outgrown = old.fitted_on < _SETTLED and n >= _REFIT_GROWTH * old.fitted_on
        if how.anew or outgrown:
            return self.afresh(topics.found_part(old.model))
        kept = self._beside(topics.found_part(old.model))
        if n < _REFRESH_GROWTH * old.refreshed_on and not how.look:
            return _Found(kept, old.fitted_on, old.refreshed_on)
        grown = topics.refresh(
            kept, self.contacts["issue_text"].to_pylist(), self.vectors,
            known=self.known, config=CONFIG, reserved=self._reserved(),
        )  # fmt: skip
        return _Found(grown, old.fitted_on, n)

    def afresh(self, old: topics.TopicModel | None) -> _Found:
        """Topics discovered in all contacts; those of `old` that are found again keep id and name."""
        n, loaded = self.contacts.num_rows, load_encoder(self.encoder)
        encoder = loaded if loaded.name == self.engine else None  # vectors of two engines are not comparable
        finder = Finder(self.engine, encoder, self.reasons, self.classifier)
        found = topics.found_part(finder.find(self.contacts, self.vectors))
        if old is not None:
            keep = {i for edit in topics.standing(self.edits) for i in edit.ids}
            found = topics.reconcile(old, found, keep=keep, reserved=self._reserved())
        return _Found(self._beside(found), n, n)

    def _beside(self, found: topics.TopicModel) -> topics.TopicModel:
        if self.classifier is None:
            return found
        return topics.with_found(topics.taxonomy_model(self.reasons, self.classifier, engine=self.engine), found)

    def _reserved(self) -> set[str]:
        return {i for edit in self.edits for i in edit.ids}


def _stored(archive: Archive, engine: str) -> _Found | None:
    table = archive.query("SELECT * FROM found_topics WHERE engine = ?", [engine])
    if not table.num_rows:
        table = archive.query("SELECT *, fitted_on AS refreshed_on FROM topics WHERE engine = ?", [engine])
    if not table.num_rows:
        return None
    counts = [pc.max(table[name]).as_py() or 0 for name in ("fitted_on", "refreshed_on")]
    return _Found(topics.TopicModel.from_table(table), counts[0], counts[1])


def _same(archive: Archive, model: topics.TopicModel, engine: str) -> bool:
    """Whether `model` is the one that the table "topics" holds."""
    table = archive.query("SELECT * FROM topics WHERE engine = ?", [engine])
    if table.num_rows != len(model.topics):
        return False
    stored = topics.TopicModel.from_table(table)
    named = [[(t.topic_id, t.label, t.parent_id) for t in one.topics] for one in (stored, model)]
    same = named[0] == named[1] and stored.centroids.shape == model.centroids.shape
    return same and np.allclose(stored.centroids, model.centroids, atol=1e-5)


def topic_tables(archive: Archive, known: ArchiveTopics, contacts: pa.Table, vectors: Vectors) -> dict[str, pa.Table]:
    """The derived tables about topics. contacts: with conversation_id, issue_text and topic_id."""
    rows = topics.topic_quality(known.model, vectors, known.assigned, contacts["issue_text"])
    return {
        "topics": with_columns(counted(known.model, contacts["topic_id"]), fitted_on=known.fitted_on),
        "found_topics": with_columns(
            _as(known.found.to_table(), DERIVED["found_topics"]),
            fitted_on=known.fitted_on,
            refreshed_on=known.refreshed_on,
        ),
        "topic_quality": topics.quality_table(rows),
        "topic_changes": _changes(archive, known.model, contacts),
        "topic_map": _map(archive, known, contacts, vectors),
        "contact_topics": _contact_topics(archive, known, contacts["conversation_id"]),
    }


def _map(archive: Archive, known: ArchiveTopics, contacts: pa.Table, vectors: Vectors) -> pa.Table:
    rows = archive.query("SELECT topic_id, x, y FROM topic_map WHERE conversation_id IS NULL").to_pylist()
    before = {row["topic_id"]: (row["x"], row["y"]) for row in rows}
    ids, texts = contacts["conversation_id"], contacts["issue_text"]
    return topics.topic_map(known.model, vectors, known.assigned.index, ids, texts, before=before)


def _changes(archive: Archive, model: topics.TopicModel, contacts: pa.Table) -> pa.Table:
    rows = archive.query("SELECT topic_id, count(*) AS n FROM assignments WHERE topic_id IS NOT NULL GROUP BY 1")
    before = {row["topic_id"]: row["n"] for row in rows.to_pylist()}
    after = Counter(contacts["topic_id"].drop_null().to_pylist())
    labels = archive.query("SELECT topic_id, label FROM topics").to_pylist()
    gone = [topics.Topic(row["topic_id"], row["label"]) for row in labels]
    found = topics.changes(before, after, [*gone, *model.topics]) if before else ()
    schema = DERIVED["topic_changes"]
    return pa.table({name: [getattr(row, name) for row in found] for name in schema.names}, schema=schema)


def _contact_topics(archive: Archive, known: ArchiveTopics, ids: pa.ChunkedArray) -> pa.Table:
    """Each contact's main reason and its others; contacts with one statement have one."""
    alone = archive.query(_ALONE)
    at = _at(alone["conversation_id"], ids)
    index, sure = known.assigned.index[at], known.assigned.confidence[at]
    one = topics.several(known.assigned, at, topics.Assignment(index, sure))
    parts = [_reason_rows(known.model, one, alone, ids)]
    for bucket in range(_BUCKETS):
        stated = archive.query(_STATEMENTS, [known.model.engine, _BUCKETS, bucket])
        if stated.num_rows:
            vectors = _matrix(stated["vector"]).astype(np.float32)
            found = topics.assign(known.model, vectors)
            several = topics.several(known.assigned, _at(stated["conversation_id"], ids), found)
            parts.append(_reason_rows(known.model, several, stated, ids))
    return pa.concat_tables(parts).sort_by([("conversation_id", "ascending"), ("rank", "ascending")])


def _reason_rows(model: topics.TopicModel, found: topics.Reasons, stated: pa.Table, ids: pa.ChunkedArray) -> pa.Table:
    names = pa.array([topic.topic_id for topic in model.topics], pa.string())
    spans = stated.take(pa.array(found.statement))
    columns = {
        "conversation_id": ids.take(pa.array(found.contact)),
        "topic_id": names.take(pa.array(found.topic)),
        "rank": pa.array(found.rank, pa.int32()),
        "confidence": pa.array(found.confidence, pa.float32()),
        **{name: spans[name] for name in ("turn", "start", "end")},
    }
    return pa.table(columns).cast(DERIVED["contact_topics"])


def _at(wanted: pa.ChunkedArray, ids: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    found = pc.index_in(wanted, value_set=ids.combine_chunks())
    return np.asarray(found.to_numpy(), np.int64)


def _matrix(column: pa.ChunkedArray) -> npt.NDArray[np.float16]:
    return np.frombuffer(b"".join(column.to_pylist()), "<f2").reshape(len(column), -1)


def counted(model: topics.TopicModel, topic_of: pa.ChunkedArray) -> pa.Table:
    """The model's table with the contacts of today, given each one's topic; a theme counts its topics' contacts."""
    counts = Counter(topic_of.drop_null().to_pylist())
    above = {topic.topic_id: topic.parent_id for topic in model.topics}
    for topic_id, n in list(counts.items()):
        parent = above[topic_id]
        while parent:
            counts[parent] += n
            parent = above[parent]
    counted = tuple(replace(topic, n=counts[topic.topic_id]) for topic in model.topics)
    return replace(model, topics=counted).to_table()


def _as(table: pa.Table, schema: pa.Schema) -> pa.Table:
    for field in schema:
        if field.name not in table.schema.names:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return table.select(schema.names)


def with_columns(table: pa.Table, **counts: int) -> pa.Table:
    """The table with one number in all rows of each of these columns."""
    for name, value in counts.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, pa.array([value] * table.num_rows, pa.int64()))
    return table
