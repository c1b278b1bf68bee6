"""Bytes and lines of a file, plain or compressed, in any Unicode encoding, holding no more than one line.

What is wrong with the file (cut off, a decompression bomb, a line too long) comes as a Reject in the stream.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from io import BufferedIOBase
from typing import NamedTuple

from textinsight.errors import InputError
from textinsight.ingest.reader import Limits, Reject

_CHUNK = 1 << 20
_HEAD = 1 << 16
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
    number, rest, dropping = 0, b"", False
    try:
        for chunk in chunks(path, limits):
            whole_lines, rest = _split(rest + chunk)
            for data in whole_lines:
                number += 1
                yield _too_long(path, number, data, limits) if dropping or len(
                    data
                ) > limits.max_line_bytes else Line(number, data)
                dropping = False
            if len(rest) > limits.max_line_bytes:
                dropping, rest = True, rest[:_CHUNK]
    except DamagedError as error:
        yield Reject(path.name, number + 1, str(error), decode(rest[:400]))
        return
    if rest:
        data = rest.rstrip(b"\r")
        too_long = dropping or len(data) > limits.max_line_bytes
        yield _too_long(path, number + 1, data, limits) if too_long else Line(number + 1, data)


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


def _split(data: bytes) -> tuple[list[bytes], bytes]:
    """Whole lines and the unfinished rest; a CR at the very end may be half of a CRLF, so it waits."""
    parts = data.splitlines(keepends=True)
    if not parts:
        return [], b""
    rest = b"" if parts[-1].endswith(b"\n") else parts.pop()
    return [part.rstrip(b"\r\n") for part in parts], rest


def _too_long(path: Path, number: int, data: bytes, limits: Limits) -> Reject:
    reason = f"line longer than {limits.max_line_bytes:,} bytes"
    return Reject(path.name, number, reason, decode(data[:400]))


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
    return unpacked > limits.max_unpacked_bytes or (
        unpacked > limits.max_ratio_bytes and ratio > limits.max_ratio
    )
