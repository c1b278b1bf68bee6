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
    """A labelled turn. weight: how far its label is to be trusted."""

    text: str
    label: int
    weight: float
    source: str


def training_rows(data: Path) -> list[Row]:
    """All training rows, each text once a source, in a fixed order. UsageError where `data` lacks a source."""
    if not (data / "sentiment" / "goemotions").is_dir():
        raise UsageError(f"{data} holds no sentiment/goemotions", hint="--data FOLDER with the training sources")
    readers = (_goemotions, _rated, _service_chats, _requests, _narratives)
    rows = [row for reader in readers for row in reader(data)]
    return list(dict.fromkeys([*rows, *_written()]))


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def _goemotions(data: Path) -> Iterator[Row]:
    """One clear polarity; "ambiguous" alone is weak neutral, mixed ones are left out."""
    for line in _lines(data / "sentiment/goemotions/train.tsv"):
        text, labels, _ = line.split("\t")
        found = {{"0": None, "1": -1, "2": 0, "3": 1}[label] for label in labels.split(",")}
        clear = sorted(label for label in found if label is not None)
        if not clear:
            yield Row(text, 0, 0.4, "goemotions")
        elif len(clear) == 1:
            yield Row(text, clear[0], 1.0, "goemotions")


def _rated(data: Path) -> Iterator[Row]:
    """Mean valence of raters on -4..4: 1 and above positive, -0.9 and below negative, within 0.6 neutral."""
    weights = {"tweets": 2.0, "amazonReviewSnippets": 1.5, "movieReviewSnippets": 0.3, "nytEditorialSnippets": 0.5}
    for name, weight in weights.items():
        for line in _lines(data / f"sentiment/hutto_{name}.jsonl"):
            row = json.loads(line)
            valence = row["valence"]
            if valence >= 1 or valence <= -0.9 or abs(valence) < 0.6:
                yield Row(row["text"], (valence >= 1) - (valence <= -0.9), weight, f"hutto_{name}")


def _service_chats(data: Path) -> Iterator[Row]:
    """Calm service turns: neutral, or positive where thanks come with warmth."""
    for domain in ("airline", "fastfood", "finance", "insurance"):
        for line in _lines(data / f"intents/multidogo_{domain}.jsonl"):
            row = json.loads(line)
            thanks, warm = "thank" in row["intent"], bool(_WARM.search(row["text"]))
            if row["split"] == "train" and row["text"].strip() and thanks >= warm:
                yield Row(row["text"], int(warm), 0.3 if thanks else 0.1, "multidogo")


def _requests(data: Path) -> Iterator[Row]:
    for name, weight in (("banking77", 0.3), ("clinc150", 0.1)):
        for line in _lines(data / f"intents/{name}.jsonl"):
            row = json.loads(line)
            if row["split"] == "train":
                yield Row(row["text"], 0, weight, name)


def _narratives(data: Path) -> Iterator[Row]:
    """Sentences of complaints to a regulator: weak negatives."""
    sentences = []
    for name in ("cfpb_product_narratives.csv", "cfpb_payday.csv"):
        with (data / "complaints" / name).open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                parts = _SENTENCE.split(row["Consumer complaint narrative"] or "")
                sentences += [_REDACTED.sub("", part) for part in parts]
    fitting = [sentence for sentence in sentences if 25 < len(sentence) < 220]
    random.Random(0).shuffle(fitting)
    yield from (Row(sentence, -1, 0.3, "cfpb") for sentence in fitting[:_NARRATIVES])


def _written() -> Iterator[Row]:
    """Texts drawn from the patterns in corpora/support-turns."""
    draw = random.Random(0)
    for line in _lines(data_path("corpora", "support-turns", "turns.tsv")):
        label, pattern = line.split("\t")
        for _ in range(_VARIANTS):
            text = _CHOICE.sub(lambda match: draw.choice(match[1].split("|")), pattern)
            yield Row(re.sub(r"\s+", " ", text).replace(" ,", ",").strip(), int(label), 10.0, "support-turns")


def measured_sets(data: Path) -> Iterator[tuple[str, list[str], list[int]]]:
    """(name, texts, labels) of every set to measure on that is there; none of them trains anything."""
    readers = {
        "support_gold_dev": _gold,
        "airline": _airline,
        "airline_sure": _airline_sure,
        "semeval2016": _semeval,
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


def _semeval(data: Path) -> Iterator[tuple[str, int]]:
    for line in _lines(data / "sentiment/semeval2016_test.tsv"):
        parts = line.split("\t")
        yield parts[2].strip('"'), NAMES[parts[1]]
