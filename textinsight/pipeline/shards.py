"""Input files → shards of records, leaving out what the archive already holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BufferedReader, BytesIO
from pathlib import Path

from textinsight import ingest
from textinsight.conversation import Conversation
from textinsight.errors import InputError
from textinsight.ingest import Reject
from textinsight.ingest.redact import mask_text
from textinsight.pipeline.settings import Settings
from textinsight.store import InputProgress
from textinsight.tag import ReadConfig

_MAX_CHARACTERS = 4_000_000  # a shard is cut early when its texts are long


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of the input; `file_id`: sha256 of its bytes and the mapping, so a moved or renamed file is still known.

    n_lines: lines or rows, None if not counted; for progress only.
    """

    path: Path
    file_id: str
    n_lines: int | None

    @property
    def name(self) -> str:
        """The file's name as it is stored: recordings are often named after the caller's number."""
        return mask_text(self.path.name).text


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive records of one file; `complete`: the file ends with them."""

    file_id: str
    source: str
    first_record: int
    records: tuple[Conversation | Reject, ...]
    complete: bool

    @property
    def last_line(self) -> int:
        """The furthest line of the file that is known to be read."""
        lines = (r.line if isinstance(r, Reject) else r.source_line for r in self.records)
        return max((line for line in lines if line is not None), default=0)


@dataclass(frozen=True, slots=True)
class RawShard:
    """What one worker tags and one transaction commits."""

    parts: tuple[Part, ...]
    encoder: str
    key: bytes
    reading: ReadConfig = field(default_factory=ReadConfig)


def fingerprint(path: Path, mapping: Mapping[str, str]) -> InputFile:
    """The file under its content's sha256; InputError if it cannot be read."""
    try:
        with path.open("rb") as file:
            file_id = file_id_of(file, mapping)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", hint="check the path and its permissions"
        ) from error
    return InputFile(path, file_id, ingest.count_lines(path))


def file_id_of(file: BufferedReader | BytesIO, mapping: Mapping[str, str]) -> str:
    """sha256 of the bytes and the mapping: by it a file is known again."""
    digest = hashlib.file_digest(file, "sha256")
    digest.update(json.dumps(sorted(mapping.items())).encode())
    return digest.hexdigest()


def cut(
    files: Iterable[InputFile],
    *,
    settings: Settings,
    done: Mapping[str, InputProgress],
    is_new: Callable[[Conversation], bool],
    key: bytes,
) -> Iterator[RawShard]:
    """Shards over all files in order, without the records that `done` holds.

    A conversation for which `is_new` is false becomes a reject, and so does a file that cannot be read at all:
    every record of every file ends up stored or refused.
    """
    draft = _Draft(settings.shard_size)
    for file in files:
        number = -1
        for number, record in enumerate(_read(file, settings.mapping)):
            if file.file_id in done and done[file.file_id].holds(number):
                continue
            draft.add(file, number, _checked(file, record, is_new))
            if draft.is_full:
                yield RawShard(draft.take(), settings.encoder, key, settings.reading)
        draft.end(file, number + 1)
    parts = draft.take()
    if parts:
        yield RawShard(parts, settings.encoder, key, settings.reading)


class _Draft:
    """The parts of the shard being filled."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._parts: list[Part] = []
        self._records: list[Conversation | Reject] = []
        self._file: InputFile | None = None
        self._first = self._count = self._characters = 0

    @property
    def is_full(self) -> bool:
        return self._count >= self._size or self._characters >= _MAX_CHARACTERS

    def add(self, file: InputFile, number: int, record: Conversation | Reject) -> None:
        if self._file != file or number != self._first + len(self._records):
            self._close(complete=False)
            self._file, self._first = file, number
        self._records.append(record)
        self._count += 1
        self._characters += record.n_characters if isinstance(record, Conversation) else 0

    def end(self, file: InputFile, n_records: int) -> None:
        """The file has `n_records` records in all."""
        if self._file != file or not self._records:
            self._close(complete=False)
            self._file, self._first = file, n_records
        self._close(complete=True)

    def take(self) -> tuple[Part, ...]:
        self._close(complete=False)
        parts = tuple(self._parts)
        self._parts, self._count, self._characters = [], 0, 0
        return parts

    def _close(self, *, complete: bool) -> None:
        if self._file is not None and (self._records or complete):
            self._parts.append(Part(self._file.file_id, self._file.name, self._first, tuple(self._records), complete))
        self._records, self._file = [], None


def _read(file: InputFile, mapping: Mapping[str, str]) -> Iterator[Conversation | Reject]:
    try:
        yield from ingest.read(file.path, mapping=mapping)
    except InputError as error:
        yield Reject(file.path.name, None, f"{error} ({error.hint})" if error.hint else str(error))


def _checked(
    file: InputFile, record: Conversation | Reject, is_new: Callable[[Conversation], bool]
) -> Conversation | Reject:
    if isinstance(record, Reject) or is_new(record):
        return record
    reason = f"conversation_id {record.conversation_id!r} is stored already; the first one is kept"
    return Reject(file.path.name, record.source_line, reason, record.turns[0].text)
