"""Effort: what made it hard for customers, where, what it has to do with coming back, and their words for it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from textinsight.explore import charts, driver_words, parts, sidebar, state, words
from textinsight.explore.filters import EFFORT, Filters
from textinsight.explore.panel import catalogue
from textinsight.explore.queries import effort
from textinsight.findings import EFFORT_DRIVERS
from textinsight.measure.summary import mean_of, share_of

_LEAST_TREND = 20
_OF_THE_DRIVER = ("effort", "repeat_share", "fcr_observed")
_SHADES = 0.75  # of the deepest orange


class Figure(NamedTuple):
    """A figure with its 95% interval; NaN where nothing is known."""

    unit: str
    n: int
    value: float
    low: float
    high: float


def _figures(counted: pd.DataFrame) -> None:
    totals = effort.totals(counted)
    contacts, unscored = totals["contacts"], totals["contacts"] - totals["scored"]
    with st.grid(2, gap="small"):
        _figure(words.MEASURES["effort"], _mean(counted), unscored, catalogue()["effort"].definition)
        repeats = _share(counted["repeat_share_n"].sum(), counted["repeat_share_total"].sum())
        unknown, told = totals["repeat_unknown"], catalogue()["repeat_share"].definition
        _figure(words.MEASURES["repeat_share"], repeats, unknown, told)
        _figure("High effort", _share(totals["scored"], totals["high"]), unscored, words.HELP["high_effort"])
        _figure("With a driver", _share(contacts, totals["with_driver"]), 0, words.HELP["any_driver"])


def _mean(counted: pd.DataFrame) -> Figure:
    n, total, squares = (np.array([counted[f"effort_{part}"].sum()]) for part in ("n", "total", "squares"))
    return Figure("1..5", int(n[0]), *(float(v[0]) for v in mean_of(n, total, squares)))


def _share(n: float, count: float) -> Figure:
    return Figure("share", int(n), *(float(v[0]) for v in share_of(np.array([n]), np.array([count]))))


def _figure(label: str, found: Figure, n_unknown: int, definition: str) -> None:
    """A card: the figure, its interval, how many contacts it is of, and of which share it is not known."""
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(label, words.figure(found.value, found.unit), help=words.escape(definition))
        told = [] if math.isnan(found.low) else [f"95% CI {words.interval(found.low, found.high, found.unit)}"]
        unknown = f" · {n_unknown / (found.n + n_unknown):.0%} unknown" if n_unknown else ""
        st.caption("  \n".join(map(words.escape, [*told, f"n {found.n:,}{unknown}"])))


def _drivers(counted: pd.DataFrame) -> None:
    st.subheader("Drivers", anchor=False, help="Each with the words that show it; a contact can have several.")
    n = int(counted["contacts"].sum())
    shown = effort.drivers(counted).sort_values("contacts", ascending=False, kind="stable", ignore_index=True)
    lines = _lines(effort.by_period(counted))
    frame = shown.assign(
        name=[words.DRIVERS[driver][0] for driver in shown["driver"]],
        meaning=[words.DRIVERS[driver][1] for driver in shown["driver"]],
        share=100 * shown["contacts"] / n,
        interval=_intervals(shown["contacts"], n),
        trend=shown["driver"].map(lines),
        repeat_share=100 * shown["repeat_share"],
        fcr_observed=100 * shown["fcr_observed"],
    )
    order = [name for name in _DRIVER_COLUMNS if name != "trend" or any(lines.values())]
    st.session_state["driver_rows"] = shown["driver"].tolist()
    st.dataframe(
        frame.style.apply(parts.weak, axis=1, columns=_OF_THE_DRIVER), key="drivers", hide_index=True,
        column_config=_DRIVER_COLUMNS, column_order=order, on_select=_choose_driver,
        selection_mode="single-cell", placeholder=words.MASK, alt="Effort drivers",
    )  # fmt: skip
    st.caption(
        f"Effort, repeats and FCR are those of the contacts with the driver; grey below {parts.LEAST} of them. Click a "
        "driver to read its contacts."
    )


def _lines(periods: pd.DataFrame) -> dict[str, list[float]]:
    """Share of each period's contacts with each driver, in percent."""
    enough = periods[periods["contacts"] >= _LEAST_TREND]
    return {driver: parts.curve((100 * enough[driver] / enough["contacts"]).round(2)) for driver in EFFORT_DRIVERS}


def _choose_driver() -> None:
    row = parts.clicked_row("drivers")
    if row is not None:
        st.session_state["driver"] = st.session_state["driver_rows"][row]
        st.session_state["effort_segment"] = None


def _intervals(counts: pd.Series[int], n: int) -> list[str]:
    _, low, high = share_of(np.full(len(counts), n, np.int64), np.asarray(counts, np.float64))
    return [words.interval(a, b, "share") for a, b in zip(low, high, strict=True)]


def _scores(counted: pd.DataFrame) -> None:
    st.subheader("Effort and coming back", anchor=False, help=words.HELP["effort"])
    frame = effort.scores(counted)
    value, low, high = share_of(frame["known"].to_numpy(), frame["repeats"].to_numpy())
    names = [EFFORT[int(b)] for b in frame["bin"]]
    st.session_state["score_names"] = names
    shown = pd.DataFrame({"period": names, "contacts": frame["contacts"], "value": value, "low": low, "high": high})
    spec = charts.trend(shown, label=words.MEASURES["repeat_share"], percent=True, scale=(0.0, None), clicks=True)
    st.echarts_chart(
        spec, height=220, key="scores", on_select=_open_score, alt="Contacts and repeat share by effort score"
    )
    st.caption(
        "Bars: contacts by effort score. Line: which share of these contacts is a repeat, with its 95% interval. "
        "Click a bar or a point to read its contacts."
    )


def _open_score() -> None:
    """To the contacts of the score that was clicked."""
    row = parts.clicked_mark("scores")
    if row is not None:
        sidebar.narrow("effort", st.session_state["score_names"][row])
        st.session_state["go_to"] = "contacts"


def _heat(filters: Filters) -> None:
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    left.subheader("Where", anchor=False, help=words.HELP["heat"])
    dimension = right.segmented_control(
        "By", effort.DIMENSIONS, default=effort.DIMENSIONS[0], required=True, key="effort_by", bind="query-params",
        format_func=words.LABELS.__getitem__, label_visibility="collapsed",
    )  # fmt: skip
    counted = effort.heat(state.source(), filters, dimension)
    shares = pd.DataFrame({d: 100 * counted[d] / counted["contacts"] for d in EFFORT_DRIVERS})
    every = 100 * counted[list(EFFORT_DRIVERS)].sum() / counted["contacts"].sum()
    frame = pd.concat([counted[["value", "contacts", "effort"]], 100 * counted["repeat_share"], shares], axis=1)
    st.session_state["heat_rows"] = (dimension, counted["value"].tolist())
    shaded = frame.style.apply(_shaded, axis=None, every=every).apply(
        parts.weak, axis=1, columns=("effort", "repeat_share", *EFFORT_DRIVERS)
    )
    st.dataframe(
        shaded, key="heat", hide_index=True, column_config=_heat_columns(dimension), on_select=_choose_cell,
        selection_mode="single-cell", height=parts.table_height(len(frame), most=460), placeholder=words.MASK,
        alt="Segments",
    )  # fmt: skip
    st.caption(
        f"Shares of each row's contacts; grey below {parts.LEAST} of them, where chance may move a share by fifteen "
        "points and more. Click a share to read the contacts behind it."
    )


def _shaded(frame: pd.DataFrame, every: pd.Series[float]) -> pd.DataFrame:
    """Orange, the deeper the more a segment's share is above that of all; none where few contacts say so."""
    style = pd.DataFrame("", index=frame.index, columns=frame.columns)
    for driver in EFFORT_DRIVERS:
        above = (
            (frame[driver] / max(float(every[driver]), 1e-9) - 1).clip(0, 2).where(frame["contacts"] >= parts.LEAST, 0)
        )
        style[driver] = [f"background-color: rgba(217, 114, 46, {_SHADES * a / 2:.2f})" if a > 0 else "" for a in above]
    return style


def _choose_cell() -> None:
    cells = st.session_state["heat"].selection.cells
    if cells:
        row, column = cells[0]
        dimension, values = st.session_state["heat_rows"]
        st.session_state["effort_segment"] = (dimension, values[row])
        if column in EFFORT_DRIVERS:
            st.session_state["driver"] = column


def _heat_columns(dimension: str) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "value": st.column_config.TextColumn(words.LABELS[dimension], width=146),
        "contacts": number("Contacts", format="localized", width=70),
        "effort": number("Effort", format="%.1f", width=54, help=words.HELP["effort"]),
        "repeat_share": number("Repeats", format="%.0f%%", width=66, help=words.HELP["repeat_share"]),
        **{
            driver: number(name, format="%.0f%%", width=30 + 5 * len(name), help=meaning)
            for driver, (name, meaning) in words.DRIVERS.items()
        },
    }


_DRIVER_COLUMNS = {
    "name": st.column_config.TextColumn("Driver", width=112),
    "meaning": st.column_config.TextColumn("What it means", width=372),
    "contacts": st.column_config.NumberColumn("Contacts", format="localized", width=66),
    "share": st.column_config.NumberColumn("Share", format="%.1f%%", width=58, help=words.HELP["driver_share"]),
    "interval": st.column_config.TextColumn("95% CI", width=86, alignment="right", help="Of the share."),
    "trend": st.column_config.AreaChartColumn("Trend", width=62, y_min=0, help=words.HELP["topic_trend"]),
    "effort": st.column_config.NumberColumn("Effort", format="%.1f", width=52, help=words.HELP["with_driver"]),
    "repeat_share": st.column_config.NumberColumn("Repeats", format="%.1f%%", width=64, help=words.HELP["with_driver"]),
    "fcr_observed": st.column_config.NumberColumn("FCR", format="%.1f%%", width=58, help=words.HELP["with_driver"]),
}


def _page() -> None:
    source, filters = state.source(), sidebar.filters()
    counted = effort.counted(source, filters, source.panel.step(filters))
    n = int(counted["contacts"].sum())
    parts.title("Effort", parts.scope(filters, n, source.panel.total))
    if not n:
        parts.no_match(source, source.panel.total)
        return
    parts.small_data_note(n)
    if not effort.totals(counted)["scored"]:
        parts.nothing("No contact has an effort score.", "Scores come with tagging; run the conversations again.")
        return
    columns = st.grid(2, gap="medium", min_column_width=430)
    with columns.container():
        _figures(counted)
    with columns.container():
        _scores(counted)
    _drivers(counted)
    _heat(filters)
    driver_words.show(filters, counted)


_page()
