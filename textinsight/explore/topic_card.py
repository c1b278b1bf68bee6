"""All that is known of one topic or theme: figures, its customers' words, where it is common, and what follows it."""

from __future__ import annotations

import streamlit as st

from textinsight.explore import charts, curation, parts, sidebar, state, topic_tables, words
from textinsight.explore.filters import Filters
from textinsight.explore.panel import Days, Figure
from textinsight.explore.queries import topics
from textinsight.explore.topic_tree import NO_TOPIC, SOURCES, Node, along, labels_of, share_trend

_FIGURES = ("repeat_share", "fcr_observed", "fcr_stated", "effort", "sentiment")
_QUOTES = 5
_SHARE = "share"


def show(known: dict[str, Node], topic_id: str) -> None:
    """The page of one topic or theme; the filters hold, but for the one on topics."""
    source, node = state.source(), known[topic_id]
    everywhere = sidebar.filters().narrowed("topic")
    here = everywhere.narrowed("topic", *labels_of(known, topic_id))
    part, whole = source.panel.days_of(here), source.panel.days_of(everywhere)
    _header(known, node, part.contacts, whole.contacts, everywhere)
    curation.news()
    if not part.contacts:
        parts.nothing("No contact of this topic is within the filters.", "Clear a filter in the sidebar.")
    else:
        parts.small_data_note(part.contacts)
        _figures(part, whole)
        columns = st.grid(2, gap="medium", min_column_width=430)  # below that the tables would be cut off
        with columns.container():
            _quotes(here, node)
            _trend(part, whole)
        with columns.container():
            topic_tables.outcomes(topics.outcomes(source, here), part.contacts, labels_of(known, topic_id))
            topic_tables.segments(topics.segments(source, here, everywhere))
    if topic_id != NO_TOPIC:
        _more(known, node)


def _header(known: dict[str, Node], node: Node, n: int, total: int, filters: Filters) -> None:
    left, right = st.columns([5, 3], vertical_alignment="bottom")
    with left:
        share = f"{n / total:.1%} of {total:,}" if total else "none"
        parts.title(words.escape(node.label), f"{_kind(known, node)} · {n:,} contacts in view, {share}")
    with right.container(horizontal=True, horizontal_alignment="right"):
        st.button("All topics", icon=":material/arrow_back:", on_click=_close)
        st.button(
            "Read the contacts", icon=":material/forum:", on_click=_read, args=(labels_of(known, node.topic_id),),
            disabled=not n, type=parts.emphasis(),
        )  # fmt: skip
    if node.description:
        st.text(node.description)
    if node.terms:
        st.caption("Its words: " + words.escape(", ".join(node.terms[:8])))
    if filters.chosen or filters.start:
        st.caption("Within the filters: " + words.escape(parts.scope(filters, total, total)))


def _kind(known: dict[str, Node], node: Node) -> str:
    if node.topic_id == NO_TOPIC:
        return "No topic"
    if node.is_theme:
        return f"Theme of {len(node.children)} topics"
    source = {"Found": "found in the contacts", "Your list": "from your list", "Edited": "edited"}
    parent = known.get(node.parent_id or "")
    told = f"Topic, {source[SOURCES.get(node.source, 'Found')]}"
    return f"{told} · theme: {parent.label}" if parent else told


def _close() -> None:
    st.query_params.pop("about", None)


def _read(labels: tuple[str, ...]) -> None:
    st.session_state["topic"] = list(labels)
    st.session_state["go_to"] = "contacts"


def _figures(part: Days, whole: Days) -> None:
    with st.grid(len(_FIGURES), gap="small"):
        for name in _FIGURES:
            _figure(name, part.figure(name), whole.figure(name))


def _figure(name: str, figure: Figure, every: Figure) -> None:
    """A figure of the topic beside that of all contacts; coloured where the two differ by more than chance."""
    unit = figure.measure.unit
    delta = None
    if figure.value is not None and every.value is not None:
        delta = words.change(figure.value, every.value, unit) or None
    better = figure.measure.higher_is_better if figure.differs_from(every) else None
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(
            words.MEASURES[name], words.figure(figure.value, unit), delta, delta_arrow="auto" if delta else "off",
            delta_color="off" if better is None else "normal" if better else "inverse",
            delta_description="vs all" if delta else None, help=words.escape(figure.measure.definition),
        )  # fmt: skip
        known = figure.low is not None and figure.high is not None
        told = f"95% CI {words.interval(figure.low, figure.high, unit)}" if known else f"{figure.n:,} known"  # type: ignore[arg-type]
        st.caption(words.escape(f"{told} · n {figure.n:,}" if known else told))


def _quotes(here: Filters, node: Node) -> None:
    st.subheader("In the customers' words", anchor=False, help="The contacts nearest to the topic's centre, masked.")
    rows = parts.records(topics.typical(state.source(), here, most=_QUOTES))
    if not rows:
        parts.nothing("No typical contacts are marked yet.", "Make the map by meaning: textinsight topics refresh")
        return
    with st.container(border=True, gap="xsmall"):
        for row in rows:
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                told = [parts.when(row["started_at"]), row["channel"], row["topic_label"] if node.is_theme else ""]
                st.caption(words.escape(" · ".join(str(part) for part in told if part)), width="content")
                st.space("stretch")
                if st.button("Open", key=f"quote_{row['conversation_id']}", type="tertiary"):
                    state.open_contact(row["conversation_id"])
            st.text(f"“{words.short(row['issue_text'], 180)}”")


def _trend(part: Days, whole: Days) -> None:
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    left.subheader("Trend", anchor=False)
    names = {_SHARE: "Share of all contacts"} | {name: words.MEASURES[name] for name in _FIGURES}
    shown = right.selectbox(
        "Trend of", list(names), 0, names.__getitem__, key="topic_trend", label_visibility="collapsed"
    )
    frame = share_trend(part, whole) if shown == _SHARE else along(part, whole).trend(shown)
    if len(frame) < 2:
        parts.no_trend(whole.filters)
        return
    unit = "share" if shown == _SHARE else part.figure(shown).measure.unit
    scale = {"-1..1": (-1.0, 1.0), "1..5": (1.0, 5.0)}.get(unit, (0.0, None))
    spec = charts.trend(frame, label=names[shown], percent=unit == "share", scale=scale)
    st.echarts_chart(spec, height=260, alt=f"{names[shown]} by {whole.step}")
    st.caption(f"By {whole.step}, UTC; the bars are this topic's contacts. A gap means that nothing is known.")


def _more(known: dict[str, Node], node: Node) -> None:
    names = ["What follows", "Quality", *(["Edit"] if curation.may_edit() else [])]
    tabs = st.tabs(names)
    with tabs[0]:
        topic_tables.follows(node)
    with tabs[1]:
        topic_tables.quality(node)
    if len(tabs) > 2:
        with tabs[2]:
            curation.forms(known, node)
