"""Sentences that state a reason for contact, and sentences that do not: what models/issue-static is trained on."""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from textinsight.errors import UsageError
from textinsight.learn.issue_frames import ASIDES, REASONS
from textinsight.learn.issue_slots import SLOTS

_DOMAINS = ("airline", "fastfood", "finance", "insurance")
_ACTS = frozenset(
    ("openinggreeting", "closinggreeting", "thankyou", "confirmation", "rejection", "contentonly", "outofdomain")
)
_SMALL_TALK = frozenset(
    """
    greeting goodbye thank_you yes no maybe repeat tell_joke what_is_your_name are_you_a_bot how_old_are_you
    what_are_your_hobbies who_do_you_work_for who_made_you where_are_you_from do_you_have_pets fun_fact
    meaning_of_life what_can_i_ask_you user_name
    """.split()  # noqa: SIM905
)
_NEUTRAL = "2"
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Stated:
    """A sentence, whether it states a reason, and the set it is from."""

    text: str
    reason: bool
    source: str


def issue_rows(data: Path, *, drawn: int = 9000, seed: int = 0) -> list[Stated]:
    """Training sentences, at most `drawn` of each set and class. UsageError if `data` lacks the sets."""
    if not (data / "intents" / "banking77.jsonl").exists():
        raise UsageError(
            f"no intents/banking77.jsonl in {data}", hint="--data FOLDER with intents/, natcs/, sentiment/"
        )
    rng = random.Random(seed)
    sets: dict[tuple[str, bool], list[str]] = {}
    for row in _all(data):
        sets.setdefault((row.source, row.reason), []).append(row.text)
    rows = []
    for (source, reason), texts in sorted(sets.items()):
        distinct = sorted(set(texts))
        chosen = rng.sample(distinct, min(drawn, len(distinct)))
        rows += [Stated(text, reason, source) for text in chosen]
    for frames, reason in ((REASONS, True), (ASIDES, False)):
        rows += [Stated(filled(rng, frame), reason, "frames") for frame in frames for _ in range(_copies(frame))]
    return rows


def joined_speech(rows: list[Stated], data: Path, *, n: int = 12_000, seed: int = 1) -> Iterator[list[str]]:
    """Lists of sentences as they follow one another in one turn: real turns, and rows put together."""
    rng = random.Random(seed)
    for text in _dialogue_turns(data):
        yield [part for part in _SENTENCE.split(text) if part]
    reasons = [row.text for row in rows if row.reason]
    asides = [row.text for row in rows if not row.reason and row.source == "frames"]
    for _ in range(n):
        parts = [rng.choice(reasons), *rng.sample(asides, rng.randint(0, 3))]
        rng.shuffle(parts)
        yield [*parts, rng.choice(reasons)] if rng.random() < 0.3 else parts


def filled(rng: random.Random, frame: str) -> str:
    """The frame with a word of its list in every slot."""
    while _SLOT.search(frame):
        frame = _SLOT.sub(lambda match: rng.choice(SLOTS[match[1]]), frame)
    return frame


def _copies(frame: str) -> int:
    return 24 if "{" in frame else 6


def _all(data: Path) -> Iterator[Stated]:
    for name in ("intents/banking77.jsonl", "intents/clinc150.jsonl", "natcs/insurance_test_utterances.jsonl"):
        for row in _lines(data / name):
            if row.get("intent") not in ("oos", "out_of_scope") and "oos" not in str(row.get("split", "")):
                yield Stated(row["text"], row["intent"] not in _SMALL_TALK, name)
    for domain in _DOMAINS:
        for row in _lines(data / "intents" / f"multidogo_{domain}.jsonl"):
            yield Stated(row["text"], row["intent"] not in _ACTS, domain)
    for line in (data / "sentiment" / "goemotions" / "train.tsv").read_text("utf-8").splitlines():
        text, label, _ = line.split("\t")
        if label == _NEUTRAL:
            yield Stated(text, False, "goemotions")


def _lines(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _dialogue_turns(data: Path) -> Iterator[str]:
    with gzip.open(data / "star" / "contacts.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield from (t["text"] for t in json.loads(line)["turns"] if t["role"] == "customer")
    with (data / "complaints" / "cfpb_product_narratives.csv").open(encoding="utf-8", newline="") as rows:
        for row in list(csv.DictReader(rows))[:1500]:
            yield row["Consumer complaint narrative"][:1500]
