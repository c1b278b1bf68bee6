"""Train the turn model: python -m textinsight.learn.train_turns --data FOLDER --base FOLDER --out FILE.

One pass of every step reads three batches: turns with the labels of this project, texts with a mood, and intents,
whose texts of one intent are drawn together (supervised contrastive loss, Khosla et al. 2020).
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

from textinsight.encode.network import TurnNetwork, from_bert
from textinsight.encode.windows import marked, windows
from textinsight.learn.turn_data import (
    Domains,
    Example,
    held_out,
    intent_domains,
    label_examples,
    labelled_turns,
    mood_examples,
    spoken_like,
)
from textinsight.tag.labels import LABELS, MOOD

log = logging.getLogger(__name__)

_LATEST = 0.98  # share of the old in the running means that the log shows
_BUCKETS = 12  # batches drawn together and cut by length
_GRAIN = 8  # windows and tokens of a batch are a multiple of it: kernels are compiled for every new shape
_KEPT = 100  # steps between two copies of the weights on disk


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """steps: updates. labels, moods: texts a step. intents, of_each: intents and texts of each, every so many steps.

    frozen: layers left as they are, the word vectors too. temperature: of the contrastive loss.
    mood_weight: what one mood is worth beside one label. contrast: weight of the contrastive loss.
    """

    steps: int = 1100
    labels: int = 48
    moods: int = 32
    intents: int = 14
    of_each: int = 3
    intents_every: int = 2
    frozen: int = 2
    rate: float = 4e-5
    head_rate: float = 1e-3
    temperature: float = 0.07
    mood_weight: float = 4.0
    contrast: float = 0.5
    warm_up: int = 60
    seed: int = 0


class Reader:
    """Texts to padded windows; `owner` says which text each window is of."""

    def __init__(self, tokenizer: Any) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer

    def __call__(self, texts: Sequence[str]) -> tuple[Tensor, Tensor, Tensor]:
        """ids, mask: (rows, tokens), the last rows empty; owner: (windows,), the text of each row in use."""
        rows, owner = [], []
        for number, encoding in enumerate(self._tokenizer.encode_batch(list(texts), add_special_tokens=False)):
            for first, end in windows(len(encoding.ids)):
                rows.append(torch.tensor(marked(self._tokenizer, encoding.ids[first:end])))
                owner.append(number)
        ids = torch.zeros(_rounded(len(rows)), _rounded(max(map(len, rows))), dtype=torch.long)
        mask = torch.zeros_like(ids)
        mask[:, 0] = 1
        for place, row in enumerate(rows):
            ids[place, : len(row)], mask[place, : len(row)] = row, 1
        return ids, mask, torch.tensor(owner)


def _rounded(size: int) -> int:
    return -(-size // _GRAIN) * _GRAIN


class Trainer:
    """The network, its data and one step after the other."""

    def __init__(self, network: TurnNetwork, reader: Reader, data: Data, *, config: TrainConfig) -> None:
        self.network, self._reader, self._data, self._config = network, reader, data, config
        _freeze(network, config.frozen)
        heads = [*network.attend.parameters(), *network.judge.parameters(), network.bias]
        body = [p for p in network.parameters() if p.requires_grad and all(p is not head for head in heads)]
        groups = [{"params": body, "lr": config.rate}, {"params": heads, "lr": config.head_rate}]
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
        losses = [self._label_loss(next(self._data.labels)), self._label_loss(next(self._data.moods))]
        if self._data.intents is not None and number % config.intents_every == 0:
            losses.append(config.contrast * self._intent_loss(*next(self._data.intents)))
        for loss in losses:
            loss.backward()
        nn.utils.clip_grad_norm_(self._body, 1.0)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return np.array([*(loss.item() for loss in losses), 0.0][:3])

    def _label_loss(self, batch: Sequence[Example]) -> Tensor:
        ids, mask, owner = self._reader([example.text for example in batch])
        with torch.autocast("cpu", torch.bfloat16):
            logits, _, _ = self.network(ids, mask)
        logits = logits[: len(owner)]
        target = torch.tensor([example.target for example in batch])
        return label_loss(logits, owner, target, mood_weight=self._config.mood_weight)

    def _intent_loss(self, texts: Sequence[str], intents: Sequence[int]) -> Tensor:
        ids, mask, owner = self._reader(texts)
        with torch.autocast("cpu", torch.bfloat16):
            _, _, vectors = self.network(ids, mask)
        first = torch.tensor([int((owner == number).nonzero()[0, 0]) for number in range(len(texts))])
        return contrastive_loss(vectors[first], torch.tensor(intents), temperature=self._config.temperature)


def label_loss(logits: Tensor, owner: Tensor, target: Tensor, *, mood_weight: float) -> Tensor:
    """Mean over texts: cross-entropy of the mood and of each known label; a label holds if it does in any window."""
    n, moods = len(target), len(MOOD)
    counts = torch.zeros(n).index_add(0, owner, torch.ones(len(owner)))
    mean = torch.zeros(n, moods).index_add(0, owner, logits[:, :moods]) / counts[:, None]
    known = ~target.isnan()
    mood = -(target[:, :moods].nan_to_num() * mean.log_softmax(1)).sum(1)
    absent = torch.zeros(n, logits.shape[1] - moods).index_add(
        0, owner, nn.functional.logsigmoid(-logits[:, moods:])
    )  # log probability that no window has it
    wanted = target[:, moods:].nan_to_num()
    present = torch.log(-torch.expm1(absent.clamp(max=-1e-6)))
    flags = -(wanted * present + (1 - wanted) * absent) * known[:, moods:]
    return (mood_weight * mood + flags.sum(1)).mean() / mood_weight


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


def load_data(folder: Path, *, without: Sequence[str], config: TrainConfig) -> Data:
    """All sources in `folder`; the held-out conversations stay out. UsageError or InputError where one is absent."""
    turns = [turn for turn in labelled_turns(folder) if not held_out(turn.group)]
    domains = intent_domains(folder, without=without)
    return Data(
        labels=batches(label_examples(turns), config.labels, config.seed),
        moods=batches(mood_examples(folder), config.moods, config.seed + 1),
        intents=_intent_batches(domains, config),
    )


def batches(examples: Sequence[Example], size: int, seed: int) -> Iterator[Sequence[Example]]:
    """Endless batches drawn by weight; texts of like length share one."""
    draw = np.random.default_rng(seed)
    weights = np.array([example.weight for example in examples])
    while True:
        drawn = draw.choice(len(examples), size * _BUCKETS, p=weights / weights.sum()).tolist()
        rows = sorted(drawn, key=lambda row: len(examples[row].text))
        for start in draw.permutation(np.arange(0, len(rows), size)):
            yield [examples[row] for row in rows[start : start + size]]


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


def _freeze(network: TurnNetwork, layers: int) -> None:
    parts: list[nn.Module] = [network.words, network.places, network.norm, *network.layers[:layers]]
    for part in parts:
        part.requires_grad_(requires_grad=False)


def save(network: TurnNetwork, path: Path) -> None:
    """The weights as safetensors, with the labels' names."""
    from safetensors.torch import save_file

    save_file(network.state_dict(), path, metadata={"labels": json.dumps(LABELS)})


def start_network(base: Path) -> TurnNetwork:
    """A network from a checkpoint of ours (FILE.safetensors) or from a folder with MiniLM's weights."""
    from safetensors.torch import load_file

    if base.is_dir():
        return from_bert(load_file(base / "model.safetensors"), len(LABELS))
    network = TurnNetwork(len(LABELS))
    network.load_state_dict(load_file(base))
    return network


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and save."""
    from tokenizers import Tokenizer

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the public data")
    parser.add_argument("--base", type=Path, required=True, help="folder of all-MiniLM-L6-v2, or our .safetensors")
    parser.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json of the base model")
    parser.add_argument("--out", type=Path, required=True, help="where the weights go, FILE.safetensors")
    parser.add_argument("--without", default="", help="intent sets to leave out, comma-separated")
    parser.add_argument("--steps", type=int, default=TrainConfig().steps)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    config = TrainConfig(steps=options.steps)
    torch.manual_seed(config.seed)
    data = load_data(options.data, without=[name for name in options.without.split(",") if name], config=config)
    reader = Reader(Tokenizer.from_file(str(options.tokenizer)))
    trainer = Trainer(start_network(options.base), reader, data, config=config)
    trainer.run(keep=options.out)
    save(trainer.network, options.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
