"""Teach the taggers with labels of your own: textinsight train FILE --out FOLDER.

FILE is JSON Lines as for `textinsight evaluate`; `gold` may also hold turn_labels: {turn: [label, …]} with the labels
of `tag.labels`. Training goes on from the shipped model and rehearses the dialogues that ship with it, so that what is
not in FILE is not forgotten.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from textinsight.conversation import Role
from textinsight.encode.network import TurnNetwork
from textinsight.encode.turns import MODEL, TurnReader
from textinsight.encode.twin import load_twin
from textinsight.errors import InputError, UsageError
from textinsight.learn.evaluate import Labelled, read_labelled
from textinsight.learn.fit_talks import build
from textinsight.learn.labels import LabelledTalk, LabelledTurn, allowed, written_posts, written_talks
from textinsight.learn.train_student import StudentConfig, save
from textinsight.learn.train_student import train as train_student
from textinsight.learn.train_turns import Data, Reader, TrainConfig, Trainer, batches
from textinsight.learn.turn_data import Example, label_examples, mood_examples_written
from textinsight.resources import model_path
from textinsight.tag.labels import LABELS, MOOD
from textinsight.tag.student import MODEL as STUDENT

log = logging.getLogger(__name__)

_OWN_WEIGHT = 3.0  # how often a turn of FILE is drawn, beside one of the shipped dialogues
_FEWEST = 20  # labelled turns


@dataclass(frozen=True, slots=True)
class OwnLabels:
    """examples to train on, and conversations whose every label is known."""

    examples: tuple[Example, ...]
    talks: tuple[LabelledTalk, ...]
    texts: tuple[str, ...]


def own_labels(path: Path) -> OwnLabels:
    """What a labelled file teaches. InputError for an unknown label, UsageError if there are too few."""
    rows = read_labelled(path)
    examples = tuple(chain.from_iterable(_examples(row) for row in rows))
    if len(examples) < _FEWEST:
        raise UsageError(f"{path} labels {len(examples)} turns; at least {_FEWEST} are needed", hint="label some more")
    talks = tuple(talk for row in rows if (talk := _talk(row)) is not None)
    return OwnLabels(examples, talks, tuple(turn.text for row in rows for turn in row.conversation.turns))


def _examples(row: Labelled) -> Iterator[Example]:
    moods: dict[str, int] = row.gold.get("turn_sentiment", {})
    flags: dict[str, list[str]] = row.gold.get("turn_labels", {})
    for number, turn in enumerate(row.conversation.turns):
        target = [math.nan] * len(LABELS)
        known = allowed(turn.role) if turn.role in (Role.CUSTOMER, Role.AGENT) else ()
        for label in known if str(number) in flags else ():
            target[LABELS.index(label)] = float(label in flags[str(number)])
        wrong = set(flags.get(str(number), ())) - set(known)
        if wrong:
            raise InputError(
                f"conversation {row.conversation.conversation_id}, turn {number}: no label {sorted(wrong)} for "
                f"{turn.role.value} turns",
                hint=f"labels: {', '.join(known)}",
            )
        if str(number) in moods:
            target[: len(MOOD)] = [float(moods[str(number)] == mood) for mood in (-1, 0, 1)]
        if not all(math.isnan(value) for value in target):
            yield Example(turn.text, tuple(target), _OWN_WEIGHT)


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
    turns = [turn for talk in [*written, *own.talks] for turn in talk.labelled_turns()]
    network = _trained(load_twin(shipped, len(LABELS)), own, turns, shipped, steps=steps, seed=seed)
    name = f"{MODEL}@{json.loads((shipped / 'meta.json').read_text('utf-8'))['version']}+{path.stem}"
    build(network, shipped / "tokenizer.json", out / MODEL, turns=turns, labelled=[*written, *own.talks], name=name)
    config = StudentConfig(seed=seed)
    texts = sorted({*own.texts, *(turn.text for turn in turns), *(post.text for post in written_posts())})
    reader = TurnReader(out / MODEL)
    save(train_student(texts, reader, config=config), out / STUDENT, teacher=reader.name, config=config)
    return out


def _trained(
    network: TurnNetwork, own: OwnLabels, turns: Sequence[LabelledTurn], shipped: Path, *, steps: int, seed: int
) -> TurnNetwork:
    from tokenizers import Tokenizer

    config = TrainConfig(steps=steps, seed=seed)
    data = Data(
        labels=batches([*own.examples, *label_examples(turns)], config.labels, seed),
        moods=batches(mood_examples_written(), config.moods, seed + 1),
        intents=None,
    )
    trainer = Trainer(network, Reader(Tokenizer.from_file(str(shipped / "tokenizer.json"))), data, config=config)
    trainer.run()
    return network
