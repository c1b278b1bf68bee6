from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textinsight.ingest import Limits, Reject, files
from textinsight.ingest.files import Line, decode, head, is_binary, lines


def read(tmp_path: Path, data: bytes, limits: Limits | None = None) -> list[Line | Reject]:
    path = tmp_path / "file"
    path.write_bytes(data)
    return list(lines(path, limits or Limits()))


def test_all_line_ends_count(tmp_path: Path) -> None:
    assert read(tmp_path, b"a\r\nb\rc\n\nd") == [
        Line(1, b"a"),
        Line(2, b"b"),
        Line(3, b"c"),
        Line(4, b""),
        Line(5, b"d"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_encodings(tmp_path: Path, encoding: str) -> None:
    found = read(tmp_path, "first línea\nsecond €\n".encode(encoding))
    assert [decode(line.data) for line in found if isinstance(line, Line)] == ["first línea", "second €"]


def test_windows_1252_where_it_is_no_utf8() -> None:
    assert decode("“café”".encode("cp1252")) == "“café”"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_compressed_files_are_unpacked(tmp_path: Path, pack) -> None:
    assert read(tmp_path, pack(b"a\nb\n")) == [Line(1, b"a"), Line(2, b"b")]


def test_a_cut_off_gzip_keeps_the_whole_lines_and_says_where(tmp_path: Path) -> None:
    data = gzip.compress(b"".join(b"line %d %d\n" % (i, i * 7919 % 1000) for i in range(5000)))
    *good, last = read(tmp_path, data[: len(data) // 2])
    assert len(good) > 100
    assert good == [Line(i + 1, b"line %d %d" % (i, i * 7919 % 1000)) for i in range(len(good))]
    assert isinstance(last, Reject)
    assert last.line == len(good) + 1
    assert "cut off" in last.reason


def test_a_line_over_the_limit_is_refused_alone(tmp_path: Path) -> None:
    found = read(tmp_path, b"ok\n" + b"x" * 50 + b"\r\nfine\n" + b"y" * 11, Limits(max_line_bytes=10))
    assert [item if isinstance(item, Line) else item.line for item in found] == [Line(1, b"ok"), 2, Line(3, b"fine"), 4]


def test_a_line_at_the_limit_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, b"x" * 10 + b"\r\n", Limits(max_line_bytes=10)) == [Line(1, b"x" * 10)]


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=60).filter(
        lambda data: b"\x00" not in data and not data.startswith((b"\xff", b"\xfe", b"\xef", b"BZh", b"\x1f"))
    )
)
def test_lines_are_those_of_splitlines_whatever_the_chunks(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes(data)
    before, files._CHUNK = files._CHUNK, 3
    try:
        found = [b"".join(files._pieces(path, Limits())), *(line.data for line in lines(path, Limits()))]
    finally:
        files._CHUNK = before
    assert found == [data, *data.splitlines()]


def test_head_is_unpacked_text_and_binary_is_told_from_text(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"hello"))
    assert head(path) == b"hello"
    assert is_binary(bytes(range(256)))
    assert not is_binary(b"id,text\n1,he\x00llo, a stray NUL makes no text binary\n")
