"""Tables of a topic's page: outcomes, segments, what follows, how good the topic is, what changed."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from textinsight.explore import parts, sidebar, state, words
from textinsight.explore.board.plan import support
from textinsight.explore.queries import topics
from textinsight.explore.topic_tree import Node, compared

_CHANGES = {"new": "New", "grown": "Grown", "shrunk": "Shrunk", "gone": "Gone"}
_MARKS = {"supported": "●", "few": "◐", "chance": "○"}
_ARROWS = {"more": "▲", "less": "▼", "": ""}


def changes(frame: pd.DataFrame) -> None:
    """What the last refresh changed, of all topics."""
    if frame.empty:
        return
    with st.expander(f"What the last refresh changed ({len(frame)})", icon=":material/update:"):
        st.dataframe(
            frame.assign(
                kind=frame["kind"].map(_CHANGES), before=100 * frame["share_before"], after=100 * frame["share_after"]
            ),
            hide_index=True, column_order=["label", "kind", "n_before", "n_after", "before", "after"], alt="Changes",
            column_config={
                "label": st.column_config.TextColumn("Topic", width=240), "kind": st.column_config.TextColumn("What"),
                "n_before": st.column_config.NumberColumn("Contacts before", format="localized"),
                "n_after": st.column_config.NumberColumn("Contacts after", format="localized"),
                "before": st.column_config.NumberColumn("Share before", format="%.1f%%"),
                "after": st.column_config.NumberColumn("Share after", format="%.1f%%"),
            },
        )  # fmt: skip


def outcomes(counts: dict[str, int], n: int, labels: tuple[str, ...]) -> None:
    """How its contacts end; a click leads to them. labels: what the filter on topics is set to."""
    st.subheader("How they end", anchor=False, help=words.HELP["resolution"])
    frame = pd.DataFrame(
        [
            {"outcome": label, "contacts": counts.get(code, 0), "share": 100 * counts.get(code, 0) / n}
            for code, label in words.RESOLUTIONS.items()
        ]
    )
    st.session_state["outcomes_of"] = labels
    st.dataframe(
        frame, key="outcomes_table", hide_index=True, on_select=_read_outcome, selection_mode="single-cell",
        alt="Outcomes",
        column_config={
            "outcome": st.column_config.TextColumn("Outcome", width=130),
            "contacts": st.column_config.NumberColumn("Contacts", format="localized", width=80),
            "share": st.column_config.ProgressColumn("Share", format="%.0f%%", min_value=0, max_value=100, width=140),
        },
    )  # fmt: skip


def _read_outcome() -> None:
    row = parts.clicked_row("outcomes_table")
    if row is not None:
        st.session_state["topic"] = list(st.session_state["outcomes_of"])
        sidebar.narrow("resolution", list(words.RESOLUTIONS)[row])
        st.session_state["go_to"] = "contacts"


def segments(frame: pd.DataFrame) -> None:
    """Which channels, companies and tenure bands have more of it than they have of all contacts."""
    st.subheader("Where it is common", anchor=False, help="Its contacts against all contacts that the filters leave.")
    frame = compared(frame)
    st.session_state["segments"] = list(zip(frame["dimension"], frame["value"], strict=True))
    shown = frame.assign(
        contacts=frame["here"].where(frame["differs"] == "", parts.LEAST),  # a few that are no chance are not grey
        dimension=frame["dimension"].map(words.LABELS), share_here=100 * frame["share_here"],
        share_everywhere=100 * frame["share_everywhere"],
        ratio=[_ratio(row) for row in parts.records(frame)],
    )  # fmt: skip
    st.dataframe(
        shown.style.apply(parts.weak, axis=1, columns=("share_here", "ratio")), key="segments_table",
        hide_index=True, on_select=_choose_segment, selection_mode="single-cell", alt="Segments",
        column_order=["dimension", "value", "here", "share_here", "share_everywhere", "ratio"],
        height=parts.table_height(len(frame), most=430),
        column_config={
            "dimension": st.column_config.TextColumn("", width=84),
            "value": st.column_config.TextColumn("Segment", width=102),
            "here": st.column_config.NumberColumn("Contacts", format="localized", width=66),
            "share_here": st.column_config.NumberColumn("Here", format="%.0f%%", width=52, help="Of its contacts."),
            "share_everywhere": st.column_config.NumberColumn("All", format="%.0f%%", width=48, help="Of all."),
            "ratio": st.column_config.TextColumn(
                "Here / all", width=72, alignment="right", help="▲ ▼: more or less than chance would make it."
            ),
        },
    )  # fmt: skip
    st.caption(
        f"Click a segment to narrow the filters to it. Grey: fewer than {parts.LEAST} contacts, and what chance makes."
    )


def _ratio(row: dict[str, Any]) -> str:
    return "" if pd.isna(row["ratio"]) else f"{_ARROWS[row['differs']]} {row['ratio']:.2f}×".strip()


def _choose_segment() -> None:
    row = parts.clicked_row("segments_table")
    if row is not None:
        sidebar.narrow(*st.session_state["segments"][row])


def follows(node: Node) -> None:
    """Edges of the downstream map out of the topic and into it."""
    source = state.source()
    ids = node.children if node.is_theme else (node.topic_id,)
    frame = topics.follows(source, ids, window_days=source.window_days)
    if frame.empty:
        parts.nothing(
            "Nothing follows it, or comes before it, more often than it would anyway.", "See the Downstream map."
        )
        return
    rows = parts.records(frame)
    st.session_state["follow_edges"] = list(zip(frame["topic_a"], frame["topic_b"], strict=True))
    st.dataframe(
        frame.assign(
            supported=[_MARKS[support(row["n_starts"], row["q_value"])] for row in rows],
            interval=[f"{row['lift_low']:.1f} – {row['lift_high']:.1f}" for row in rows],
            rate=100 * frame["rate"], base_rate=100 * frame["base_rate"], q=frame["q_value"].map(words.small),
        ),
        key="follow_table", hide_index=True, on_select=_open_edge, selection_mode="single-cell", alt="What follows",
        column_order=["supported", "label_a", "label_b", "n_starts", "rate", "base_rate", "lift", "interval", "q"],
        column_config={
            "supported": st.column_config.TextColumn("", width=30, help="● supported · ◐ few starts · ○ may be chance"),
            "label_a": st.column_config.TextColumn("After A", width=200),
            "label_b": st.column_config.TextColumn("comes B", width=200),
            "n_starts": st.column_config.NumberColumn("Starts n", format="localized", help=words.HELP["n_starts"]),
            "rate": st.column_config.NumberColumn("Rate", format="%.1f%%", help=words.HELP["rate"]),
            "base_rate": st.column_config.NumberColumn("Base rate", format="%.1f%%", help=words.HELP["base_rate"]),
            "lift": st.column_config.NumberColumn("Lift", format="%.1f×", help=words.HELP["lift"]),
            "interval": st.column_config.TextColumn("95% CI", alignment="right", help=words.HELP["interval"]),
            "q": st.column_config.TextColumn("q", alignment="right", help=words.HELP["q_value"]),
        },
    )  # fmt: skip
    st.caption(
        f"Within {source.window_days} days, over all contacts. Click a row to see the pairs on the Downstream map."
    )


def _open_edge() -> None:
    row = parts.clicked_row("follow_table")
    if row is not None:
        st.session_state["edge"] = st.session_state["follow_edges"][row]
        st.session_state["go_to"] = "downstream"


def quality(node: Node) -> None:
    """How coherent it is, what lies next to it, and contacts from its heart to its edge."""
    frame = topics.quality(state.source(), node.children if node.is_theme else (node.topic_id,))
    if frame.empty:
        parts.nothing("Nothing is known of how good this topic is.", "Run: textinsight topics refresh")
        return
    st.dataframe(
        frame, hide_index=True, alt="Quality",
        column_order=["label", "n", "coherence", "separation", "confidence", "nearest_label"],
        column_config={
            "label": st.column_config.TextColumn("Topic", width=200),
            "n": st.column_config.NumberColumn("Contacts", format="localized", help="Of the whole archive."),
            **{
                name: st.column_config.NumberColumn(name.capitalize(), format="%.2f", help=words.HELP[name])
                for name in ("coherence", "separation", "confidence")
            },
            "nearest_label": st.column_config.TextColumn("Nearest topic", width=200),
        },
    )  # fmt: skip
    if not node.is_theme:
        _sample(parts.records(frame)[0])


def _sample(row: dict[str, Any]) -> None:
    st.caption("Contacts from its heart to its edge: do the last ones still belong here?")
    texts = [words.short(text, 300) for text in (row["sample"] if row["sample"] is not None else ())]
    st.dataframe(
        pd.DataFrame({"said": texts}), hide_index=True, alt="Sample",
        column_config={"said": st.column_config.TextColumn("Issue", width="large")},
    )  # fmt: skip
