"""How the downstream map and first contact resolution look on a terminal, and as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from textinsight.cli.show import GREY_BELOW, SCHEMA, listing

Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Downstream:
    """What `textinsight downstream` says; rows as in the tables, with the topics' labels."""

    window_days: int
    edges: Rows
    clusters: Rows
    avoidable: Rows


def downstream(found: Downstream, *, as_json: bool) -> None:
    """The map, its clusters, and the contacts that could have been avoided."""
    if as_json:
        _json({"downstream": asdict(found)})
        return
    if not found.edges:
        _show("no downstream edge is significant in this archive; --all shows those that may be chance")
        return
    shown = (_edges(found), _clusters(found.clusters), _avoidable(found.avoidable))
    _show("grey: fewer than 100 starts, or may be chance (q > 0.05)", *shown)


def pairs(rows: Rows, total: int, *, as_json: bool) -> None:
    """The conversations behind one edge."""
    if as_json:
        _json({"pairs": list(rows)})
        return
    table = listing("first contact", "followed by", "days later", "probability", width=12)
    for row in rows:
        chance = "–" if row["probability"] is None else f"{row['probability']:.2f}"
        table.add_row(Text(row["earlier_id"]), Text(row["conversation_id"]), f"{row['gap_days']:.1f}", chance)
    _show(f"{len(rows):,} of {total:,} pairs; – no downstream link reached its cut", table)


def fcr(rows: Rows, by: str, window_days: int, *, as_json: bool) -> None:
    """First contact resolution by segment or period."""
    if as_json:
        _json({"fcr": {"by": by, "window_days": window_days, "rows": list(rows)}})
        return
    columns = ("observed", "95% interval", "n", "open", "not meas.", "stated", "95% interval", "n")
    table = listing(f"first contact resolution, {window_days} days", *columns, width=20)
    for row in rows:
        name = row["period"] if by == "period" else row["name"] or "all"
        thin = (row["observed_n"] or 0) < GREY_BELOW
        shares = (_share(row[key]) for key in ("open_share", "not_measurable_share"))
        table.add_row(Text(name), *_figures(row, "observed"), *shares, *_figures(row, "stated"), style="dim" * thin)
    _show(
        "open: the window is not over; not meas.: no customer id or time; neither is in a figure. Grey: n below 100",
        table,
    )


def handle_time(rows: Rows, window_days: int, *, as_json: bool) -> None:
    """Repeat rate by quartile of handle time, a line a topic."""
    if as_json:
        _json({"handle_time": {"window_days": window_days, "rows": list(rows)}})
        return
    columns = ("n", "repeats", "shortest ¼", "2", "3", "longest ¼", "association", "95% interval", "q")
    table = listing(f"repeats by handle time, {window_days} days", *columns, width=20)
    for topic in dict.fromkeys(row["topic_id"] for row in rows):
        of = {row["quartile"]: row for row in rows if row["topic_id"] == topic}
        table.add_row(*_handled(of), style="" if _sure(of[0]["q_value"]) else "dim")
    _show("association above 0: short contacts bring repeats; grey: may be chance", table)


def _handled(of: dict[int, dict[str, Any]]) -> list[Text | str]:
    whole = of[0]
    rates = [_share(of[q]["repeat_rate"]) if q in of else "–" for q in (1, 2, 3, 4)]
    value, low, high, q = (whole[k] for k in ("association", "association_low", "association_high", "q_value"))
    told = ["–", "", ""] if value is None else [f"{value:+.2f}", f"{low:+.2f} – {high:+.2f}", f"{q:.3f}"]
    return [
        Text(whole["topic_label"] or whole["topic_id"]),
        f"{whole['n']:,}",
        _share(whole["repeat_rate"]),
        *rates,
        *told,
    ]


def _sure(q_value: float | None) -> bool:
    return q_value is not None and q_value <= 0.05


def _edges(found: Downstream) -> Table:
    columns = ("brought on", "after", "usually", "lift", "95% interval", "days", "starts")
    table = listing(f"downstream map, {found.window_days} days", *columns, width=20)
    for e in found.edges:
        weak = e["n_starts"] < GREY_BELOW or not e["significant"]
        interval = f"{e['lift_low']:.1f} – {e['lift_high']:.1f}"
        figures = (f"{e['brought_on']:,.0f}", _share(e["rate"]), _share(e["base_rate"]), f"{e['lift']:.1f}", interval)
        name = Text(f"{e['label_a']}  →  {e['label_b']}")
        table.add_row(name, *figures, f"{e['median_gap_days']:.1f}", f"{e['n_starts']:,}", style="dim" * weak)
    return table


def _clusters(rows: Rows) -> Table:
    table = listing("clusters", "topics", "contacts", "customers", "beyond chance", "cost", "of it beyond", width=20)
    for row in rows:
        money = (f"{row[key]:,.0f}" for key in ("attributable", "cost", "attributable_cost"))
        sizes = (f"{row[key]:,}" for key in ("contacts", "customers"))
        table.add_row(Text(row["label"]), f"{len(row['topics'])}", *sizes, *money)
    return table


def _avoidable(rows: Rows) -> Table:
    columns = ("avoidable", "95% interval", "a 100 starts", "cost", "starts")
    table = listing("had the first contact answered the next question too", *columns, width=20)
    for row in rows:
        name = Text(f"{row['label_a']}  (next: {row['label_b']})")
        interval = f"{row['low']:,.0f} – {row['high']:,.0f}"
        figures = (f"{row['avoidable']:,.0f}", interval, f"{row['per_100_starts']:.1f}", f"{row['cost']:,.0f}")
        table.add_row(name, *figures, f"{row['n_starts']:,}", style="dim" * (row["n_starts"] < GREY_BELOW))
    return table


def _figures(row: dict[str, Any], name: str) -> tuple[str, str, str]:
    if row[name] is None:
        return "–", "", f"{row[f'{name}_n'] or 0:,}"
    return _share(row[name]), f"{row[f'{name}_low']:.1%} – {row[f'{name}_high']:.1%}", f"{row[f'{name}_n']:,}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _show(note: str, *shown: Table) -> None:
    """Tables, then a note. Never narrower than their figures: a terminal may wrap lines, nothing is cut off."""
    console = Console(highlight=False)
    for table in shown:
        widths = [_width(column) for column in table.columns]
        console.width = max(console.width, sum(widths) + 2 * len(widths))
    for table in shown:
        console.print(table)
    console.print(Text(note, style="dim"), soft_wrap=True)


def _width(column: Column) -> int:
    """Of its widest figure; names may wrap and need their least width only."""
    if not column.no_wrap:
        return column.min_width or 0
    return max(cell_len(str(text)) for text in (column.header, *column.cells))


def _json(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"schema": SCHEMA} | said, ensure_ascii=False, default=str) + "\n")
