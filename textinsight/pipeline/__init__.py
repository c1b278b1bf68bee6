"""The one place where the stages meet: read → mask → tag → store → topics → links → measures → search index."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from textinsight import ingest, search
from textinsight.conversation import Conversation
from textinsight.encode import load_encoder
from textinsight.errors import StoreError
from textinsight.ingest.redact import mask_contact_id
from textinsight.pipeline.progress import Progress, Reading, Silent
from textinsight.pipeline.relate import check_engine, is_related, relate
from textinsight.pipeline.relink import LinkReport, relink
from textinsight.pipeline.report import InputCount, RunReport, make_report
from textinsight.pipeline.runs import deciding, last_deciding, run_row
from textinsight.pipeline.settings import Settings
from textinsight.pipeline.shards import InputFile, cut, fingerprint
from textinsight.pipeline.tagging import salvage, tag_shard
from textinsight.run import local_runner
from textinsight.store import Archive, InputProgress, writer_lock

if TYPE_CHECKING:
    from textinsight.pipeline.language import ConversationLanguage

__all__ = ["InputCount", "LinkReport", "Progress", "RunReport", "Settings", "build_archive", "load", "relink"]


def load(*, doubt: float = 0.35, taggers: Mapping[str, str] | None = None) -> ConversationLanguage:
    """A spaCy pipeline with every tagger; `nlp(conversation)` also takes a `Conversation`.

    doubt, taggers: see `tag.ReadConfig`; UsageError if they cannot be.
    """
    from textinsight.pipeline import language

    return language.load(doubt=doubt, taggers=taggers)


def build_archive(
    inputs: Iterable[str | Path],
    archive: str | Path,
    *,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> RunReport:
    """Read the inputs into the archive (made if it is not there) and bring topics, links and measures up to date.

    Killed anywhere, it goes on where it stood when called again; an input that is stored already is not read again.
    Raises InputError, StoreError or ModelError (see `errors`); single bad records become rows of `rejects`.
    """
    settings = settings or Settings()
    progress = progress or Silent()
    started = time.monotonic()
    began = datetime.now(UTC)
    engine = load_encoder(settings.encoder).name
    files = _fingerprints(ingest.expand(inputs), settings.mapping, progress)
    store = Archive(archive, create=True)
    with writer_lock(store.path):
        store.rollback()
        check_engine(store, engine)
        known = store.progress()
        _store_all(store, files, known=known, settings=settings, progress=progress)
        counts = _counts(files, before=known, after=store.progress())
        same = last_deciding(store) == deciding(settings)
        if not (is_related(store) and same):
            relate(store, settings=settings, progress=progress, engine=engine, kept=same)
        store.append_run(run_row(began, counts, settings, engine))
    _index(store, progress)
    return make_report(store, inputs=counts, window_days=settings.window_days, seconds=time.monotonic() - started)


def _fingerprints(paths: Sequence[Path], mapping: Mapping[str, str], progress: Progress) -> list[InputFile]:
    progress.stage("looking at the input", len(paths))
    files = []
    for path in paths:
        files.append(fingerprint(path, mapping))
        progress.advance(1)
    return files


def _store_all(
    store: Archive,
    files: Sequence[InputFile],
    *,
    known: Mapping[str, InputProgress],
    settings: Settings,
    progress: Progress,
) -> None:
    distinct = {file.file_id: file for file in reversed(files)}
    todo = [file for file in files if distinct[file.file_id] is file and not _is_complete(known, file)]
    if not todo:
        return
    reading = Reading(todo, progress)
    key = store.key()
    shards = reading.watch(cut(todo, settings=settings, done=known, is_new=_new_ids(store, key), key=key))
    for shard in local_runner(settings.processes).map(tag_shard, shards, on_crash=salvage):
        store.append_shard(shard)
        reading.done(shard["conversations"].num_rows)


def _index(store: Archive, progress: Progress) -> None:
    """Make what is new searchable; if another program is at it already, it does so too."""
    progress.stage("search index", None)
    with suppress(StoreError):
        search.refresh(store)


def _new_ids(store: Archive, key: bytes) -> Callable[[Conversation], bool]:
    """A test that is true once per conversation_id and never for one in the archive."""
    stored = store.query("SELECT conversation_id FROM stored_conversations")
    seen: set[int] = {hash(value) for chunk in stored["conversation_id"].chunks for value in chunk.to_pylist()}

    def is_new(conversation: Conversation) -> bool:
        before = len(seen)
        seen.add(hash(mask_contact_id(conversation.conversation_id, key=key)))
        return len(seen) > before

    return is_new


def _is_complete(known: Mapping[str, InputProgress], file: InputFile) -> bool:
    return file.file_id in known and known[file.file_id].complete


def _counts(
    files: Iterable[InputFile], *, before: Mapping[str, InputProgress], after: Mapping[str, InputProgress]
) -> tuple[InputCount, ...]:
    counts = []
    counted: set[str] = set()
    for file in files:
        stored = after[file.file_id]
        if file.file_id in counted:
            counts.append(InputCount(file.name, 0, 0, 0, known=True))
            continue
        counted.add(file.file_id)
        n_read = sum(stop - start for start, stop in stored.ranges)
        known = _is_complete(before, file)
        counts.append(InputCount(file.name, n_read, stored.n_stored, stored.n_rejected, known=known))
    return tuple(counts)
