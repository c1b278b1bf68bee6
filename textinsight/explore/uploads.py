"""What people hand to the app: names made safe, and what is no text at all refused before anything reads it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set as AbstractSet

from textinsight.errors import InputError

MAX_FILES = 200
_LONGEST = 120  # characters of a stored name
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # no file's name on Windows
_SIGNATURES = {
    b"PK\x03\x04": "is a zip archive or a spreadsheet: unpack it, or save the sheet as CSV",
    b"MZ": "is a program",
    b"\x7fELF": "is a program",
    b"%PDF": "is a PDF: save its text first",
    b"RIFF": "is sound or film: transcribe it first",
    b"ID3": "is sound: transcribe it first",
    b"\x89PNG": "is a picture",
    b"\xff\xd8\xff": "is a picture",
}


def safe_name(name: str, *, taken: AbstractSet[str] = frozenset()) -> str:
    """A file name that stays in its folder whatever was sent: the last part of `name`, printable, short, not `taken`.

    `taken` holds lower-case names. The ending stays, since it settles the format where the content does not.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    clean = "".join(c if c.isprintable() and c not in '<>:"|?*' else "_" for c in last).strip(". ")
    stem, dot, ending = clean.rpartition(".")
    if not dot or not re.fullmatch(r"\w{1,10}", ending):
        stem, ending = clean, ""
    stem = stem[:_LONGEST] or "upload"
    if _RESERVED.fullmatch(stem):
        stem = f"_{stem}"
    for number in range(1, MAX_FILES + 2):
        tried = (stem if number == 1 else f"{stem} ({number})") + (f".{ending}" if ending else "")
        if tried.lower() not in taken:
            return tried
    raise InputError(f"too many files of one name: {stem[:40]!r}", hint="give them names of their own")


def refusal(name: str, head: bytes, size: int, *, most: int) -> str | None:
    """Why a file cannot be taken at all, told by its size and first bytes, never by what the browser says of it."""
    if size == 0 or not head.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        return f"{name} is empty: export it again"
    if size > most:
        return (
            f"{name} has {size / 2**20:,.0f} MB, more than the {most / 2**20:,.0f} MB that the app takes: "
            "use the command textinsight run"
        )
    what = next((what for signature, what in _SIGNATURES.items() if head.startswith(signature)), None)
    return f"{name} {what}" if what else None
