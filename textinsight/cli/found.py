"""How linking, reviews and learnt weights look on a terminal, and as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from textinsight.cli.show import SCHEMA, listing

if TYPE_CHECKING:
    from textinsight.learn.relearn_links import Learnt
    from textinsight.link import Precision
    from textinsight.pipeline.relink import LinkReport
    from textinsight.pipeline.reviewing import Imported

_MOST_REFUSED = 5


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to say: under `name` in JSON, as `shown` on a terminal."""

    name: str
    fields: dict[str, Any]
    shown: tuple[Table | Text | str, ...]


def links(report: LinkReport, before: Sequence[Part], *, as_json: bool) -> None:
    """What linking found, after what was said before it."""
    parts([*before, Part("links", asdict(report), tuple(_report(report)))], as_json=as_json)


def parts(said: Sequence[Part], *, as_json: bool) -> None:
    """All of it: one JSON object, or one after the other."""
    if as_json:
        fields = {part.name: part.fields for part in said}
        sys.stdout.write(json.dumps({"schema": SCHEMA, **fields}, ensure_ascii=False, default=str) + "\n")
        return
    console = Console(highlight=False)
    for part in said:
        console.print(*part.shown, sep="\n", soft_wrap=True)


def imported(done: Imported) -> Part:
    """Reviews that were stored, left open or refused."""
    lines = [f"{done.n_stored:,} reviews stored, {done.n_open:,} rows without a verdict, {len(done.refused):,} refused"]
    lines += [f"refused line {r.line}: {r.reason}" for r in done.refused[:_MOST_REFUSED]]
    return Part("reviews", asdict(done), tuple(map(Text, lines)))


def learnt(done: Learnt) -> Part:
    """The weights before and after, and how well held-out reviews are predicted."""
    table = listing("weight", "level", "before", "after", "reviews")
    for row in done.weights:
        if row.n:
            style = "" if abs(row.after - row.before) >= 0.1 else "dim"
            before, after = f"{row.before:+.2f}", f"{row.after:+.2f}"
            table.add_row(Text(row.signal), Text(row.label), before, after, f"{row.n:,}", style=style)
    change = f"log-loss on held-out reviews {done.log_loss_before:.3f} → {done.log_loss_after:.3f}"
    verdict = "used from now on" if done.adopted else "no better: the weights stay as they are (--force takes them)"
    return Part("learnt", asdict(done), (table, Text(f"{done.n_reviews:,} reviews; {change}; {verdict}")))


def forgotten(n_reviews: int | None) -> Part:
    """Whether there were learnt weights."""
    if n_reviews is None:
        return Part(
            "forgotten", {"n_reviews": None}, (Text("there were no learnt weights; the shipped ones are used"),)
        )
    text = f"the weights learnt from {n_reviews:,} reviews are forgotten; the reviews are kept"
    return Part("forgotten", {"n_reviews": n_reviews}, (Text(text),))


def precision(lines: Sequence[Precision]) -> Part:
    """Measured precision by relation and probability."""
    return Part("precision", {"rows": [asdict(line) for line in lines]}, (_precision(lines),))


def _precision(lines: Sequence[Precision]) -> Table:
    table = listing("reviewed links", "confirmed", "precision", "95% interval", "model says")
    for line in lines:
        band = "all" if line.high_p - line.low_p >= 1 else f"{line.low_p:.0%} – {line.high_p:.0%} probable"
        name = Text(f"{line.relation.replace('_', ' ')}, {band}")
        if line.value is None:
            table.add_row(name, "none reviewed", "–", "", "")
            continue
        interval = f"{line.low:.1%} – {line.high:.1%}"
        table.add_row(
            name, f"{line.n_confirmed:,} of {line.n:,}", f"{line.value:.1%}", interval, f"{line.mean_probability:.1%}"
        )
    return table


def _report(found: LinkReport) -> list[Table | Text | str]:
    table = listing(f"links within {found.window_days} days", "")
    rows = (
        ("contacts", found.contacts, ""),
        ("linkable: a person and a time are known", found.linkable, ""),
        ("  of these told by phone, e-mail or account", found.by_key, "any"),
        ("  of these told by a reference number", found.by_reference, "any"),
        ("not linkable", found.not_linkable, ""),
        ("  nobody is known", found.without_customer, "any"),
        ("  no time", found.without_time, "any"),
        ("customer ids that share a person with another", found.ids_joined, "any"),
        ("keys of too many customers, left out", found.keys_shared, "any"),
        ("same-issue links", found.same_issue, ""),
        ("downstream links", found.downstream, ""),
        ("links that reviewers rejected", found.rejected, "any"),
        ("threads", found.threads, ""),
        ("  of several contacts", found.threads_of_several, ""),
        ("significant edges", found.edges, ""),
        ("reviewed pairs", found.reviews, ""),
    )
    for name, value, only in rows:
        if value or not only:
            table.add_row(Text(name), f"{value:,}")
    shown: list[Table | Text | str] = [table]
    if any(line.n for line in found.precision):
        shown.append(_precision(found.precision))
    looked = f"{found.relinked:,} contacts looked at with weights {found.model}"
    return [*shown, Text(f"archive {found.archive}  ({looked}, {found.seconds:.1f} s)", style="dim")]
