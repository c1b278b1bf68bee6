"""Conversations of an invented world whose truth is known: reasons, repeats, what brings on what, a spike.

`generate` streams contacts, `write` puts them into files the toolkit reads, with the truth beside them.
"""

from __future__ import annotations

from textinsight.synth.config import SynthConfig
from textinsight.synth.world import SynthContact, TruthLink, generate
from textinsight.synth.write import write

__all__ = ["SynthConfig", "SynthContact", "TruthLink", "generate", "write"]
