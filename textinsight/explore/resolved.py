"""First contact resolution by topic, agent and channel, observed beside stated; and handle time against repeats."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from textinsight.explore import link_charts, parts, sidebar, state, words
from textinsight.explore.filters import QUARTERS
from textinsight.explore.queries import repeats

_MOST, _DRAWN = 200, 15
_BY = {"topic": "Topic", "channel": "Channel", "agent": "Agent"}
_PERCENT = {"observed": "Observed", "open": "Still open", "not_measurable": "Not measurable", "stated": "Stated"}
_COUNTS = {"n": "n", "n_stated": "Stated n", "contacts": "Contacts"}
_TOLD = tuple(code for code in words.RESOLUTIONS if code != "unclear")
# What a figure of a segment counts: the filter that leads to it. A share leads to what makes it up.
_BEHIND: dict[str, tuple[str, tuple[str, ...]]] = {
    "observed": ("first", ("Solved at once",)),
    "n": ("first", ("Solved at once", "Came back")),
    "open": ("first", ("Window still open",)),
    "not_measurable": ("first", ("Not measurable",)),
    "stated": ("resolution", ("resolved",)),
    "n_stated": ("resolution", _TOLD),
}


def fcr() -> None:
    """The segments of one kind, the largest first."""
    by = st.segmented_control(
        "By", list(_BY), default="topic", required=True, key="by", bind="query-params", format_func=_BY.__getitem__
    )
    source, filters = state.source(), sidebar.filters()
    found = repeats.fcr(source, filters, by, limit=_MOST)
    spec = link_charts.fcr(found.head(_DRAWN))
    st.echarts_chart(
        spec, height=60 + 26 * min(len(found), _DRAWN), key="fcr", on_select=_open_segment,
        alt="First contact resolution, observed and stated",
    )  # fmt: skip
    st.session_state["fcr_names"] = (by, found["name"].tolist())
    st.caption(
        f"Observed: no contact on the same issue within {source.window_days} days; grey below {words.SUPPORT} of them. "
        "Stated: what the conversations themselves show. They are two measures, never merged: customers say thanks and "
        "call again. Click a number to read the contacts that it counts; a share leads to those that make it up."
    )
    _table(found, by)
    parts.download(
        source, "Download CSV", f"fcr-by-{by}.csv", *repeats.segments(filters, by, parts.CSV_ROWS)
    )  # the counts: shares follow from them


def _table(found: pd.DataFrame, by: str) -> None:
    shown = found.assign(
        interval=[
            words.MASK if pd.isna(low) else words.interval(low, high, "share")
            for low, high in zip(found["low"], found["high"], strict=True)
        ],
        **{name: 100 * found[name] for name in _PERCENT},
    )
    columns: dict[str, Any] = {"name": st.column_config.TextColumn(_BY[by], width=210)}
    columns["observed"] = _share("observed")
    columns["interval"] = st.column_config.TextColumn("95% CI", alignment="right")
    for name in ("n", "open", "not_measurable", "stated", "n_stated", "contacts"):
        columns[name] = _share(name) if name in _PERCENT else _count(name)
    st.dataframe(
        shown, key="fcr_table", hide_index=True, column_config=columns, column_order=list(columns), on_select=_open_row,
        selection_mode="single-cell", alt="First contact resolution by segment",
    )  # fmt: skip


def _share(name: str) -> Any:
    return st.column_config.NumberColumn(_PERCENT[name], format="%.1f%%", help=words.HELP[f"fcr_{name}"])


def _count(name: str) -> Any:
    return st.column_config.NumberColumn(_COUNTS[name], format="localized", help=words.HELP.get(f"fcr_{name}"))


def _open_segment() -> None:
    row = parts.clicked_mark("fcr")
    drawn = min(len(st.session_state["fcr_names"][1]), _DRAWN)
    if row is not None and row < drawn:
        _go(drawn - 1 - row)  # drawn from the bottom up


def _open_row() -> None:
    cell = parts.clicked_cell("fcr_table")
    if cell is not None:
        _go(*cell)


def _go(row: int, figure: str = "contacts") -> None:
    """To the contacts of the segment that the figure counts."""
    by, names = st.session_state["fcr_names"]
    sidebar.narrow(by, names[row])
    if figure in _BEHIND:
        dimension, values = _BEHIND[figure]
        sidebar.narrow(dimension, *values)
    st.session_state["go_to"] = "contacts"


def handle_time() -> None:
    """Repeat rate by quartile of handle time, over the whole archive."""
    source = state.source()
    topics = repeats.handle_topics(source, source.window_days, sidebar.filters().topic)
    if not topics:
        parts.nothing(
            "No contact can be compared by its handle time yet.",
            f"It takes an end, a duration or times of turns, a customer, and {source.window_days} days gone by.",
        )
        return
    topic = st.selectbox("Topic", list(topics), key="handle_topic", format_func=topics.__getitem__, width=320)
    rows = repeats.handle_time(source, source.window_days, topic)
    whole, parts_of = parts.records(rows[rows["quartile"] == 0])[0], rows[rows["quartile"] > 0]
    st.text(_verdict(whole))
    st.session_state["handled"] = ("" if topic == "all" else topics[topic], parts_of["quartile"].tolist())
    st.echarts_chart(
        link_charts.quartiles(parts_of), height=300, key="quartiles", on_select=_open_bar,
        alt="Repeat rate by quartile of handle time",
    )  # fmt: skip
    st.caption(
        words.escape(
            f"Contacts that open an issue, by how long they took against others of their topic and channel; with 95% "
            f"intervals. {whole['n']:,} contacts; {whole['n_unknown']:,} more are unknown: no handle time or customer, "
            f"or a window of {source.window_days} days that is still open. Over the whole archive: of the filters, the "
            "topic counts alone. No cause is shown by it. Click a number to read the contacts that it counts."
        )
    )
    _quarters(parts_of)


def _quarters(rows: pd.DataFrame) -> None:
    """The figures of the chart; each leads to its contacts."""
    shown = rows.assign(
        quarter=[QUARTERS[quartile - 1] for quartile in rows["quartile"]],
        median=[words.elapsed(seconds) for seconds in rows["median_s"]],
        repeat_rate=100 * rows["repeat_rate"],
        interval=[words.interval(low, high, "share") for low, high in zip(rows["low"], rows["high"], strict=True)],
    )
    st.dataframe(
        shown, key="quarters", hide_index=True, column_config=_QUARTER, column_order=list(_QUARTER),
        on_select=_open_quarter, selection_mode="single-cell", alt="Repeat rate by quartile of handle time, as a table",
    )  # fmt: skip


def _open_bar() -> None:
    row = parts.clicked_mark("quartiles")
    if row is not None and row < len(st.session_state["handled"][1]):
        _go_handled(row)


def _open_quarter() -> None:
    cell = parts.clicked_cell("quarters")
    if cell is not None:
        _go_handled(*cell)


def _go_handled(row: int, figure: str = "n") -> None:
    """To the contacts of one quarter, over the whole archive as they are counted; of all topics or one."""
    label, quartiles = st.session_state["handled"]
    sidebar.clear()
    if label:
        sidebar.narrow("topic", label)
    sidebar.narrow("handle", QUARTERS[quartiles[row] - 1])
    if figure in ("n_repeat", "repeat_rate"):
        sidebar.narrow("first", "Came back")
    st.session_state["go_to"] = "contacts"


def _verdict(whole: dict[str, Any]) -> str:
    """What the association says, in words."""
    value, low, high = (whole[f"association{end}"] for end in ("", "_low", "_high"))
    if pd.isna(value):
        return "Too few contacts came back to say whether short contacts bring repeats."
    told = f"(association {value:+.2f}, 95% interval {low:+.2f} to {high:+.2f}; above 0: short contacts bring repeats)"
    told = told.replace("-", "−")
    if low > 0:
        return f"Short contacts are followed by repeats more often {told}."
    if high < 0:
        return f"Long contacts are followed by repeats more often {told}."
    return f"No sign that short contacts bring repeats {told}."


_QUARTER = {
    "quarter": st.column_config.TextColumn("Handle time", width=170),
    "median": st.column_config.TextColumn("Median", alignment="right"),
    "n": st.column_config.NumberColumn("Contacts", format="localized"),
    "n_repeat": st.column_config.NumberColumn("Came back", format="localized"),
    "repeat_rate": st.column_config.NumberColumn("Repeat rate", format="%.1f%%"),
    "interval": st.column_config.TextColumn("95% CI", alignment="right"),
}
