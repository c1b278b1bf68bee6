"""Labelled requests that teach which wordings are one intent: public sets under permissive licences, and our own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from textinsight.errors import UsageError
from textinsight.resources import data_path

PUBLIC = (
    "natcs", "banking77", "clinc150", "multidogo_airline", "multidogo_fastfood", "multidogo_finance",
    "multidogo_insurance", "star",
)  # fmt: skip

_NATCS = "natcs/insurance_test_utterances.jsonl"
_STAR = "star/contacts.jsonl.gz"
_ACTS = frozenset(
    ("openinggreeting", "closinggreeting", "confirmation", "rejection", "thankyou", "contentonly", "outofdomain", "oos")
)
_FEWEST = 3  # words; shorter ones fit several intents
_LONGEST = 300  # characters kept of a STAR customer's first words


def written() -> tuple[str, ...]:
    """Names of the sets written for this project, one an industry (corpora/requests)."""
    return tuple(sorted(path.stem for path in data_path("corpora", "requests").glob("*.tsv")))


def read_domain(data: Path, name: str) -> list[tuple[str, str]]:
    """(text, intent) of one set; rows of test splits, dialogue acts and doubtful labels are left out.

    UsageError if the file is absent.
    """
    if name in written():
        lines = data_path("corpora", "requests", f"{name}.tsv").read_text("utf-8").splitlines()
        return [(text, reason) for reason, text in (line.split("\t") for line in lines) if _says_enough(text)]
    if name == "natcs":
        return [(row["text"], row["intent"]) for row in _rows(data / _NATCS)]
    if name == "star":
        return list(_openings(_rows(data / _STAR)))
    rows = _rows(data / "intents" / f"{name}.jsonl")
    if name.startswith("multidogo"):
        return [(r["text"], r["intent"]) for r in rows if _is_request(r["intent"]) and _says_enough(r["text"])]
    return [(r["text"], r["intent"]) for r in rows if r["intent"] and r["split"] in ("train", "val")]


def _says_enough(text: str) -> bool:
    return len(text.split()) >= _FEWEST


def _is_request(intent: str | None) -> bool:
    return bool(intent) and intent not in _ACTS and "<" not in str(intent) and " " not in str(intent)


def _openings(rows: Iterable[dict[str, Any]]) -> Iterable[tuple[str, str]]:
    """The customer's first words of five or more, where the dialogue has one task."""
    for row in rows:
        said = [t["text"] for t in row["turns"][:4] if t["role"] == "customer" and len(t["text"].split()) >= 5]
        if said and not row["multi_task"] and len(row["reasons"]) == 1:
            yield said[0][:_LONGEST], row["reasons"][0]


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        raise UsageError(f"{path} is absent", hint="give the folder with intents/, natcs/ and star/: --data DIR")
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
