"""What the turn model learns from: labels made by reading, written dialogues, rated texts, and intents."""

from __future__ import annotations

import csv
import gzip
import json
import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textinsight.conversation import Conversation, Role, Turn
from textinsight.errors import UsageError
from textinsight.learn.labels import (
    ALONE,
    LabelledTalk,
    LabelledTurn,
    allowed,
    read_moods,
    read_sentences,
    read_talks,
    written_talks,
    written_texts,
)
from textinsight.learn.sentiment_data import public_texts, training_rows
from textinsight.tag.labels import LABELS, MOOD, OUTCOMES, SHOWN, WHOLE
from textinsight.tag.talk import FLAGS, speaker

Domains = dict[str, dict[str, list[str]]]

_RATED = {"tweets": 3.0, "amazonReviewSnippets": 1.5, "movieReviewSnippets": 0.5, "nytEditorialSnippets": 0.8}
_SOURCES = {"multidogo": 0.05, "support-turns": 2.5}
_READ = 3.0  # weight of a mood that was read
_WRITTEN = {"post": 6.0, "remark": 2.0}
_NEUTRAL, _SLOPE = (-0.65, 0.6), 0.35  # valence on -4..4 where a text is as likely neutral as not; how sharply
_ACTS = frozenset(
    (
        "contentonly",
        "openinggreeting",
        "closinggreeting",
        "confirmation",
        "rejection",
        "thankyou",
        "outofdomain",
        "outofscope",
        "unknown",
    )
)
_CHARACTERS = 4.2  # of a token, about
_FEWEST = 4  # texts of an intent
_SENTENCE = 4.0  # how often a sentence of somebody else's is drawn, which is short and real
_TALK = {"social": 3.0}  # how often a conversation is drawn beside a sentence alone: 1.5, and more the rougher it is
NOTHING = (math.nan,) * len(WHOLE)
_GREETINGS = (
    "hi ",
    "hello ",
    "hey there ",
    "good morning ",
    "um yeah so ",
    "yeah hi i was calling because ",
    "uh yes ",
    "so basically ",
    "okay well ",
    "hi i have a question ",
)


@dataclass(frozen=True, slots=True)
class Example:
    """A conversation or a text alone, each target in [0, 1], NaN where nothing is known.

    speakers: 0 customer, 1 anybody else. targets: (turns, LABELS). whole: (WHOLE,). weight: how often it is drawn.
    """

    texts: tuple[str, ...]
    speakers: tuple[int, ...]
    targets: tuple[tuple[float, ...], ...]
    whole: tuple[float, ...] = NOTHING
    weight: float = 1.0

    @property
    def size(self) -> int:
        """Characters, about."""
        return sum(len(text) + 4 for text in self.texts)

    @property
    def tokens(self) -> float:
        """About."""
        return self.size / _CHARACTERS


def held_out(group: str, *, share: float = 0.2) -> bool:
    """Whether a conversation is kept from training, for calibration; the same on every machine."""
    return random.Random(group).random() < share


def talks(data: Path) -> list[LabelledTalk]:
    """Every labelled conversation, read or written."""
    return [*read_talks(data), *written_talks()]


def label_examples(labelled: Sequence[LabelledTalk], alone: Sequence[LabelledTurn] = ()) -> list[Example]:
    """Conversations, and sentences read alone, with all the labels their speakers may carry; rare ones weigh more."""
    carried = Counter(label for talk in labelled for labels in talk.turns for label in labels)
    carried += Counter(label for turn in alone for label in turn.labels)
    most = max(carried.values(), default=1)

    def weight(labels: Iterable[str]) -> float:
        return max([1.0, *(math.sqrt(most / carried[label]) for label in labels)])

    whole = [
        talk_example(
            talk, talk.weight * _TALK.get(talk.conversation.channel, 1.5) * weight(frozenset().union(*talk.turns))
        )
        for talk in labelled
    ]
    return whole + [
        Example(
            (turn.text,),
            (speaker(turn.role),),
            (turn_target(turn.role, turn.labels),),
            weight=_SENTENCE * weight(turn.labels),
        )
        for turn in alone
    ]


def talk_example(talk: LabelledTalk, weight: float = 1.0) -> Example:
    """A conversation with every label of its turns and what follows for the whole."""
    turns = talk.conversation.turns
    return Example(
        tuple(turn.text for turn in turns),
        tuple(speaker(turn.role) for turn in turns),
        tuple(turn_targets(talk)),
        whole_target(talk),
        weight,
    )


def turn_targets(talk: LabelledTalk) -> Iterator[tuple[float, ...]]:
    """One row a turn. Where two readers differ, a mood is shared between theirs; of a flag that only who read the whole
    found it is unknown which turn shows it, of one that they did not find whether that turn does.
    """
    lost, extra = set(), set()
    for flag in SHOWN if talk.shown is not None else ():
        label, *_ = FLAGS[flag]
        if not talk.shows(flag):
            extra.add(label)
        elif not talk.carries(flag):
            lost.add(label)
    for number, (turn, labels) in enumerate(zip(talk.conversation.turns, talk.turns, strict=True)):
        row = dict(zip(LABELS, turn_target(turn.role, labels), strict=True))
        row |= dict.fromkeys(lost | (extra & labels), math.nan)
        if number in talk.second:
            row |= {mood: (row[mood] + (mood == talk.second[number])) / 2 for mood in MOOD}
        yield tuple(row.values())


def turn_target(role: Role, labels: frozenset[str]) -> tuple[float, ...]:
    """One value a label: unknown where the speaker cannot carry it."""
    known = allowed(role) if role in (Role.CUSTOMER, Role.AGENT) else ()
    return tuple(float(label in labels) if label in known else math.nan for label in LABELS)


def whole_target(talk: LabelledTalk) -> tuple[float, ...]:
    """The outcome, the effort as a share of the way from 1 to 5, and each flag."""
    outcome = [float(talk.resolution == name) for name in OUTCOMES]
    return (*outcome, (talk.effort - 1) / 4, *(float(talk.shows(flag)) for flag in SHOWN))


def alone(text: str, target: tuple[float, ...], weight: float = 1.0) -> Example:
    """A customer's text without a conversation."""
    return Example((text,), (0,), (target,), weight=weight)


def labelled_turns(data: Path) -> list[LabelledTurn]:
    """Turns of all conversations and the sentences read alone."""
    return [*(turn for talk in talks(data) for turn in talk.labelled_turns()), *read_sentences(data)]


def mood_examples(data: Path) -> list[Example]:
    """Texts written for the project, comments read for it, and public texts with a polarity: raters' valence as soft
    labels.
    """
    known = [alone(row.text, _mood(row.label), _SOURCES[row.source]) for row in training_rows(data)]
    read = [alone(turn.text, _mood_of(turn.labels), _READ) for turn in read_moods(data)]
    return [*mood_examples_written(), *known, *read, *_rated(data)]


def mood_examples_written(channels: Sequence[str] = ALONE) -> list[Example]:
    """The posts and remarks that ship with the project."""
    return [
        alone(text.text, _mood_of(text.labels), _WRITTEN[channel] * text.weight)
        for channel in channels
        for text in written_texts([channel])
    ]


def _mood_of(labels: frozenset[str]) -> tuple[float, ...]:
    return tuple(float(label in labels) if label in MOOD else math.nan for label in LABELS)


def _mood(polarity: int) -> tuple[float, ...]:
    return _mood_of(frozenset([MOOD[polarity + 1]]))


def _rated(data: Path) -> Iterator[Example]:
    for name, weight in _RATED.items():
        path = data / f"sentiment/hutto_{name}.jsonl"
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            negative = 1 / (1 + math.exp((row["valence"] - _NEUTRAL[0]) / _SLOPE))
            positive = 1 / (1 + math.exp((_NEUTRAL[1] - row["valence"]) / _SLOPE))
            soft = {"negative": negative, "neutral": max(0.0, 1 - negative - positive), "positive": positive}
            yield alone(row["text"], tuple(soft.get(label, math.nan) for label in LABELS), weight)


def intent_domains(data: Path, *, without: Sequence[str] = ()) -> Domains:
    """Data set → intent → texts of the training splits; `without`: sets left out, to measure on them."""
    readers: Mapping[str, Any] = {
        "banking77": lambda: _split(data / "intents/banking77.jsonl", ("train",)),
        "clinc150": lambda: _split(data / "intents/clinc150.jsonl", ("train", "val")),
        **{
            f"multidogo_{name}": lambda name=name: _requests(data / f"intents/multidogo_{name}.jsonl")
            for name in ("airline", "fastfood", "finance", "insurance")
        },
        "natcs": lambda: _split(data / "natcs/insurance_test_utterances.jsonl", (None,)),
        "star": lambda: _star(data / "star/contacts.jsonl.gz"),
    }
    domains = {name: _grouped(read()) for name, read in readers.items() if name not in without}
    if not domains:
        raise UsageError("no intent data is left to train on", hint="--without FEWER,NAMES")
    return domains


def spoken_like(text: str, draw: random.Random) -> str:
    """The text as said or typed in haste: now and then without punctuation and capitals, after a greeting."""
    if draw.random() < 0.35:
        text = re.sub(r"[^\w\s']", " ", text.lower())
    if draw.random() < 0.2:
        text = draw.choice(_GREETINGS) + text
    return " ".join(text.split())


def _grouped(pairs: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for intent, text in pairs:
        found[intent].append(text)
    return {intent: texts for intent, texts in found.items() if len(texts) >= _FEWEST}


def _split(path: Path, splits: tuple[str | None, ...]) -> Iterator[tuple[str, str]]:
    for row in map(json.loads, path.read_text("utf-8").splitlines()):
        if row.get("split") in splits:
            yield row["intent"], row["text"]


def _requests(path: Path) -> Iterator[tuple[str, str]]:
    for intent, text in _split(path, ("train",)):
        if intent and intent not in _ACTS and "<div>" not in intent and len(text.split()) > 2:
            yield intent, text


def _star(path: Path) -> Iterator[tuple[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            said = [t["text"] for t in row["turns"] if t["role"] == "customer" and len(t["text"].split()) > 4]
            if len(row["reasons"]) == 1 and said:
                yield row["reasons"][0], said[0]


def unlabelled(data: Path) -> list[str]:
    """Texts of permissive sources without a use for their labels, from which a student learns the model's answers."""
    texts = [*public_texts(data), *(row.text for row in training_rows(data))]
    with (data / "complaints/cfpb_payday.csv").open(newline="", encoding="utf-8") as file:
        texts += [row["Consumer complaint narrative"] or "" for row in csv.DictReader(file)]
    return sorted({" ".join(text.split()) for text in texts if text.strip()})


def unlabelled_talks(data: Path) -> list[Conversation]:
    """The service chats of STAR."""
    with gzip.open(data / "star/contacts.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [
        Conversation(
            str(row["conversation_id"]), tuple(Turn(Role(turn["role"]), turn["text"]) for turn in row["turns"])
        )
        for row in rows
    ]
