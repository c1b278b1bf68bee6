"""The conversations behind an arrow of the map: its pairs, two of them side by side, why they are linked, a verdict."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from textinsight.explore import parts, sidebar, state, why, words
from textinsight.explore.beside import side_by_side
from textinsight.explore.judging import Pair, buttons, precision_line, verdict_of
from textinsight.explore.queries import downstream

Key = tuple[str, str]

_SIZE = 10
_JOIN = "~"
_COLUMNS = {
    "started_at_a": parts.time_column("Earlier"),
    "issue_text_a": st.column_config.TextColumn("What it was about", width=222),
    "gap_days": st.column_config.NumberColumn("Days to", format="%.1f", width=76, help=words.HELP["gap_days"]),
    "started_at_b": parts.time_column("Later"),
    "issue_text_b": st.column_config.TextColumn("What it was about", width=222),
    "probability": st.column_config.TextColumn(
        "Brought on", alignment="right", width=92, help=words.HELP["brought_on"]
    ),
    "reviewed": st.column_config.TextColumn("Verdict", width=92),
}


def choose(key: Key) -> None:
    """Show what is behind this arrow; call it from a callback."""
    st.query_params["arrow"] = _JOIN.join(key)
    for name in ("pair", "edge"):
        st.session_state.pop(name, None)


def chosen() -> Key | None:
    """The arrow named in the address, or handed over by another page."""
    a, _, b = st.query_params.get("arrow", "").partition(_JOIN)
    handed: Key | None = st.session_state.get("edge")
    return (a, b) if a and b else handed


def pairs(edges: pd.DataFrame, *, window: int) -> None:
    """The pairs of the chosen arrow, of the first one if none is chosen; the chosen pair side by side."""
    rows = parts.records(edges)
    edge = next((row for row in rows if (row["topic_a"], row["topic_b"]) == chosen()), rows[0])
    key: Key = (edge["topic_a"], edge["topic_b"])
    st.subheader("The conversations behind an arrow", anchor=False)
    number = max(int(st.session_state.get(f"page_{_JOIN.join(key)}", 1)), 1)
    asked: dict[str, Any] = {"window_days": window, "filters": sidebar.filters(), "size": _SIZE}
    found = downstream.pairs(state.source(), key, number=number, **asked)
    _told(edge, found)
    if found.empty:
        parts.nothing("No pair's earlier contact matches the filters.", "Clear a filter in the sidebar.")
        return
    if found["n"][0] > _SIZE:
        st.pagination(-(-int(found["n"][0]) // _SIZE), key=f"page_{_JOIN.join(key)}")
    _table(found)
    pair = parts.records(found)[min(st.session_state.get("pair", 0), len(found) - 1)]
    _one(pair)


def _told(edge: dict[str, Any], found: pd.DataFrame) -> None:
    """The arrow in a sentence, and how many of its pairs are linked."""
    st.text(f"{edge['label_a']}  →  {edge['label_b']}")
    share = max(1 - edge["base_rate"] / edge["rate"], 0.0)
    told = (
        f"{edge['n_followed']:,} of {edge['n_starts']:,} starts were followed: {edge['rate']:.1%} instead of "
        f"{edge['base_rate']:.1%}"
    )
    told += f", so that about {share:.0%} of them were brought on." if edge["is_clear"] else "; this may be chance."
    if not found.empty:
        n, n_all, n_linked = (int(found[name][0]) for name in ("n", "n_all", "n_linked"))
        told += f" {n_linked:,} of {n_all:,} pairs are linked one by one."
        told += f" {n:,} match the filters." if n != n_all else ""
    st.caption(words.escape(told))


def _table(found: pd.DataFrame) -> None:
    frame = parts.naive(found, "started_at_a", "started_at_b").assign(
        issue_text_a=found["issue_text_a"].map(words.short),
        issue_text_b=found["issue_text_b"].map(words.short),
        probability=[words.MASK if pd.isna(p) else words.chance(p) for p in found["probability"]],
        reviewed=found["reviewed"].map(lambda verdict: words.name(verdict, {}) if isinstance(verdict, str) else ""),
    )
    st.dataframe(
        frame, key="pairs", hide_index=True, column_config=_COLUMNS, column_order=list(_COLUMNS),
        on_select=_choose_pair, selection_mode="single-cell", alt="Pairs of conversations behind the arrow",
    )  # fmt: skip


def _choose_pair() -> None:
    row = parts.clicked_row("pairs")
    if row is not None:
        st.session_state["pair"] = row


def _one(pair: dict[str, Any]) -> None:
    """The verdict, the two conversations, and why they are linked."""
    with st.container(border=True):
        verdict = verdict_of(pair["reviewed"])
        buttons(Pair(pair["conversation_id_b"], pair["earlier_id"], "downstream", verdict))
        precision_line("downstream")
    earlier, later = ((pair[f"conversation_id_{side}"], pair[f"shard_{side}"]) for side in "ab")
    side_by_side(earlier, later, gap=f"{pair['gap_days']:.1f} days later")
    evidence = downstream.evidence(state.source(), pair["conversation_id_b"], pair["earlier_id"])
    if evidence is None:
        st.caption(
            "This pair is not linked: its probability lies below the cut. It counts in the rate; the base rate says "
            "how many such pairs there would be anyway."
        )
        return
    st.subheader("Why they are linked", anchor=False)
    why.waterfall(evidence)
