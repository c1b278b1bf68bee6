"""Train the turn model: python -m textinsight.learn.train_turns --data FOLDER --base FOLDER --out FILE.

One pass of every step reads three batches: conversations with the labels of this project, texts with a mood, and
intents, whose texts of one intent are drawn together (supervised contrastive loss, Khosla et al. 2020).
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from textinsight.encode.network import TurnNetwork, from_bert, pooled
from textinsight.encode.windows import SIZE, Window, as_read, pack
from textinsight.learn.labels import read_sentences
from textinsight.learn.rough import exchanges, framed, roughened
from textinsight.learn.taught import load_examples
from textinsight.learn.turn_data import (
    Domains,
    Example,
    held_out,
    intent_domains,
    label_examples,
    mood_examples,
    mood_examples_written,
    spoken_like,
    talks,
)
from textinsight.tag.labels import LABELS, MOOD, OUTCOMES, WHOLE

log = logging.getLogger(__name__)

_LATEST = 0.98  # share of the old in the running means that the log shows
_BUCKETS = 12  # batches drawn together and cut by length
_GRAIN = 8  # windows and tokens of a batch are a multiple of it: kernels are compiled for every new shape
MOOD_TOKENS = 26  # of a text with a mood, about
_KEPT = 100  # steps between two copies of the weights on disk


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """steps: updates. labels: tokens of labelled conversations a step. moods: texts a step.

    intents, of_each: intents and texts of each, every so many steps. mood_weight: what one mood is worth beside one
    label. whole: weight of what holds for conversations. contrast: of the contrastive loss, with its temperature.
    """

    steps: int = 500
    labels: int = 1536
    moods: int = 24
    intents: int = 10
    of_each: int = 3
    intents_every: int = 4
    rate: float = 4e-5
    head_rate: float = 1e-3
    temperature: float = 0.07
    mood_weight: float = 4.0
    whole: float = 1.0
    contrast: float = 0.5
    warm_up: int = 60
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows, (rows, tokens), the last rows empty. turns, talks: (rows, tokens), whom a token counts for.

    A token that counts for nobody has the number after the last.
    """

    ids: Tensor
    speakers: Tensor
    ages: Tensor
    mask: Tensor
    turns: Tensor
    talks: Tensor


class Reader:
    """Conversations to padded windows."""

    def __init__(self, tokenizer: Any, *, marks: tuple[str, str] = ("[CLS]", "[SEP]")) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        self._opening, self._closing = (tokenizer.token_to_id(mark) for mark in marks)

    def __call__(self, examples: Sequence[Example]) -> Batch:
        """One batch of all the conversations' windows."""
        texts = [as_read(text) for example in examples for text in example.texts]
        encoded = iter(self._tokenizer.encode_batch(texts, add_special_tokens=False))
        rows: list[tuple[Window, int, int]] = []
        turns = 0
        for number, example in enumerate(examples):
            tokens = [next(encoded).ids for _ in example.texts]
            for window in pack(tokens, example.speakers, opening=self._opening, closing=self._closing):
                rows.append((window, turns, number))
            turns += len(example.texts)
        return _padded(rows, turns, len(examples))


def _padded(rows: Sequence[tuple[Window, int, int]], turns: int, talks: int) -> Batch:
    shape = _rounded(len(rows)), _rounded(max(len(window.ids) for window, _, _ in rows))
    ids, speakers, ages, mask = (torch.zeros(shape, dtype=torch.long) for _ in range(4))
    of_turn, of_talk = torch.full(shape, turns), torch.full(shape, talks)
    mask[:, 0] = 1
    for row, (window, before, number) in enumerate(rows):
        end = len(window.ids)
        place = torch.tensor(window.turns)
        ids[row, :end], speakers[row, :end] = torch.tensor(window.ids), torch.tensor(window.speakers)
        ages[row, :end], mask[row, :end] = torch.tensor(window.ages), 1
        of_turn[row, :end] = torch.where(place >= 0, place + before, turns)
        of_talk[row, :end] = torch.where(place >= 0, number, talks)
    return Batch(ids, speakers, ages, mask, of_turn, of_talk)


def _rounded(size: int) -> int:
    return -(-size // _GRAIN) * _GRAIN


class Trainer:
    """The network, its data and one step after the other."""

    def __init__(self, network: TurnNetwork, reader: Reader, data: Data, *, config: TrainConfig) -> None:
        self.network, self._reader, self._data, self._config = network, reader, data, config
        network.words.requires_grad_(requires_grad=False)
        heads = [*network.attend.parameters(), *network.judge.parameters()]
        new = [*heads, network.speakers.weight, network.ages.weight]
        body = [p for p in network.parameters() if p.requires_grad and all(p is not part for part in new)]
        groups = [{"params": body, "lr": config.rate}, {"params": new, "lr": config.head_rate}]
        self._body = body
        self._optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
        self._rates = (config.rate, config.head_rate)

    def run(self, keep: Path | None = None) -> None:
        """All steps; the running losses go to the log, the weights to `keep` now and then."""
        means = np.zeros(3)
        began = time.monotonic()
        for step in range(self._config.steps):
            losses = self.step(step)
            means = losses if step == 0 else np.where(losses, _LATEST * means + (1 - _LATEST) * losses, means)
            if keep is not None and step % _KEPT == _KEPT - 1:
                save(self.network, keep)
            if step % 25 == 0:
                label, mood, intent = means
                took = time.monotonic() - began
                log.info("step %d, %.0f s: labels %.3f, mood %.3f, intents %.3f", step, took, label, mood, intent)

    def step(self, number: int) -> np.ndarray:
        """One update; the losses of labels, moods and intents."""
        config = self._config
        share = min(1.0, (number + 1) / config.warm_up) * (1 - number / config.steps)
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * share
        losses = [self._learn(self._label_loss(next(batch))) for batch in (self._data.labels, self._data.moods)]
        if self._data.intents is not None and number % config.intents_every == 0:
            losses.append(self._learn(config.contrast * self._intent_loss(*next(self._data.intents))))
        nn.utils.clip_grad_norm_(self._body, 1.0)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return np.array([*losses, 0.0][:3])

    def loss(self, examples: Sequence[Example]) -> float:
        """Mean loss of the labels of conversations, nothing learnt."""
        with torch.no_grad():
            return float(np.mean([self._label_loss([example]).item() for example in examples]))

    def _learn(self, loss: Tensor) -> float:
        """Its gradients are added up; each part's states are dropped before the next is read."""
        loss.backward()
        return float(loss.item())

    def _states(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        with torch.autocast("cpu", torch.bfloat16):
            scores, judged, states = self.network(batch.ids, batch.speakers, batch.ages, batch.mask)
        return scores.float().flatten(0, 1), judged.float().flatten(0, 1), states.float().flatten(0, 1)

    def _label_loss(self, examples: Sequence[Example]) -> Tensor:
        batch = self._reader(examples)
        scores, judged, _ = self._states(batch)
        turns = torch.tensor([target for example in examples for target in example.targets])
        whole = torch.tensor([example.whole for example in examples])
        n = turns.shape[1]
        of_turns = pooled(scores[:, :n], judged[:, :n], batch.turns.flatten(), len(turns) + 1)[:-1]
        loss = turn_loss(of_turns, turns, mood_weight=self._config.mood_weight)
        if whole.isnan().all():
            return loss
        of_talks = pooled(scores[:, n:], judged[:, n:], batch.talks.flatten(), len(whole) + 1)[:-1]
        return loss + self._config.whole * whole_loss(of_talks, whole)

    def _intent_loss(self, texts: Sequence[str], intents: Sequence[int]) -> Tensor:
        batch = self._reader([Example((text,), (0,), ()) for text in texts])
        _, _, states = self._states(batch)
        sums = torch.zeros(len(texts) + 1, states.shape[1]).index_add(0, batch.turns.flatten(), states)[:-1]
        return contrastive_loss(sums, torch.tensor(intents), temperature=self._config.temperature)


def turn_loss(logits: Tensor, target: Tensor, *, mood_weight: float) -> Tensor:
    """Mean over turns: cross-entropy of the mood and of each known label."""
    moods = len(MOOD)
    known = ~target.isnan()
    wanted = target.nan_to_num()
    mood = -(wanted[:, :moods] * logits[:, :moods].log_softmax(1)).sum(1)
    flags = nn.functional.binary_cross_entropy_with_logits(logits[:, moods:], wanted[:, moods:], reduction="none")
    return (mood_weight * mood + (flags * known[:, moods:]).sum(1)).mean() / mood_weight


def whole_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Mean over conversations of which anything is known: cross-entropy of the outcome, of the effort and of each flag,
    those known.
    """
    some = ~target.isnan().all(1)
    logits, target = logits[some], target[some]
    known, wanted = ~target.isnan(), target.nan_to_num()
    n = len(OUTCOMES)
    outcome = -(wanted[:, :n] * logits[:, :n].log_softmax(1)).sum(1)
    rest = nn.functional.binary_cross_entropy_with_logits(logits[:, n:], wanted[:, n:], reduction="none")
    return (2 * outcome + (rest * known[:, n:]).sum(1)).mean() / 2


def contrastive_loss(vectors: Tensor, classes: Tensor, *, temperature: float) -> Tensor:
    """Supervised contrastive loss over (n, d) vectors with (n,) classes; lower pulls classes together."""
    unit = nn.functional.normalize(vectors)
    itself = torch.eye(len(unit), dtype=torch.bool)
    scores = (unit @ unit.T / temperature).masked_fill(itself, -1e9)
    same = (classes[:, None] == classes) & ~itself
    chances = scores - scores.logsumexp(1, keepdim=True)
    return -((chances * same).sum(1) / same.sum(1).clamp(min=1)).mean()


@dataclass(frozen=True)
class Data:
    """Endless batches; intents None: the vectors are not trained."""

    labels: Iterator[Sequence[Example]]
    moods: Iterator[Sequence[Example]]
    intents: Iterator[tuple[list[str], list[int]]] | None


def load_data(folder: Path, *, without: Sequence[str], taught: Sequence[Example] = (), config: TrainConfig) -> Data:
    """All sources in `folder` and what a teacher said; the held-out conversations stay out. UsageError or InputError
    where a source is absent.
    """
    labelled = [talk for talk in talks(folder) if not held_out(talk.conversation.conversation_id)]
    sentences = [turn for turn in read_sentences(folder) if not held_out(turn.group)]
    domains = intent_domains(folder, without=without)
    known = [*label_examples(labelled, sentences), *taught]
    draw, spare = random.Random(config.seed), exchanges(known)
    remarks = [framed(remark, draw, spare) for remark in mood_examples_written(["remark"])]
    return Data(
        labels=batches(known, config.labels, config.seed),
        moods=batches([*mood_examples(folder), *remarks], config.moods * MOOD_TOKENS, config.seed + 1),
        intents=_intent_batches(domains, config),
    )


def batches(examples: Sequence[Example], tokens: int, seed: int) -> Iterator[Sequence[Example]]:
    """Endless batches of about so many tokens, drawn by weight and roughened; examples of like length share one."""
    draw, rough = np.random.default_rng(seed), random.Random(seed)
    weights = np.array([example.weight for example in examples])
    sizes = np.array([example.tokens for example in examples])
    mean = float((sizes * weights).sum() / weights.sum())
    spare = exchanges(examples)
    while True:
        drawn = draw.choice(len(examples), int(tokens * _BUCKETS / mean) + 1, p=weights / weights.sum()).tolist()
        parts = cut(sorted(drawn, key=lambda row: sizes[row]), sizes, tokens)
        for place in draw.permutation(len(parts)):
            yield [roughened(examples[row], rough, spare) for row in parts[place]]


def cut(rows: Sequence[int], sizes: np.ndarray, tokens: int) -> list[list[int]]:
    """Rows in order, cut where the longest times the number would pass `tokens`."""
    out: list[list[int]] = [[]]
    for row in rows:
        if out[-1] and min(sizes[row], SIZE) * (len(out[-1]) + 1) > tokens:
            out.append([])
        out[-1].append(row)
    return out


def _intent_batches(domains: Domains, config: TrainConfig) -> Iterator[tuple[list[str], list[int]]]:
    """Intents of one data set a batch: what is hard is to tell apart what belongs to one company."""
    draw = random.Random(config.seed)
    names = list(domains)
    weights = [len(domains[name]) ** 0.5 for name in names]
    while True:
        domain = domains[draw.choices(names, weights)[0]]
        intents = draw.sample(sorted(domain), min(len(domain), config.intents))
        each = config.intents * config.of_each // len(intents)
        drawn = [draw.sample(domain[intent], min(each, len(domain[intent]))) for intent in intents]
        texts = [spoken_like(text, draw) for text in chain.from_iterable(drawn)]
        yield texts, [number for number, group in enumerate(drawn) for _ in group]


def save(network: TurnNetwork, path: Path) -> None:
    """The weights as safetensors, with the labels' names."""
    from safetensors.torch import save_file

    save_file(network.state_dict(), path, metadata={"labels": json.dumps((*LABELS, *WHOLE))})


def start_network(base: Path) -> TurnNetwork:
    """A network from a checkpoint of ours (FILE.safetensors) or from a folder with MiniLM's weights."""
    from safetensors.torch import load_file

    if base.is_dir():
        return from_bert(load_file(base / "model.safetensors"), len(LABELS) + len(WHOLE))
    network = TurnNetwork(len(LABELS) + len(WHOLE))
    network.load_state_dict(load_file(base))
    return network


def mean_network(stages: Sequence[Path]) -> TurnNetwork:
    """The mean of the weights of several checkpoints of one ancestor (Wortsman et al. 2022); of one, that one.

    ValueError if there is none.
    """
    if not stages:
        raise ValueError("no checkpoint given")
    networks = [start_network(stage) for stage in stages]
    states = [network.state_dict() for network in networks]
    networks[0].load_state_dict({name: torch.stack([one[name] for one in states]).mean(0) for name in states[0]})
    return networks[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and save."""
    from tokenizers import Tokenizer

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the public data")
    parser.add_argument(
        "--base",
        type=Path,
        nargs="+",
        required=True,
        help="folder of all-MiniLM-L6-v2, or what was saved here; of several the mean",
    )
    parser.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json of the base model")
    parser.add_argument("--out", type=Path, required=True, help="where the weights go, FILE.safetensors")
    parser.add_argument("--taught", type=Path, help="what learn.teacher saved")
    parser.add_argument("--without", default="", help="intent sets to leave out, comma-separated")
    parser.add_argument("--steps", type=int, default=TrainConfig().steps)
    parser.add_argument("--moods", type=int, default=TrainConfig().moods, help="texts with a mood a step")
    parser.add_argument("--seed", type=int, default=TrainConfig().seed, help="another one where a run goes on")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    config = TrainConfig(steps=options.steps, moods=options.moods, seed=options.seed)
    torch.manual_seed(0)  # networks of all seeds start alike, so that their mean is a network too
    without = [name for name in options.without.split(",") if name]
    taught = list(load_examples(options.taught)) if options.taught else []
    data = load_data(options.data, without=without, taught=taught, config=config)
    reader = Reader(Tokenizer.from_file(str(options.tokenizer)))
    trainer = Trainer(mean_network(options.base), reader, data, config=config)
    trainer.run(keep=options.out)
    save(trainer.network, options.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
