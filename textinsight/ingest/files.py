"""Bytes and lines of a file, plain or compressed, in any Unicode encoding, holding no more than one line.

What is wrong with the file (cut off, a decompression bomb, a line too long) comes as a Reject in the stream.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import NamedTuple

from textinsight.errors import InputError
from textinsight.ingest.reader import Limits, Reject

_CHUNK = 1 << 20
_HEAD = 1 << 16
_EXCERPT = 400
_CONTROL = bytes(range(9)) + bytes(range(14, 32)) + b"\x0b\x0c\x7f"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Line(NamedTuple):
    """One line of a file, 1-based, without its line end."""

    number: int
    data: bytes


class DamagedError(Exception):
    """The stream cannot be read on."""


def head(path: Path) -> bytes:
    """The first 64 KB, unpacked and as UTF-8; what there is of a damaged file."""
    found = b""
    try:
        for chunk in chunks(path, Limits(), size=_HEAD):
            found += chunk
            if len(found) >= _HEAD:
                break
    except DamagedError:
        pass
    return found[:_HEAD]


def whole(path: Path, limits: Limits) -> str:
    """A small file's text; DamagedError if it is larger than one record may be."""
    data = bytearray()
    for chunk in chunks(path, limits):
        data += chunk
        if len(data) > limits.max_line_bytes:
            raise DamagedError(f"larger than {limits.max_line_bytes:,} bytes, the limit for one record")
    return decode(bytes(data))


def lines(path: Path, limits: Limits) -> Iterator[Line | Reject]:
    """The file's lines (LF, CRLF or CR); too long ones and damage as rejects."""
    number = 1
    pending = _Pending(limits.max_line_bytes)
    try:
        for piece in _pieces(path, limits):
            if not pending.take(piece):
                continue
            yield pending.line(path, number)
            number += 1
    except DamagedError as error:
        yield Reject(path.name, number, str(error), decode(pending.start(400)))
        return
    if pending.size:
        yield pending.line(path, number)


class _Pending:
    """The pieces of the line under way, no more of them than a line may have."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self.size = 0

    def take(self, piece: bytes) -> bool:
        """Add a piece; does it end the line?"""
        self.size += len(piece)
        if self.size <= self._limit + 2:  # the line end does not count
            self._pieces.append(piece)
        else:
            self._pieces = [self.start(_EXCERPT)]
        return piece.endswith((b"\n", b"\r"))

    def start(self, size: int) -> bytes:
        """The first bytes of the line."""
        return b"".join(self._pieces)[:size]

    def line(self, path: Path, number: int) -> Line | Reject:
        """The finished line, and begin the next."""
        pieces, size = self._pieces, self.size
        self._pieces, self.size = [], 0
        data = (pieces[0] if len(pieces) == 1 else b"".join(pieces)).rstrip(b"\r\n")
        if size > self._limit + 2 or len(data) > self._limit:
            return Reject(path.name, number, f"line longer than {self._limit:,} bytes", decode(data[:_EXCERPT]))
        return Line(number, data)


def is_binary(data: bytes) -> bool:
    """More than one byte in twenty is a control character; a stray NUL makes no text binary."""
    start = data[:4096]
    return len(start.translate(None, _CONTROL)) < 0.95 * len(start)


def _pieces(path: Path, limits: Limits) -> Iterator[bytes]:
    """Lines with their ends, cut also where a chunk ends; a CR there waits, it may be half of a CRLF."""
    held = b""
    for chunk in chunks(path, limits):
        data = held + chunk
        held = b"\r" if data.endswith(b"\r") else b""
        yield from data[: len(data) - len(held)].splitlines(keepends=True)
    if held:
        yield held


def chunks(path: Path, limits: Limits, *, size: int = _CHUNK) -> Iterator[bytes]:
    """The file's bytes, unpacked, as UTF-8 without a byte order mark (other 8-bit encodings pass unchanged)."""
    stream = _unpacked(path, limits, size)
    first = next(stream, b"")
    encoding, skip = _encoding(first)
    if encoding == "utf-8":
        yield first[skip:]
        yield from stream
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    yield decoder.decode(first[skip:]).encode("utf-8", "replace")
    for chunk in stream:
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def decode(data: bytes) -> str:
    """UTF-8, or Windows-1252 where it is not."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _encoding(first: bytes) -> tuple[str, int]:
    for bom, encoding in _BOMS:
        if first.startswith(bom):
            return encoding, len(bom)
    sample = first[:4096]
    if len(sample) >= 8 and sample.count(0) * 3 > len(sample):
        odd, even = sample[1::2].count(0), sample[::2].count(0)
        if max(odd, even) > 0.8 * len(sample) / 2 and min(odd, even) * 10 < len(sample):
            return ("utf-16-le", 0) if odd > even else ("utf-16-be", 0)
    return "utf-8", 0


def _unpacked(path: Path, limits: Limits, size: int) -> Iterator[bytes]:
    try:
        with path.open("rb") as raw:
            stream = _decompressor(raw)
            yield from _bounded(raw, stream, limits, size)
    except (EOFError, zlib.error, gzip.BadGzipFile, OSError) as error:
        if isinstance(error, PermissionError):
            raise InputError(f"{path} cannot be opened: permission denied", hint="check its access rights") from error
        raise DamagedError(f"the file is damaged or cut off here: {error}") from error


def _decompressor(raw: BufferedIOBase) -> BufferedIOBase:
    magic = raw.read(3)
    raw.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=raw)
    if magic == b"BZh":
        return bz2.BZ2File(raw)
    return raw


def _bounded(raw: BufferedIOBase, stream: BufferedIOBase, limits: Limits, size: int) -> Iterator[bytes]:
    total = 0
    while chunk := stream.read1(size):  # read() would lose what a cut-off stream still held
        total += len(chunk)
        if stream is not raw and _is_bomb(total, raw.tell(), limits):
            raise DamagedError(f"unpacks to more than {total:,} bytes from {raw.tell():,}: refused")
        yield chunk


def _is_bomb(unpacked: int, packed: int, limits: Limits) -> bool:
    ratio = unpacked / max(packed, 1)
    return unpacked > limits.max_unpacked_bytes or (unpacked > limits.max_ratio_bytes and ratio > limits.max_ratio)
