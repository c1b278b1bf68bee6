"""Topics: themes and topics as a tree and as a map by meaning; a click opens one with all that is known of it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from textinsight.explore import (
    curation,
    parts,
    sidebar,
    state,
    topic_card,
    topic_charts,
    topic_tables,
    topic_tree,
    unrelated,
    words,
)
from textinsight.explore.queries import data, topics

_TREE, _FLAT, _MAP = _VIEWS = ("Themes and topics", "Topics", "Map by meaning")
_MOST_DOTS = 2000
_THEME = "background-color: rgba(128, 140, 150, 0.12); font-weight: 600"
_MEASURED = ("repeat_share", "fcr_observed", "effort", "sentiment")
_SHARES = ("share", "repeat_share", "fcr_observed")


def _columns(frame: pd.DataFrame) -> dict[str, Any]:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    highest = max((max(line) for line in frame["trend"] if line), default=1.0)
    return {
        "name": text("Topic", width=225),
        "theme": text("Theme", width=135),
        "contacts": number("Contacts", format="localized", width=78),
        "share": number("Share", format="%.1f%%", width=62, help=words.HELP["topic_share"]),
        "interval": text("95% CI", width=86, alignment="right", help="Of the share."),
        "trend": st.column_config.AreaChartColumn(
            "Trend", width=110, y_min=0, y_max=None if highest > 0 else 1, help=words.HELP["topic_trend"]
        ),
        "repeat_share": number("Repeats", format="%.1f%%", width=72, help=words.HELP["repeat_share"]),
        "fcr_observed": number("FCR", format="%.1f%%", width=66, help=words.HELP["fcr"]),
        "effort": number("Effort", format="%.1f", width=60, help=words.HELP["effort"]),
        "sentiment": number("Sentiment", format="%+.2f", width=80, help=words.HELP["sentiment"]),
        "source": text("Source", width=70, help=words.HELP["topic_source"]),
    }  # fmt: skip


def _table(known: dict[str, topic_tree.Node], *, is_tree: bool) -> None:
    source, filters = state.source(), sidebar.filters()
    search = st.text_input(
        "Find", key="topic_search", placeholder="Part of a name", label_visibility="collapsed", max_chars=80,
        icon=":material/search:", width=320,
    )  # fmt: skip
    step = source.panel.days_of(filters).step
    counts, periods = topics.counts(source, filters), topics.by_period(source, filters, step)
    frame = topic_tree.tree(known, counts, periods, is_tree=is_tree, search=search)
    if frame.empty:
        parts.nothing("No topic has this in its name.", "Use fewer letters.")
        return
    st.session_state["topic_ids"] = frame["topic_id"].tolist()
    columns = _columns(frame)
    if not any(frame["trend"]):
        columns.pop("trend")
    if is_tree or not _has_themes(known):
        columns.pop("theme")
    shown = frame.assign(
        **{name: 100 * frame[name] for name in _SHARES}, sentiment=frame["sentiment"].round(2) + 0.0,
        interval=[words.interval(low, high, "share") for low, high in zip(frame["low"], frame["high"], strict=True)],
    )  # fmt: skip
    st.dataframe(
        shown.style.apply(_theme_row, axis=1).apply(parts.weak, axis=1, columns=_MEASURED), key="topic_table",
        hide_index=True, column_config=columns, column_order=list(columns),
        height=parts.table_height(len(frame), most=640),
        on_select=_choose_row, selection_mode="single-cell", placeholder=words.MASK, alt="Topics",
    )  # fmt: skip
    st.caption(
        "Click a topic or a theme to open it. Figures follow the filters on the left; "
        f"grey: fewer than {parts.LEAST} contacts."
    )


def _has_themes(known: dict[str, topic_tree.Node]) -> bool:
    return any(node.is_theme for node in known.values())


def _theme_row(row: pd.Series[Any]) -> list[str]:
    return [_THEME if row["is_theme"] else ""] * len(row)


def _choose_row() -> None:
    row = parts.clicked_row("topic_table")
    if row is not None:
        st.query_params["about"] = st.session_state["topic_ids"][row]


def _map(known: dict[str, topic_tree.Node]) -> None:
    source = state.source()
    points = topics.points(source, sidebar.filters(), most=_MOST_DOTS)
    centres = topics.centres(source)
    if points.empty:
        reason = "No contact in view is on the map." if len(centres) else "This archive has no map by meaning yet."
        parts.nothing(
            reason, "Clear a filter, or make the map anew with: textinsight topics refresh \\-\\-archive ARCHIVE"
        )
        return
    themes = _themes(known, points)
    drawn = [topic_charts.theme_rows(points, theme) for theme, _ in themes]
    st.session_state["map_targets"] = [frame["conversation_id"].tolist() for frame in drawn]
    st.session_state["map_topics"] = centres["topic_id"].tolist()
    spec = topic_charts.meaning(points, centres, themes)
    st.echarts_chart(spec, height=620, key="topic_map", on_select=_choose_dot, alt="Contacts by meaning")
    placed = int(points["n_placed"].iloc[0])
    drawn_of = f"{len(points):,} of {placed:,} mapped" if placed > len(points) else f"{placed:,} mapped"
    st.caption(
        f"{drawn_of} contacts in view are drawn. Topics that are alike lie side by side. In its topic, a "
        "contact lies the farther out the less typical it is, and on the side of the topics it leans to. Click a "
        "dot to read the conversation, a name to open the topic; scroll to zoom, drag to move."
    )


def _themes(known: dict[str, topic_tree.Node], points: pd.DataFrame) -> list[tuple[str | None, str]]:
    """(id, name) of every theme, the largest first, so that each keeps its colour under any filter."""
    found: list[tuple[str | None, str]] = [(i, node.label) for i, node in known.items() if node.is_theme]
    return found + ([(None, "Without a theme" if found else "Contacts")] if points["theme_id"].isna().any() else [])


def _choose_dot() -> None:
    for group in st.session_state["topic_map"].selection.selected:
        series, at = group["series_index"], group["data_indices"][0]
        targets = st.session_state["map_targets"]
        if series < len(targets) and at < len(targets[series]):
            st.session_state["go_to_contact"] = targets[series][at]
        elif series == len(targets) and at < len(st.session_state["map_topics"]):
            st.query_params["about"] = st.session_state["map_topics"][at]


def _all(known: dict[str, topic_tree.Node], n: int) -> None:
    source = state.source()
    leaves = [node for node in known.values() if not node.is_theme and node.topic_id != topic_tree.NO_TOPIC]
    has_themes = _has_themes(known)
    told = f" · {len(leaves)} topics" + (f" in {len(known) - len(leaves) - 1} themes" if has_themes else "")
    parts.title("Topics", parts.scope(sidebar.filters(), n, source.panel.total) + told)
    unrelated.note()
    parts.small_data_note(n)
    curation.news()
    view = st.segmented_control(
        "View", _VIEWS if has_themes else _VIEWS[1:], default=_TREE if has_themes else _FLAT, required=True,
        key="topic_view", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    if view == _MAP:
        _map(known)
    else:
        _table(known, is_tree=view == _TREE)
        st.caption(topic_tree.unclear_told(data.coverage(source)))
    topic_tables.changes(topics.changes(source))
    curation.log(known)


def _about(known: dict[str, topic_tree.Node]) -> str | None:
    """The topic that the address asks for, by id; another page may ask by name."""
    if asked := st.session_state.pop("about", None):
        found = [node.topic_id for node in known.values() if asked in (node.topic_id, node.label)]
        st.query_params.from_dict({**st.query_params, "about": found[0] if found else ""})
    wanted = st.query_params.get("about", "")
    return wanted if wanted in known else None


def _page() -> None:
    source, filters = state.source(), sidebar.filters()
    known = topic_tree.nodes(topics.listed(source))
    if about := _about(known):
        topic_card.show(known, about)
        return
    n = topics.number_of(source, filters)
    if not n or len(known) == 1:
        parts.title("Topics", parts.scope(filters, n, source.panel.total))
        unrelated.note()
        if n and source.panel.is_related:
            parts.nothing(*_NO_TOPICS)
        elif not n:
            parts.no_match(source, source.panel.total)
        return
    _all(known, n)


_NO_TOPICS = (
    "No topics were found: too few contacts state what they are about.",
    "Topics need some dozens of contacts with an issue. See the Data page, and run more of them.",
)

_page()
