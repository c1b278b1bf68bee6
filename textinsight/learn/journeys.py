"""Worlds whose links are known, as the linker meets them: masked, tagged and given topics, with all the errors of that.

A folder holds contacts (contacts.jsonl or conversations.jsonl.gz, as `textinsight run` reads them), truth_links.csv
(conversation_id, earlier_id, relation) and truth_contacts.csv (conversation_id, intent or reason).
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from textinsight import ingest, synth, topics
from textinsight.conversation import Conversation
from textinsight.encode import DEFAULT, Encoder, Vectors, encode_unique, load_encoder
from textinsight.errors import UsageError
from textinsight.findings import Analysis
from textinsight.ingest.redact import mask_conversation
from textinsight.link import references_of
from textinsight.pipeline.discovering import ASSIGNING, Finder
from textinsight.store import STORED
from textinsight.tag import analyse_batch

_INPUTS = ("contacts.jsonl", "conversations.jsonl.gz")
_FACTS = ("conversation_id", "customer_id", "agent_id", "channel", "company", "started_at", "ended_at")
_TAGS = (
    "resolution", "resolution_confidence", "stated_repeat", "escalation", "effort_drivers", "sentiment_end",
    "issue_text",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Journeys:
    """contacts: the linker's columns, with references and discovered topics. intents: true topic of each row.

    same_issue, downstream: true pairs (later id, earlier id).
    """

    name: str
    contacts: pa.Table
    vectors: Vectors
    intents: tuple[str, ...]
    same_issue: frozenset[tuple[str, str]]
    downstream: frozenset[tuple[str, str]]


def load_journeys(folder: Path, *, encoder: str = DEFAULT) -> Journeys:
    """The world in a folder. encoder: a name or a folder. UsageError if the world is absent."""
    source = next((folder / name for name in _INPUTS if (folder / name).exists()), None)
    if source is None:
        raise UsageError(f"no journeys at {folder}", hint=f"give a folder with {' or '.join(_INPUTS)} and the truth")
    conversations = sorted(_conversations(source), key=lambda c: c.conversation_id)
    analyses = analyse_batch(conversations)
    opened = _encoder(encoder)
    vectors = encode_unique(opened, [topics.bare(a.issue_text) for a in analyses])
    contacts = _table(conversations, analyses)
    contacts = contacts.append_column("references", references_of(_turns(conversations), contacts["conversation_id"]))
    contacts = contacts.append_column("topic_id", _topics(contacts, vectors, opened.name))
    intent = {r["conversation_id"]: r.get("intent") or r["reason"] for r in _rows(folder / "truth_contacts.csv")}
    links = _rows(folder / "truth_links.csv")
    pairs = {
        relation: frozenset((r["conversation_id"], r["earlier_id"]) for r in links if r["relation"] == relation)
        for relation in ("same_issue", "downstream")
    }
    intents = tuple(intent[c.conversation_id] for c in conversations)
    return Journeys(folder.name, contacts, vectors, intents, pairs["same_issue"], pairs["downstream"])


def generated_journeys(seed: int, *, contacts: int = 7000, encoder: str = DEFAULT) -> Journeys:
    """A generated world, truth included. Seed 7 is the demo archive: figures on it are measured, not fitted."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / f"synth-{seed}"
        synth.write(synth.SynthConfig(contacts=contacts, seed=seed), folder / "conversations.jsonl.gz")
        return load_journeys(folder, encoder=encoder)


def _conversations(source: Path) -> Iterator[Conversation]:
    for record in ingest.read(source):
        if isinstance(record, Conversation):
            yield mask_conversation(record, key=b"journeys")[0]


def _table(conversations: Sequence[Conversation], analyses: Sequence[Analysis]) -> pa.Table:
    columns: dict[str, pa.Array] = {}
    for names, rows in ((_FACTS, conversations), (_TAGS, analyses)):
        for name in names:
            values = [getattr(row, name) for row in rows]
            values = [list(v) if isinstance(v, tuple) else v for v in values]
            columns[name] = pa.array(values, STORED["conversations"].field(name).type)
    return pa.table(columns)


def _turns(conversations: Sequence[Conversation]) -> pa.Table:
    rows = [(c.conversation_id, turn.text) for c in conversations for turn in c.turns]
    return pa.table({"conversation_id": [r[0] for r in rows], "text": [r[1] for r in rows]})


def _encoder(spec: str) -> Encoder:
    """A shipped encoder by its name, or one of intents in a folder (`learn.train_intents`)."""
    if not Path(spec).is_dir():
        return load_encoder(spec)
    from textinsight.encode.intents import IntentEncoder

    return IntentEncoder(Path(spec))


def _topics(table: pa.Table, vectors: Vectors, engine: str) -> pa.Array:
    """(n,) discovered topic ids as a run gives them, null where unclear."""
    model = Finder(engine).find(table, vectors)
    index = topics.assign(model, vectors, config=ASSIGNING).index
    ids = pa.array([topic.topic_id for topic in model.topics], pa.string())
    return ids.take(pa.array(index, mask=index < 0))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
