"""A world on disk: conversations as the toolkit reads them, the truth as CSV beside them."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from textinsight.conversation import Conversation
from textinsight.errors import UsageError
from textinsight.synth.bank import load_bank
from textinsight.synth.calendar import bursts
from textinsight.synth.config import SynthConfig
from textinsight.synth.world import SynthContact, generate

Row = dict[str, Any]
Sink = Callable[[Row], None]
_BATCH = 2000

CONTACT_COLUMNS = (
    "conversation_id",
    "customer_id",
    "company",
    "reason",
    "solved",
    "outcome",
    "drivers",
    "escalation",
    "churn_risk",
    "personal",
    "emails",
    "phones",
    "cards",
    "accounts",
)
LINK_COLUMNS = ("conversation_id", "earlier_id", "relation", "handover")


def write(config: SynthConfig, out: Path) -> int:
    """Writes the world to `out` and returns the number of contacts.

    out: a file ending in .jsonl.gz, .jsonl or .parquet, or a folder, which gets conversations.jsonl.gz.

    The truth goes beside it: truth_contacts.csv, truth_links.csv, truth_edges.csv, truth_spike.csv.
    Raises UsageError for another suffix.
    """
    path = out if out.suffix else out / "conversations.jsonl.gz"
    opener = _opener(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    n = 0
    with ExitStack() as stack:
        sink = stack.enter_context(opener(path))
        contacts = stack.enter_context(_table(path.parent / "truth_contacts.csv", CONTACT_COLUMNS))
        links = stack.enter_context(_table(path.parent / "truth_links.csv", LINK_COLUMNS))
        for contact in generate(config):
            sink(_row(contact.conversation))
            contacts(_truth(contact))
            for row in _link_rows(contact):
                links(row)
            n += 1
    _write_edges(path.parent / "truth_edges.csv")
    _write_bursts(path.parent / "truth_spike.csv", config)
    return n


@contextmanager
def _table(path: Path, columns: tuple[str, ...]) -> Iterator[Sink]:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        yield writer.writerow


@contextmanager
def _jsonl(path: Path) -> Iterator[Sink]:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        yield lambda row: _discard(file.write(_json(row)))


@contextmanager
def _jsonl_gz(path: Path) -> Iterator[Sink]:
    """Without name and time in the header, so that the same world gives the same bytes."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
        yield lambda row: _discard(file.write(_json(row).encode()))


@contextmanager
def _parquet(path: Path) -> Iterator[Sink]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number, text = pa.float64(), pa.string()
    turn = pa.struct([("role", text), ("text", text), ("offset_s", number)])
    numbers = ("duration_s", "tenure_days", "csat", "nps", "ces")
    names = ("conversation_id", "customer_id", "agent_id", "channel", "company", "language", "started_at", "ended_at")
    schema = pa.schema([*((n, text) for n in names), *((n, number) for n in numbers), ("turns", pa.list_(turn))])
    rows: list[Row] = []
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:

        def sink(row: Row) -> None:
            rows.append(row)
            if len(rows) >= _BATCH:
                flush()

        def flush() -> None:
            writer.write_table(pa.Table.from_pylist(rows, schema))
            rows.clear()

        yield sink
        flush()


_OPENERS = {".jsonl": _jsonl, ".jsonl.gz": _jsonl_gz, ".parquet": _parquet}


def _opener(path: Path) -> Any:
    for suffix, opener in _OPENERS.items():
        if path.name.endswith(suffix):
            return opener
    raise UsageError(
        f"cannot write conversations as {path.name!r}", hint=f"end the file's name in {', '.join(_OPENERS)}"
    )


def _discard(_: int) -> None:
    return None


def _json(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"


def _row(conversation: Conversation) -> Row:
    """The input form, unknown fields left out; calls say how long they took, the others when they ended."""
    c = conversation
    voice = c.channel == "voice"
    row: Row = {
        "conversation_id": c.conversation_id,
        "customer_id": c.customer_id,
        "agent_id": c.agent_id,
        "channel": c.channel,
        "company": c.company,
        "started_at": _iso(c.started_at),
        "ended_at": None if voice else _iso(c.ended_at),
        "duration_s": int((c.ended_at - c.started_at).total_seconds())
        if voice and c.ended_at and c.started_at
        else None,
        "language": c.language,
        "tenure_days": None if c.tenure_days is None else int(c.tenure_days),
        **{name: _whole(getattr(c.survey, name)) for name in ("csat", "nps", "ces")},
    }
    known = {key: value for key, value in row.items() if value is not None}
    return {**known, "turns": [_turn(turn.role, turn.text, turn.offset_s) for turn in c.turns]}


def _turn(role: str, text: str, offset_s: float | None) -> Row:
    row: Row = {"role": str(role), "text": text}
    return row if offset_s is None else {**row, "offset_s": int(offset_s)}


def _iso(time: Any) -> str | None:
    return None if time is None else time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _truth(contact: SynthContact) -> Row:
    values = (
        contact.conversation.conversation_id,
        contact.customer,
        contact.conversation.company,
        contact.reason,
        int(contact.solved),
        contact.outcome,
        " ".join(contact.drivers),
        int(contact.escalation),
        int(contact.churn_risk),
        contact.n_personal,
        *contact.personal,
    )
    return dict(zip(CONTACT_COLUMNS, values, strict=True))


def _link_rows(contact: SynthContact) -> Iterator[Row]:
    for link in contact.links:
        values = (contact.conversation.conversation_id, link.earlier_id, link.relation, int(link.handover))
        yield dict(zip(LINK_COLUMNS, values, strict=True))


def _write_edges(path: Path) -> None:
    with _table(path, ("company", "reason_a", "reason_b", "probability", "lag_days")) as sink:
        for company in load_bank().companies:
            for edge in (edge for edges in company.edges.values() for edge in edges):
                names = (company.name, edge.reason_a, edge.reason_b, edge.probability, edge.lag_days)
                sink(dict(zip(("company", "reason_a", "reason_b", "probability", "lag_days"), names, strict=True)))


def _write_bursts(path: Path, config: SynthConfig) -> None:
    columns = ("kind", "company", "reason", "first_day", "last_day", "strained_until", "cause")
    names = {company.code: company.name for company in load_bank().companies}
    with _table(path, columns) as sink:
        for b in bursts(config):
            ends = (b.first_day + timedelta(days=n - 1) for n in (b.days, b.strain_days))
            values = (b.kind, names[b.company], b.reason, b.first_day, *ends, b.cause)
            sink(dict(zip(columns, values, strict=True)))
