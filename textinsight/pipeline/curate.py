"""What analysts do to an archive's topics: each change is kept in its log, and all tables follow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from textinsight import topics
from textinsight.encode import load_encoder
from textinsight.errors import UsageError
from textinsight.pipeline.discovering import ASSIGNING
from textinsight.pipeline.naming import name_topics
from textinsight.pipeline.progress import Progress, Silent
from textinsight.pipeline.reasons import Naming, current_topics, found_topics, replayed_topics, stored_edits
from textinsight.pipeline.relate import relate
from textinsight.pipeline.runs import last_settings
from textinsight.pipeline.topicless import Topicless, topicless
from textinsight.store import Archive, writer_lock
from textinsight.store.schema import KEPT
from textinsight.topics import Change, Topic
from textinsight.topics import edits as edit_log

_LIKE_AN_ID = re.compile(r"[tg](?=\w*\d)[\doil]{2,}", re.IGNORECASE)  # "g004", and "gOO4" mistyped
_MOST = 20_000  # contacts of a topic that a split or an explanation looks at


@dataclass(frozen=True, slots=True)
class TopicsReport:
    """topics: with their counts, themes among them, largest first. changes: what is new, grown, shrunk or gone.

    topicless: contacts without a topic, and why. several: contacts with more than one reason. missed: number of each
    edit that fits no longer → why.
    """

    n_contacts: int
    topics: tuple[Topic, ...]
    topicless: Topicless
    several: int
    changes: tuple[Change, ...]
    missed: dict[int, str]


def edit_topics(
    archive: str | Path | Archive, *edits: topics.Edit, progress: Progress | None = None
) -> tuple[topics.Edit, ...]:
    """Keep these edits in the archive's log and bring every table up to date; the edits with their numbers.

    Topics may be given by id or label. UsageError, and nothing kept, if one of them cannot be, or if one is an undo of
    what a later edit needs. Edits that leave every
    contact in its topic (new names, descriptions, themes) are written at once; the others relate the whole archive.
    """
    store = _opened(archive)
    with writer_lock(store.path):
        found, log = found_topics(store), stored_edits(store)
        before = topics.replayed(found, log)
        model, number = before.model, _next_number(store)
        kept: list[topics.Edit] = []
        for edit in edits:
            if _again(before.model, edit, kept):
                continue
            given = edit_log.cleaned(model, _by_id(store, model, edit))
            if given.op == "undo":
                _check_undo(store, given)
            else:
                model = topics.apply(model, given)
            kept.append(replace(given, number=number + len(kept)))
        after = topics.replayed(found, (*log, *kept))
        _check_needed(before, after)
        store.keep("topic_edits", edit_log.to_table(kept))
        if after.model.assigns_as(before.model) and _is_current(store, before.model):
            name_topics(store, after.model)
        else:
            _relate(store, Naming(), progress)
    return tuple(kept)


def undo(
    archive: str | Path | Archive,
    number: int | None = None,
    *,
    editor: str | None = None,
    progress: Progress | None = None,
) -> topics.Edit:
    """Take back the edit of this number, or the last one that holds; UsageError if there is none.

    Merges that were made together are taken back together.
    """
    store = _opened(archive)
    standing = topics.standing(stored_edits(store))
    if not standing:
        raise UsageError("there is no edit to undo", hint="textinsight topics log -a ARCHIVE lists them")
    number = standing[-1].number if number is None else number
    numbers = _made_with(standing, number)
    edit_topics(store, *(topics.Edit("undo", value=str(n), editor=editor) for n in numbers), progress=progress)
    return next(edit for edit in standing if edit.number == number)


def split_topic(
    archive: str | Path | Archive,
    name: str,
    *,
    parts: int = 2,
    labels: tuple[str, ...] = (),
    editor: str | None = None,
    progress: Progress | None = None,
) -> topics.Edit:
    """Split a topic by how its contacts part; see `topics.split`."""
    store = _opened(archive)
    model = current_topics(store)
    topic = topics.find(model, name)
    texts, vectors = _contacts_of(store, topic.topic_id)
    edit = topics.split(
        model,
        topic.topic_id,
        texts,
        vectors,
        parts=parts,
        labels=labels,
        encoder=load_encoder(last_settings(store).encoder),
        reserved={i for past in stored_edits(store) for i in past.ids},
    )
    return edit_topics(store, replace(edit, editor=editor), progress=progress)[0]


def use_taxonomy(
    archive: str | Path | Archive, reasons: tuple[topics.Reason, ...], *, progress: Progress | None = None
) -> TopicsReport:
    """Give the archive its company's own reasons (none: take them away) and find what lies beside them anew.

    They are kept once all that follows from them has been written.
    """
    store = _opened(archive)
    if reasons:
        topics.check_taxonomy(reasons)
    version = store.query("SELECT coalesce(max(version), 0) + 1 AS v FROM taxonomy").to_pylist()[0]["v"]
    rows = [
        {"version": version, "place": i, **{name: getattr(reason, name) for name in _REASON}}
        for i, reason in enumerate(reasons)
    ] or [{"version": version, "place": 0}]
    with writer_lock(store.path):
        _relate(store, Naming(anew=True, taxonomy=reasons), progress)
        store.keep("taxonomy", pa.Table.from_pylist(rows, schema=KEPT["taxonomy"]))
    return topics_report(store)


def refresh_topics(
    archive: str | Path | Archive,
    *,
    anew: bool = False,
    namer: topics.Namer | None = None,
    progress: Progress | None = None,
) -> TopicsReport:
    """Look for new topics (anew: discover all again; those found again keep id and name) and name them by `namer`."""
    store = _opened(archive)
    with writer_lock(store.path):
        _relate(store, Naming(anew=anew, look=True, namer=namer), progress)
    return topics_report(store)


def topics_report(archive: str | Path | Archive) -> TopicsReport:
    """The topics as they stand, largest first."""
    store = _opened(archive)
    n = store.query("SELECT count(*) AS n FROM conversations").to_pylist()[0]["n"]
    several = store.query("SELECT count(*) AS n FROM contact_topics WHERE rank = 2").to_pylist()[0]["n"]
    changed = store.query("SELECT * FROM topic_changes").to_pylist()
    replayed = replayed_topics(store)
    found = sorted(replayed.model.topics, key=lambda topic: (-topic.n, topic.topic_id))
    changes = tuple(topics.Change(**row) for row in changed)
    return TopicsReport(n, tuple(found), topicless(store), several, changes, replayed.missed)


def explain_contact(archive: str | Path | Archive, conversation_id: str) -> topics.Explanation:
    """Why a contact is in its topic; UsageError for an id that is not in the archive."""
    store = _opened(archive)
    rows = store.query(
        "SELECT issue_text, topic_id FROM conversations WHERE conversation_id = ?", [conversation_id]
    ).to_pylist()
    if not rows:
        raise UsageError(f"no contact {conversation_id!r}", hint="textinsight export conversations lists the ids")
    texts, vectors = _contacts_of(store, rows[0]["topic_id"] or "")
    encoder = load_encoder(last_settings(store).encoder)
    text = rows[0]["issue_text"] or ""
    config = ASSIGNING if rows[0]["topic_id"] else topics.AssignConfig()  # alone, a far one would be let in
    return topics.explain(current_topics(store), text, encoder, texts=texts, vectors=vectors, config=config)


_REASON = ("id", "name", "parent", "description", "examples")


def _opened(archive: str | Path | Archive) -> Archive:
    return archive if isinstance(archive, Archive) else Archive(archive)


def _next_number(store: Archive) -> int:
    return 1 + max((edit.number for edit in stored_edits(store)), default=0)


def _by_id(store: Archive, model: topics.TopicModel, edit: topics.Edit) -> topics.Edit:
    """The edit with ids for labels; a theme that is not there yet gets an id of its own."""
    if edit.op == "undo":
        return edit
    topic_id = topics.find(model, edit.topic_id).topic_id
    target = edit.target_id
    if edit.op == "move" and target:
        theme = _theme(model, " ".join(target.split()))
        if theme:
            return replace(edit, topic_id=topic_id, target_id=theme.topic_id, value=theme.label)
        used = {t.topic_id for t in model.topics} | {i for past in stored_edits(store) for i in past.ids}
        return replace(edit, topic_id=topic_id, target_id=topics.next_ids(used)("g"), value=target)
    if target:
        target = topics.find(model, target).topic_id
    return replace(edit, topic_id=topic_id, target_id=target)


def _theme(model: topics.TopicModel, target: str) -> Topic | None:
    """The theme of this id or, failing that, label; None if it is a name for a new one. UsageError for another id."""
    parents = {topic.parent_id for topic in model.topics}
    themes = [topic for topic in model.topics if topic.topic_id in parents]
    found = [theme for theme in themes if theme.topic_id == target]
    found = found or [theme for theme in themes if theme.label.casefold() == target.casefold()]
    if found:
        return found[0]
    near = [theme.topic_id for theme in themes if theme.topic_id.casefold() == target.casefold()]
    if near or _LIKE_AN_ID.fullmatch(target) or any(topic.topic_id == target for topic in model.topics):
        said = f"; is it {near[0]!r}?" if near else ""
        raise UsageError(f"{target!r} is no theme{said}", hint=edit_log.EXAMPLES["move"])
    return None


def _is_current(store: Archive, model: topics.TopicModel) -> bool:
    """Whether the archive's tables are about the topics of `model`."""
    return {topic.topic_id for topic in model.topics} == set(store.table("topics")["topic_id"].to_pylist())


def _again(model: topics.TopicModel, edit: topics.Edit, kept: Sequence[topics.Edit]) -> bool:
    """Whether `kept` merges the same topic into the same one, which `model` still has."""
    if edit.op != "merge":
        return False
    merged = {(past.topic_id, past.target_id) for past in kept if past.op == "merge"}
    ids = [
        {t.topic_id for t in model.topics if name == t.topic_id or name.casefold() == t.label.casefold()}
        for name in (edit.topic_id, edit.target_id or "")
    ]
    return any(topic_id in ids[0] and target_id in ids[1] for topic_id, target_id in merged)


def _made_with(standing: Sequence[topics.Edit], number: int) -> list[int]:
    """The number itself and, of a merge, those of the merges of the same moment."""
    merges = {edit.number: edit.edited_at for edit in standing if edit.op == "merge"}
    together = [other for other, moment in merges.items() if number in merges and moment == merges[number]]
    return together or [number]


def _check_undo(store: Archive, edit: topics.Edit) -> None:
    numbers = [str(past.number) for past in topics.standing(stored_edits(store))]
    if edit.value not in numbers:
        raise UsageError(f"no edit {edit.value!r} that holds", hint=f"one of: {', '.join(numbers[-10:]) or 'none'}")


def _check_needed(before: topics.Replayed, after: topics.Replayed) -> None:
    """UsageError if an edit that fitted does so no longer."""
    hurt = sorted({*after.missed, *after.adapted} - {*before.missed, *before.adapted})
    if hurt:
        numbers = ", ".join(map(str, hurt))
        raise UsageError(
            f"it cannot be taken back: edit{'s' * (len(hurt) > 1)} {numbers} need{'s' * (len(hurt) == 1)} it",
            hint=f"textinsight topics undo {hurt[-1]} -a ARCHIVE, first",
        )


def _relate(store: Archive, how: Naming, progress: Progress | None) -> None:
    engines = [row["engine"] for row in store.query("SELECT DISTINCT engine FROM vectors").to_pylist()]
    if not engines:
        raise UsageError(f"{store.path} holds no contacts", hint=f"textinsight run INPUT --archive {store.path}")
    settings = last_settings(store)
    relate(store, settings=settings, progress=progress or Silent(), engine=engines[0], how=how)


def _contacts_of(store: Archive, topic_id: str) -> tuple[list[str], npt.NDArray[np.float32]]:
    """Issue texts and vectors of a topic's contacts."""
    rows = store.query(
        "SELECT c.issue_text, v.vector FROM conversations c JOIN vectors v USING (conversation_id) "
        "WHERE c.topic_id = ? AND c.issue_text <> '' ORDER BY c.conversation_id LIMIT ?",
        [topic_id, _MOST],
    )
    if not rows.num_rows:
        return [], np.zeros((0, 1), np.float32)
    buffer = b"".join(rows["vector"].to_pylist())
    return rows["issue_text"].to_pylist(), np.frombuffer(buffer, "<f2").reshape(rows.num_rows, -1).astype(np.float32)
