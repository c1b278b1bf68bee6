"""The accuracy card: its parts, and how it prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. [low, high]: 95% bootstrap over conversations. majority: always the commonest answer; quick: the
    student alone. A value is None where readers said yes nowhere, an interval also where there is one conversation.
    """

    tag: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    majority: float | None
    quick: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Slice:
    """A figure over a part of the answers, as in `Line`. kind: "channel" or "length"; part: which."""

    tag: str
    kind: str
    part: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    majority: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Share:
    """A share of n with its 95% interval (Wilson); None where n is 0."""

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Driver:
    """precision: of the conversations tagged with the driver; recall: of those in which readers saw it."""

    driver: str
    precision: Share
    recall: Share


@dataclass(frozen=True, slots=True)
class Confusion:
    """counts[i][j]: readers said labels[i], the tagger labels[j]."""

    tag: str
    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """error: expected calibration error over ten equal-width bins; chance: what a tagger whose confidence is exactly
    right would show on so few answers, on average. bins: (mean confidence, share right, n).
    """

    tag: str
    error: float
    chance: float
    bins: tuple[tuple[float, float, int], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """All that is known of the taggers' accuracy on one file."""

    lines: tuple[Line, ...]
    confusions: tuple[Confusion, ...]
    calibrations: tuple[Calibration, ...]
    slices: tuple[Slice, ...]
    drivers: tuple[Driver, ...]


def as_markdown(card: Card) -> str:
    """The card as tables."""
    out = ["| tag | measure | value | 95% interval | commonest answer | quick reader alone | n |"]
    out.append("|---|---|---|---|---|---|---|")
    for c in card.lines:
        cells = f"{_value(c.value)} | {_interval(c)} | {_number(c.majority)} | {_number(c.quick)}"
        out.append(f"| {c.tag} | {c.measure} | {cells} | {c.n} |")
    out += ["", "| tag | calibration error | by chance | mean confidence → share right (n) |", "|---|---|---|---|"]
    for found in card.calibrations:
        bins = ", ".join(f"{sure:.2f} → {right:.2f} ({n})" for sure, right, n in found.bins)
        out.append(f"| {found.tag} | {found.error:.3f} | {found.chance:.3f} | {bins} |")
    for table in card.confusions:
        out += ["", f"| {table.tag}: readers ↓ tagger → | {' | '.join(table.labels)} |"]
        out.append("|---" * (len(table.labels) + 1) + "|")
        rows = zip(table.labels, table.counts, strict=True)
        out += [f"| {label} | {' | '.join(str(count) for count in counts)} |" for label, counts in rows]
    if card.drivers:
        out += ["", "| effort driver | precision | 95% interval | n said | recall | 95% interval | n there |"]
        out.append("|---|---|---|---|---|---|---|")
    for row in card.drivers:
        shares = " | ".join(f"{_number(s.value)} | {_interval(s)} | {s.n}" for s in (row.precision, row.recall))
        out.append(f"| {row.driver} | {shares} |")
    if card.slices:
        out += ["", "| tag | by | | measure | value | 95% interval | commonest answer | n |"]
        out.append("|---|---|---|---|---|---|---|---|")
    for part in card.slices:
        cells = f"{_value(part.value)} | {_interval(part)} | {_number(part.majority)} | {part.n}"
        out.append(f"| {part.tag} | {part.kind} | {_cell(part.part)} | {part.measure} | {cells} |")
    return "\n".join(out) + "\n"


def _value(value: float | None) -> str:
    return "no yes in the labels" if value is None else f"{value:.3f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _interval(found: Line | Slice | Share) -> str:
    return "" if found.low is None or found.high is None else f"{found.low:.3f} to {found.high:.3f}"


def _cell(text: str) -> str:
    """Text in one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")
