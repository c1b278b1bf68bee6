"""A shard of records → rows of the stored tables: mask, tag, encode. Runs in worker processes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from textinsight.conversation import Conversation
from textinsight.encode import encode_unique, load_encoder
from textinsight.errors import TextinsightError
from textinsight.findings import Analysis
from textinsight.ingest import Reject
from textinsight.ingest.redact import mask_conversation, mask_text
from textinsight.pipeline.shards import Part, RawShard
from textinsight.run import run_alone
from textinsight.store import STORED
from textinsight.tag import TagConfig, analyse, analyse_batch
from textinsight.topics import bare

Row = dict[str, Any]
Shard = dict[str, pa.Table]


@dataclass(frozen=True, slots=True)
class _Tagged:
    source: str
    conversation: Conversation
    analysis: Analysis


def tag_shard(raw: RawShard) -> Shard:
    """All `STORED` tables for the shard's records; deterministic."""
    tagged: list[_Tagged] = []
    rejects: list[Reject] = []
    inputs: list[Row] = []
    for part in raw.parts:
        good, bad = _tag_part(part, raw.key, TagConfig(read=raw.reading))
        tagged += good
        rejects += bad
        inputs.append(_input_row(part, n_rejected=len(bad)))
    rows: dict[str, list[Row]] = {
        "conversations": [_conversation_row(t) for t in tagged],
        "turns": [row for t in tagged for row in _turn_rows(t)],
        "findings": [row for t in tagged for row in _finding_rows(t)],
        "vectors": _vector_rows(tagged, raw.encoder),
        "statements": _statement_rows(tagged, raw.encoder),
        "rejects": [_reject_row(reject) for reject in rejects],
        "inputs": inputs,
    }
    return {name: pa.Table.from_pylist(rows[name], schema=schema) for name, schema in STORED.items()}


def salvage(raw: RawShard) -> Shard:
    """The shard after a worker died on it: halved until the record that kills is alone, and that one is refused."""
    if sum(len(part.records) for part in raw.parts) <= 1:
        return tag_shard(_refused(raw, "its analysis crashed the worker process"))
    halves = [run_alone(tag_shard, half, salvage) for half in _halves(raw)]
    return {name: pa.concat_tables([half[name] for half in halves]) for name in STORED}


def _tag_part(part: Part, key: bytes, config: TagConfig) -> tuple[list[_Tagged], list[Reject]]:
    rejects = [record for record in part.records if isinstance(record, Reject)]
    masked = [mask_conversation(record, key=key)[0] for record in part.records if isinstance(record, Conversation)]
    try:
        analyses = analyse_batch(masked, config=config)
        return [_Tagged(part.source, *pair) for pair in zip(masked, analyses, strict=True)], rejects
    except TextinsightError:
        raise
    except Exception:  # noqa: BLE001  the last line of defence: one odd record must not stop an archive
        return _tag_one_by_one(part.source, masked, rejects, config)


def _tag_one_by_one(
    source: str, masked: Iterable[Conversation], rejects: list[Reject], config: TagConfig
) -> tuple[list[_Tagged], list[Reject]]:
    tagged = []
    for conversation in masked:
        try:
            tagged.append(_Tagged(source, conversation, analyse(conversation, config=config)))
        except Exception as error:  # noqa: BLE001  see _tag_part; the message may quote text, so only its type is kept
            reason = f"its analysis failed with {type(error).__name__}"
            rejects.append(Reject(source, conversation.source_line, reason, conversation.turns[0].text))
    return tagged, rejects


def _halves(raw: RawShard) -> list[RawShard]:
    total = sum(len(part.records) for part in raw.parts)
    left: list[Part] = []
    right: list[Part] = []
    room = total // 2
    for part in raw.parts:
        n = min(room, len(part.records))
        room -= n
        if n:
            left.append(Part(part.file_id, part.source, part.first_record, part.records[:n], complete=False))
        if part.complete or part.records[n:]:
            right.append(Part(part.file_id, part.source, part.first_record + n, part.records[n:], part.complete))
    return [RawShard(tuple(half), raw.encoder, raw.key, raw.reading) for half in (left, right)]


def _refused(raw: RawShard, reason: str) -> RawShard:
    def refuse(part: Part, record: Conversation | Reject) -> Reject:
        if isinstance(record, Reject):
            return record
        return Reject(part.source, record.source_line, reason, record.turns[0].text)

    parts = tuple(
        Part(p.file_id, p.source, p.first_record, tuple(refuse(p, record) for record in p.records), p.complete)
        for p in raw.parts
    )
    return RawShard(parts, raw.encoder, raw.key, raw.reading)


def _conversation_row(tagged: _Tagged) -> Row:
    row = _same_named(tagged.conversation, STORED["conversations"]) | _same_named(
        tagged.analysis, STORED["conversations"]
    )
    survey = tagged.conversation.survey
    return row | {
        "n_turns": len(tagged.conversation.turns),
        "csat": survey.csat,
        "nps": survey.nps,
        "ces": survey.ces,
        "source": tagged.source,
    }


def _turn_rows(tagged: _Tagged) -> list[Row]:
    return [
        {
            "conversation_id": tagged.conversation.conversation_id,
            "turn": number,
            "role": turn.role.value,
            "role_confidence": turn.role_confidence,
            "text": turn.text,
            "offset_s": turn.offset_s,
            "sentiment": sentiment.label,
            "sentiment_score": sentiment.score,
        }
        for number, (turn, sentiment) in enumerate(zip(tagged.conversation.turns, tagged.analysis.turns, strict=True))
    ]


def _finding_rows(tagged: _Tagged) -> list[Row]:
    conversation_id = tagged.conversation.conversation_id
    return [_same_named(tag, STORED["findings"]) | {"conversation_id": conversation_id} for tag in tagged.analysis.tags]


def _vector_rows(tagged: Sequence[_Tagged], spec: str) -> list[Row]:
    encoder = load_encoder(spec)
    vectors = encoder.encode([bare(t.analysis.issue_text) for t in tagged]).astype(np.dtype("<f2"))
    return [
        {"conversation_id": t.conversation.conversation_id, "engine": encoder.name, "vector": vector.tobytes()}
        for t, vector in zip(tagged, vectors, strict=True)
    ]


def _statement_rows(tagged: Sequence[_Tagged], spec: str) -> list[Row]:
    """A vector for each statement of contacts with several: one contact may have several reasons."""
    stated = [(t, [tag for tag in t.analysis.tags if tag.tag == "issue"]) for t in tagged]
    pairs = [(t.conversation.conversation_id, tag) for t, tags in stated if len(tags) > 1 for tag in tags]
    encoder = load_encoder(spec)
    vectors = encode_unique(encoder, [bare(tag.quote) for _, tag in pairs]).astype(np.dtype("<f2"))
    return [
        _same_named(tag, STORED["statements"])
        | {"conversation_id": conversation_id, "engine": encoder.name, "vector": vector.tobytes()}
        for (conversation_id, tag), vector in zip(pairs, vectors, strict=True)
    ]


def _reject_row(reject: Reject) -> Row:
    return {
        "source": mask_text(reject.source).text,
        "line": reject.line,
        "reason": mask_text(reject.reason).text,
        "excerpt": mask_text(reject.excerpt.encode("utf-8", "replace").decode()).text,
    }


def _input_row(part: Part, *, n_rejected: int) -> Row:
    n = len(part.records)
    return {
        "file_id": part.file_id,
        "source": part.source,
        "first_record": part.first_record,
        "n_records": n,
        "n_stored": n - n_rejected,
        "n_rejected": n_rejected,
        "complete": part.complete,
    }


def _same_named(source: object, schema: pa.Schema) -> Row:
    return {name: getattr(source, name) for name in schema.names if hasattr(source, name)}
