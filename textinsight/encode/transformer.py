"""Any transformer of the hub or of a folder as an encoder: mean pooling, batches by length. Needs [torch]."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.encode.base import Vectors, unit_rows
from textinsight.errors import ModelError

_BATCH_TOKENS = 8192  # a batch's padded size; bounds memory whatever the texts' lengths
_MAX_TOKENS = 256


class TransformerEncoder:
    """Mean of the last layer over a text's tokens. `model`: hub id or folder; runs on a GPU if there is one."""

    def __init__(self, model: str, *, device: str | None = None) -> None:
        self._torch, self._tokenizer, self._model = _load(model)
        self._device = device or ("cuda" if self._torch.cuda.is_available() else "cpu")
        self._model.to(self._device).eval()
        self.name = f"torch:{model}"
        self.dimension = int(self._model.config.hidden_size)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) float32 unit rows, zero for a blank text. Repeated texts are encoded once."""
        known = sorted({text for text in texts if text.strip()})
        row = {text: i for i, text in enumerate(known)}
        vectors = np.zeros((len(known) + 1, self.dimension), np.float32)  # the last row stays zero: blank texts
        ids = self._token_ids(known)
        for batch in _by_length([len(i) for i in ids]):
            vectors[batch] = self._forward([ids[i] for i in batch])
        index = np.fromiter((row.get(text, len(known)) for text in texts), np.int64, len(texts))
        return unit_rows(vectors)[index]

    def _token_ids(self, texts: list[str]) -> list[list[int]]:
        if not texts:
            return []
        tokens = self._tokenizer(texts, truncation=True, max_length=self._max_tokens)
        return list(tokens["input_ids"])

    @property
    def _max_tokens(self) -> int:
        return min(_MAX_TOKENS, int(getattr(self._model.config, "max_position_embeddings", _MAX_TOKENS)))

    def _forward(self, ids: list[list[int]]) -> npt.NDArray[np.float32]:
        padded = self._tokenizer.pad({"input_ids": ids}, return_tensors="pt").to(self._device)
        with self._torch.inference_mode():
            states = self._model(**padded).last_hidden_state.float()
        mask = padded["attention_mask"].unsqueeze(-1).float()
        return np.asarray(((states * mask).sum(1) / mask.sum(1)).cpu().numpy(), np.float32)


def _by_length(lengths: Sequence[int]) -> Iterator[npt.NDArray[np.int64]]:
    """Row indices in batches of alike lengths, longest first, each at most _BATCH_TOKENS padded tokens."""
    order = np.argsort(-np.asarray(lengths, np.int64), kind="stable")
    start = 0
    while start < len(order):
        size = max(1, _BATCH_TOKENS // max(1, lengths[order[start]]))
        yield order[start : start + size]
        start += size


def _load(model: str) -> tuple[Any, Any, Any]:
    """torch, tokenizer and model; HF_HUB_OFFLINE is honoured by transformers itself."""
    try:
        import torch
        import transformers
    except ImportError as error:
        raise ModelError(
            f"encoder torch:{model} needs the [torch] extra", hint="pip install 'textinsight[torch]'"
        ) from error
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(model)
        network = transformers.AutoModel.from_pretrained(model)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"encoder torch:{model} cannot be loaded: {error}",
            hint="give a folder with config.json, or a hub id with HF_HUB_OFFLINE unset",
        ) from error
    return torch, tokenizer, network
