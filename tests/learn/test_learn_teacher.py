"""The teacher reads what the turn model reads, and its answers stand where nothing is known."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers

from textinsight.learn.labels import written_talks
from textinsight.learn.taught import load_examples, mixed, save_examples
from textinsight.learn.teacher import Teacher, TeacherConfig, answers, half_read, in_turn, train
from textinsight.learn.train_turns import Reader
from textinsight.learn.turn_data import NOTHING, Example, talk_example
from textinsight.tag.labels import AGENT, LABELS, WHOLE

TALKS = [talk_example(talk) for talk, _ in zip(written_talks(), range(4), strict=False)]
CONFIG = TeacherConfig(lower=1, epochs=2, dropout=0.0)


@pytest.fixture(scope="module")
def reader() -> Reader:
    words = sorted({word.lower() for talk in TALKS for text in talk.texts for word in text.split()})
    ids = {word: number for number, word in enumerate(["<s>", "<pad>", "</s>", "<unk>", *words])}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return Reader(tokenizer, marks=("<s>", "</s>"))


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Teacher:
    folder = tmp_path_factory.mktemp("base")
    small = transformers.MPNetConfig(
        vocab_size=2000, hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48
    )
    transformers.MPNetModel(small, add_pooling_layer=False).save_pretrained(folder)
    return Teacher(folder, config=CONFIG)


def test_only_the_upper_half_learns(teacher: Teacher, reader: Reader) -> None:
    known = half_read(teacher, reader, in_turn(TALKS, 1000))
    lower, upper = (next(part.parameters()).clone() for part in (teacher.lower, teacher.upper))
    train(teacher, known, known, config=CONFIG)
    assert torch.equal(lower, next(teacher.lower.parameters()))
    assert not torch.equal(upper, next(teacher.upper.parameters()))


def test_answers_fill_what_is_unknown(teacher: Teacher, reader: Reader) -> None:
    begun = Example(TALKS[0].texts[:2], TALKS[0].speakers[:2], TALKS[0].targets[:2])
    (said,) = answers(teacher, reader, [begun])
    assert begun.whole == NOTHING
    assert len(said.whole) == len(WHOLE)
    assert sum(said.whole[:4]) == pytest.approx(1, abs=0.01)
    for who, target in zip(said.speakers, said.targets, strict=True):
        known = {LABELS[label] for label, value in enumerate(target) if not math.isnan(value)}
        assert known.isdisjoint(AGENT) if who == 0 else known == set(AGENT)


def test_what_is_known_counts_half() -> None:
    target = [math.nan] * len(LABELS)
    target[LABELS.index("issue")] = 1.0
    found = mixed(target, [0.2] * len(LABELS), 0)
    assert found[LABELS.index("issue")] == 0.6
    assert found[LABELS.index("long_wait")] == 0.2
    assert math.isnan(found[LABELS.index("moves")])


def test_examples_come_back(tmp_path: Path) -> None:
    save_examples(tmp_path / "said.jsonl", TALKS)
    back = list(load_examples(tmp_path / "said.jsonl"))
    assert [example.texts for example in back] == [example.texts for example in TALKS]
    assert [example.whole for example in back] == [example.whole for example in TALKS]
    assert str(back[0].targets) == str(TALKS[0].targets)
