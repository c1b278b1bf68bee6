"""Corrections of tags: stored with what follows for the contact, measured as precision, and given out as labels."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from textinsight.errors import StoreError
from textinsight.findings import EFFORT_DRIVERS
from textinsight.link.precision import wilson
from textinsight.store import Archive, Correction
from textinsight.store.corrections import FLAGS
from textinsight.tag.sentiment import SentimentConfig, overall

CORRECTABLE = ("topic_id", "topic_label", "sentiment", "resolution", "effort_drivers", *FLAGS)
_LABELS = "SELECT topic_id, label FROM topics"


@dataclass(frozen=True, slots=True)
class TagPrecision:
    """Looked-at tags whose model said `value`: n, of which n_right were; [low, high]: 95% interval (Wilson 1927).

    It is the precision of that answer if what was looked at is a random part of it; whoever corrects what they stumble
    on measures less.
    """

    tag: str
    value: str
    n: int
    n_right: int
    share: float
    low: float
    high: float


def correct(archive: Archive, *given: Correction) -> list[Correction]:
    """Store corrections, in one commit; as stored. A corrected turn's sentiment corrects the contact's.

    UsageError, and nothing stored, if one of them cannot be.
    """
    moods: dict[str, dict[int, str | None]] = defaultdict(dict)
    for one in given:
        if one.tag == "sentiment" and one.turn is not None:
            moods[one.conversation_id][one.turn] = one.new
    sentiment = {name: _sentiment(archive, name, said) for name, said in moods.items()}
    return archive.add_corrections(
        replace(one, sentiment=sentiment[one.conversation_id]) if one.tag == "sentiment" else one for one in given
    )


def undo_correction(archive: Archive, last: Correction, *, editor: str | None = None) -> list[Correction]:
    """Take back what was said of this tag: the model's answer holds again."""
    return correct(archive, replace(last, new=None, editor=editor, corrected_at=None))


def corrections_of(archive: Archive, conversation_id: str | None = None) -> list[Correction]:
    """What holds of the corrections, of one conversation or of all, newest first."""
    where, values = ("AND conversation_id = ?", [conversation_id]) if conversation_id else ("", [])
    rows = archive.query(
        f"SELECT * FROM standing_corrections WHERE new IS NOT NULL {where} ORDER BY corrected_at DESC, tag, turn",
        values,
    )
    return [Correction(**row) for row in rows.to_pylist()]


def tag_precision(archive: Archive) -> list[TagPrecision]:
    """A line for each answer of a tag that somebody looked at, by tag and answer; topics by their names."""
    rows = archive.query(
        f"SELECT tag, coalesce(t.label, nullif(old, ''), 'unclear') AS value, count(*) AS n, "
        "count(*) FILTER (new = old) AS n_right "
        f"FROM standing_corrections k LEFT JOIN ({_LABELS}) t ON k.tag = 'topic' AND t.topic_id = k.old "
        "WHERE new IS NOT NULL GROUP BY ALL ORDER BY tag, n DESC, value"
    ).to_pylist()
    found = []
    for row in rows:
        low, high = wilson(row["n_right"], row["n"])
        found.append(TagPrecision(**row, share=row["n_right"] / row["n"], low=low, high=high))
    return found


def gold(archive: Archive) -> Iterator[dict[str, Any]]:
    """A labelled conversation for each that was looked at, as `textinsight evaluate` and `train` read them.

    Only what was looked at is labelled: effort only where every driver was, so that a missing one means no.
    """
    said: dict[str, list[Correction]] = defaultdict(list)
    for one in corrections_of(archive):
        said[one.conversation_id].append(one)
    for name in sorted(said):
        labels = _labels(said[name])
        if labels:
            sql = "SELECT channel FROM stored_conversations WHERE conversation_id = ?"
            channel = archive.query(sql, [name])["channel"][0].as_py()
            turns = archive.query("SELECT role, text FROM stored_turns WHERE conversation_id = ? ORDER BY turn", [name])
            yield {"conversation_id": name, "channel": channel, "turns": turns.to_pylist(), "gold": labels}


def write_gold(archive: Archive, out: Path) -> int:
    """The labelled conversations as JSON Lines; how many. StoreError if the file cannot be written."""
    rows = list(gold(archive))
    try:
        with out.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    except OSError as error:
        raise StoreError(f"cannot write {out}: {error}", hint="give a writable --out") from error
    return len(rows)


def with_corrections(archive: Archive, contacts: pa.Table, labels: dict[str, str]) -> pa.Table:
    """The contacts with what was corrected in place of what was found. labels: the names of the topics there are."""
    said: dict[str, dict[int, Any]] = defaultdict(dict)
    standing = corrections_of(archive)[::-1]  # the newest last: it has the contact's sentiment
    ids = pa.array([one.conversation_id for one in standing], pa.string())
    rows = pc.index_in(ids, value_set=contacts["conversation_id"].combine_chunks()).to_pylist()
    for row, one in zip(rows, standing, strict=True):
        if row is not None:
            _apply(said, row, one, contacts, labels)
    for column, values in said.items():
        place = contacts.schema.get_field_index(column)
        changed = contacts[column].to_pylist()
        for row, value in values.items():
            changed[row] = value
        contacts = contacts.set_column(place, column, pa.array(changed, contacts.schema.field(column).type))
    return contacts


def _apply(
    said: dict[str, dict[int, Any]], row: int, one: Correction, contacts: pa.Table, labels: dict[str, str]
) -> None:
    if one.tag == "topic":
        if one.new == "" or one.new in labels:
            said["topic_id"][row] = one.new or None
            said["topic_label"][row] = labels.get(one.new)
    elif one.tag == "sentiment":
        said["sentiment"][row] = one.sentiment
    elif one.tag in EFFORT_DRIVERS:
        drivers = said["effort_drivers"].get(row, contacts["effort_drivers"][row].as_py() or [])
        kept = [driver for driver in drivers if driver != one.tag]
        said["effort_drivers"][row] = kept + [one.tag] * (one.new == "true")
    else:
        said[one.tag][row] = one.new == "true" if one.tag in FLAGS else one.new


def _sentiment(archive: Archive, conversation_id: str, said: dict[int, str | None]) -> float | None:
    """The contact's sentiment with these turns' sentiments (None: the model's) and the corrections before."""
    rows = archive.query(
        "SELECT turn, sentiment, sentiment_score FROM stored_turns WHERE conversation_id = ? AND role = 'customer' "
        "ORDER BY turn",
        [conversation_id],
    ).to_pylist()
    before = {int(one.turn or 0): one.new for one in corrections_of(archive, conversation_id) if one.tag == "sentiment"}
    known = before | said
    scores = [_score(known.get(row["turn"]), row["sentiment"], row["sentiment_score"]) for row in rows]
    return overall(scores, SentimentConfig().end_weight) if scores else None


def _score(said: str | None, label: int, score: float) -> float:
    """The turn's score: the model's unless its label is wrong."""
    return score if said is None or int(said) == label else float(said)


def _labels(said: Sequence[Correction]) -> dict[str, Any]:
    values = {one.tag: one.new for one in said if one.turn is None}
    labels: dict[str, Any] = {name: value == "true" for name, value in values.items() if name in FLAGS}
    if moods := {str(one.turn): int(one.new or 0) for one in said if one.tag == "sentiment"}:
        labels["turn_sentiment"] = moods
    if "resolution" in values:
        labels["resolution"] = values["resolution"]
    if set(EFFORT_DRIVERS) <= set(values):
        labels["effort"] = [driver for driver in EFFORT_DRIVERS if values[driver] == "true"]
    return labels
