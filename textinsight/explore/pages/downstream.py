"""Downstream map: after topic A, topic B follows more often than it would anyway; its cost; the conversations."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from textinsight.explore import behind, board, downstream_tables, parts, sidebar, state, unrelated, words
from textinsight.explore.downstream_tables import Asked
from textinsight.explore.judging import pending_bar
from textinsight.explore.queries import downstream

_VIEWS = ("Map", "Table", "Clusters", "Avoidable contacts", "Two readings")
_STARTS = (1, 10, 25, 50, 100, 250, 500, 1000)
_MOST_SHOWN = 200
_SUBTITLE = "Which issues bring on which later ones. Arrows are counted over all contacts: only so can a base rate be."


def _asked() -> Asked:
    """The controls' choice."""
    windows = downstream.windows(state.source())
    usual = state.source().window_days
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        window = st.segmented_control(
            "Window", windows, default=usual if usual in windows else windows[0], required=True, key="window",
            bind="query-params", format_func=lambda days: f"{days} days",
            help="How long after A a contact counts as following it.",
        )  # fmt: skip
        starts = st.select_slider(
            "Least starts of A", _STARTS, 10, key="starts", bind="query-params", help=words.HELP["n_starts"], width=240
        )
        cost = st.number_input(
            "Cost per contact", 0.0, 10_000.0, 5.0, 0.5, key="cost", bind="query-params", width=150,
            help="In your currency. 5 is a round placeholder, not a finding.",
        )  # fmt: skip
        hints = st.toggle(
            "Show what may be chance", key="hints", bind="query-params",
            help=f"Arrows whose false-discovery rate is above {words.MAX_Q}, dashed.",
        )  # fmt: skip
    return Asked(int(window), int(starts), float(cost), bool(hints), sidebar.filters().topic)


def _headline(asked: Asked) -> None:
    """What the map amounts to, and both readings for this window."""
    source = state.source()
    _, clear, strong = _counts(asked)
    avoidable = downstream.avoidable(source, asked.window, asked.cost)
    readings = downstream.readings(source)
    row = readings[readings["window_days"] == asked.window]
    with st.grid(4, min_column_width=215, gap="small"):
        _card(
            "Clear arrows",
            f"{clear:,}",
            f"{strong:,} of them with {words.SUPPORT} starts or more" if clear else "nothing is clear of chance",
            _CLEAR,
        )
        most = parts.records(avoidable.head(1))
        _card(
            "Most avoidable", f"{most[0]['avoidable']:,.0f} contacts" if most else words.MASK,
            f"after “{most[0]['label_a']}”, {most[0]['low']:,.0f}–{most[0]['high']:,.0f}" if most else "no clear arrow",
            words.HELP["avoidable_first"],
        )  # fmt: skip
        for label, name, n in _READINGS:
            _reading(row, label, name, n)


def _counts(asked: Asked) -> tuple[int, int, int]:
    """Edges seen, clear, and clear with many starts, of what is asked for."""
    return downstream.counts(
        state.source(), window_days=asked.window, min_starts=asked.starts, topics=asked.topics, many=words.SUPPORT
    )


def _reading(row: pd.DataFrame, label: str, name: str, n: str) -> None:
    told = parts.records(row)
    if not told or pd.isna(told[0][name]):
        _card(label, words.MASK, "no contact to count", words.HELP[name])
        return
    interval = words.interval(told[0][f"{name}_low"], told[0][f"{name}_high"], "share")
    _card(label, words.figure(told[0][name], "share"), f"95% CI {interval} · n = {told[0][n]:,.0f}", words.HELP[name])


def _card(label: str, value: str, note: str, help_: str) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(label, value, help=help_)
        st.caption(words.escape(note))


def _map(asked: Asked, edges: pd.DataFrame) -> bool:
    """The graph of the clearest edges, the chosen one in orange; whether there is anything to draw."""
    source = state.source()
    shown = edges[edges["is_clear"]]
    if asked.hints or shown.empty:
        shown = edges[edges["lift_low"] > 1]
    if shown.empty:
        parts.nothing(
            "No topic brings on another one more often than chance would.", "Try a longer window, or add contacts."
        )
        return False
    clusters = downstream.clusters(source, asked.window, asked.cost)
    plan = board.plan(parts.records(shown), parts.records(clusters), downstream.sizes(source), cost=asked.cost)
    st.session_state["arrow_keys"] = [arrow.key for arrow in plan.arrows]
    spec = board.chart(plan, chosen=behind.chosen(), is_dark=st.context.theme.type == "dark")
    st.echarts_chart(
        spec, height=round(plan.height), key="map", on_select=_choose_arrow, alt="Which topics bring on which"
    )
    if not shown["is_clear"].any():
        st.caption(
            "No arrow is clear of chance here: what is shown are hints. More contacts or a longer window may tell."
        )
    n_clear = _counts(asked)[1]
    if n_clear > len(plan.arrows):
        st.caption(f"The {len(plan.arrows)} arrows that bring on most, of {n_clear:,} clear ones; the table has more.")
    st.caption(
        "A → B: after A, B comes more often than it would anyway, by the factor beside the arrow. Width: how high that "
        f"factor is at least. Grey: fewer than {words.SUPPORT} starts. Dashed: may be chance. Dots: contacts of the "
        "topic. Click an arrow to read the conversations behind it."
    )
    _exports(asked, plan)
    return True


def _exports(asked: Asked, plan: board.Board) -> None:
    """The picture for a slide, and its figures."""
    drawing = downstream_tables.slide(asked, plan, _counts(asked)[1])
    name = f"downstream-{asked.window}-days"
    with st.container(horizontal=True, gap="small"):
        for label, kind, make in (
            ("PNG", "image/png", lambda: board.as_png(drawing)),
            ("SVG", "image/svg+xml", lambda: board.as_svg(drawing).encode()),
        ):
            st.download_button(
                f"Slide as {label}", make, f"{name}.{label.lower()}", kind, icon=":material/image:", on_click="ignore"
            )
        sql, values = downstream.everything(window_days=asked.window, min_starts=asked.starts, topics=asked.topics)
        parts.download(state.source(), "Figures as CSV", f"{name}.csv", sql, values)


def _choose_arrow() -> None:
    picked = st.session_state["map"].selection.selected
    arrows = [group["data_indices"][0] for group in picked if group["data_type"] == "edge"]
    if arrows and arrows[0] < len(st.session_state["arrow_keys"]):
        behind.choose(st.session_state["arrow_keys"][arrows[0]])


def _page() -> None:
    parts.title("Downstream map", _SUBTITLE)
    unrelated.note()
    parts.small_data_note(state.source().panel.total)
    if not downstream.windows(state.source()):
        parts.nothing(*_EMPTY)
        return
    asked = _asked()
    edges = downstream.edges(
        state.source(), window_days=asked.window, min_starts=asked.starts, topics=asked.topics, limit=_MOST_SHOWN
    )
    if edges.empty:
        parts.nothing(
            f"No topic has {asked.starts:,} starts with a follow-up in {asked.window} days.",
            "Lower the least starts, or clear the topics in the sidebar.",
        )
        return
    pending_bar()
    _headline(asked)
    view = st.segmented_control(
        "Show", _VIEWS, default=_VIEWS[0], required=True, key="view", bind="query-params", label_visibility="collapsed"
    )
    if view == "Map":
        if not _map(asked, edges) and behind.chosen() is None:
            return  # no arrow, so nothing behind one
    else:
        downstream_tables.SHOWN[view](asked, edges)
    behind.pairs(edges, window=asked.window)


_CLEAR = "Edges with a false-discovery rate of at most 0.05 and a lift whose 95% interval lies above 1."
_READINGS = (
    ("Related follow-ups", "related", "followups"),
    ("Downstream share", "downstream_share", "linked"),
)
_EMPTY = (
    "There is no edge to draw: no customer contacted again about another issue within the window.",
    "Edges need customer ids, times, and customers with several issues. See the Data page.",
)

_page()
