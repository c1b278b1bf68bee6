"""Deepgram's JSON of a recorded call: utterances, else paragraphs, else words of each channel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from textinsight.conversation import Conversation
from textinsight.ingest.reader import Limits, Reader, Reject
from textinsight.ingest.recogniser import phrase, read_call
from textinsight.ingest.turns import RawTurn

_RESULTS = re.compile(rb'"results"\s*:\s*\{\s*"(?:channels|utterances)"\s*:\s*\[')


def sniff(head: bytes, path: Path) -> bool:  # noqa: ARG001  one signature for all
    """An object whose results are channels or utterances."""
    return head.lstrip().startswith(b"{") and _RESULTS.search(head) is not None


def read(
    path: Path,
    *,
    mapping: Mapping[str, str],  # noqa: ARG001  there are no columns
    limits: Limits,
) -> Iterator[Conversation | Reject]:
    """The file's call. When it was held is not in it: `created` says when it was transcribed."""
    yield from read_call(path, limits, _phrases)


def _phrases(document: dict[str, Any]) -> Iterator[RawTurn]:
    results = document["results"]
    channels = results.get("channels") or []
    if results.get("utterances"):
        for row in results["utterances"]:
            yield phrase(
                row["transcript"], offset_s=row.get("start"), channel=row.get("channel"), speaker=row.get("speaker"),
                channels=len(channels),
            )  # fmt: skip
        return
    for number, channel in enumerate(channels):
        yield from _of_channel(channel["alternatives"][0], number, len(channels))


def _of_channel(best: dict[str, Any], number: int, channels: int) -> Iterator[RawTurn]:
    where = {"channel": number, "channels": channels}
    if best.get("paragraphs"):
        for row in best["paragraphs"]["paragraphs"]:
            text = " ".join(sentence["text"] for sentence in row["sentences"])
            yield phrase(text, offset_s=row.get("start"), speaker=row.get("speaker"), **where)
    elif best.get("words"):
        for speaker, group in groupby(best["words"], key=lambda word: word.get("speaker")):
            words = list(group)
            text = " ".join(word.get("punctuated_word") or word["word"] for word in words)
            yield phrase(text, offset_s=words[0].get("start"), speaker=speaker, **where)
    else:
        yield phrase(best["transcript"], offset_s=0.0, speaker=None, **where)


READER = Reader("deepgram", (".json",), sniff, read)
