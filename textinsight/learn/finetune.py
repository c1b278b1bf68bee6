"""Teach the taggers with labels of your own: textinsight train FILE --out FOLDER.

FILE is JSON Lines as for `textinsight evaluate`; `gold` may also hold turn_labels: {turn: [label, …]} with the labels
of `tag.labels`. Labels of a whole conversation teach what the turn model says of the whole. Training goes on from the
shipped model and rehearses the dialogues that ship with it, so that what is not in FILE is not forgotten. A fifth of
FILE is held out, and tells whether it helped.
"""

from __future__ import annotations

import json
import logging
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from textinsight.conversation import Conversation, Role
from textinsight.encode.network import TurnNetwork
from textinsight.encode.turns import MODEL, TurnReader
from textinsight.encode.twin import load_twin
from textinsight.errors import UsageError
from textinsight.findings import EFFORT_DRIVERS
from textinsight.learn.evaluate import Labelled, read_labelled
from textinsight.learn.fit_talks import rebuild
from textinsight.learn.labels import LabelledTalk, allowed, written_talks, written_texts
from textinsight.learn.train_student import StudentConfig, answers, save
from textinsight.learn.train_student import train as train_student
from textinsight.learn.train_turns import MOOD_TOKENS, Data, Reader, TrainConfig, Trainer, batches
from textinsight.learn.turn_data import Example, held_out, label_examples, mood_examples_written
from textinsight.resources import model_path
from textinsight.tag.labels import LABELS, MOOD, OUTCOMES, SHOWN
from textinsight.tag.student import MODEL as STUDENT
from textinsight.tag.talk import FLAGS, speaker

log = logging.getLogger(__name__)

_READINGS = 4.0  # of every conversation of FILE while it trains, about
_OWN_SHARE = 0.6  # of what is read, at most; the rest is rehearsal
_FEWEST = 20  # labelled turns and conversations
_WRITTEN = "dialogues and posts written for the project (corpora/support-dialogues, Apache-2.0)"
_OF_TURNS = ("turn_sentiment", "turn_labels")
_OF_WHOLE = ("resolution", "effort_score", "effort", "stated_repeat", "escalation", "churn_risk")


@dataclass(frozen=True, slots=True)
class OwnLabels:
    """examples to train on and those held out, in order; conversations as they were said, none held out."""

    examples: tuple[Example, ...]
    held: tuple[Example, ...]
    said: tuple[Conversation, ...]


def own_labels(path: Path) -> OwnLabels:
    """What a labelled file teaches; the log says how much. InputError for an unknown label, UsageError for too few."""
    rows = read_labelled(path)
    examples = [(row, example) for row in rows if not _silent(example := _example(row))]
    learnt = [(row, example) for row, example in examples if not held_out(row.conversation.conversation_id)]
    held = [example for row, example in examples if held_out(row.conversation.conversation_id)]
    turns = sum(not _blank(target) for _, example in learnt for target in example.targets)
    whole = sum(not row.gold.keys().isdisjoint(_OF_WHOLE) for row, _ in learnt)
    said = f"{path} labels {turns} turns and {whole} whole conversations to learn from; {len(held)} are held out"
    if turns + whole < _FEWEST:
        raise UsageError(f"{said}; at least {_FEWEST} labels are needed", hint="label some more")
    log.info("%s", said)
    unused = Counter(key for row in rows for key in row.gold.keys() - {*_OF_TURNS, *_OF_WHOLE})
    for what, count in [*sorted(unused.items()), ("conversations without labels", len(rows) - len(examples))]:
        if count:
            log.info("not used: %s (%d)", what, count)
    return OwnLabels(tuple(example for _, example in learnt), tuple(held), tuple(row.conversation for row, _ in learnt))


def _example(row: Labelled) -> Example:
    turns = row.conversation.turns
    return Example(
        tuple(turn.text for turn in turns),
        tuple(speaker(turn.role) for turn in turns),
        tuple(_target(row, number) for number in range(len(turns))),
        _whole(row),
    )


def _target(row: Labelled, number: int) -> tuple[float, ...]:
    role = row.conversation.turns[number].role
    moods: dict[str, int] = row.gold.get("turn_sentiment", {})
    flags: dict[str, list[str]] = row.gold.get("turn_labels", {})
    target = [math.nan] * len(LABELS)
    known = allowed(role) if role in (Role.CUSTOMER, Role.AGENT) else ()
    for label in known if str(number) in flags else ():
        target[LABELS.index(label)] = float(label in flags[str(number)])
    if str(number) in moods:
        target[: len(MOOD)] = [float(moods[str(number)] == mood) for mood in (-1, 0, 1)]
    return tuple(target)


def _blank(target: Sequence[float]) -> bool:
    return all(math.isnan(value) for value in target)


def _silent(example: Example) -> bool:
    return all(_blank(target) for target in (*example.targets, example.whole))


def _whole(row: Labelled) -> tuple[float, ...]:
    """As `turn_data.whole_target`, NaN where neither is said nor follows from the labels of all turns."""
    gold, turns = row.gold, row.conversation.turns
    outcome = [float(gold["resolution"] == name) if "resolution" in gold else math.nan for name in OUTCOMES]
    effort = (gold["effort_score"] - 1) / 4 if "effort_score" in gold else math.nan
    labels: dict[str, list[str]] = gold.get("turn_labels", {})
    carried = {label for found in labels.values() for label in found}
    every = all(str(number) in labels for number, turn in enumerate(turns) if turn.role in (Role.CUSTOMER, Role.AGENT))
    flags = {flag: not carried.isdisjoint(FLAGS[flag]) for flag in SHOWN}
    flags = {flag: holds for flag, holds in flags.items() if holds or every}
    if "effort" in gold:
        flags |= {driver: driver in gold["effort"] for driver in EFFORT_DRIVERS}
    if "stated_repeat" in gold:
        flags["repeat_contact"] = gold["stated_repeat"] or "repeat_contact" in gold.get("effort", ())
    flags |= {flag: gold[flag] for flag in ("escalation", "churn_risk") if flag in gold}
    return (*outcome, effort, *(float(flags.get(flag, math.nan)) for flag in SHOWN))


def finetune(path: Path, out: Path, *, steps: int = 300, seed: int = 0) -> Path:
    """Train on `path`, write turns-en and turns-static into `out`; TEXTINSIGHT_MODEL_DIR=`out` puts them to use."""
    own = own_labels(path)
    shipped = model_path(MODEL)
    written = [talk for talk in written_talks() if not held_out(talk.conversation.conversation_id)]
    network = _trained(load_twin(shipped), own, written, shipped, steps=steps, seed=seed)
    meta = json.loads((shipped / "meta.json").read_text("utf-8"))
    name = f"{MODEL}@{meta['version']}+{path.stem}"
    rebuild(network, shipped, out / MODEL, name=name, data=[path.name, *meta["data"]])
    config = StudentConfig(seed=seed)
    reader = TurnReader(out / MODEL)
    said = [*own.said, *(talk.conversation for talk in written)]
    known = answers(reader, said, sorted({post.text for post in written_texts()}))
    student = train_student(known, config=config)
    student = replace(student, name=f"{student.name}+{path.stem}")
    save(student, out / STUDENT, teacher=reader.name, config=config, data=[path.name, _WRITTEN])
    return out


def drawn(own: Sequence[Example], others: Sequence[Example], config: TrainConfig) -> list[Example]:
    """`own` with the weight at which each is read `_READINGS` times beside `others`, less often where that would leave
    them too little room.
    """
    tokens = sum(example.weight * example.tokens for example in own)
    share = min(_OWN_SHARE, _READINGS * tokens / (config.steps * config.labels))
    weight = share / (1 - share) * sum(example.weight * example.tokens for example in others) / tokens
    return [replace(example, weight=weight * example.weight) for example in own]


def _trained(
    network: TurnNetwork, own: OwnLabels, written: Sequence[LabelledTalk], shipped: Path, *, steps: int, seed: int
) -> TurnNetwork:
    from tokenizers import Tokenizer

    config = TrainConfig(steps=steps, seed=seed)
    rehearsed = label_examples(written)
    data = Data(
        labels=batches([*drawn(own.examples, rehearsed, config), *rehearsed], config.labels, seed),
        moods=batches(mood_examples_written(), config.moods * MOOD_TOKENS, seed + 1),
        intents=None,
    )
    trainer = Trainer(network, Reader(Tokenizer.from_file(str(shipped / "tokenizer.json"))), data, config=config)
    before = trainer.loss(own.held) if own.held else math.nan
    trainer.run()
    if own.held:
        log.info("loss of the %d held out: %.3f before, %.3f after", len(own.held), before, trainer.loss(own.held))
    return network
