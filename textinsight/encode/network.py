"""The turn model in torch: for training, for a GPU, and as the twin that the ONNX graph is exported from.

A BERT encoder of six layers reads a window of a conversation; who speaks and how many turns follow are added to the
word vectors. Above the token states stand one attention and one judgement a label, so that a label's logit is a sum
over the tokens of a turn, or of the conversation: logit[k] = Σ_t attention[t, k] · judgement[t, k]. The summands are
the evidence.
Source of the encoder's form: Devlin et al. 2019; of its first weights: sentence-transformers/all-MiniLM-L6-v2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from textinsight.encode.windows import AGES

_NORM_EPSILON = 1e-12
_MASKED = -10_000.0  # added to a score: its weight in a softmax is then zero

# Ours → the name in a Hugging Face BERT checkpoint, in every layer.
_LAYER_NAMES = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "out": "attention.output.dense",
    "norm_attention": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "norm": "output.LayerNorm",
}


class Layer(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """One transformer layer, (n, tokens, width) to the same."""

    def __init__(self, width: int, heads: int, inner: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.norm_attention = nn.LayerNorm(width, _NORM_EPSILON)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm = nn.LayerNorm(width, _NORM_EPSILON)

    def forward(self, states: Tensor, bias: Tensor) -> Tensor:
        """The next layer's states; bias: (n, 1, 1, tokens), `_MASKED` at padding."""
        query, key, value = (self._split(part(states)) for part in (self.query, self.key, self.value))
        scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1]) + bias
        mixed = (scores.softmax(-1) @ value).transpose(1, 2).flatten(2)
        states = self.norm_attention(states + self.out(mixed))
        return self.norm(states + self.down(nn.functional.gelu(self.up(states))))

    def _split(self, states: Tensor) -> Tensor:
        return states.unflatten(2, (self.heads, -1)).transpose(1, 2)


class TurnNetwork(nn.Module):  # type: ignore[misc]
    """Windows of token ids to what each token says for every label, and to token states."""

    def __init__(
        self,
        labels: int,
        *,
        vocabulary: int = 30522,
        width: int = 384,
        layers: int = 6,
        heads: int = 12,
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, width)
        self.places = nn.Embedding(512, width)
        self.speakers, self.ages = nn.Embedding(2, width), nn.Embedding(AGES, width)
        self.norm = nn.LayerNorm(width, _NORM_EPSILON)
        self.layers = nn.ModuleList(Layer(width, heads, 4 * width) for _ in range(layers))
        self.attend, self.judge = nn.Linear(width, labels), nn.Linear(width, labels)
        for part in (self.speakers, self.ages, self.attend):
            nn.init.zeros_(part.weight)
        nn.init.normal_(self.judge.weight, std=0.02)

    def forward(self, ids: Tensor, speakers: Tensor, ages: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """All (n, tokens), mask 0 at padding → attention scores, judgements (n, tokens, labels), states (…, width)."""
        known = self.words(ids) + self.places.weight[: ids.shape[1]]
        states = self.norm(known + self.speakers(speakers) + self.ages(ages))
        bias = (1.0 - mask.to(states.dtype)[:, None, None, :]) * _MASKED
        for layer in self.layers:
            states = layer(states, bias)
        states = states.float()
        return self.attend(states), self.judge(states), states


def pooled(scores: Tensor, judged: Tensor, owner: Tensor, count: int) -> Tensor:
    """(tokens, labels) scores and judgements → (count, labels) sums weighted by a softmax over each owner's tokens."""
    where = owner[:, None].expand_as(scores)
    top = torch.full((count, scores.shape[1]), -torch.inf).scatter_reduce(0, where, scores.detach(), "amax")
    weights = (scores - top[owner]).exp()
    total = torch.zeros(count, scores.shape[1]).index_add(0, owner, weights)
    return torch.zeros(count, scores.shape[1]).index_add(0, owner, weights * judged) / total


def from_bert(checkpoint: Mapping[str, Tensor], labels: int) -> TurnNetwork:
    """A network with the encoder of a Hugging Face BERT checkpoint of MiniLM-L6's shape, and untrained labels."""
    network = TurnNetwork(labels)
    weights: dict[str, Any] = {
        "words.weight": checkpoint["embeddings.word_embeddings.weight"],
        "places.weight": checkpoint["embeddings.position_embeddings.weight"]
        + checkpoint["embeddings.token_type_embeddings.weight"][0],
        "norm.weight": checkpoint["embeddings.LayerNorm.weight"],
        "norm.bias": checkpoint["embeddings.LayerNorm.bias"],
    }
    for number in range(len(network.layers)):
        for ours, theirs in _LAYER_NAMES.items():
            for part in ("weight", "bias"):
                weights[f"layers.{number}.{ours}.{part}"] = checkpoint[f"encoder.layer.{number}.{theirs}.{part}"]
    network.load_state_dict(network.state_dict() | weights)
    return network
