"""Teach the taggers with labels of your own: textinsight train FILE --out FOLDER.

FILE is JSON Lines as for `textinsight evaluate`; `gold` may also hold turn_labels: {turn: [label, …]} with the labels
of `tag.labels`. Training goes on from the shipped model and rehearses the dialogues that ship with it, so that what is
not in FILE is not forgotten.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textinsight.conversation import Conversation, Role
from textinsight.encode.network import TurnNetwork
from textinsight.encode.turns import MODEL, TurnReader
from textinsight.encode.twin import load_twin
from textinsight.errors import InputError, UsageError
from textinsight.learn.evaluate import Labelled, read_labelled
from textinsight.learn.fit_talks import build
from textinsight.learn.labels import LabelledTalk, allowed, written_posts, written_talks
from textinsight.learn.train_student import StudentConfig, answers, save
from textinsight.learn.train_student import train as train_student
from textinsight.learn.train_turns import MOOD_TOKENS, Data, Reader, TrainConfig, Trainer, batches
from textinsight.learn.turn_data import NOTHING, Example, label_examples, mood_examples_written, whole_target
from textinsight.resources import model_path
from textinsight.tag.labels import LABELS, MOOD
from textinsight.tag.student import MODEL as STUDENT
from textinsight.tag.talk import speaker

log = logging.getLogger(__name__)

_OWN_WEIGHT = 3.0  # how often a turn of FILE is drawn, beside one of the shipped dialogues
_FEWEST = 20  # labelled turns


@dataclass(frozen=True, slots=True)
class OwnLabels:
    """examples to train on, and conversations whose every label is known; all of them as they were said."""

    examples: tuple[Example, ...]
    talks: tuple[LabelledTalk, ...]
    said: tuple[Conversation, ...]


def own_labels(path: Path) -> OwnLabels:
    """What a labelled file teaches. InputError for an unknown label, UsageError if there are too few."""
    rows = read_labelled(path)
    examples = [_example(row) for row in rows]
    count = sum(not _blank(target) for example in examples for target in example.targets)
    if count < _FEWEST:
        raise UsageError(f"{path} labels {count} turns; at least {_FEWEST} are needed", hint="label some more")
    whole = tuple(talk for row in rows if (talk := _talk(row)) is not None)
    return OwnLabels(tuple(examples), whole, tuple(row.conversation for row in rows))


def _example(row: Labelled) -> Example:
    turns = row.conversation.turns
    talk = _talk(row)
    return Example(
        tuple(turn.text for turn in turns),
        tuple(speaker(turn.role) for turn in turns),
        tuple(_target(row, number) for number in range(len(turns))),
        whole_target(talk) if talk is not None else NOTHING,
        _OWN_WEIGHT,
    )


def _target(row: Labelled, number: int) -> tuple[float, ...]:
    role = row.conversation.turns[number].role
    moods: dict[str, int] = row.gold.get("turn_sentiment", {})
    flags: dict[str, list[str]] = row.gold.get("turn_labels", {})
    target = [math.nan] * len(LABELS)
    known = allowed(role) if role in (Role.CUSTOMER, Role.AGENT) else ()
    for label in known if str(number) in flags else ():
        target[LABELS.index(label)] = float(label in flags[str(number)])
    wrong = set(flags.get(str(number), ())) - set(known)
    if wrong:
        raise InputError(
            f"conversation {row.conversation.conversation_id}, turn {number}: no label {sorted(wrong)} for "
            f"{role.value} turns",
            hint=f"labels: {', '.join(known)}",
        )
    if str(number) in moods:
        target[: len(MOOD)] = [float(moods[str(number)] == mood) for mood in (-1, 0, 1)]
    return tuple(target)


def _blank(target: Sequence[float]) -> bool:
    return all(math.isnan(value) for value in target)


def _talk(row: Labelled) -> LabelledTalk | None:
    gold: dict[str, Any] = row.gold
    if not {"turn_labels", "resolution", "effort_score"} <= set(gold):
        return None
    flags = gold["turn_labels"]
    labels = tuple(frozenset(flags.get(str(i), ())) for i in range(len(row.conversation.turns)))
    return LabelledTalk(row.conversation, labels, gold["resolution"], round(gold["effort_score"]))


def finetune(path: Path, out: Path, *, steps: int = 300, seed: int = 0) -> Path:
    """Train on `path`, write turns-en and turns-static into `out`; TEXTINSIGHT_MODEL_DIR=`out` puts them to use."""
    own = own_labels(path)
    shipped = model_path(MODEL)
    written = list(written_talks())
    network = _trained(load_twin(shipped), own, written, shipped, steps=steps, seed=seed)
    name = f"{MODEL}@{json.loads((shipped / 'meta.json').read_text('utf-8'))['version']}+{path.stem}"
    build(network, shipped / "tokenizer.json", out / MODEL, labelled=[*written, *own.talks], name=name)
    config = StudentConfig(seed=seed)
    reader = TurnReader(out / MODEL)
    said = [*own.said, *(talk.conversation for talk in written)]
    known = answers(reader, said, sorted({post.text for post in written_posts()}))
    save(train_student(known, config=config), out / STUDENT, teacher=reader.name, config=config)
    return out


def _trained(
    network: TurnNetwork, own: OwnLabels, written: Sequence[LabelledTalk], shipped: Path, *, steps: int, seed: int
) -> TurnNetwork:
    from tokenizers import Tokenizer

    config = TrainConfig(steps=steps, seed=seed)
    data = Data(
        labels=batches([*own.examples, *label_examples(written)], config.labels, seed),
        moods=batches(mood_examples_written(), config.moods * MOOD_TOKENS, seed + 1),
        intents=None,
    )
    trainer = Trainer(network, Reader(Tokenizer.from_file(str(shipped / "tokenizer.json"))), data, config=config)
    trainer.run()
    return network
