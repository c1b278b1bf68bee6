"""What every reader is, and which one fits a file: decided by the content, the suffix only breaks ties."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from textinsight.conversation import Conversation
from textinsight.errors import InputError, UsageError
from textinsight.ingest.text import clean

_BUILT_IN = ("parquet", "captions", "deepgram", "azure_speech", "jsonl", "csv", "transcript")
_EXCERPT = 200
_SIGNATURES = {
    b"PK\x03\x04": "a zip archive or spreadsheet: unpack it, or save the sheet as CSV",
    b"\xfd7zXZ": "xz-compressed: unpack it first, or use .gz or .bz2",
    b"\x28\xb5\x2f\xfd": "zstd-compressed: unpack it first, or use .gz or .bz2",
    b"%PDF": "a PDF: save its text first",
    b"\xd0\xcf\x11\xe0": "an old Office file: save it as CSV or text",
    b"RIFF": "sound: transcribe it first",
}


@dataclass(frozen=True, slots=True)
class Reject:
    """Input that was refused: where, why, and its first 200 characters, all of it valid text.

    `excerpt` is the *raw* text: whoever writes it anywhere masks it first, as the pipeline does.
    """

    source: str
    line: int | None
    reason: str
    excerpt: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "excerpt", clean(self.excerpt[: 2 * _EXCERPT])[:_EXCERPT])
        object.__setattr__(self, "reason", clean(self.reason))
        object.__setattr__(self, "source", clean(self.source))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reader accepts before it refuses. Raises UsageError for a limit below 1.

    max_line_bytes: one line or record. max_turn_chars, max_turns: per conversation. max_nesting: JSON depth.
    A compressed file is refused above max_unpacked_bytes, or above max_ratio times its size once it is
    larger than max_ratio_bytes.
    """

    max_line_bytes: int = 16 * 2**20
    max_turn_chars: int = 500_000
    max_turns: int = 50_000
    max_nesting: int = 100
    max_ratio: int = 200
    max_ratio_bytes: int = 64 * 2**20
    max_unpacked_bytes: int = 20 * 2**30

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 1:
                raise UsageError(f"{field.name} must be at least 1, got {getattr(self, field.name)}")


class ReadFile(Protocol):
    """Streams a file's conversations; `mapping` is {our field: their column}."""

    def __call__(self, path: Path, *, mapping: Mapping[str, str], limits: Limits) -> Iterator[Conversation | Reject]:
        """Yield conversations and rejects; InputError only if the file as a whole cannot be used."""
        ...


@dataclass(frozen=True, slots=True)
class Reader:
    """One source format. `sniff(head, path)`: do the first (unpacked) bytes look like it?"""

    name: str
    suffixes: tuple[str, ...]
    sniff: Callable[[bytes, Path], bool]
    read: ReadFile


def detect(path: str | Path, *, reader: str | None = None) -> Reader:
    """The reader that fits the file's content, or the one named; InputError if none does."""
    path = Path(path)
    if reader is not None:
        return _named(reader)
    head = _head(path)
    found = _fitting(head, path)
    if found is None:
        raise InputError(f"{path} is in no format that can be read: {_looks_like(head)}", hint=_formats())
    return found


def read(
    path: str | Path,
    *,
    mapping: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    reader: str | None = None,
) -> Iterator[Conversation | Reject]:
    """Stream a file's conversations and rejects.

    Raises InputError for a missing, empty or unreadable file, UsageError for a mapping to an unknown field.
    """
    from textinsight.ingest.columns import check_mapping

    path = Path(path)
    check_mapping(mapping or {})
    return detect(path, reader=reader).read(path, mapping=mapping or {}, limits=limits or Limits())


def expand(inputs: Iterable[str | Path]) -> list[Path]:
    """The files meant: a directory stands for its non-hidden files of known content, recursively, sorted.

    Raises InputError for a missing path and for a directory with nothing to read.
    """
    files: dict[Path, None] = {}
    for item in map(Path, inputs):
        if not item.exists():
            raise InputError(f"{item} does not exist", hint="check the path; a pattern needs its quotes removed")
        files.update(dict.fromkeys(_within(item) if item.is_dir() else [item]))
    return list(files)


def _within(folder: Path) -> list[Path]:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and not _hidden(file, folder)]
    known = [file for file in files if _readable(file)]
    if not known:
        raise InputError(f"{folder} holds {len(files)} files, none in a format that can be read", hint=_formats())
    return known


def _hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def _readable(file: Path) -> bool:
    return file.stat().st_size > 0 and _fitting(_head(file), file) is not None


def _head(path: Path) -> bytes:
    from textinsight.ingest.files import head

    if not path.exists():
        raise InputError(f"{path} does not exist", hint="check the path")
    if path.is_dir():
        raise InputError(f"{path} is a directory, expected a file", hint="expand() lists a directory's files")
    found = head(path)
    if not found.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise InputError(f"{path} is empty", hint="export it again, or leave it out")
    return found


def _fitting(head: bytes, path: Path) -> Reader | None:
    built_in = [_load(name) for name in _BUILT_IN]
    return _best(built_in, head, path) or _best(_third_party(), head, path)


def _best(readers: Sequence[Reader], head: bytes, path: Path) -> Reader | None:
    fitting = [reader for reader in readers if reader.sniff(head, path)]
    by_suffix = [reader for reader in fitting if _suffix(path) in reader.suffixes]
    return next(iter(by_suffix or fitting), None)


def _suffix(path: Path) -> str:
    name = path.with_suffix("") if path.suffix.lower() in (".gz", ".bz2") else path
    return name.suffix.lower()


def _load(name: str) -> Reader:
    reader: Reader = import_module(f"textinsight.ingest.{name}").READER
    return reader


def _third_party() -> list[Reader]:
    points = entry_points(group="textinsight.readers")
    return [point.load() for point in points if point.name not in _BUILT_IN]


def _named(name: str) -> Reader:
    if name in _BUILT_IN:
        return _load(name)
    points = {point.name: point for point in entry_points(group="textinsight.readers")}
    if name not in points:
        raise UsageError(
            f"no reader is called {name!r}", hint=f"choose one of {', '.join(sorted({*_BUILT_IN, *points}))}"
        )
    reader: Reader = points[name].load()
    return reader


def _looks_like(head: bytes) -> str:
    from textinsight.ingest.files import is_binary

    for signature, what in _SIGNATURES.items():
        if head.startswith(signature):
            return f"it is {what}"
    return "it is binary" if is_binary(head) else "its text has no columns, labels or cues that are known"


def _formats() -> str:
    return (
        "readable are JSON Lines, JSON, CSV, Parquet, 'Agent: …' transcripts, WebVTT and SRT; "
        "name unusual columns with --map text=COLUMN --map customer_id=COLUMN"
    )
