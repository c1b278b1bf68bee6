"""What people and machines see: progress and notes on stderr, results on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from textinsight.cli.progress_file import ProgressFile, from_environment

if TYPE_CHECKING:
    from textinsight.cli.refusals import Refusal
    from textinsight.pipeline import RunReport
    from textinsight.store.doctor import Complaint

SCHEMA = 1
GREY_BELOW = 100  # starts below which an edge's figures are shown but not to be leant on

_NAMES = {
    "contacts": "contacts",
    "customers": "customers",
    "repeat_share": "repeat contacts",
    "fcr_observed": "first contact resolution (observed)",
    "fcr_stated": "first contact resolution (stated)",
    "sentiment": "customer sentiment (−1..1)",
    "effort": "customer effort (1..5, 5 is worst)",
    "csat_top_two_box": "CSAT, answers of 4 or 5",
    "nps": "NPS",
}


def note(text: str) -> None:
    """A line for the person at the terminal."""
    Console(stderr=True, highlight=False).print(Text(text), soft_wrap=True)


@contextmanager
def progress() -> Iterator[_Progress]:
    """Bars on a terminal; a line a stage elsewhere; and the file of `progress_file`, if one is asked for."""
    console = Console(stderr=True)
    with Bars(
        TextColumn("{task.description:<20}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
        disable=not console.is_terminal,
    ) as bars:
        shown = _Progress(bars, console, from_environment())
        yield shown
        shown.finish()


class _Progress:
    def __init__(self, bars: Bars, console: Console, file: ProgressFile | None) -> None:
        self._bars = bars
        self._console = console
        self._file = file
        self._task: TaskID | None = None

    def stage(self, name: str, total: int | None) -> None:
        self.finish()
        if self._file is not None:
            self._file.stage(name, total)
        if self._console.is_terminal:
            self._task = self._bars.add_task(name, total=total, note="")
        else:
            self._console.print(f"{name} …", highlight=False)

    def advance(self, steps: int, note: str = "") -> None:
        if self._file is not None:
            self._file.advance(steps, note)
        if self._task is not None:
            self._bars.update(self._task, advance=steps, note=note)

    def finish(self) -> None:
        """The stage under way is over."""
        if self._task is not None:
            total = self._bars.tasks[self._bars.task_ids.index(self._task)].total or 1
            self._bars.update(self._task, total=total, completed=total)


def report(found: RunReport, refused: Sequence[Refusal], *, as_json: bool) -> None:
    """The result of a run."""
    if as_json:
        fields = asdict(found) | {"exit_code": int(found.exit_code)}
        sys.stdout.write(json.dumps({"schema": SCHEMA, "report": fields}, ensure_ascii=False) + "\n")
        return
    console = Console(highlight=False)
    console.print(_inputs(found))
    if found.headlines:
        console.print(_headlines(found))
        console.print(_topics(found))
        console.print(_edges(found) if found.edges else "no downstream edge is significant in this archive\n")
    for one in refused:
        console.print(_refusal(one), soft_wrap=True)
    if refused:
        console.print(f"all of them: textinsight export rejects -a {found.archive} -o rejects.csv\n", markup=False)
    console.print(Text(f"archive {found.archive}  ({found.seconds:.0f} s)", style="dim"), soft_wrap=True)


def complaints(found: Sequence[Complaint], *, as_json: bool) -> None:
    """What the doctor found."""
    if as_json:
        rows = [asdict(complaint) for complaint in found]
        sys.stdout.write(json.dumps({"schema": SCHEMA, "complaints": rows}, ensure_ascii=False) + "\n")
        return
    if not found:
        note("the archive is healthy")
    for complaint in found:
        todo = "to do" if complaint.remedy.startswith("textinsight ") else "to do (textinsight doctor --mend)"
        note(f"{complaint.table}: {complaint.problem} → {complaint.remedy}: {'done' if complaint.mended else todo}")


def _inputs(found: RunReport) -> Table:
    table = listing("input", "read", "stored", "refused", "")
    for count in found.inputs:
        known = "known already" if count.known else ""
        table.add_row(Text(count.source), f"{count.n_read:,}", f"{count.n_stored:,}", f"{count.n_rejected:,}", known)
    return table


def _refusal(one: Refusal) -> Text:
    place = one.source if one.line is None else f"{one.source}:{one.line}"
    more = f"  (and {one.n - 1:,} like it)" if one.n > 1 else ""
    return Text(f"refused {place}: {one.reason}{more}")


def _headlines(found: RunReport) -> Table:
    table = listing("measure", "value", "95% interval", "n", "unknown")
    for line in found.headlines:
        interval = f"{_figure(line.low, line.unit)} – {_figure(line.high, line.unit)}" if line.low is not None else ""
        base = line.n + line.n_unknown
        unknown = f"{line.n_unknown / base:.0%}" if base and line.n_unknown else ""
        table.add_row(_NAMES[line.measure], _figure(line.value, line.unit), interval, f"{line.n:,}", unknown)
    return table


def _topics(found: RunReport) -> Table:
    table = listing("top topics", "contacts", "share")
    for line in found.topics:
        table.add_row(Text(line.label), f"{line.n:,}", f"{line.share:.1%}")
    if found.topicless is not None:
        table.add_row(Text("(unclear, of those with an issue)", style="dim"), "", _dim(found.topicless.unclear_share))
        table.add_row(Text("(no issue stated)", style="dim"), "", _dim(found.topicless.without_issue))
    return table


def _dim(share: float) -> Text:
    return Text(f"{share:.1%}", style="dim")


def _edges(found: RunReport) -> Table:
    days = found.edges[0].window_days
    table = listing(f"strongest downstream edges, {days} days", "after", "usually", "lift", "95% interval", "starts")
    for e in found.edges:
        style = "dim" if e.n_starts < GREY_BELOW else ""
        name = Text(f"{e.topic_a}  →  {e.topic_b}", style=style)
        lift = f"{e.lift_low:.1f} – {e.lift_high:.1f}"
        table.add_row(
            name, f"{e.rate:.1%}", f"{e.base_rate:.1%}", f"{e.lift:.1f}", lift, f"{e.n_starts:,}", style=style
        )
    return table


def listing(first: str, *others: str, width: int = 34) -> Table:
    """An empty table: names to the left, figures to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", title=" ")
    table.add_column(first, min_width=width)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)  # names may wrap, figures may not
    return table


def _figure(value: Any, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "share":
        return f"{value:.1%}"
    return f"{value:,.0f}" if unit in ("contacts", "customers", "count") else f"{value:.2f}"
