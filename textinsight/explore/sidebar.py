"""The filter bar: the same on every page, kept in the page's address so that a view can be shared or saved."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from textinsight.explore.filters import BY_CLICK, DIMENSIONS, NEUTRAL, Filters
from textinsight.explore.panel import Panel
from textinsight.explore.words import LABELS, RESOLUTIONS, name

ALL_TIME, CUSTOM = "All time", "Custom"
_LENGTHS = {"Last 7 days": 7, "Last 30 days": 30, "Last 90 days": 90, "Last 12 months": 365}
PERIODS = (ALL_TIME, *_LENGTHS, CUSTOM)
_MOST_CLICKED = 20
_HELP = {
    "sentiment": f"Mean of the customer's turns: negative at −{NEUTRAL} or less, positive at {NEUTRAL} or more.",
    "resolution": "What the conversation itself shows.",
    "tenure": "How long the customer has been one when the contact began.",
}


def filter_bar(panel: Panel) -> Filters:
    """Show the filters; what is chosen."""
    with st.sidebar:
        head = st.container()  # filled last, but it stays where it is
        start, end = _period(panel.days)
        chosen = {key: _values(key, _by_click(key) if key in BY_CLICK else panel.names(key)) for key in DIMENSIONS}
        is_narrowed = bool(start or end or any(chosen.values()))
        head.button(
            "Clear filters", icon=":material/filter_alt_off:", on_click=clear, type="tertiary", disabled=not is_narrowed
        )
    return Filters(start, end, **chosen)


def filters() -> Filters:
    """What is chosen in this run of the page."""
    found: Filters = st.session_state["filters"]
    return found


def narrow(dimension: str, *values: str) -> None:
    """Choose these values of a dimension, of those chosen before if any are among them; call it from a callback, before
    the filter bar is drawn.
    """
    before = st.session_state.get(dimension) or values
    st.session_state[dimension] = [value for value in values if value in before] or list(values)


def clear() -> None:
    """Take every filter away; call it from a callback."""
    st.session_state["period"] = ALL_TIME
    for key in DIMENSIONS:
        st.session_state[key] = []


def _period(days: tuple[date, date] | None) -> tuple[date | None, date | None]:
    if days is None:
        return None, None
    period = st.selectbox(
        "Period", PERIODS, key="period", bind="query-params", help="Counted back from the newest contact."
    )
    if period == CUSTOM:
        return _custom(days)
    length = _LENGTHS.get(period)
    return (None, None) if length is None else (days[1] - timedelta(days=length), days[1])


def _custom(days: tuple[date, date]) -> tuple[date | None, date | None]:
    first, last = days[0], days[1] - timedelta(days=1)
    picked = st.date_input(
        "From – to", (first, last), min_value=first, max_value=last, key="days", bind="query-params",
        format="YYYY-MM-DD",
    )  # fmt: skip
    bounds = picked if isinstance(picked, tuple) else (picked,)
    start = bounds[0] if bounds else first
    return start, (bounds[1] if len(bounds) > 1 else last) + timedelta(days=1)


def _by_click(key: str) -> tuple[str, ...]:
    """What is chosen of a dimension that has no list, by a click or by the address."""
    chosen = st.session_state.get(key, st.query_params.get_all(key))
    return tuple(str(value) for value in chosen[:_MOST_CLICKED])


def _values(key: str, options: tuple[str, ...]) -> tuple[str, ...]:
    """The chosen values of one dimension; a dimension with one value needs no filter."""
    if len(options) < (1 if key in BY_CLICK else 2) and not st.session_state.get(key):
        return ()
    names = RESOLUTIONS if key == "resolution" else {}
    picked = st.multiselect(
        LABELS[key],
        options,
        key=key,
        bind="query-params",
        placeholder="All",
        help=_HELP.get(key),
        format_func=lambda value: name(value, names) if names else value,
    )
    return tuple(picked)
