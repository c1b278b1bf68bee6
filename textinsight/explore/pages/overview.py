"""Overview: headline figures against the period before, the trend, and what to fix first."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from textinsight.explore import charts, parts, sidebar, state, words
from textinsight.explore.filters import Filters
from textinsight.explore.panel import Figure, Panel, catalogue

_COMPARED_DAYS = 30

Compared = tuple[Filters, Filters, str]
_SCALES = {"-1..1": (-1.0, 1.0), "1..5": (1.0, 5.0), "share": (0.0, None)}
_TABLE = {
    "topic": st.column_config.TextColumn("Topic", width=250),
    "contacts": st.column_config.NumberColumn("Contacts", format="localized"),
    "avoidable": None,
    "repeats": st.column_config.NumberColumn("Repeats", format="localized", help=words.HELP["repeats"]),
    "downstream": st.column_config.NumberColumn("Downstream", format="%.0f", help=words.HELP["downstream"]),
    "fcr_observed": st.column_config.NumberColumn("FCR observed", format="%.1f%%", help=words.HELP["fcr"]),
    "effort": st.column_config.NumberColumn("Effort", format="%.1f", help=words.HELP["effort"]),
    "sentiment": st.column_config.NumberColumn("Sentiment", format="%+.2f", help=words.HELP["sentiment"]),
}


def _comparison(panel: Panel, filters: Filters) -> Compared | None:
    """(newer period, the equally long one before it, in words); None if the data do not reach that far back."""
    if panel.days is None:
        return None
    first, last = panel.days
    end = filters.end or last
    start = filters.start or end - timedelta(days=_COMPARED_DAYS)
    before = start - (end - start)
    if before < first:
        return None
    rest = {dimension: getattr(filters, dimension) for dimension in filters.chosen}
    what = "this period" if filters.start else f"last {_COMPARED_DAYS} days"
    return Filters(start, end, **rest), Filters(before, start, **rest), what


def _delta(panel: Panel, name: str, compared: Compared | None) -> tuple[str | int | None, bool]:
    """(change, whether it is more than chance); None without two periods to compare."""
    if compared is None:
        return None, False
    newer, before = (panel.figure(name, panel.chosen(filters)) for filters in compared[:2])
    if newer.value is None or before.value is None:
        return None, False
    return words.change(newer.value, before.value, newer.measure.unit) or None, newer.differs_from(before)


def _footnote(figure: Figure) -> str:
    """The interval, and beside it what is unknown."""
    told = []
    if figure.low is not None and figure.high is not None:
        told.append(f"95% CI {words.interval(figure.low, figure.high, figure.measure.unit)}")
    if figure.n_unknown:
        told.append(f"{figure.n_unknown / (figure.n + figure.n_unknown):.0%} unknown")
    return " · ".join(told) or ("all counted" if figure.n else "no answers")


def _card(panel: Panel, name: str, figure: Figure, compared: Compared | None) -> None:
    delta, is_clear = _delta(panel, name, compared)
    better = figure.measure.higher_is_better if is_clear else None
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(
            words.MEASURES[name],
            words.figure(figure.value, figure.measure.unit),
            delta,
            delta_color="off" if better is None else "normal" if better else "inverse",
            delta_description=compared[2] if compared and delta is not None else None,
            help=words.escape(figure.measure.definition),
        )
        st.caption(words.escape(_footnote(figure)))


def _trend(panel: Panel, filters: Filters) -> None:
    names = [name for name in words.MEASURES if name != "customers"]
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    left.subheader("Trend", anchor=False)
    shown = right.selectbox(
        "Measure", names, 1, words.MEASURES.__getitem__, key="measure", label_visibility="collapsed"
    )
    frame = panel.trend(shown, filters)
    if len(frame) < 2:
        parts.nothing("A trend needs contacts with a time in at least two weeks.", "Widen the period in the sidebar.")
        return
    unit, label = catalogue()[shown].unit, words.MEASURES[shown]
    low, high = _SCALES.get(unit, (None, None))
    spec = charts.trend(frame, label=label, percent=unit == "share", scale=(low, high))
    step = "week" if panel.is_weekly(panel.chosen(filters)) else "month"
    st.echarts_chart(charts.bars(frame) if shown == "contacts" else spec, height=300, alt=f"{label} by {step}")
    st.caption(f"By {step}, UTC. The first and the last {step} may be incomplete; a gap means that nothing is known.")


def _open_topic() -> None:
    row = parts.clicked_row("fix_list")
    if row is not None:
        sidebar.narrow("topic", st.session_state["fix_list_topics"][row])
        st.session_state["go_to"] = "contacts"


def _fix_list(panel: Panel, filters: Filters) -> None:
    st.subheader("What to fix first", anchor=False, help=words.HELP["avoidable"])
    frame = panel.fix_list(panel.chosen(filters))
    st.session_state["fix_list_topics"] = frame["topic"].tolist()
    most = float(frame["avoidable"].max()) or 1.0
    avoidable = st.column_config.ProgressColumn(
        "Avoidable", format="%.0f", help=words.HELP["avoidable"], color="orange", min_value=0, max_value=most, width=150
    )
    st.dataframe(
        frame.assign(fcr_observed=100 * frame["fcr_observed"]), key="fix_list", hide_index=True,
        column_config=_TABLE | {"avoidable": avoidable}, column_order=list(_TABLE), on_select=_open_topic,
        selection_mode="single-cell", alt="Topics ranked by avoidable contacts",
    )  # fmt: skip
    st.caption("Click a topic to read its contacts.")


def _page() -> None:
    panel, filters = state.source().panel, sidebar.filters()
    mask = panel.chosen(filters)
    n = int(mask.sum())
    compared = _comparison(panel, filters)
    change = f" · change: {compared[2]} against as many days before, grey if within chance" if compared else ""
    parts.title("Overview", parts.scope(filters, n, len(mask)) + change)
    if not n:
        parts.no_match(state.source(), len(mask))
        return
    parts.unrelated_note(panel)
    parts.small_data_note(n)
    with st.grid(4, gap="small"):
        for name in words.MEASURES:
            _card(panel, name, panel.figure(name, mask), compared)
    _trend(panel, filters)
    _fix_list(panel, filters)


if page := st.session_state.pop("go_to", None):
    state.open_page(page)
_page()
