"""The accuracy card: its parts, and how it prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. [low, high]: 95% bootstrap over conversations. majority: always the commonest answer; quick: the
    student alone, None where it was not asked.
    """

    tag: str
    measure: str
    value: float
    low: float
    high: float
    majority: float
    quick: float | None
    n: int


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
    """All that is known of the taggers' accuracy on one file.

    slices: macro-F1 of the sentiment, accuracy of the resolution by channel and length, (tag, kind, part, value, n).
    drivers: (driver, precision, recall, how many there are).
    """

    lines: tuple[Line, ...]
    confusions: tuple[Confusion, ...]
    calibrations: tuple[Calibration, ...]
    slices: tuple[tuple[str, str, str, float, int], ...]
    drivers: tuple[tuple[str, float, float, int], ...]


def as_markdown(card: Card) -> str:
    """The card as tables."""
    out = ["| tag | measure | value | 95% interval | commonest answer | quick reader alone | n |"]
    out.append("|---|---|---|---|---|---|---|")
    for c in card.lines:
        quick = "" if c.quick is None else f"{c.quick:.3f}"
        interval = f"{c.low:.3f} to {c.high:.3f}"
        out.append(f"| {c.tag} | {c.measure} | {c.value:.3f} | {interval} | {c.majority:.3f} | {quick} | {c.n} |")
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
        out += ["", "| effort driver | precision | recall | n |", "|---|---|---|---|"]
        out += [f"| {name} | {precision:.3f} | {recall:.3f} | {n} |" for name, precision, recall, n in card.drivers]
    if card.slices:
        out += ["", "| sentiment: macro-F1, resolution: accuracy | by | | value | n |", "|---|---|---|---|---|"]
        out += [f"| {tag} | {kind} | {part} | {value:.3f} | {n} |" for tag, kind, part, value, n in card.slices]
    return "\n".join(out) + "\n"
