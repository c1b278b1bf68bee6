"""Any classifier of the hub or of a folder in place of one tagger. Needs [torch].

A spec is torch:MODEL, or torch:MODEL#0=no,1=yes where the names of its classes do not say which is which. "sentiment"
takes moods, "resolution" outcomes (it reads whole conversations), every other name yes and no ("issue": of a sentence).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.errors import ModelError, UsageError
from textinsight.tag.labels import LABELS, MOOD, OUTCOMES

RESOLUTION, ISSUE, SENTIMENT = "resolution", "issue", "sentiment"
NAMES = (SENTIMENT, RESOLUTION, *LABELS[len(MOOD) :])

_BATCH = 32
_LONGEST = 512  # tokens
_ANSWERS: Mapping[str, tuple[str, ...]] = {SENTIMENT: MOOD, RESOLUTION: OUTCOMES}
_YES_NO = ("no", "yes")
_NEEDED = {SENTIMENT: ("negative", "positive"), RESOLUTION: ("resolved", "unresolved")}
_MOODS = {
    "negative": "negative neg very_negative 1_star 2_stars",
    "neutral": "neutral neu 3_stars",
    "positive": "positive pos very_positive 4_stars 5_stars",
}
_MOOD_OF = {name: mood for mood, names in _MOODS.items() for name in names.split()}
_YES = frozenset(("yes", "y", "true", "1"))
_NO = frozenset(("no", "n", "false", "0", "other", "none"))

Chances = npt.NDArray[np.float32]


def check_taggers(taggers: Mapping[str, str]) -> None:
    """UsageError unless every name can be replaced and every model is torch:ID or torch:ID#0=…,1=…"""
    for name, spec in taggers.items():
        if name not in NAMES:
            raise UsageError(f"no tagger {name!r}; expected one of {', '.join(NAMES)}", hint="--tagger A=torch:B")
        if not spec.startswith("torch:") or not model_of(spec).removeprefix("torch:"):
            raise UsageError(f"tagger {name}: expected torch:MODEL_ID_OR_PATH, got {spec!r}", hint="--tagger A=torch:B")
        for number, meaning in _mapping(spec):
            if not number.isdecimal() or meaning not in _answers(name):
                raise UsageError(
                    f"tagger {name}: {number}={meaning} is not CLASS_NUMBER={'|'.join(_answers(name))}",
                    hint=f"--tagger {name}={_example(spec, _guessed(name, len(_answers(name))))}",
                )


def model_of(spec: str) -> str:
    """torch:MODEL without what its classes mean."""
    return spec.rpartition("#")[0] if _mapping(spec) else spec


def overrule(chances: Chances, texts: Sequence[str], taggers: Mapping[str, str]) -> Chances:
    """(n, labels): a copy in which the columns of the taggers that read turns are those models' answers."""
    out = chances.copy()
    for name, spec in taggers.items():
        labels = labels_of(name)
        if labels:
            out[:, [LABELS.index(label) for label in labels]] = shares(name, spec, texts)[:, -len(labels) :]
    return out


def labels_of(name: str) -> tuple[str, ...]:
    """The labels of turns that a model in this place answers."""
    if name in (RESOLUTION, ISSUE):
        return ()
    return MOOD if name == SENTIMENT else (name,)


def shares(name: str, spec: str, texts: Sequence[str]) -> Chances:
    """(n, answers): of MOOD for "sentiment", of OUTCOMES for "resolution", else of no and yes; ModelError.

    Of a text that is too long "resolution" reads the end, all others the beginning.
    """
    model = _classifier(model_of(spec).removeprefix("torch:"))
    meanings = _meanings(name, spec, model.classes)
    found = model.read(texts, side="left" if name == RESOLUTION else "right")
    out = np.zeros((len(found), len(_answers(name))), np.float32)
    for column, meaning in enumerate(meanings):
        out[:, _answers(name).index(meaning)] += found[:, column]
    return _with_neutral(out) if name == SENTIMENT and "neutral" not in meanings else out


def _with_neutral(moods: Chances) -> Chances:
    """Neutral is the likeliest where positive and negative are less than 1/3 apart; their difference stays."""
    taken = moods.min(axis=1, where=[True, False, True], initial=1.0) * 2 / 3
    return np.stack([moods[:, 0] - taken, 2 * taken, moods[:, 2] - taken], axis=1)


def _answers(name: str) -> tuple[str, ...]:
    return _ANSWERS.get(name, _YES_NO)


def _mapping(spec: str) -> list[tuple[str, str]]:
    """(class number, meaning) as typed; empty where the spec has no mapping (a path may hold # and = too)."""
    _, mark, said = spec.rpartition("#")
    if not mark or "=" not in said or "/" in said:
        return []
    return [(number.strip(), meaning.strip()) for number, _, meaning in (p.partition("=") for p in said.split(","))]


def _meanings(name: str, spec: str, classes: Sequence[str]) -> list[str]:
    """The answer that each class stands for, as the spec or else the classes' names say; ModelError if neither does."""
    mapping = {int(number): meaning for number, meaning in _mapping(spec)}
    said = [mapping.get(number) if mapping else _named(name, own) for number, own in enumerate(classes)]
    found = [meaning for meaning in said if meaning]
    settled = len(found) == len(said) and max(mapping, default=0) < len(said)
    only_two = bool(mapping) or _answers(name) is not _YES_NO or len(said) == 2
    needed = set(_NEEDED.get(name, _YES_NO))
    if settled and only_two and needed <= set(found):
        return found
    message = f"tagger {name}: the classes of {model_of(spec)} are " + ", ".join(
        f"{number} ({own})" for number, own in enumerate(classes)
    )
    if len(classes) < 2:
        raise ModelError(f"{message}; expected two or more", hint="a classifier with a class for each answer")
    guessed = _guessed(name, len(said))
    likely = [own or guess for own, guess in zip(said, guessed, strict=True)]
    if not needed <= set(likely):
        likely = guessed
    raise ModelError(
        f"{message}; which of them mean {' or '.join(_answers(name))} is not clear",
        hint=f"say what each means, for example --tagger {name}={_example(spec, likely)}",
    )


def _named(name: str, own: str) -> str | None:
    """What a class means by its name, None if that does not tell."""
    plain = own.strip().lower().replace("-", "_").replace(" ", "_")
    if name == SENTIMENT:
        return _MOOD_OF.get(plain)
    if name == RESOLUTION:
        return plain if plain in OUTCOMES else None
    if plain in _YES or plain == name:
        return "yes"
    return "no" if plain in _NO or plain.startswith(("not_", "no_", "non_")) else None


def _guessed(name: str, n: int) -> list[str]:
    if name == RESOLUTION:
        return [OUTCOMES[min(i, len(OUTCOMES) - 1)] for i in range(n)]
    if name == SENTIMENT:
        return [MOOD[round(2 * i / max(1, n - 1))] for i in range(n)]
    return ["no"] * (n - 1) + ["yes"]


def _example(spec: str, meanings: Sequence[str]) -> str:
    return f"{model_of(spec)}#" + ",".join(f"{number}={meaning}" for number, meaning in enumerate(meanings))


class _Classifier:
    """A sequence classifier with its class names in order."""

    def __init__(self, model: str) -> None:
        self._torch, self._tokenizer, self._model = _load(model)
        self._device = "cuda" if self._torch.cuda.is_available() else "cpu"
        self._model.to(self._device).eval()
        self._batch = 1 if self._tokenizer.pad_token is None else _BATCH
        self._longest = min(_LONGEST, _places(self._model), self._tokenizer.model_max_length)
        names: dict[Any, str] = self._model.config.id2label
        self.classes = tuple(str(names[i]) for i in sorted(names, key=int))

    def read(self, texts: Sequence[str], *, side: str = "right") -> Chances:
        """(n, classes) shares; repeated texts are read once, texts of like length together; cut at `side`."""
        known = sorted(set(texts), key=lambda text: (len(text), text))
        self._tokenizer.truncation_side = side
        shares: dict[str, Chances] = {}
        for start in range(0, len(known), self._batch):
            batch = known[start : start + self._batch]
            words = self._tokenizer(
                batch, padding=self._batch > 1, truncation=True, max_length=self._longest, return_tensors="pt"
            )
            with self._torch.inference_mode():
                logits = self._model(**words.to(self._device)).logits.float().cpu()
            shares |= dict(zip(batch, logits.softmax(-1).numpy(), strict=True))
        return np.array([shares[text] for text in texts], np.float32).reshape(len(texts), len(self.classes))


def _places(model: Any) -> int:
    """How many tokens the model has positions for; models like RoBERTa leave those up to their padding unused."""
    places = getattr(model.config, "max_position_embeddings", None) or 0
    for name, part in model.named_modules():
        if name.endswith("position_embeddings") and getattr(part, "padding_idx", None) is not None:
            places -= part.padding_idx + 1
    return places if places > 0 else _LONGEST


@lru_cache(maxsize=4)
def _classifier(model: str) -> _Classifier:
    return _Classifier(model)


def _load(model: str) -> tuple[Any, Any, Any]:
    try:
        import torch
        import transformers
    except ImportError as error:
        raise ModelError(f"tagger {model} needs torch and transformers", hint="pip install '.[torch]'") from error
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(model)
        network, report = transformers.AutoModelForSequenceClassification.from_pretrained(
            model, use_safetensors=True, output_loading_info=True
        )
    except (OSError, ValueError) as error:
        raise ModelError(
            f"tagger {model} cannot be loaded: {error}",
            hint="a hub id or a folder with config.json, a tokenizer and model.safetensors: other weights "
            "(pytorch_model.bin) can run code and are never loaded; save_pretrained writes safetensors",
        ) from error
    body = f"{network.base_model_prefix}."
    untrained = sorted(name for name in report["missing_keys"] if not name.startswith(body))
    if untrained:
        raise ModelError(f"{model} is no trained classifier: it lacks {', '.join(untrained)}", hint="train it first")
    if network.config.problem_type == "multi_label_classification":
        raise ModelError(
            f"the classes of {model} do not exclude one another (multi_label_classification)",
            hint="a model that gives every text exactly one class",
        )
    return torch, tokenizer, network
