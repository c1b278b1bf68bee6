"""Trains the encoder of intents (models/intents-en) from all-MiniLM-L6-v2 on labelled requests. Needs [torch,train].

    python -m textinsight.learn.train_intents --data DATA --base MINILM --out models/intents-en
    python -m textinsight.learn.train_intents --data DATA --base MINILM --out FOLDER --leave clinc150 --leave assistant

The upper layers are trained so that requests of one intent lie together and those of others apart (supervised
contrastive loss, Khosla et al. 2020), while texts of different intents keep the distance that MiniLM gives them. The
lower layers stay as they are, so their states are computed once. Every step draws one set, and from it some intents,
half of the time mostly neighbours: they are told apart where it is hard. `--leave` keeps sets away, to measure on them.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from textinsight.encode.intents import MODEL
from textinsight.encode.network import Layer, TurnNetwork, from_bert
from textinsight.learn.export_turns import export
from textinsight.learn.intent_data import PUBLIC, read_domain, written
from textinsight.learn.meta import sha256, write_meta

_MASKED = -1e4
_COARSE = 15  # intents; a set of fewer has coarse labels
_ENCODED = 64  # texts of a batch of the lower layers


@dataclass(frozen=True, slots=True)
class IntentConfig:
    """frozen: lower layers left alone. intents × each: texts of a step; fewer intents get more texts each, to 12.

    temperature: of the contrastive softmax. keep: weight of the squared change of cosines between intents.
    hard: share of steps whose intents are neighbours of one of them, the share `neighbours` of them at least.
    coarse, written: how often a set of coarse labels (MultiDoGO) or one written for this project is drawn beside a fine
    public one. tokens: longest text.
    dimension: principal axes kept of the vectors. trained: share of the trained weights in their mean with MiniLM's,
    which serves domains not seen better than either (Wortsman et al. 2022).
    """

    steps: int = 1000
    learning_rate: float = 5e-5
    temperature: float = 0.07
    keep: float = 10.0
    intents: int = 20
    each: int = 4
    hard: float = 0.5
    neighbours: float = 0.75
    coarse: float = 0.3
    written: float = 0.3
    frozen: int = 3
    warm_up: int = 30
    dropout: float = 0.1
    tokens: int = 48
    dimension: int = 256
    trained: float = 0.85
    seed: int = 0
    version: str = "1"


@dataclass(frozen=True)
class States:
    """What the lower layers say of each text. rows[start[i]:start[i + 1]]: (tokens, width) of text i, float16.

    vectors: (n, width) unit rows of the whole of MiniLM.
    """

    number: dict[str, int]
    rows: np.ndarray
    start: np.ndarray
    vectors: np.ndarray

    def batch(self, texts: Sequence[int]) -> tuple[Tensor, Tensor]:
        """(n, tokens, width) padded states and their (n, tokens) mask; padded to eights: new shapes cost time."""
        lengths = [int(self.start[i + 1] - self.start[i]) for i in texts]
        width = -(-max(lengths) // 8) * 8
        states, mask = torch.zeros(len(texts), width, self.rows.shape[1]), torch.zeros(len(texts), width)
        for row, (i, length) in enumerate(zip(texts, lengths, strict=True)):
            states[row, :length] = torch.from_numpy(self.rows[self.start[i] : self.start[i + 1]].astype(np.float32))
            mask[row, :length] = 1
        return states, mask


@dataclass(frozen=True, slots=True)
class Pool:
    """A set to draw from: intent → numbers of its texts, intent → all intents, nearest first, and how often."""

    by_intent: dict[str, list[int]]
    nearest: dict[str, list[str]]
    weight: float


class IntentNetwork(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """MiniLM's layers, the mean of the token states at length one, and the axes kept of it."""

    def __init__(self, bert: TurnNetwork, dimension: int) -> None:
        super().__init__()
        self.words, self.places, self.norm, self.layers = bert.words, bert.places, bert.norm, bert.layers
        self.axes = nn.Linear(self.words.embedding_dim, dimension)

    def forward(self, ids: Tensor) -> Tensor:
        """(n, tokens) ids without padding → (n, dimension)."""
        states, none = self.lower(ids), torch.zeros(1, 1, 1, 1)
        for layer in self.layers:
            states = layer(states, none)
        return self.axes(nn.functional.normalize(states.mean(1), dim=1))

    def lower(self, ids: Tensor) -> Tensor:
        """What goes into the first layer."""
        return self.norm(self.words(ids) + self.places.weight[: ids.shape[1]])


def upper(network: IntentNetwork, states: Tensor, mask: Tensor, config: IntentConfig) -> Tensor:
    """(n, width) unit rows: the trained layers over states of the frozen ones, with dropout while training."""
    bias = ((1.0 - mask) * _MASKED)[:, None, None, :]
    for layer in network.layers[config.frozen :]:
        states = _through(layer, states, bias, config.dropout if network.training else 0.0)
    weights = mask[..., None]
    return nn.functional.normalize((states * weights).sum(1) / weights.sum(1), dim=1)


def _through(layer: Layer, states: Tensor, bias: Tensor, dropout: float) -> Tensor:
    """A layer's next states, with BERT's three dropouts."""
    query, key, value = (
        part(states).unflatten(2, (layer.heads, -1)).transpose(1, 2) for part in (layer.query, layer.key, layer.value)
    )
    mixed = nn.functional.scaled_dot_product_attention(query, key, value, bias, dropout)
    said = layer.out(mixed.transpose(1, 2).flatten(2))
    states = layer.norm_attention(states + nn.functional.dropout(said, dropout))
    said = layer.down(nn.functional.gelu(layer.up(states)))
    return layer.norm(states + nn.functional.dropout(said, dropout))


def states_of(network: IntentNetwork, tokenizer: Any, texts: Sequence[str], config: IntentConfig) -> States:
    """The frozen layers' states of distinct `texts`."""
    ids = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    start = np.concatenate([[0], np.cumsum([len(row) for row in ids])])
    rows = np.zeros((int(start[-1]), network.words.embedding_dim), np.float16)
    vectors = np.zeros((len(texts), network.words.embedding_dim), np.float32)
    order = np.argsort([len(row) for row in ids], kind="stable")
    with torch.inference_mode():
        for first in range(0, len(order), _ENCODED):
            part = order[first : first + _ENCODED].tolist()
            width = -(-max(len(ids[i]) for i in part) // 8) * 8
            padded = torch.tensor([ids[i] + [0] * (width - len(ids[i])) for i in part])
            mask = torch.tensor([[1.0] * len(ids[i]) + [0.0] * (width - len(ids[i])) for i in part])
            bias, states = ((1 - mask) * _MASKED)[:, None, None, :], network.lower(padded)
            for layer in network.layers[: config.frozen]:
                states = layer(states, bias)
            vectors[part] = upper(network, states, mask, config).numpy()
            for row, i in enumerate(part):
                rows[start[i] : start[i + 1]] = states[row, : len(ids[i])].half().numpy()
    return States({text: i for i, text in enumerate(texts)}, rows, start, vectors)


def contrast(vectors: Tensor, before: Tensor, intents: Tensor, config: IntentConfig) -> Tensor:
    """Loss of a step: log odds of the same intent among the others, and how far other intents' cosines moved."""
    own = torch.eye(len(intents), dtype=torch.bool)
    same = (intents[:, None] == intents) & ~own
    chance = torch.log_softmax((vectors @ vectors.T / config.temperature).masked_fill(own, _MASKED), 1)
    together = (chance * same).sum(1) / same.sum(1).clamp(min=1)
    moved = (vectors @ vectors.T - before @ before.T) ** 2
    return config.keep * moved[~own & ~same].mean() - together[same.any(1)].mean()


def train(network: IntentNetwork, states: States, pools: Sequence[Pool], config: IntentConfig) -> None:
    """Trains the upper layers in place."""
    draw = random.Random(config.seed)
    torch.manual_seed(config.seed)
    weights = [pool.weight for pool in pools]
    layers = list(network.layers[config.frozen :].parameters())
    first = [layer.detach().clone() for layer in layers]
    optimiser = torch.optim.AdamW(layers, lr=config.learning_rate, weight_decay=0.01)
    speed = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1, (step + 1) / config.warm_up) * max(0, 1 - step / config.steps)
    )
    network.train()
    for step in range(config.steps):
        texts, intents = _drawn(draw.choices(pools, weights)[0], draw, config)
        vectors = upper(network, *states.batch(texts), config)
        loss = contrast(vectors, torch.from_numpy(states.vectors[texts]), torch.tensor(intents), config)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(layers, 1.0)
        optimiser.step()
        speed.step()
        if step % 20 == 0:
            sys.stderr.write(f"step {step} of {config.steps}, loss {float(loss.detach()):.3f}\n")
    with torch.no_grad():
        for layer, before in zip(layers, first, strict=True):
            layer.lerp_(before, 1 - config.trained)
    network.eval()


def pool_of(by_intent: dict[str, list[int]], vectors: np.ndarray, config: IntentConfig, *, ours: bool = False) -> Pool:
    """A set to draw from; the more often the more intents it has (by the root), coarse labels and ours less.

    vectors: (n, width) of the texts that `by_intent` numbers.
    """
    share = config.written if ours else config.coarse if len(by_intent) < _COARSE else 1.0
    return Pool(by_intent, _nearest(by_intent, vectors), share * math.sqrt(min(len(by_intent), 100)))


def _nearest(by_intent: dict[str, list[int]], vectors: np.ndarray) -> dict[str, list[str]]:
    """Each intent → all intents by the cosine of their mean vectors, itself first."""
    names = sorted(by_intent)
    means = np.stack([vectors[by_intent[name]].mean(0) for name in names])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    order = np.argsort(-(means @ means.T), axis=1, kind="stable")
    return {name: [names[other] for other in row] for name, row in zip(names, order.tolist(), strict=True)}


def _drawn(pool: Pool, draw: random.Random, config: IntentConfig) -> tuple[list[int], list[int]]:
    """Texts of some intents of a set, and the number of each one's intent."""
    by_intent = pool.by_intent
    names = draw.sample(sorted(by_intent), min(config.intents, len(by_intent)))
    if draw.random() < config.hard:
        near = pool.nearest[names[0]][: round(config.neighbours * len(names))]
        others = [name for name in sorted(by_intent) if name not in near]
        names = near + draw.sample(others, len(names) - len(near))
    each = max(config.each, min(12, config.intents * config.each // len(names)))
    texts, intents = [], []
    for intent, name in enumerate(names):
        for text in draw.sample(by_intent[name], min(each, len(by_intent[name]))):
            texts.append(text)
            intents.append(intent)
    return texts, intents


def fit_axes(network: IntentNetwork, states: States, config: IntentConfig) -> None:
    """The centre is taken off and the principal axes of all texts kept, signs fixed."""
    order = np.argsort(np.diff(states.start), kind="stable")
    with torch.inference_mode():
        parts = [
            upper(network, *states.batch(order[first : first + _ENCODED].tolist()), config).numpy()
            for first in range(0, len(order), _ENCODED)
        ]
    vectors = np.concatenate(parts).astype(np.float64)
    centre = vectors.mean(0)
    _, axes = np.linalg.eigh((vectors - centre).T @ (vectors - centre))
    axes = axes[:, ::-1][:, : config.dimension]
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), np.arange(axes.shape[1])])
    with torch.no_grad():
        network.axes.weight.copy_(torch.from_numpy(axes.T.copy()))
        network.axes.bias.copy_(torch.from_numpy(-centre @ axes))


def _trace(network: IntentNetwork, path: Path) -> None:
    ids = torch.randint(1000, 20_000, (1, 9))
    torch.onnx.export(
        network.eval(), (ids,), str(path), input_names=["ids"], output_names=["vector"],
        dynamic_axes={"ids": {0: "texts", 1: "tokens"}, "vector": {0: "texts"}}, opset_version=17, dynamo=False,
    )  # fmt: skip


def save(network: IntentNetwork, base: Path, out: Path, config: IntentConfig, domains: Sequence[str]) -> None:
    """model.onnx, weights.safetensors, tokenizer.json and meta.json in `out`."""
    export(network, out, trace=_trace)
    (out / "tokenizer.json").write_bytes((base / "tokenizer.json").read_bytes())
    write_meta(
        out, f"{MODEL}@{config.version}", licence="Apache-2.0", dimension=config.dimension, settings=asdict(config),
        files=("model.onnx", "weights.safetensors", "tokenizer.json"), data=sorted(domains),
        source_model="sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0)",
        source_sha256=sha256(base / "model.safetensors"),
    )  # fmt: skip


def main(argv: Sequence[str] | None = None) -> None:
    """Reads, trains and writes."""
    from safetensors.torch import load_file
    from tokenizers import Tokenizer

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--leave",
        action="append",
        default=[],
        choices=[*PUBLIC, *written()],
        metavar="SET",
        help="a set not to learn from: %(choices)s",
    )
    parser.add_argument("--steps", type=int, default=IntentConfig().steps)
    parser.add_argument(
        "--written", type=float, default=IntentConfig().written, help="how often our own sets are drawn"
    )
    parser.add_argument("--trained", type=float, default=IntentConfig().trained, help="share of the trained weights")
    parser.add_argument("--version", default="1")
    args = parser.parse_args(argv)
    config = IntentConfig(steps=args.steps, written=args.written, trained=args.trained, version=args.version)
    names = [name for name in (*PUBLIC, *written()) if name not in args.leave]
    domains = {name: read_domain(args.data, name) for name in names}
    tokenizer = Tokenizer.from_file(str(args.base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(config.tokens)
    network = IntentNetwork(from_bert(load_file(args.base / "model.safetensors"), 1), config.dimension).eval()
    states = states_of(network, tokenizer, sorted({text for rows in domains.values() for text, _ in rows}), config)
    pools = [
        pool_of(_by_intent(rows, states), states.vectors, config, ours=name not in PUBLIC)
        for name, rows in domains.items()
    ]
    train(network, states, pools, config)
    fit_axes(network, states, config)
    save(network, args.base, args.out, config, names)


def _by_intent(rows: Sequence[tuple[str, str]], states: States) -> dict[str, list[int]]:
    """Intents with four texts or more → their texts' numbers."""
    found: dict[str, set[int]] = {}
    for text, intent in rows:
        found.setdefault(intent, set()).add(states.number[text])
    return {intent: sorted(texts) for intent, texts in found.items() if len(texts) >= 4}


if __name__ == "__main__":
    main()
