"""JSON Lines, a JSON array, {"conversations": […]} or single objects; plain, .gz or .bz2; read as a stream."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from textinsight.conversation import Conversation
from textinsight.ingest.files import DamagedError, Line, chunks, decode, head, lines
from textinsight.ingest.layout import Row
from textinsight.ingest.reader import Limits, Reader, Reject
from textinsight.ingest.rows import assemble

_LIST_NAMES = (
    "conversations|contacts|data|records|items|results|rows|calls|chats|threads|tickets|transcripts|dialogues|dialogs"
)
_WRAPPER = re.compile(
    rb'\s*\{(?:\s*"[^"\\]{1,60}"\s*:\s*(?:"[^"\\]*"|[\w.+-]+)\s*,){0,20}\s*"(?:%s)"\s*:\s*\[' % _LIST_NAMES.encode()
)
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+("?)|[{}\[\]]', re.S)
_OPEN_ENDED = (b"{", b"[", b",", b":")


def sniff(head: bytes, path: Path) -> bool:
    """It starts with { or [ and a JSON value follows."""
    start = head.lstrip()[:200]
    return re.match(rb'(?:\{\s*(?:"|\})|\[\s*(?:[\[{"\d\-]|\]))', start) is not None or (
        path.suffix.lower() in (".jsonl", ".ndjson") and b"\n{" in head
    )


def read(path: Path, *, mapping: Mapping[str, str], limits: Limits) -> Iterator[Conversation | Reject]:
    """The file's conversations; broken, too deep or non-object records become rejects with their line."""
    yield from assemble(rows(path, limits), path=path, mapping=mapping, limits=limits)


def rows(path: Path, limits: Limits) -> Iterator[Row | Reject]:
    """The file's objects as they are."""
    start = head(path)
    for record in _elements(path, start, limits) if _is_document(start) else lines(path, limits):
        if isinstance(record, Reject):
            yield record
        elif record.data.strip():
            yield _row(record, path, limits)


def _row(line: Line, path: Path, limits: Limits) -> Row | Reject:
    text = decode(line.data)
    try:
        if text.count("[") + text.count("{") > limits.max_nesting and _depth(line.data) > limits.max_nesting:
            return Reject(path.name, line.number, f"JSON nested deeper than {limits.max_nesting}", text)
        value = json.loads(text, strict=False)  # raw control characters are cleaned away later
    except (ValueError, RecursionError) as error:
        return Reject(path.name, line.number, f"broken JSON: {_short(error)}", text)
    if not isinstance(value, dict):
        kind = type(value).__name__
        return Reject(path.name, line.number, f"expected a JSON object, got a {kind}", text)
    return Row(line.number, value, line.data)


def _short(error: Exception) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return str(error)[:80]
    return f"{error.msg.removesuffix(' at')} at character {error.pos}"


def _depth(data: bytes) -> int:
    depth = deepest = 0
    for token in _TOKEN.finditer(data):
        depth += {b"{": 1, b"[": 1, b"}": -1, b"]": -1}.get(token[0], 0)
        deepest = max(deepest, depth)
    return deepest


def _is_document(start: bytes) -> bool:
    """Is the file one JSON text over several lines, or one list, rather than one record a line?"""
    if _WRAPPER.match(start):
        return True
    first, _, rest = start.lstrip().partition(b"\n")
    if first.rstrip().endswith(_OPEN_ENDED) or first.strip() in (b"{", b"["):
        return True
    return first.startswith(b"[") and not (rest.strip() and _is_json(first))


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


def _elements(path: Path, start: bytes, limits: Limits) -> Iterator[Line | Reject]:
    """The objects of the document's list (or, without one, the document itself), one at a time."""
    wrapper = _WRAPPER.match(start)
    skip = wrapper.end() if wrapper else 0
    base = 1 if wrapper is None and start.lstrip().startswith(b"[") else 0
    scanner = _Scanner(base, 1 + start[:skip].count(b"\n"))
    problem = "broken JSON: a record that is never closed"
    try:
        for chunk in chunks(path, limits):
            yield from scanner.feed(chunk[skip:])
            skip = max(0, skip - len(chunk))
            if scanner.closed:
                return
            if scanner.held > limits.max_line_bytes:
                problem = f"record longer than {limits.max_line_bytes:,} bytes, or never closed"
                break
    except DamagedError as error:
        problem = str(error)
    yield from scanner.rest(path, problem)


class _Scanner:
    """Cuts the values at bracket depth `base` out of JSON text that comes in chunks; strings are skipped whole."""

    def __init__(self, base: int, line: int) -> None:
        self.closed = False
        self._base = base
        self._line = line  # of the position _done
        self._buffer = b""
        self._at = self._done = self._depth = 0
        self._begin = -1

    @property
    def held(self) -> int:
        """Bytes kept for the record under way."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Line]:
        """The values that `data` completes."""
        self._buffer += data
        for token in _TOKEN.finditer(self._buffer, self._at):
            if token[0][:1] == b'"' and not token[1]:
                break  # the string's end comes with the next data
            self._at = token.end()
            yield from self._step(token[0], token.start(), token.end())
            if self.closed:
                return
        self._buffer = self._buffer[self._done :]
        self._at -= self._done
        self._begin -= self._done if self._begin >= 0 else 0
        self._done = 0

    def rest(self, path: Path, problem: str) -> Iterator[Reject]:
        """What is left over once the data has ended, as one reject."""
        left = self._buffer[self._done : self._done + 400].strip(b" \t\r\n,")
        if left or problem.startswith("the file"):
            yield Reject(path.name, self._line, problem, decode(left))

    def _step(self, mark: bytes, start: int, end: int) -> Iterator[Line]:
        if mark in (b"{", b"["):
            yield from self._open(start, end)
        elif mark in (b"}", b"]"):
            yield from self._close(start, end)

    def _open(self, start: int, end: int) -> Iterator[Line]:
        if self._depth == self._base:
            yield from self._between(start)
            self._begin = start
        elif self._depth < self._base:
            self._move(end)
        self._depth += 1

    def _close(self, start: int, end: int) -> Iterator[Line]:
        self._depth -= 1
        self.closed = self._depth < self._base
        if self.closed:
            yield from self._between(start)
        elif self._depth == self._base:
            yield Line(self._line, self._buffer[self._begin : end])
            self._begin = -1
            self._move(end)

    def _between(self, end: int) -> Iterator[Line]:
        """Values beside the objects, such as the numbers of [1, 2, {…}]: rows too, to be refused one by one."""
        gap = self._buffer[self._done : end].strip(b" \t\r\n,")
        if gap:
            values = json.loads(b"[" + gap + b"]") if _is_json(b"[" + gap + b"]") else [decode(gap)]
            yield from (Line(self._line, json.dumps(value).encode()) for value in values)
        self._move(end)

    def _move(self, to: int) -> None:
        self._line += self._buffer.count(b"\n", self._done, to)
        self._done = to


READER = Reader("jsonl", (".jsonl", ".ndjson", ".json"), sniff, read)
