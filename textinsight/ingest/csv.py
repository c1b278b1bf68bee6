"""CSV: delimiter found by looking, quoted line breaks, any usual encoding; plain, .gz or .bz2."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from textinsight.conversation import Conversation
from textinsight.ingest.columns import is_known
from textinsight.ingest.files import Line, decode, head, is_binary, lines
from textinsight.ingest.layout import Row
from textinsight.ingest.reader import Limits, Reader, Reject
from textinsight.ingest.rows import assemble

_DELIMITERS = ",\t;|"
_NONE = "\x00"  # of a single column: it is taken out of every line
_SUFFIXES = (".csv", ".tsv", ".tab", ".psv")
_MOST_LINES = 5_000  # one record may span; beyond it its quote was never meant to open
_CONSISTENT = 0.8


@dataclass(frozen=True, slots=True)
class _Dialect:
    """How the cells are told apart."""

    delimiter: str
    escape: str | None


def sniff(head: bytes, path: Path) -> bool:
    """A row of column names, then rows with as many cells; one column at least that is known by name."""
    if is_binary(head) or not head.strip():
        return False
    rows = _sample(decode(head), _dialect(head))
    if not rows or not _is_header(rows[0]):
        return False
    suffix = path.with_suffix("").suffix if path.suffix.lower() in (".gz", ".bz2") else path.suffix
    if suffix.lower() in _SUFFIXES:
        return True
    even = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
    return even >= _CONSISTENT and (any(map(is_known, rows[0])) or (len(rows) >= 3 and len(rows[0]) >= 3))


def read(path: Path, *, mapping: Mapping[str, str], limits: Limits) -> Iterator[Conversation | Reject]:
    """The file's conversations; rows with too many or too few cells become rejects with their line."""
    yield from assemble(rows(path, limits), path=path, mapping=mapping, limits=limits)


def rows(path: Path, limits: Limits) -> Iterator[Row | Reject]:
    """The file's rows as they are, by the names in its header."""
    dialect = _dialect(head(path))
    csv.field_size_limit(limits.max_line_bytes)
    names: list[str] | None = None
    for record in _Records(lines(path, limits), dialect, path, limits):
        if isinstance(record, Reject):
            yield record
        elif names is None:
            names = _unique(record.cells)
        elif any(record.cells):
            yield _row(record, names, path)


def _row(record: _Record, names: Sequence[str], path: Path) -> Row | Reject:
    cells = record.cells
    while len(cells) > len(names) and not cells[-1]:
        cells.pop()
    if len(cells) != len(names):
        reason = f"{len(cells)} cells, but the header has {len(names)}"
        return Reject(path.name, record.line, reason, ", ".join(cells)[:400])
    return Row(record.line, dict(zip(names, cells, strict=True)))


@dataclass(frozen=True, slots=True)
class _Record:
    """The cells of one record and the line it begins in."""

    line: int
    cells: list[str]


class _Records:
    """Records of lines; a quote that is never closed costs its own line only, the lines after it are read again."""

    def __init__(self, source: Iterator[Line | Reject], dialect: _Dialect, path: Path, limits: Limits) -> None:
        self._source = source
        self._dialect = dialect
        self._path = path
        self._limits = limits
        self._again: list[Line] = []
        self._used: list[Line] = []
        self._refused: list[Reject] = []
        self._cut = self._ended = False
        self._width = 0

    def __iter__(self) -> Iterator[_Record | Reject]:
        """Records and rejects in order."""
        while True:
            parser = self._parser()
            for record in self._parsed(parser):
                yield from self._pop_refused()
                yield record
            yield from self._pop_refused()
            if not self._cut and not self._again:
                return
            self._cut = self._ended = False
        self._width = 0

    def _parser(self) -> Iterator[list[str]]:
        delimiter, escape = self._dialect.delimiter, self._dialect.escape
        return csv.reader(self._feed(), delimiter=delimiter, escapechar=escape, doublequote=escape is None)

    def _parsed(self, parser: Iterator[list[str]]) -> Iterator[_Record | Reject]:
        while True:
            self._used = []
            try:
                cells = next(parser, None)
            except csv.Error as error:
                yield self._reread(str(error))
                return
            if cells is None:
                return
            if self._is_unclosed() or self._is_misread(cells):
                yield self._reread("a quote that is opened and never closed")
                return
            self._width = self._width or len(cells)
            yield _Record(self._used[0].number, cells)

    def _is_unclosed(self) -> bool:
        """The record ended only because the lines did, inside quotes."""
        return len(self._used) > 1 and self._ended and sum(line.data.count(b'"') for line in self._used) % 2 == 1

    def _is_misread(self, cells: list[str]) -> bool:
        """Several lines, yet not the header's number of cells: the quote was no opening quote."""
        return len(self._used) > 1 and len(cells) != (self._width or len(cells))

    def _reread(self, reason: str) -> Reject:
        first, *others = self._used
        self._again = [*others, *self._again]
        self._cut = True
        return Reject(self._path.name, first.number, reason, decode(first.data[:400]))

    def _feed(self) -> Iterator[str]:
        size = 0
        while True:
            self._ended = True
            size = 0 if not self._used else size + len(self._used[-1].data)
            if len(self._used) >= _MOST_LINES or size > self._limits.max_line_bytes:
                return
            line = self._next()
            if line is None:
                return
            self._ended = False
            self._used.append(line)
            yield decode(line.data).replace("\x00", "") + "\n"

    def _next(self) -> Line | None:
        if self._again:
            return self._again.pop(0)
        for item in self._source:
            if isinstance(item, Line):
                return item
            self._refused.append(item)
        return None

    def _pop_refused(self) -> list[Reject]:
        refused, self._refused = self._refused, []
        return refused


def _dialect(head: bytes) -> _Dialect:
    """The delimiter that cuts the most lines into one same number of cells."""
    text = decode(head)
    escape = "\\" if '\\"' in text and '""' not in text else None
    dialects = [_Dialect(delimiter, escape) for delimiter in _DELIMITERS]
    best = max(dialects, key=lambda dialect: _fit(_sample(text, dialect)))
    return best if _fit(_sample(text, best))[1] else _Dialect(_NONE, escape)


def _fit(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    if not rows or len(rows[0]) < 2:
        return 0.0, 0
    even = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
    return round(even, 1), len(rows[0])


def _sample(text: str, dialect: _Dialect) -> list[list[str]]:
    """The first records; the last is left out if the text was cut there."""
    found = text.splitlines(keepends=True)
    reader = csv.reader(
        (line.replace("\x00", "") for line in found),
        delimiter=dialect.delimiter,
        escapechar=dialect.escape,
        doublequote=dialect.escape is None,
    )
    rows: list[list[str]] = []
    try:
        rows.extend(row for row, _ in zip(reader, range(100), strict=False) if row)
    except csv.Error:
        return rows
    return rows[:-1] if len(rows) > 1 and len(text) >= 60_000 else rows


def _is_header(cells: Sequence[str]) -> bool:
    """Names are short, no numbers and no JSON; one alone must be a known one."""
    named = [cell.strip() for cell in cells if cell.strip()]
    if any(name.startswith(("{", "[")) for name in named):
        return False
    if len(cells) == 1:
        return bool(named) and is_known(named[0])
    short = all(len(name) <= 60 and "\n" not in name for name in named)
    return bool(named) and short and not any(name.replace(".", "").isdigit() for name in named)


def _unique(cells: Sequence[str]) -> list[str]:
    """Column names made unique: "text", "text (2)"; an empty one is "column 3"."""
    seen: Counter[str] = Counter()
    names = []
    for i, cell in enumerate(cells):
        name = cell.strip() or f"column {i + 1}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


READER = Reader("csv", _SUFFIXES, sniff, read)
