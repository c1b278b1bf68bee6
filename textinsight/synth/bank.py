"""The text banks: companies, their reasons and what people say, read from banks/*.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from textinsight.errors import UsageError
from textinsight.synth.template import Template, parse

_FOLDER = Path(__file__).parent / "banks"
COMPANY_FILES = ("telecom", "bank", "retail", "airline")
CHANNELS = ("voice", "chat", "email", "social")
Lines = tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """What is said about one facet of a reason (a parcel that is late, a parcel that was left elsewhere).

    checks: agent's question and customer's answer. fixed, promised, failed, moved: how the agent concludes.
    """

    subjects: Lines
    openings: Lines
    details: Lines
    asks: Lines
    checks: tuple[tuple[Template, Template], ...]
    fixed: Lines
    promised: Lines
    failed: Lines
    moved: Lines


@dataclass(frozen=True, slots=True)
class Reason:
    """Why customers contact a company.

    weight: relative base rate. unsolved: share of first contacts that leave the issue open. severity: 0..2.
    peak: month of the yearly peak (0: none), swing: its height in [0, 1).
    wordings: one for every opening, those of a facet the same, so that a uniform draw weighs facets.
    repeats: the wording that takes the place of each when the customer returns (often the same).
    """

    name: str
    weight: float
    unsolved: float
    severity: float
    peak: int
    swing: float
    wordings: tuple[Wording, ...]
    repeats: tuple[Wording, ...]


@dataclass(frozen=True, slots=True)
class PlantedEdge:
    """Reason a, even if solved, brings reason b with `probability`, after a median of `lag_days`."""

    reason_a: str
    reason_b: str
    probability: float
    lag_days: float
    because: Lines


@dataclass(frozen=True, slots=True, eq=False)  # one object a company: compared and hashed by identity
class Company:
    """An invented company: who it is, which channels it is reached on, its reasons and planted edges."""

    name: str
    code: str
    handle: str
    share: float
    channel_shares: tuple[float, ...]
    weekdays: tuple[float, ...]
    verify: tuple[str, ...]
    fill: Mapping[str, tuple[str, ...]]
    reasons: Mapping[str, Reason]
    edges: Mapping[str, tuple[PlantedEdge, ...]]


@dataclass(frozen=True, slots=True)
class Bank:
    """Everything that can be said: common phrases by name, fillers and companies."""

    phrases: Mapping[str, Lines]
    fill: Mapping[str, tuple[str, ...]]
    companies: tuple[Company, ...]
    shares: tuple[float, ...]


@cache
def load_bank() -> Bank:
    """The shipped bank, read once."""
    common = _read("common")
    companies = tuple(_company(_read(name)) for name in COMPANY_FILES)
    phrases = {key: lines(texts) for key, texts in _flat(common["phrases"])}
    fill = {key: tuple(values) for key, values in common["fill"].items()}
    return Bank(phrases, fill, companies, tuple(accumulate(company.share for company in companies)))


def lines(texts: Iterable[str]) -> Lines:
    """Templates compiled from their texts."""
    return tuple(parse(text) for text in texts)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8"))


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, list[str]]]:
    """("voice.greeting.warm", lines) for every list below the table."""
    for key, value in table.items():
        if isinstance(value, list):
            yield prefix + key, value
        else:
            yield from _flat(value, f"{prefix}{key}.")


def _company(raw: Mapping[str, Any]) -> Company:
    reasons = {name: _reason(name, table) for name, table in raw["reasons"].items()}
    edges: dict[str, tuple[PlantedEdge, ...]] = {}
    for table in raw["edges"]:
        edge = PlantedEdge(table["a"], table["b"], table["probability"], table["lag_days"], lines(table["because"]))
        _known(edge, reasons)
        edges[edge.reason_a] = (*edges.get(edge.reason_a, ()), edge)
    return Company(
        name=raw["name"],
        code=raw["code"],
        handle=raw["handle"],
        share=raw["share"],
        channel_shares=tuple(accumulate(raw["channels"][channel] for channel in CHANNELS)),
        weekdays=tuple(raw["weekdays"]),
        verify=tuple(raw["verify"]),
        fill={key: tuple(values) for key, values in raw["fill"].items()},
        reasons=reasons,
        edges=edges,
    )


def _known(edge: PlantedEdge, reasons: Mapping[str, Reason]) -> None:
    for name in (edge.reason_a, edge.reason_b):
        if name not in reasons:
            raise UsageError(f"edge names reason {name!r}, not of this company", hint=f"known: {', '.join(reasons)}")


def _reason(name: str, raw: Mapping[str, Any]) -> Reason:
    facets = [_tagged(text)[0] or "0" for text in raw["openings"]]
    wordings = {facet: _wording(raw, facet) for facet in facets}
    first = [facet for facet in facets if not facet.isupper()]  # upper case: only for those who return
    later: dict[str, str] = raw.get("later", {})
    return Reason(
        name=name,
        weight=raw["weight"],
        unsolved=raw["unsolved"],
        severity=raw.get("severity", 1.0),
        peak=raw.get("peak", 0),
        swing=raw.get("swing", 0.0),
        wordings=tuple(wordings[facet] for facet in first),
        repeats=tuple(wordings[later.get(facet, facet)] for facet in first),
    )


def _wording(raw: Mapping[str, Any], facet: str) -> Wording:
    """The lines for the facet: those without a tag, those tagged with it."""
    checks = [text.split(" || ") for text in _for(raw["checks"], facet)]
    return Wording(
        openings=lines(text for tags, text in map(_tagged, raw["openings"]) if facet == (tags or "0")),
        checks=tuple((parse(question), parse(answer)) for question, answer in checks),
        **{
            key: lines(_for(raw[key], facet))
            for key in ("subjects", "details", "asks", "fixed", "promised", "failed", "moved")
        },
    )


def _for(texts: Iterable[str], facet: str) -> list[str]:
    return [text for tags, text in map(_tagged, texts) if not tags or facet in tags]


def _tagged(text: str) -> tuple[str, str]:
    """The facets a line is for ("#ab " at its start; "" is every facet, "0" the one without name) and its text."""
    if not text.startswith("#"):
        return "", text
    tags, _, rest = text[1:].partition(" ")
    return tags, rest
