"""Turns with a polarity from sources whose licence lets weights be shipped, and sets to measure on."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from textinsight.errors import UsageError
from textinsight.learn.labels import records
from textinsight.resources import data_path

NAMES = {"negative": -1, "neutral": 0, "positive": 1}

_WARM = re.compile(
    r"(?:so|very) much|great|perfect|awesome|amazing|excellent|wonderful|appreciat|super|love|best|useful|help|"
    r"good service|thanks a lot|happy|nice"
)
_CHOICE = re.compile(r"\(([^()]*)\)")
_REDACTED = re.compile(r"X{2,}")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_VARIANTS = 12  # texts drawn from a written pattern
_NARRATIVES = 12_000


@dataclass(frozen=True, slots=True)
class Row:
    """A turn with a mood, -1, 0, 1, that follows from where it comes from."""

    text: str
    label: int
    source: str


def training_rows(data: Path) -> list[Row]:
    """Service turns, each text once a source, in a fixed order. FileNotFoundError where `data` lacks a source."""
    return list(dict.fromkeys([*_service_chats(data), *_written()]))


def public_texts(data: Path) -> Iterator[str]:
    """Texts whose licence lets weights be shipped, without their labels. UsageError where `data` lacks a source."""
    if not (data / "sentiment" / "goemotions").is_dir():
        raise UsageError(f"{data} holds no sentiment/goemotions", hint="--data FOLDER with the training sources")
    rated = ("tweets", "amazonReviewSnippets", "movieReviewSnippets", "nytEditorialSnippets")
    for name in ("goemotions/train.tsv", *(f"hutto_{kind}.jsonl" for kind in rated)):
        yield from (row["text"] for row in records(data / "sentiment" / name))
    for name in ("banking77", "clinc150"):
        yield from (row["text"] for row in records(data / f"intents/{name}.jsonl") if row["split"] == "train")
    yield from _narratives(data)


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def _service_chats(data: Path) -> Iterator[Row]:
    """Calm service turns: neutral, or positive where thanks come with warmth."""
    for domain in ("airline", "fastfood", "finance", "insurance"):
        for line in _lines(data / f"intents/multidogo_{domain}.jsonl"):
            row = json.loads(line)
            thanks, warm = "thank" in row["intent"], bool(_WARM.search(row["text"]))
            if row["split"] == "train" and row["text"].strip() and thanks >= warm:
                yield Row(row["text"], int(warm), "multidogo")


def _narratives(data: Path) -> Iterator[str]:
    """Sentences of complaints to a regulator."""
    sentences = []
    for name in ("cfpb_product_narratives.csv", "cfpb_payday.csv"):
        with (data / "complaints" / name).open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                parts = _SENTENCE.split(row["Consumer complaint narrative"] or "")
                sentences += [_REDACTED.sub("", part) for part in parts]
    fitting = [sentence for sentence in sentences if 25 < len(sentence) < 220]
    random.Random(0).shuffle(fitting)
    yield from fitting[:_NARRATIVES]


def _written() -> Iterator[Row]:
    """Texts drawn from the patterns in corpora/support-turns."""
    draw = random.Random(0)
    for line in _lines(data_path("corpora", "support-turns", "turns.tsv")):
        label, pattern = line.split("\t")
        for _ in range(_VARIANTS):
            text = _CHOICE.sub(lambda match: draw.choice(match[1].split("|")), pattern)
            yield Row(re.sub(r"\s+", " ", text).replace(" ,", ",").strip(), int(label), "support-turns")


def measured_sets(data: Path) -> Iterator[tuple[str, list[str], list[int]]]:
    """(name, texts, labels) of every set to measure on that is there; none of them trains anything."""
    readers = {
        "support_gold_dev": _gold,
        "airline": _airline,
        "airline_sure": _airline_sure,
        "semeval2016": semeval_posts,
    }
    for name, reader in readers.items():
        try:
            pairs = list(reader(data))
        except FileNotFoundError:
            continue
        yield name, [text for text, _ in pairs], [label for _, label in pairs]


def _gold(data: Path) -> Iterator[tuple[str, int]]:
    for line in _lines(data / "support_gold_dev.jsonl"):
        row = json.loads(line)
        for turn, label in row["gold"]["turn_sentiment"].items():
            yield row["turns"][int(turn)]["text"], label


def _airline(data: Path, sure: float = 0.0) -> Iterator[tuple[str, int]]:
    for line in _lines(data / "airline/tweets.jsonl"):
        row = json.loads(line)
        if row["sentiment_confidence"] >= sure:
            yield row["text"], NAMES[row["sentiment"]]


def _airline_sure(data: Path) -> Iterator[tuple[str, int]]:
    return _airline(data, 0.6)


def semeval_posts(data: Path) -> Iterator[tuple[str, int]]:
    """The test posts of SemEval 2016 with their mood, -1, 0, 1."""
    for line in _lines(data / "sentiment/semeval2016_test.tsv"):
        parts = line.split("\t")
        yield parts[2].strip('"'), NAMES[parts[1]]
