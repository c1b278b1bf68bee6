"""Downstream map: after topic A, topic B follows more often than it would anyway; and the conversations behind it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from textinsight.explore import charts, parts, state, words
from textinsight.explore.queries import downstream

_PAIRS = 10
_MARKS = {"supported": "●", "few": "◐", "chance": "○"}
_MOST_SHOWN = 200
_PERCENT = {"rate", "base_rate"}
_TEXTS = {"interval", "q_value"}
_LABELS = {
    "n_starts": "Starts n", "n_followed": "Followed", "rate": "Rate", "base_rate": "Base rate", "lift": "Lift",
    "interval": "95% CI", "q_value": "q", "median_gap_days": "Gap, days", "n_pairs": "Linked",
    "n_open_excluded": "Open",
}  # fmt: skip
_FORMATS = {"lift": "%.1f×", "median_gap_days": "%.1f"}


def _columns() -> dict[str, Any]:
    config: dict[str, Any] = {
        "supported": st.column_config.TextColumn(
            "", width=30, help="● well supported · ◐ clear, but few starts · ○ may be chance"
        ),
        "label_a": st.column_config.TextColumn("After A", width=165),
        "label_b": st.column_config.TextColumn("comes B", width=165),
    }
    for column, label in _LABELS.items():
        number = "%.1f%%" if column in _PERCENT else _FORMATS.get(column, "localized")
        kind = st.column_config.TextColumn if column in _TEXTS else st.column_config.NumberColumn
        options = {"alignment": "right"} if column in _TEXTS else {"format": number}
        config[column] = kind(label, help=words.HELP[column], **options)
    return config


def _controls() -> tuple[int, int]:
    windows = downstream.windows(state.source())
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    usual = state.source().window_days
    window = left.segmented_control(
        "Window", windows, default=usual if usual in windows else windows[0], required=True, key="window",
        bind="query-params", format_func=lambda days: f"{days} days",
        help="How long after A a contact counts as following it.",
    )  # fmt: skip
    starts = right.select_slider(
        "Least starts of A", [1, 10, 25, 50, 100, 250, 500, 1000], 10, key="starts", bind="query-params",
        help=words.HELP["n_starts"],
    )  # fmt: skip
    return int(window), int(starts)


def _map(edges: pd.DataFrame) -> None:
    """The graph of the clearest edges; the chosen one is drawn in orange."""
    shown = edges[edges["lift_low"] > 1].head(charts.MAX_EDGES)
    if shown.empty:
        parts.nothing("No topic brings on another one more often than chance would.", "Try a longer window.")
        return
    st.session_state["arrow_keys"] = list(zip(shown["topic_a"], shown["topic_b"], strict=True))
    spec = charts.downstream(shown, downstream.sizes(state.source()), chosen=st.session_state.get("edge"))
    st.echarts_chart(
        spec, height=charts.map_height(spec), key="map", on_select=_choose_arrow, alt="Which topics bring on which"
    )
    st.caption(
        f"{_drawn(len(shown))} A → B: after A, B comes more often than it would anyway. Width: how high the lift is at "
        f"least. Grey: fewer than {words.SUPPORT} starts. Thin and dashed: may be chance (q of {words.MAX_Q} or more). "
        "Dots: number of contacts. Click an arrow, or a row of the table, to read what is behind it."
    )


def _drawn(n: int) -> str:
    return f"The {n} clearest arrows." if n > 1 else "One arrow."


def _choose_arrow() -> None:
    picked = st.session_state["map"].selection.selected
    arrows = [group["data_indices"][0] for group in picked if group["data_type"] == "edge"]
    if arrows and arrows[0] < len(st.session_state["arrow_keys"]):
        st.session_state["edge"] = st.session_state["arrow_keys"][arrows[0]]


def _table(edges: pd.DataFrame, *, window: int, starts: int) -> None:
    frame = edges.assign(
        rate=100 * edges["rate"],
        base_rate=100 * edges["base_rate"],
        supported=[_MARKS[charts.support(n, q)] for n, q in zip(edges["n_starts"], edges["q_value"], strict=True)],
        q_value=[words.small(q) for q in edges["q_value"]],
        interval=[f"{low:.1f} – {high:.1f}" for low, high in zip(edges["lift_low"], edges["lift_high"], strict=True)],
    )
    columns = _columns()
    st.dataframe(
        frame, key="edges", hide_index=True, column_config=columns, column_order=list(columns), on_select=_choose,
        selection_mode="single-cell", alt="Edges of the map",
    )  # fmt: skip
    sql, values = downstream.everything(window_days=window, min_starts=starts)
    parts.download(state.source(), "Download CSV", f"downstream-{window}-days.csv", sql, values)


def _choose() -> None:
    row = parts.clicked_row("edges")
    if row is not None:
        st.session_state["edge"] = st.session_state["edge_keys"][row]


def _pairs(edge: dict[str, Any]) -> None:
    source, key = state.source(), (edge["topic_a"], edge["topic_b"])
    st.subheader("The conversations behind an arrow", anchor=False)
    st.text(f"{edge['label_a']}  →  {edge['label_b']}")
    n = int(edge["n_pairs"])
    if not n:
        parts.nothing(
            "No single pair is linked for this arrow.",
            f"Pairs are linked for arrows that are clear enough, within {source.window_days} days.",
        )
        return
    st.caption(f"{n:,} linked pairs, the likeliest first: the earlier contact, and what it probably brought on.")
    number = st.pagination(max(1, -(-n // _PAIRS)), key=f"pairs_{'_'.join(key)}") if n > _PAIRS else 1
    for pair in parts.records(downstream.pairs(source, *key, number=number, size=_PAIRS)):
        left, right = st.columns(2, border=True)
        _side(left, pair, "a", "")
        _side(right, pair, "b", f"{pair['gap_days']:.1f} days later · {words.chance(pair['probability'])}")


def _side(column: Any, pair: dict[str, Any], side: str, note: str) -> None:
    with column.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption(
            words.escape(f"{parts.when(pair[f'started_at_{side}'])} · {pair[f'channel_{side}']}"), width="content"
        )
        if note:
            st.badge(words.escape(note), color="orange")
        st.space("stretch")
        here, other = pair[f"conversation_id_{side}"], pair[f"conversation_id_{'b' if side == 'a' else 'a'}"]
        if st.button("Open", key=f"open_{side}_{here}_{other}", type="tertiary"):
            state.open_contact(here)
    column.text(words.short(pair[f"issue_text_{side}"], 180) or "no issue stated")


def _page() -> None:
    parts.title("Downstream map", "Which issues bring on which later ones, over all contacts")
    parts.unrelated_note(state.source().panel)
    if not downstream.windows(state.source()):
        parts.nothing(*_EMPTY)
        return
    window, starts = _controls()
    edges = downstream.edges(state.source(), window_days=window, min_starts=starts).head(_MOST_SHOWN)
    if edges.empty:
        parts.nothing(f"No topic has {starts:,} starts with a follow-up in {window} days.", "Lower the least starts.")
        return
    st.session_state["edge_keys"] = list(zip(edges["topic_a"], edges["topic_b"], strict=True))
    parts.small_data_note(state.source().panel.total)
    _map(edges)
    _table(edges, window=window, starts=starts)
    chosen = st.session_state.get("edge")
    rows = [row for row in parts.records(edges) if (row["topic_a"], row["topic_b"]) == chosen]
    linked = parts.records(edges.sort_values("n_pairs", ascending=False, kind="stable").head(1))
    _pairs((rows or linked)[0])


_EMPTY = (
    "There is no edge to draw: no customer contacted again about another issue within the window.",
    "Edges need customer ids, times, and customers with several issues. See the Data page.",
)

_page()
