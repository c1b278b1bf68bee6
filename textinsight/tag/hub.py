"""Any classifier of the hub or of a folder in place of one tagger. Needs [torch].

"sentiment" takes a model with classes named like negative, neutral, positive (or stars); any other label of
`tag.labels` takes a model of two classes, the second of which means yes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.errors import ModelError, UsageError
from textinsight.tag.labels import LABELS, MOOD

_BATCH = 32
_LONGEST = 256  # tokens
_NAMED = {
    "negative": 0,
    "neg": 0,
    "neutral": 1,
    "neu": 1,
    "positive": 2,
    "pos": 2,
    "1 star": 0,
    "2 stars": 0,
    "3 stars": 1,
    "4 stars": 2,
    "5 stars": 2,
}

Chances = npt.NDArray[np.float32]


def check_taggers(taggers: Mapping[str, str]) -> None:
    """UsageError unless every name is "sentiment" or a label and every model "torch:ID"."""
    for name, spec in taggers.items():
        if name != "sentiment" and name not in LABELS[len(MOOD) :]:
            raise UsageError(
                f"no tagger {name!r}; expected sentiment or one of {', '.join(LABELS[len(MOOD) :])}",
                hint="--tagger sentiment=torch:MODEL",
            )
        if not spec.startswith("torch:") or not spec.removeprefix("torch:"):
            raise UsageError(f"tagger {name}: expected torch:MODEL_ID_OR_PATH, got {spec!r}", hint="--tagger A=torch:B")


def overrule(chances: Chances, texts: Sequence[str], taggers: Mapping[str, str]) -> Chances:
    """(n, labels): a copy in which the named taggers' columns are those models' answers."""
    out = chances.copy()
    for name, spec in taggers.items():
        found = _classifier(spec.removeprefix("torch:")).read(texts)
        if name == "sentiment":
            out[:, : len(MOOD)] = _moods(found, _classifier(spec.removeprefix("torch:")).classes)
        else:
            out[:, LABELS.index(name)] = found[:, -1]
    return out


def _moods(found: Chances, classes: Sequence[str]) -> Chances:
    moods = np.zeros((len(found), len(MOOD)), np.float32)
    for column, name in enumerate(classes):
        place = _NAMED.get(name.strip().lower())
        if place is None:
            raise ModelError(
                f"its classes are {', '.join(classes)}: none of them is known as a sentiment",
                hint="set id2label in the model's config.json to negative, neutral, positive",
            )
        moods[:, place] += found[:, column]
    return moods


class _Classifier:
    """A sequence classifier with its class names in order."""

    def __init__(self, model: str) -> None:
        self._torch, self._tokenizer, self._model = _load(model)
        self._device = "cuda" if self._torch.cuda.is_available() else "cpu"
        self._model.to(self._device).eval()
        names: dict[Any, str] = self._model.config.id2label
        self.classes = tuple(str(names[i]) for i in sorted(names, key=int))

    def read(self, texts: Sequence[str]) -> Chances:
        """(n, classes) shares; repeated texts are read once, texts of like length together."""
        known = sorted(set(texts), key=lambda text: (len(text), text))
        shares: dict[str, Chances] = {}
        for start in range(0, len(known), _BATCH):
            batch = known[start : start + _BATCH]
            words = self._tokenizer(batch, padding=True, truncation=True, max_length=_LONGEST, return_tensors="pt")
            with self._torch.inference_mode():
                logits = self._model(**words.to(self._device)).logits.float().cpu()
            shares |= dict(zip(batch, logits.softmax(-1).numpy(), strict=True))
        return np.array([shares[text] for text in texts], np.float32).reshape(len(texts), len(self.classes))


@lru_cache(maxsize=4)
def _classifier(model: str) -> _Classifier:
    return _Classifier(model)


def _load(model: str) -> tuple[Any, Any, Any]:
    try:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
    except ImportError as error:
        raise ModelError(f"tagger {model} needs torch and transformers", hint="pip install '.[torch]'") from error
    try:
        tokenizer = AutoTokenizer.from_pretrained(model)
        return torch, tokenizer, AutoModelForSequenceClassification.from_pretrained(model, use_safetensors=True)
    except (OSError, ValueError) as error:
        raise ModelError(f"tagger {model} cannot be loaded: {error}", hint="a hub id or a folder") from error
