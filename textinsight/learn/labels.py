"""Labels made by reading: references into public data (`corpora/labels`) and dialogues written for the project.

The labels name file, row and characters; the texts are read from the data folder, which this repository does not hold.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from textinsight.conversation import Conversation, Role, Turn
from textinsight.errors import InputError
from textinsight.resources import data_path
from textinsight.tag.labels import AGENT, CUSTOMER, MOOD
from textinsight.tag.talk import FLAGS

# How the written dialogues spell the labels, by speaker.
SHORT: Mapping[Role, Mapping[str, str]] = {
    Role.CUSTOMER: {
        "s-": "negative",
        "s0": "neutral",
        "s+": "positive",
        "issue": "issue",
        "again": "stated_repeat",
        "wait": "long_wait",
        "repinfo": "repeat_information",
        "channel": "channel_switch",
        "transfer": "transfer",
        "selfserv": "self_service_failed",
        "noanswer": "unclear_answer",
        "escal": "escalation",
        "churn": "churn_risk",
        "fixed": "confirms",
        "fails": "still_fails",
    },
    Role.AGENT: {
        "fixed": "done",
        "cannot": "cannot",
        "promise": "promises",
        "moved": "moves",
        "transfer": "hands_over",
        "offer": "sales_offer",
    },
}

ALONE = ("post", "remark")  # channels of single texts

_HEAD = re.compile(r"#.*?\bres=(\w+)\s+eff=(\d)(?:\s+channel=([\w-]+))?(?:\s+weight=(\d))?")
_NARRATIVE = "Consumer complaint narrative"
_MOODS = {"moods-comments.tsv": "sentiment/goemotions/train.tsv", "moods-posts.tsv": "sentiment/hutto_tweets.jsonl"}


@dataclass(frozen=True, slots=True)
class LabelledTurn:
    """A turn, or a sentence taken alone, with every label that it carries. group: what must not be split.
    weight: how often it is drawn.
    """

    text: str
    role: Role
    labels: frozenset[str]
    group: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class LabelledTalk:
    """A conversation, the labels of its turns, its resolution and effort (1..5). weight: how often it is drawn.

    shown: the flags that somebody else, who read the whole, found in it; None: what its turns carry. second: the moods
    that they found in its turns, by turn.
    """

    conversation: Conversation
    turns: tuple[frozenset[str], ...]
    resolution: str
    effort: int
    weight: float = 1.0
    shown: frozenset[str] | None = None
    second: Mapping[int, str] = field(default_factory=dict)

    def shows(self, flag: str) -> bool:
        """Whether a flag of the conversation (`tag.talk.FLAGS`) holds."""
        return self.carries(flag) if self.shown is None or flag == "sales_offer" else flag in self.shown

    def carries(self, flag: str) -> bool:
        """Whether a turn carries a label that speaks for it."""
        return any(not labels.isdisjoint(FLAGS[flag]) for labels in self.turns)

    def labelled_turns(self) -> Iterator[LabelledTurn]:
        """Its turns one by one."""
        name = self.conversation.conversation_id
        for turn, labels in zip(self.conversation.turns, self.turns, strict=True):
            yield LabelledTurn(turn.text, turn.role, labels, name, self.weight)


def written_talks() -> Iterator[LabelledTalk]:
    """The dialogues of corpora/support-dialogues; texts without one are `written_texts`."""
    return (talk for talk in _written() if talk.conversation.channel not in ALONE)


def written_texts(channels: Sequence[str] = ALONE) -> Iterator[LabelledTurn]:
    """Single texts, of which only the mood is labelled: public posts, and remarks to companies."""
    for talk in _written():
        if talk.conversation.channel in channels:
            yield from talk.labelled_turns()


def read_talks(data: Path, *, name: str = "conversations") -> Iterator[LabelledTalk]:
    """The conversations of corpora/labels/<name>.jsonl. InputError if `data` lacks their source."""
    for row in _rows(name):
        turns = _turns(data / row["file"], row["row"])
        labels = tuple(frozenset(row["turns"].get(str(i), ())) for i in range(len(turns)))
        talk = Conversation(f"{row['file']}:{row['row']}", turns)
        yield LabelledTalk(talk, labels, row["resolution"], row["effort"])


def read_sentences(data: Path, *, name: str = "sentences") -> Iterator[LabelledTurn]:
    """The sentences of corpora/labels/<name>.jsonl. InputError if `data` lacks their source."""
    for row in _rows(name):
        turn = _turns(data / row["file"], row["row"])[row.get("turn", 0)]
        text = " ".join(turn.text[row["start"] : row["end"]].split())
        yield LabelledTurn(text, Role(row["role"]), frozenset(row["labels"]), f"{row['file']}:{row['row']}")


def read_moods(data: Path) -> Iterator[LabelledTurn]:
    """Texts of which only the mood was read (corpora/labels/moods-*.tsv). InputError if `data` lacks them."""
    for name, source in _MOODS.items():
        texts = records(data / source)
        for line in data_path("corpora", "labels", name).read_text("utf-8").splitlines():
            row, mood = map(int, line.split("\t"))
            text = " ".join(texts[row]["text"].split())
            yield LabelledTurn(text, Role.CUSTOMER, frozenset([MOOD[mood + 1]]), f"{source}:{row}")


def _rows(name: str) -> Iterator[dict[str, Any]]:
    path = data_path("corpora", "labels", f"{name}.jsonl")
    return (json.loads(line) for line in path.read_text("utf-8").splitlines())


def _turns(path: Path, row: int) -> tuple[Turn, ...]:
    record = records(path)[row]
    if "turns" in record:
        return tuple(Turn(Role(turn["role"]), turn["text"]) for turn in record["turns"])
    return (Turn(Role.CUSTOMER, record.get(_NARRATIVE) or record.get("text") or ""),)


@lru_cache(maxsize=16)
def records(path: Path) -> list[dict[str, Any]]:
    """The rows of a CSV, of a JSON Lines file, packed or not, or the texts that begin the lines of a TSV without a
    head. InputError if it is not there.
    """
    if not path.is_file():
        raise InputError(f"the labels refer to {path}, which is not there", hint="--data FOLDER with the public data")
    if path.suffix == ".csv":
        csv.field_size_limit(sys.maxsize)
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    if path.suffix == ".tsv":
        return [{"text": line.split("\t", 1)[0]} for line in path.read_text("utf-8").splitlines()]
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in content.decode("utf-8").splitlines()]


@lru_cache(maxsize=1)
def _written() -> tuple[LabelledTalk, ...]:
    found = []
    for path in sorted(data_path("corpora", "support-dialogues").glob("*.txt")):
        blocks = re.split(r"^(?=#)", path.read_text("utf-8"), flags=re.MULTILINE)
        for number, block in enumerate(block for block in blocks if block.strip()):
            found.append(_talk(block.strip().splitlines(), f"{path.stem}:{number}"))
    return tuple(found)


def _talk(lines: list[str], name: str) -> LabelledTalk:
    head = _HEAD.match(lines[0])
    if head is None:
        raise InputError(f"{name}: expected '# res=… eff=N channel=…', got {lines[0]!r}", hint="see corpora/README.md")
    parsed = [_line(line, name) for line in lines[1:] if line.strip()]
    conversation = Conversation(name, tuple(turn for turn, _ in parsed), channel=head[3])
    labels = tuple(found for _, found in parsed)
    talk = LabelledTalk(conversation, labels, head[1], int(head[2]), float(head[4] or 1))
    return _read_again(talk, _second().get(name))


def _read_again(talk: LabelledTalk, row: Sequence[str] | None) -> LabelledTalk:
    """What a reader found who did not know what was meant: what they say of the whole counts."""
    if row is None:
        return talk
    _, resolution, effort, shown, moods = row
    known = SHORT[Role.CUSTOMER]
    flags = frozenset(flag for name in shown.split() for flag, labels in FLAGS.items() if known[name] in labels)
    said = [number for number, turn in enumerate(talk.conversation.turns) if turn.role is Role.CUSTOMER]
    second = {turn: known[f"s{mood}"] for turn, mood in zip(said, moods, strict=True)}
    return replace(talk, resolution=resolution, effort=int(effort), shown=flags, second=second)


@lru_cache(maxsize=1)
def _second() -> dict[str, list[str]]:
    """Block of a written dialogue → its row in corpora/labels/written.tsv."""
    lines = data_path("corpora", "labels", "written.tsv").read_text("utf-8").splitlines()
    return {row[0]: row for row in (line.split("\t") for line in lines)}


def _line(line: str, name: str) -> tuple[Turn, frozenset[str]]:
    marks, _, text = line.partition("|")
    speaker, *labels = marks.split()
    role = {"C": Role.CUSTOMER, "A": Role.AGENT}.get(speaker)
    known = SHORT.get(role, {}) if role else {}
    labels = [label for label in labels if label != "-"]
    if role is None or not text.strip() or not set(labels) <= set(known):
        raise InputError(f"{name}: cannot use the line {line!r}", hint="C s- issue | text, or A moved | text")
    return Turn(role, text.strip()), frozenset(known[label] for label in labels)


def allowed(role: Role) -> tuple[str, ...]:
    """The labels that a speaker's turns may carry."""
    return (*MOOD, *CUSTOMER) if role is Role.CUSTOMER else AGENT
