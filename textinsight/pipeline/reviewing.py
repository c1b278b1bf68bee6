"""Reviews from and for spreadsheets: a sample of pairs worth judging, and the verdicts read back."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from textinsight import link
from textinsight.conversation import utc
from textinsight.errors import InputError, UsageError
from textinsight.findings import Relation
from textinsight.pipeline.linked import linked_contacts
from textinsight.pipeline.linking import link_config
from textinsight.pipeline.runs import last_settings
from textinsight.store import DERIVED, Archive, Review
from textinsight.store.export import defuse
from textinsight.store.reviews import Verdict, problems

COLUMNS = (
    "conversation_id", "earlier_id", "relation", "probability", "gap_days", "earlier_issue", "later_issue", "why",
    "verdict", "reviewer", "note",
)  # fmt: skip
_WORDS: dict[str, Verdict] = {
    **dict.fromkeys(("confirmed", "confirm", "yes", "y", "1", "true"), "confirmed"),
    **dict.fromkeys(("rejected", "reject", "no", "n", "0", "false"), "rejected"),
}
_BANDS = (0.4, 0.6, 0.75, 0.9, 1.01)
_RANK = (2, 0, 1, 3, 4)  # in every round the unsure ones come first, the surest links last
_SHOWN = 300  # characters of an issue text


@dataclass(frozen=True, slots=True)
class Refused:
    """A row of a reviews file that cannot be stored, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a reviews file. n_open: rows without a verdict."""

    n_stored: int
    n_open: int
    refused: tuple[Refused, ...]


def to_review(archive: Archive, *, n: int = 100, relation: Relation | None = None) -> pa.Table:
    """At most n links and near misses that nobody has reviewed, with the words of both contacts; `COLUMNS`, all text.

    A round takes one pair of each relation and band of probability, the least sure band first; within a band the order
    is as good as random but always the same. So any number of rows from the top is a stratified sample.
    """
    if n < 1:
        raise UsageError(f"a sample needs at least 1 pair, got {n}", hint="--n 100")
    links = archive.query("SELECT * FROM links WHERE reviewed IS NULL")
    rows = pa.concat_tables([links.cast(DERIVED["links"]), _near_misses(archive, n)]).to_pylist()
    wanted = [row for row in rows if relation in (None, row["relation"])]
    chosen = _in_rounds(wanted)[:n]
    texts = _issue_texts(archive, chosen)
    sample = [_shown(row, texts) for row in chosen]
    return pa.table({name: pa.array([row[name] for row in sample], pa.string()) for name in COLUMNS})


def write_to_review(archive: Archive, out: Path, *, n: int = 100, relation: Relation | None = None) -> int:
    """The sample as a CSV file to fill in; how many pairs it holds."""
    table = to_review(archive, n=n, relation=relation)
    with out.open("w", newline="", encoding="utf-8-sig") as file:  # the mark tells spreadsheets that it is UTF-8
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([defuse(row[name]) for name in COLUMNS] for row in table.to_pylist())
    return int(table.num_rows)


def import_reviews(archive: Archive, path: Path, *, reviewer: str | None = None) -> Imported:
    """Store the verdicts of a CSV file with columns conversation_id, earlier_id and verdict (relation, reviewer, note,

    reviewed_at). reviewer: for rows that name none. InputError if the file is none; bad rows are refused one by one.
    """
    given: list[tuple[int, Review]] = []
    refused: list[Refused] = []
    n_open = 0
    for line, row in _rows(path):
        try:
            review = _review(row, reviewer)
        except (UsageError, ValueError) as error:
            refused.append(Refused(line, str(error)))
            continue
        if review is None:
            n_open += 1
        else:
            given.append((line, review))
    found = problems(archive.query, [review for _, review in given])
    refused += [Refused(line, problem) for (line, _), problem in zip(given, found, strict=True) if problem]
    stored = archive.add_reviews([review for (_, review), problem in zip(given, found, strict=True) if problem is None])
    return Imported(len(stored), n_open, tuple(sorted(refused, key=lambda r: r.line)))


def _in_rounds(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    strata: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in rows:
        strata.setdefault((_band(row["probability"]), row["relation"]), []).append(row)
    ranked = [
        (place, band, relation, row)
        for (band, relation), members in strata.items()
        for place, row in enumerate(sorted(members, key=_shuffled))
    ]
    return [row for *_, row in sorted(ranked, key=lambda item: (item[0], item[1], item[2] != "same_issue"))]


def _band(probability: float) -> int:
    return next(rank for rank, bound in zip(_RANK, _BANDS, strict=True) if probability < bound)


def _shuffled(row: dict[str, Any]) -> bytes:
    return blake2b(f"{row['conversation_id']}\0{row['earlier_id']}".encode(), digest_size=8).digest()


def _near_misses(archive: Archive, most: int) -> pa.Table:
    """Pairs that are nearly one issue and that nobody has reviewed; their verdicts tell no precision."""
    settings = last_settings(archive)
    config = link_config(settings)
    states = archive.query("SELECT state FROM link_states WHERE window_days = ?", [config.window_days]).to_pylist()
    if not states:
        return DERIVED["links"].empty_table()
    contacts, vectors = linked_contacts(archive)
    state = link.LinkState.from_bytes(states[0]["state"])
    thread_of = contacts["thread_id"].combine_chunks()
    near = link.near_misses(contacts, vectors, thread_of, state, config=config, most=most)
    said = {(r["conversation_id"], r["earlier_id"]) for r in archive.query("SELECT * FROM verdicts").to_pylist()}
    pairs = zip(near["conversation_id"].to_pylist(), near["earlier_id"].to_pylist(), strict=True)
    return near.filter(pa.array([pair not in said for pair in pairs], pa.bool_()))


def _issue_texts(archive: Archive, rows: Iterable[dict[str, Any]]) -> dict[str, str]:
    ids = sorted({row[name] for row in rows for name in ("conversation_id", "earlier_id")})
    found = archive.query(
        "SELECT conversation_id, issue_text FROM stored_conversations WHERE list_contains(?, conversation_id)", [ids]
    )
    return {row["conversation_id"]: (row["issue_text"] or "")[:_SHOWN] for row in found.to_pylist()}


def _shown(row: dict[str, Any], issue: dict[str, str]) -> dict[str, str]:
    why = "; ".join(f"{e['signal']} {e['value']} ({e['weight']:+.1f})" for e in row["evidence"] or ())
    texts = {"earlier_issue": issue[row["earlier_id"]], "later_issue": issue[row["conversation_id"]]}
    ids = {name: row[name] for name in ("conversation_id", "earlier_id", "relation")}
    figures = {"probability": f"{row['probability']:.3f}", "gap_days": f"{row['gap_days']:.2f}"}
    return {**ids, **figures, **texts, "why": why, "verdict": "", "reviewer": "", "note": ""}


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            _check_header(path, reader.fieldnames or ())
            for row in reader:
                yield reader.line_num, {name: (value or "").strip() for name, value in row.items() if name}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as CSV: {error}", hint="save it as CSV in UTF-8") from error


def _check_header(path: Path, names: Sequence[str]) -> None:
    missing = [name for name in ("conversation_id", "earlier_id", "verdict") if name not in names]
    if missing:
        raise InputError(
            f"{path} has no column {', '.join(missing)}; it has {', '.join(names) or 'none'}",
            hint="make one with: textinsight review sample --archive DIR --out pairs.csv",
        )


def _review(row: dict[str, str], reviewer: str | None) -> Review | None:
    """The row's review, None if it is still open; ValueError or UsageError if it can be none."""
    word = row["verdict"].casefold()
    if not word:
        return None
    if word not in _WORDS:
        raise ValueError(f"verdict is {row['verdict'][:20]!r}, expected confirmed or rejected (yes, no, 1, 0)")
    at = row.get("reviewed_at")
    return Review(
        _plain(row["conversation_id"]),
        _plain(row["earlier_id"]),
        _WORDS[word],
        cast("Relation", row.get("relation") or "same_issue"),
        row.get("reviewer") or reviewer,
        _plain(row.get("note") or "") or None,
        utc(datetime.fromisoformat(at)) if at else None,
    )


def _plain(cell: str) -> str:
    """The cell as it was before `defuse` put an apostrophe before it."""
    return cell[1:] if cell.startswith("'") and defuse(cell[1:]) == cell else cell
