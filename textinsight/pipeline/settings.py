"""What a run can be told. The defaults are what the documentation's figures were measured with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from textinsight.encode import DEFAULT
from textinsight.errors import UsageError
from textinsight.ingest.columns import check_mapping
from textinsight.tag import ReadConfig


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a run; UsageError if one cannot be.

    mapping: our field name → the input's column name. window_days: how long after a contact ended a later one counts
    as its repeat or its consequence. link_by_reference: whether contacts without customer id or key are tied to others
    by a reference number in the text. max_q: false-discovery rate up to which an edge tells downstream links.
    encoder: see `encode.load_encoder`. doubt, taggers: see `tag.ReadConfig`. processes: workers that tag. shard_size:
    contacts committed at once (what a kill can cost at most).
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    window_days: int = 14
    link_by_reference: bool = False
    max_q: float = 0.05
    encoder: str = DEFAULT
    doubt: float = 0.35
    taggers: Mapping[str, str] = field(default_factory=dict)
    processes: int = field(default_factory=lambda: os.cpu_count() or 1)
    shard_size: int = 1000

    def __post_init__(self) -> None:
        check_mapping(self.mapping)
        for name, low, high in (("window_days", 1, 365), ("processes", 1, 256), ("shard_size", 1, 100_000)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise UsageError(
                    f"{name} must lie in {low}..{high}, got {value}", hint=f"--{name.replace('_', '-')} {low}"
                )

        _ = self.reading
        if not 0 < self.max_q < 1:
            raise UsageError(f"max_q must lie strictly between 0 and 1, got {self.max_q}", hint="--max-q 0.05")

    @property
    def reading(self) -> ReadConfig:
        """How turns are read; UsageError if it cannot be."""
        return ReadConfig(doubt=self.doubt, taggers=dict(self.taggers))

    def deciding(self) -> dict[str, object]:
        """Those settings that change results, JSON-able."""
        names = ("window_days", "encoder", "link_by_reference", "max_q", "doubt", "taggers")
        return {name: getattr(self, name) for name in names}
