"""Pieces of layout that several pages share."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import streamlit as st

from textinsight.explore.filters import BY_CLICK, Filters
from textinsight.explore.panel import Figure
from textinsight.explore.state import Source
from textinsight.explore.words import LABELS, RESOLUTIONS, SUPPORT, escape, interval, name, topic
from textinsight.store import Archive
from textinsight.store.export import write_csv

CSV_ROWS = 100_000
LEAST = 30  # contacts below which a share or mean in a table is grey
_ROW = 33  # pixels
_WEAK = "color: #7d8792"  # in light and dark
RESOLUTION_COLORS = {"resolved": "blue", "unresolved": "orange", "moved": "gray", "unclear": "gray"}


def title(text: str, subtitle: str) -> None:
    """The page's heading and what it is about."""
    st.title(text, anchor=False)
    st.caption(escape(subtitle))


def scope(filters: Filters, n: int, total: int) -> str:
    """What the figures of this page are about, in words."""
    parts = [f"{n:,} of {total:,} contacts" if n != total else f"{n:,} contacts"]
    if filters.start and filters.end:
        parts.append(f"{filters.start:%-d %b %Y} – {filters.end - pd.Timedelta(days=1):%-d %b %Y}")
    for dimension, chosen in filters.chosen.items():
        told = ", ".join(name(v, RESOLUTIONS) if dimension == "resolution" else v for v in chosen)
        parts.append(f"{LABELS[dimension].lower()}: {told}" if dimension in BY_CLICK else told)
    return " · ".join(parts)


def footnotes(figure: Figure) -> list[str]:
    """The interval, and what is unknown."""
    told = []
    if figure.low is not None and figure.high is not None:
        told.append(f"95% CI {interval(figure.low, figure.high, figure.measure.unit)}")
    if figure.n_unknown:
        told.append(f"{figure.n_unknown / (figure.n + figure.n_unknown):.0%} unknown")
    return told or ["all counted" if figure.n else "no answers"]


def small_data_note(n: int) -> None:
    """Says what a small archive cannot support, instead of failing or pretending."""
    if 0 < n < SUPPORT:
        st.info(
            f"{n} contacts are in view. Below {SUPPORT}, shares swing by ten points and more by chance alone: read the "
            "conversations, and take shares, trends and the downstream map as hints.",
            icon=":material/info:",
        )


def nothing(reason: str, hint: str) -> None:
    """An empty state: why there is nothing to see, and what to do."""
    with st.container(border=True, horizontal_alignment="center"):
        st.space("small")
        st.text(reason, text_alignment="center")
        st.caption(hint, text_alignment="center")
        st.space("small")


def no_trend(filters: Filters) -> None:
    """There are too few periods for a trend."""
    hint = "Widen the period in the sidebar." if filters.start or filters.end else "Add conversations of other weeks."
    nothing("A trend needs contacts with a time in at least two weeks.", hint)


def no_match(source: Source, total: int) -> None:
    """No contact to show: the filters leave none of `total`, or the archive is empty."""
    if total:
        nothing("No contact matches the filters and the search.", "Use fewer words, or clear a filter in the sidebar.")
    else:
        path = escape(str(source.archive.path))
        nothing(
            "This archive holds no conversations yet.",
            f"Fill it with: textinsight run calls.jsonl \\-\\-archive {path}",
        )


def download(
    source: Source,
    label: str,
    file_name: str,
    sql: str,
    parameters: Sequence[Any] = (),
    *,
    tables: Callable[[], Mapping[str, pa.Table]] = dict,
) -> None:
    """A button for a CSV of the query's rows, made when asked for; tables: others that the SQL names."""
    make = partial(csv_bytes, source.archive, sql, parameters, tables=tables)
    st.download_button(label, make, file_name, "text/csv", icon=":material/download:", on_click="ignore")


def csv_bytes(
    archive: Archive, sql: str, parameters: Sequence[Any], *, tables: Callable[[], Mapping[str, pa.Table]] = dict
) -> bytes:
    """The query's rows as CSV; cells that a spreadsheet would run as a formula are defused."""
    file = io.BytesIO()
    write_csv(archive.query(f"{sql} LIMIT {CSV_ROWS}", parameters, tables=tables()).to_reader(), file)
    return file.getvalue()


def emphasis() -> Literal["primary", "secondary"]:
    """The type of a page's main button: in the dark theme, white on the accent colour would be too faint to read."""
    return "secondary" if st.context.theme.type == "dark" else "primary"


def time_column(label: str = "Started") -> Any:
    """A column of times."""
    return st.column_config.DatetimeColumn(label, format="D MMM YYYY, HH:mm", help="UTC", width=150)


def naive(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The frame with those columns' times in UTC without a zone, so that browsers do not shift them."""
    return frame.assign(**{column: frame[column].dt.tz_convert("UTC").dt.tz_localize(None) for column in columns})


def when(time: Any) -> str:
    """A time in words."""
    return "time unknown" if pd.isna(time) else f"{time:%-d %b %Y, %H:%M}"


def resolution_badge(resolution: Any) -> None:
    """What the conversation shows, as a pill."""
    code = resolution if isinstance(resolution, str) else "unclear"
    st.badge(escape(name(code, RESOLUTIONS)), color=RESOLUTION_COLORS.get(code, "gray"))


def topic_badge(label: Any) -> None:
    """The topic as a pill."""
    st.badge(escape(topic(label)), color="violet")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The frame's rows by column name."""
    return [{str(column): value for column, value in row.items()} for row in frame.to_dict("records")]


def weak(row: pd.Series[Any], *, columns: Collection[str]) -> list[str]:
    """A table row's style, for Styler.apply: these columns are grey where few contacts stand behind them."""
    return [_WEAK if row["contacts"] < LEAST and name in columns else "" for name in row.index]


def curve(values: pd.Series[float]) -> list[float]:
    """Points of a small curve; none where there is no curve to draw."""
    known = values.dropna().tolist()
    return known if len(known) > 1 else []


def table_height(n: int, *, most: int) -> int:
    """Pixels of a table of n rows, without an empty one below them; it scrolls above `most`."""
    return min(most, _ROW * (n + 1) + 4)


def clicked_row(key: str) -> int | None:
    """The row of the cell that was just clicked in the table with this key; for its callback."""
    cell = clicked_cell(key)
    return None if cell is None else cell[0]


def clicked_cell(key: str) -> tuple[int, str] | None:
    """(row, column) of that cell."""
    cells = st.session_state[key].selection.cells
    return (int(cells[0][0]), str(cells[0][1])) if cells else None


def clicked_mark(key: str) -> int | None:
    """The place, in its series, of the first mark chosen in that chart."""
    picked = st.session_state[key].selection.selected
    return next((int(group["data_indices"][0]) for group in picked if group["data_indices"]), None)
