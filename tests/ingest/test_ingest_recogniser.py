"""Samples of the two forms, written for these tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from textinsight.conversation import Conversation
from textinsight.ingest import Limits, Reject, detect, read


def call(tmp_path: Path, document: object, name: str = "call-7.en.json") -> Conversation:
    path = tmp_path / name
    path.write_text(json.dumps(document))
    (found,) = read(path)
    assert isinstance(found, Conversation), found
    assert found.conversation_id == "call-7"
    return found


def said(conversation: Conversation) -> list[tuple[str, str, float | None]]:
    return [(turn.role.value, turn.text, turn.offset_s) for turn in conversation.turns]


def deepgram(**results: object) -> dict:
    return {"metadata": {"request_id": "r", "created": "2026-01-05T09:00:00Z", "channels": 2}, "results": results}


AGENT, CUSTOMER = "Thank you for calling Acme, how can I help you?", "Hi, my bill is wrong."


def test_deepgram_utterances_by_speaker_are_joined(tmp_path):
    utterances = [
        {"start": 0.5, "channel": 0, "speaker": 0, "transcript": AGENT},
        {"start": 4.0, "channel": 0, "speaker": 1, "transcript": "Hi,"},
        {"start": 5.0, "channel": 0, "speaker": 1, "transcript": "my bill is wrong."},
    ]
    found = call(tmp_path, deepgram(channels=[{"alternatives": []}], utterances=utterances))
    assert said(found) == [("agent", AGENT, 0.5), ("customer", CUSTOMER, 4.0)]
    assert found.started_at is None  # `created` is when it was transcribed


def test_deepgram_two_channels_without_utterances_are_put_in_order(tmp_path):
    def channel(start: float, words: str) -> dict:
        rows = [{"word": w.lower(), "punctuated_word": w, "start": start + i} for i, w in enumerate(words.split())]
        return {"alternatives": [{"transcript": words, "words": rows}]}

    found = call(tmp_path, deepgram(channels=[channel(20, CUSTOMER), channel(0, AGENT)]))
    assert said(found) == [("agent", AGENT, 0.0), ("customer", CUSTOMER, 20.0)]


def test_deepgram_paragraphs(tmp_path):
    greeting = [{"text": "Thank you for calling Acme,"}, {"text": "how can I help you?"}]
    paragraphs = [
        {"speaker": 0, "start": 1.0, "sentences": greeting},
        {"speaker": 1, "start": 6.0, "sentences": [{"text": CUSTOMER}]},
    ]  # fmt: skip
    best = {"transcript": "", "paragraphs": {"transcript": "", "paragraphs": paragraphs}}
    found = call(tmp_path, deepgram(channels=[{"alternatives": [best]}]))
    assert said(found) == [("agent", AGENT, 1.0), ("customer", CUSTOMER, 6.0)]


def test_azure_batch(tmp_path):
    def row(ticks: float, speaker: int, text: str, status: str = "Success") -> dict:
        best = [] if status != "Success" else [{"display": text, "lexical": text.lower()}]
        return {
            "recognitionStatus": status, "channel": 0, "speaker": speaker, "offsetInTicks": ticks, "nBest": best,
        }  # fmt: skip

    rows = [row(5e6, 1, AGENT), row(3e7, 1, "", "NoMatch"), row(4e7, 2, CUSTOMER)]
    document = {"timestamp": "2026-01-05T09:00:00Z", "combinedRecognizedPhrases": [], "recognizedPhrases": rows}
    assert said(call(tmp_path, document)) == [("agent", AGENT, 0.5), ("customer", CUSTOMER, 4.0)]


def test_azure_fast_transcription_on_two_channels(tmp_path):
    rows = [
        {"channel": 1, "offsetMilliseconds": 4000, "text": CUSTOMER},
        {"channel": 0, "offsetMilliseconds": 500, "text": AGENT},
    ]
    document = {"durationMilliseconds": 9000, "combinedPhrases": [], "phrases": rows}
    assert said(call(tmp_path, document)) == [("agent", AGENT, 0.5), ("customer", CUSTOMER, 4.0)]


@pytest.mark.parametrize(
    "text",
    [
        '{"results": {"channels": [{"alternatives": []}]}}',
        '{"results": {"channels": [{"alternatives": [{"transcript": ""}]}]}}',
        '{"results": {"channels": [7]}}',
        '{"results": {"channels": [{"alternatives": [{"transcript": "cut off',
        '{"results": {"channels": [' + "[" * 100_000,
        '{"combinedPhrases": [], "phrases": [{"offsetMilliseconds": "x", "text": "hi"}]}',
        '{"combinedPhrases": [], "phrases": "many"}',
        '{"combinedRecognizedPhrases": []}',
    ],
)
def test_other_forms_are_refused_with_a_reason(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)
    assert detect(path).name in ("deepgram", "azure_speech")
    (found,) = read(path)
    assert isinstance(found, Reject)
    assert found.reason


def test_a_document_above_the_limit_is_refused(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(deepgram(channels=[{"alternatives": [{"transcript": "x" * 5000}]}])))
    (found,) = read(path, limits=Limits(max_line_bytes=1000))
    assert isinstance(found, Reject)
    assert "larger than" in found.reason
