"""Azure AI Speech's JSON of a recorded call: `recognizedPhrases` of a batch, `phrases` of a fast transcription."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from textinsight.conversation import Conversation
from textinsight.ingest.reader import Limits, Reader, Reject
from textinsight.ingest.recogniser import phrase, read_call
from textinsight.ingest.turns import RawTurn

_COMBINED = re.compile(rb'"combined(?:RecognizedP|P)hrases"\s*:\s*\[')
_TICKS = 1e7  # a second


def sniff(head: bytes, path: Path) -> bool:  # noqa: ARG001  one signature for all
    """An object with combined phrases, which stand before the phrases themselves."""
    return head.lstrip().startswith(b"{") and _COMBINED.search(head) is not None


def read(
    path: Path,
    *,
    mapping: Mapping[str, str],  # noqa: ARG001  there are no columns
    limits: Limits,
) -> Iterator[Conversation | Reject]:
    """The file's call. When it was held is not in it: `timestamp` says when it was transcribed."""
    yield from read_call(path, limits, _phrases)


def _phrases(document: dict[str, Any]) -> Iterator[RawTurn]:
    rows = document.get("recognizedPhrases") or document["phrases"]
    channels = len({row.get("channel") for row in rows})
    for row in rows:
        if row.get("recognitionStatus", "Success") == "Success":
            text = row["text"] if "text" in row else row["nBest"][0]["display"]
            yield phrase(
                text, offset_s=_offset(row), channel=row.get("channel"), speaker=row.get("speaker"), channels=channels
            )


def _offset(row: dict[str, Any]) -> float | None:
    """Seconds since the call began."""
    if "offsetInTicks" in row:
        return float(row["offsetInTicks"]) / _TICKS
    return float(row["offsetMilliseconds"]) / 1000 if "offsetMilliseconds" in row else None


READER = Reader("azure_speech", (".json",), sniff, read)
