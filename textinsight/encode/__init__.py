"""Text to vectors: encoders that ship, any transformer behind the [torch] extra, one protocol."""

from __future__ import annotations

from functools import lru_cache

from textinsight.encode.base import Encoder, Vectors, encode_unique, unit_rows
from textinsight.errors import UsageError

SHIPPED = ("intents-en", "static-en", "turns-en")
DEFAULT = "intents-en"

__all__ = ["DEFAULT", "SHIPPED", "Encoder", "Vectors", "encode_unique", "load_encoder", "unit_rows"]


def load_encoder(spec: str = DEFAULT) -> Encoder:
    """The encoder "intents-en", "static-en", "turns-en" or "torch:MODEL_ID_OR_PATH", loaded once.

    UsageError for any other name, ModelError if it cannot be loaded.
    """
    return _loaded(spec)


@lru_cache(maxsize=4)
def _loaded(spec: str) -> Encoder:
    kind, _, model = spec.partition(":")
    if kind == "torch" and model:
        from textinsight.encode.transformer import TransformerEncoder

        return TransformerEncoder(model)
    if spec == "intents-en":
        from textinsight.encode import intents

        return intents.load()
    if spec == "turns-en":
        from textinsight.encode.turns import turn_reader

        return turn_reader()
    if spec == "static-en":
        from textinsight.encode.static import StaticEncoder

        return StaticEncoder.load(spec)
    raise UsageError(
        f"unknown encoder {spec!r}; expected {', '.join(SHIPPED)} or torch:MODEL_ID_OR_PATH",
        hint=f"--encoder {DEFAULT}",
    )
