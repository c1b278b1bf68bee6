"""A larger teacher for the turn model: python -m textinsight.learn.teacher --data FOLDER --base FOLDER --out FILE.

all-mpnet-base-v2 (Song et al. 2020; sentence-transformers) reads the windows that the turn model reads, and learns the
same labels by the same losses. Its lower layers stay as they are, so that a text goes through them once; the upper
ones are trained. What it then says of public conversations and of beginnings of them goes to FILE, one example a line,
for `learn.train_turns --taught FILE`.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from textinsight.encode.network import pooled
from textinsight.encode.windows import AGES
from textinsight.learn.labels import read_sentences
from textinsight.learn.taught import mixed, mixed_whole, save_examples
from textinsight.learn.train_turns import MOOD_TOKENS, Batch, Reader, batches, cut, turn_loss, whole_loss
from textinsight.learn.turn_data import Example, held_out, label_examples, mood_examples, talks
from textinsight.tag.labels import LABELS, MOOD, OUTCOMES, WHOLE

log = logging.getLogger(__name__)

_RATED_TOKENS = 24 * MOOD_TOKENS  # of a batch of rated texts
_LONG = 4  # turns of a conversation that can be begun
_PAD, _MARKS = 1, ("<s>", "</s>")  # of MPNet's tokenizer


@dataclass(frozen=True, slots=True)
class TeacherConfig:
    """lower: layers that stay as they are. labels, moods: tokens of labelled texts and of rated ones that it reads.

    epochs: how often. begun: share of public conversations of which a beginning is asked about too.
    """

    lower: int = 8
    labels: int = 330_000
    moods: int = 90_000
    batch: int = 1536
    epochs: int = 4
    rate: float = 6e-5
    head_rate: float = 1e-3
    mood_weight: float = 4.0
    warm_up: int = 40
    dropout: float = 0.1
    begun: float = 0.6
    seed: int = 0


class Teacher(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """The frozen lower half, and the upper half with one attention and one judgement a label as in `TurnNetwork`."""

    def __init__(self, base: Path, *, config: TeacherConfig) -> None:
        from transformers import MPNetModel

        super().__init__()
        model = MPNetModel.from_pretrained(base, add_pooling_layer=False, attn_implementation="eager")
        self._bias = model.encoder.compute_position_bias
        model.requires_grad_(requires_grad=False)
        self.words, self.lower = model.embeddings, model.encoder.layer[: config.lower]
        self.upper = model.encoder.layer[config.lower :].requires_grad_(requires_grad=True)
        width = model.config.hidden_size
        self.speakers, self.ages = nn.Embedding(2, width), nn.Embedding(AGES, width)
        labels = len(LABELS) + len(WHOLE)
        self.attend, self.judge = nn.Linear(width, labels), nn.Linear(width, labels)
        for part in (self.speakers, self.ages, self.attend):
            nn.init.zeros_(part.weight)
        nn.init.normal_(self.judge.weight, std=0.02)
        for part in self.upper.modules():
            if isinstance(part, nn.Dropout):
                part.p = config.dropout

    def trained(self) -> dict[str, Tensor]:
        """The part that is trained, by name."""
        return {name: value for name, value in self.state_dict().items() if not name.startswith(("words", "lower"))}

    def half_read(self, batch: Batch) -> Tensor:
        """(rows, tokens, width) states after the lower half, in bfloat16."""
        self.words.eval()
        self.lower.eval()
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            states = self.words(input_ids=torch.where(batch.mask.bool(), batch.ids, _PAD))
            return self._through(self.lower, states, batch.mask).to(torch.bfloat16)

    def forward(self, states: Tensor, batch: Batch, turns: int, talks: int) -> tuple[Tensor, Tensor]:
        """Logits of the turns' labels, (turns, labels), and of what holds for the whole, (talks, whole)."""
        with torch.autocast("cpu", torch.bfloat16):
            states = states.float() + self.speakers(batch.speakers) + self.ages(batch.ages)
            states = self._through(self.upper, states, batch.mask).float()
            scores, judged = self.attend(states), self.judge(states)
        scores, judged = scores.float().flatten(0, 1), judged.float().flatten(0, 1)
        n = len(LABELS)
        of_turns = pooled(scores[:, :n], judged[:, :n], batch.turns.flatten(), turns + 1)[:-1]
        return of_turns, pooled(scores[:, n:], judged[:, n:], batch.talks.flatten(), talks + 1)[:-1]

    def _through(self, layers: Any, states: Tensor, mask: Tensor) -> Tensor:
        bias = self._bias(states[:1]) + (1.0 - mask[:, None, None, :].to(states.dtype)) * -10_000.0
        for layer in layers:
            (states,) = layer(states, attention_mask=None, position_bias=bias)
        return states


@dataclass(frozen=True)
class Known:
    """A batch half read, and what is known of it."""

    batch: Batch
    states: Tensor
    turns: Tensor
    whole: Tensor


def half_read(
    teacher: Teacher, reader: Reader, drawn: Iterator[Sequence[Example]], tokens: int = sys.maxsize
) -> list[Known]:
    """Batches of `drawn` until so many tokens are read."""
    found: list[Known] = []
    read = 0
    while read < tokens and (examples := next(drawn, ())):
        batch = reader(examples)
        turns = torch.tensor([target for example in examples for target in example.targets])
        whole = torch.tensor([example.whole for example in examples])
        found.append(Known(batch, teacher.half_read(batch), turns, whole))
        read += batch.ids.numel()
    log.info("read %d tokens", read)
    return found


def train(teacher: Teacher, labels: Sequence[Known], moods: Sequence[Known], *, config: TeacherConfig) -> None:
    """Every batch of `labels` once an epoch, each with one of `moods`."""
    upper = list(teacher.upper.parameters())
    heads = [p for part in (teacher.attend, teacher.judge, teacher.speakers, teacher.ages) for p in part.parameters()]
    rates = (config.rate, config.head_rate)
    optimizer = torch.optim.AdamW([{"params": upper}, {"params": heads}], weight_decay=0.01)
    draw, steps = random.Random(config.seed), config.epochs * len(labels)
    order = [row for _ in range(config.epochs) for row in draw.sample(range(len(labels)), len(labels))]
    teacher.upper.train()
    for step, row in enumerate(order):
        share = min(1.0, (step + 1) / config.warm_up) * (1 - step / steps)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * share
        losses = [_learn(teacher, known, config) for known in (labels[row], moods[step % len(moods)])]
        nn.utils.clip_grad_norm_(upper, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step % 25 == 0:
            log.info("step %d of %d: labels %.3f, mood %.3f", step, steps, *losses)
    teacher.upper.eval()


def _learn(teacher: Teacher, known: Known, config: TeacherConfig) -> float:
    of_turns, of_talks = teacher(known.states, known.batch, len(known.turns), len(known.whole))
    loss = turn_loss(of_turns, known.turns, mood_weight=config.mood_weight)
    if not known.whole.isnan().any(1).all():
        loss = loss + whole_loss(of_talks, known.whole)
    loss.backward()
    return float(loss.item())


def answers(teacher: Teacher, reader: Reader, examples: Sequence[Example]) -> Iterator[Example]:
    """The examples with the teacher's chances in the place of their targets, half and half where these are known."""
    (known,) = half_read(teacher, reader, iter([examples]))
    with torch.inference_mode():
        turns, whole = teacher(known.states, known.batch, len(known.turns), len(known.whole))
    rows = iter(_chances(turns, len(MOOD)))
    for example, of_whole in zip(examples, _chances(whole, len(OUTCOMES)), strict=True):
        targets = tuple(
            mixed(target, next(rows), who) for target, who in zip(example.targets, example.speakers, strict=True)
        )
        whole_ = mixed_whole(example.whole, of_whole) if len(example.texts) > 1 else example.whole
        yield replace(example, targets=targets, whole=whole_)


def _chances(logits: Tensor, shares: int) -> list[list[float]]:
    """The first `shares` columns are shares of one, the others stand alone."""
    found: list[list[float]] = torch.cat([logits[:, :shares].softmax(1), logits[:, shares:].sigmoid()], 1).tolist()
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Train the teacher, ask it, save."""
    from safetensors.torch import load_file, save_file
    from tokenizers import Tokenizer

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the public data")
    parser.add_argument("--base", type=Path, required=True, help="folder of all-mpnet-base-v2")
    parser.add_argument("--out", type=Path, required=True, help="where the examples go, FILE.jsonl")
    parser.add_argument("--weights", type=Path, help="FILE.safetensors: goes on from it if there; ends in it")
    parser.add_argument("--epochs", type=int, default=TeacherConfig().epochs, help="0: it is only asked")
    parser.add_argument("--seed", type=int, default=TeacherConfig().seed, help="another one where training goes on")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    config = TeacherConfig(epochs=options.epochs, seed=options.seed)
    torch.manual_seed(config.seed)
    reader = Reader(Tokenizer.from_file(str(options.base / "tokenizer.json")), marks=_MARKS)
    teacher = Teacher(options.base, config=config)
    if options.weights is not None and options.weights.exists():
        teacher.load_state_dict(load_file(options.weights), strict=False)
    labelled = [talk for talk in talks(options.data) if not held_out(talk.conversation.conversation_id)]
    sentences = [turn for turn in read_sentences(options.data) if not held_out(turn.group)]
    known, rated = label_examples(labelled, sentences), mood_examples(options.data)
    if config.epochs:
        of_labels = half_read(teacher, reader, batches(known, config.batch, config.seed), config.labels)
        of_moods = half_read(teacher, reader, batches(rated, _RATED_TOKENS, config.seed + 1), config.moods)
        train(teacher, of_labels, of_moods, config=config)
    if options.weights is not None:
        save_file(teacher.trained(), options.weights)
    public = [e for e, talk in zip(known, labelled, strict=False) if talk.conversation.channel == "social"]
    asked = in_turn(questions(public, config=config), config.batch)
    save_examples(options.out, (said for part in asked for said in answers(teacher, reader, part)))
    return 0


def questions(public: Sequence[Example], *, config: TeacherConfig) -> list[Example]:
    """The conversations, and beginnings of some, whose outcome nobody has labelled."""
    draw = random.Random(config.seed)
    return [*public, *(begin(e, draw) for e in public if len(e.texts) >= _LONG and draw.random() < config.begun)]


def begin(example: Example, draw: random.Random) -> Example:
    """The conversation without its last turns."""
    kept = draw.randrange(max(2, len(example.texts) - 4), len(example.texts))
    return Example(example.texts[:kept], example.speakers[:kept], example.targets[:kept], weight=example.weight)


def in_turn(examples: Sequence[Example], tokens: int) -> Iterator[Sequence[Example]]:
    """All of them once, those of like length together."""
    ordered = sorted(examples, key=lambda example: example.size)
    for rows in cut(range(len(ordered)), np.array([example.tokens for example in ordered]), tokens):
        yield [ordered[row] for row in rows]


if __name__ == "__main__":
    raise SystemExit(main())
