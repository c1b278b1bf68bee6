"""Overview: headline figures against the period before, the trend, and what to fix first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from textinsight.explore import charts, parts, sidebar, state, unrelated, words
from textinsight.explore.filters import REPEAT, Filters
from textinsight.explore.panel import Days, Panel, catalogue
from textinsight.explore.queries import facts
from textinsight.link import COST_PER_CONTACT

_COMPARED_DAYS = 30
_COUNTS = ("contacts", "customers")
_LEAST = 20  # known contacts of a period below which a small curve leaves it out
_MOST_TOPICS = 1_000

Compared = tuple[Days, Days, str]
_SCALES = {"-1..1": (-1.0, 1.0), "1..5": (1.0, 5.0), "share": (0.0, None)}
# Where a figure's contacts are read: page, and the filter that narrows it down to them.
_BEHIND: dict[str, tuple[str, dict[str, str]]] = {
    "contacts": ("contacts", {}),
    "customers": ("contacts", {}),
    "repeat_share": ("repeats", {}),
    "fcr_observed": ("repeats", {}),
    "fcr_stated": ("contacts", {"resolution": "unresolved"}),
    "effort": ("effort", {}),
    "sentiment": ("contacts", {"sentiment": "negative"}),
    "csat_top_two_box": ("contacts", {}),
}
_CELLS = {
    "topic": "topics",
    "fcr_observed": "repeats",
    "downstream": "downstream",
    "effort": "effort",
}
_TABLE = {
    "topic": st.column_config.TextColumn("Topic", width=230),
    "contacts": st.column_config.NumberColumn("Contacts", format="localized"),
    "avoidable": None,
    "repeats": st.column_config.NumberColumn("Repeats", format="localized", help=words.HELP["repeats"]),
    "downstream": st.column_config.NumberColumn("Downstream", format="%.0f", help=words.HELP["downstream"]),
    "cost": st.column_config.NumberColumn("Cost", format="localized", help=words.HELP["cost"]),
    "fcr_observed": st.column_config.NumberColumn("FCR observed", format="%.1f%%", help=words.HELP["fcr"]),
    "effort": st.column_config.NumberColumn("Effort", format="%.1f", help=words.HELP["effort"]),
    "sentiment": st.column_config.NumberColumn("Sentiment", format="%+.2f", help=words.HELP["sentiment"]),
}


def _periods(panel: Panel, filters: Filters) -> tuple[Filters, Filters, str] | None:
    """(newer period, the equally long one before it, in words); None if the data do not reach that far back."""
    if panel.days is None:
        return None
    first, last = panel.days
    end = filters.end or last
    start = filters.start or end - timedelta(days=_COMPARED_DAYS)
    before = start - (end - start)
    if before < first:
        return None
    what = "this period" if filters.start else f"last {_COMPARED_DAYS} days"
    return filters.over(start, end), filters.over(before, start), what


def _read(panel: Panel, filters: Filters) -> tuple[Days, Compared | None]:
    """The chosen contacts, and what they are compared with: read at once, as one may lie in the other."""
    periods = _periods(panel, filters)
    if periods is None:
        return panel.days_of(filters), None
    newer, before, what = periods
    if filters.start is None:
        whole = panel.days_of(filters)
        return whole, (whole.within(newer), whole.within(before), what)
    whole = panel.days_of(filters.over(before.start, newer.end))
    chosen = whole.within(newer)
    return chosen, (chosen, whole.within(before), what)


def _delta(name: str, compared: Compared | None) -> dict[str, Any]:
    """The change as options of st.metric: in colour if it is more than chance and one direction is better."""
    if compared is None:
        return {}
    newer, before = (days.figure(name) for days in compared[:2])
    if newer.value is None or before.value is None:
        return {}
    change = words.change(newer.value, before.value, newer.measure.unit)
    if not change:
        return {"delta": "no change", "delta_color": "off", "delta_arrow": "off"}
    is_clear = newer.differs_from(before)
    better = newer.measure.higher_is_better if is_clear else None
    color = "off" if better is None else "normal" if better else "inverse"
    note = None if is_clear or newer.half is None else "within chance"
    return {"delta": change, "delta_color": color, "delta_description": note}


def _card(name: str, days: Days, compared: Compared | None) -> None:
    figure = days.figure(name)
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(
            words.MEASURES[name],
            words.figure(figure.value, figure.measure.unit),
            help=words.escape(figure.measure.definition),
            chart_data=_spark(name, days.trend(name)),
            chart_type="area",
            **_delta(name, compared),
        )
        left, right = st.columns([8, 1], vertical_alignment="center", gap=None)
        left.caption("  \n".join(map(words.escape, parts.footnotes(figure))))
        right.button(
            "", icon=":material/arrow_forward:", type="tertiary", key=f"open_{name}", on_click=_open_figure,
            args=(name,), help=f"{words.MEASURES[name]}: what is behind it",
        )  # fmt: skip


def _spark(name: str, trend: pd.DataFrame) -> list[float] | None:
    """Points of a small curve, of periods that say something; none where there is no curve to draw."""
    enough = trend["n"] >= (0 if name in _COUNTS else _LEAST)
    return parts.curve(trend["value"][enough]) or None


def _open_figure(name: str) -> None:
    page, narrowing = _BEHIND[name]
    for dimension, value in narrowing.items():
        sidebar.narrow(dimension, value)
    st.session_state["go_to"] = page if state.has_page(page) else "contacts"


def _trend(days: Days) -> None:
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    left.subheader("Trend", anchor=False)
    shown = right.selectbox(
        "Measure", list(words.MEASURES), 2, words.MEASURES.__getitem__, key="measure", label_visibility="collapsed"
    )
    frame = days.trend(shown)
    if len(frame) < 2:
        parts.no_trend(days.filters)
        return
    unit, label, step = catalogue()[shown].unit, words.MEASURES[shown], days.step
    low, high = _SCALES.get(unit, (None, None))
    spec = charts.trend(frame, label=label, percent=unit == "share", scale=(low, high))
    is_count = shown in _COUNTS
    counted = charts.bars(frame.assign(contacts=frame["value"]), label=label) if is_count else None
    st.echarts_chart(counted or spec, height=300, alt=f"{label} by {step}")
    st.caption(f"By {step}, UTC. The first and the last {step} may be incomplete; a gap means that nothing is known.")


def _open_cell() -> None:
    cell = parts.clicked_cell("fix_list")
    if cell is not None:
        row, column = cell
        topic = st.session_state["fix_list_topics"][row]
        if column == "topic":
            st.session_state["about"] = topic
        else:
            sidebar.narrow("topic", topic)
        if column == "repeats":
            sidebar.narrow("repeat", REPEAT)
        st.session_state["go_to"] = _CELLS.get(column, "contacts")


def _fix_list(panel: Panel, filters: Filters) -> None:
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    left.subheader("What to fix first", anchor=False, help=words.HELP["avoidable"])
    cost = right.number_input(
        "Cost per contact", min_value=0.0, value=COST_PER_CONTACT, step=0.5, key="cost", bind="query-params",
        help=words.HELP["cost_per_contact"],
    )  # fmt: skip
    frame = panel.fix_list(filters).head(_MOST_TOPICS)
    st.session_state["fix_list_topics"] = frame["topic"].tolist()
    shown = frame.assign(fcr_observed=100 * frame["fcr_observed"], cost=(frame["avoidable"] * cost).round())
    st.dataframe(
        shown.style.apply(parts.weak, axis=1, columns=("fcr_observed", "effort", "sentiment")), key="fix_list",
        hide_index=True, column_config=_TABLE | {"avoidable": _bar(frame)},
        column_order=list(_TABLE),
        on_select=_open_cell, selection_mode="single-cell", alt="Topics ranked by avoidable contacts",
        placeholder=words.MASK,
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Click a topic to see what is behind it. Grey: fewer than {parts.LEAST} contacts.")
        st.space("stretch")
        parts.download(state.source(), "Download CSV", "what-to-fix.csv", *facts.fixes(filters))


def _bar(frame: pd.DataFrame) -> Any:
    most = float(frame["avoidable"].max()) or 1.0
    return st.column_config.ProgressColumn(
        "Avoidable", format="%.0f", help=words.HELP["avoidable"], color="orange", min_value=0, max_value=most, width=140
    )


def _page() -> None:
    panel, filters = state.source().panel, sidebar.filters()
    days, compared = _read(panel, filters)
    change = f" · change: {compared[2]} against as many days before" if compared else ""
    parts.title("Overview", parts.scope(filters, days.contacts, panel.total) + change)
    if not days.contacts:
        parts.no_match(state.source(), panel.total)
        return
    unrelated.note()
    parts.small_data_note(days.contacts)
    with st.grid(4, gap="small", min_column_width=220):
        for name in words.MEASURES:
            _card(name, days, compared)
    _trend(days)
    _fix_list(panel, filters)


if page := st.session_state.pop("go_to", None):
    state.open_page(page)
_page()
