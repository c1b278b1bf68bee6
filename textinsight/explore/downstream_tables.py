"""The downstream map's other views: all figures, clusters, avoidable contacts, both readings; and the slide."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from textinsight.explore import behind, board, follows, parts, sidebar, state, words
from textinsight.explore.queries import downstream, judged

_MARKS = {"supported": "●", "few": "◐", "chance": "○"}
_PERCENT = {"rate", "base_rate"}
_TEXTS = {"interval", "q_value"}
_LABELS = {
    "n_starts": "Starts n", "n_followed": "Followed", "rate": "Rate", "base_rate": "Base rate", "lift": "Lift",
    "interval": "95% CI", "q_value": "q", "median_gap_days": "Gap, days", "n_open_excluded": "Open",
}  # fmt: skip
_FORMATS = {"lift": "%.1f×", "median_gap_days": "%.1f"}


@dataclass(frozen=True, slots=True)
class Asked:
    """The page's controls. window: days. starts: the fewest. hints: also edges that may be chance. topics: names."""

    window: int
    starts: int
    cost: float
    hints: bool
    topics: tuple[str, ...]


def slide(asked: Asked, plan: board.Board, n_clear: int) -> board.Poster:
    """The map for a slide, with what a reader needs to check it. n_clear: clear arrows in all, drawn or not."""
    source = state.source()
    span = judged.span(source)
    return board.poster(
        plan,
        title="What brings customers back with another issue",
        subtitle=f"After the issue on the left, the one on the right follows within {asked.window} days more often "
        f"than it would anyway · {span}",
        notes=(
            "On an arrow: lift = rate / base rate, with its 95% interval; rate instead of base rate; n = starts, first "
            "contacts of the left issue whose window is over.",
            "Base rate: the larger of other customers' rate in the same company and months, and the same customers' "
            "rate before. False discovery is controlled at 5%.",
            "An arrow is no proof of a cause: it says that B follows A more often than either control explains."
            + (
                f" Drawn: the {len(plan.arrows)} that bring on most, of {n_clear:,}."
                if n_clear > len(plan.arrows)
                else ""
            ),
        ),
    )


def _figures(asked: Asked, edges: pd.DataFrame) -> None:
    frame = edges.assign(
        rate=100 * edges["rate"],
        base_rate=100 * edges["base_rate"],
        supported=[_MARKS[board.support(n, q)] for n, q in zip(edges["n_starts"], edges["q_value"], strict=True)],
        q_value=[words.small(q) for q in edges["q_value"]],
        interval=[f"{low:.1f} – {high:.1f}" for low, high in zip(edges["lift_low"], edges["lift_high"], strict=True)],
    )
    _choosable("edges", frame, _columns())
    st.caption(
        f"The first {len(edges):,} arrows seen, the clear ones first; the CSV has all. Click a row to read the "
        "conversations behind it."
    )
    sql, values = downstream.everything(window_days=asked.window, min_starts=asked.starts, topics=asked.topics)
    parts.download(state.source(), "Figures as CSV", f"downstream-{asked.window}-days.csv", sql, values)


def _columns() -> dict[str, Any]:
    config: dict[str, Any] = {
        "supported": st.column_config.TextColumn(
            "", width=30, help="● well supported · ◐ clear, but few starts · ○ may be chance"
        ),
        **_ends(),
    }
    for column, label in _LABELS.items():
        number = "%.1f%%" if column in _PERCENT else _FORMATS.get(column, "localized")
        kind = st.column_config.TextColumn if column in _TEXTS else st.column_config.NumberColumn
        options = {"alignment": "right"} if column in _TEXTS else {"format": number}
        config[column] = kind(label, help=words.HELP[column], **options)
    return config


def _ends() -> dict[str, Any]:
    return {
        "label_a": st.column_config.TextColumn("After A", width=165),
        "label_b": st.column_config.TextColumn("comes B", width=165),
    }


def _clusters(asked: Asked, edges: pd.DataFrame) -> None:
    frame = downstream.clusters(state.source(), asked.window, asked.cost)
    if frame.empty:
        parts.nothing("No topics bring one another on clearly enough to be a cluster.", "Try a longer window.")
        return
    strongest = [_strongest(topics, edges) for topics in frame["topics"]]
    shown = frame.assign(
        topic_labels=[", ".join(labels) for labels in frame["topic_labels"]],
        topic_a=[a for a, _ in strongest], topic_b=[b for _, b in strongest],
    )  # fmt: skip
    count = {name: st.column_config.NumberColumn(label, format="localized", help=words.HELP[f"cluster_{name}"])
             for name, label in (("contacts", "Later contacts"), ("customers", "Customers"))}  # fmt: skip
    money = {name: st.column_config.NumberColumn(label, format="%.0f", help=words.HELP[f"cluster_{name}"])
             for name, label in _MONEY}  # fmt: skip
    columns = {
        "label": st.column_config.TextColumn("Cluster", width=220, help="Named after its strongest arrow."),
        "topic_labels": st.column_config.TextColumn("Topics", width=230), **count, **money,
    }  # fmt: skip
    _choosable("clusters", shown, columns)
    st.caption(
        "Topics that bring one another on, over all contacts. A later contact counts once in its cluster. Click a row "
        "to read the conversations behind its strongest arrow."
    )


def _strongest(topics: Collection[str], edges: pd.DataFrame) -> behind.Key:
    """The strongest edge inside the cluster, which is the first one; empty ids if no edge of it is asked for."""
    inside = edges[edges["topic_a"].isin(topics) & edges["topic_b"].isin(topics)]
    return (inside["topic_a"].iloc[0], inside["topic_b"].iloc[0]) if len(inside) else ("", "")


def _avoidable(asked: Asked, _: pd.DataFrame) -> None:
    frame = downstream.avoidable(state.source(), asked.window, asked.cost)
    if frame.empty:
        parts.nothing("No arrow is clear enough to say what could be avoided.", "Try a longer window.")
        return
    frame = frame.assign(interval=[f"{a:.0f} – {b:.0f}" for a, b in zip(frame["low"], frame["high"], strict=True)])
    number = {name: st.column_config.NumberColumn(label, format=form, help=words.HELP[f"avoidable_{name}"])
              for name, label, form in _AVOIDED}  # fmt: skip
    interval = st.column_config.TextColumn("95% CI", alignment="right", help=words.HELP["avoidable_interval"])
    _choosable("avoidable", frame, {**_ends(), **number, "interval": interval})
    st.caption(
        "Had the first contact answered the next question too: later contacts × (rate − base rate) / rate. One step "
        "only, and rows must not be added up: an issue that two topics may have brought on stands in both."
    )


def _choosable(key: str, frame: pd.DataFrame, columns: dict[str, Any]) -> None:
    """A table of edges; a click chooses the edge."""
    st.session_state[f"{key}_keys"] = list(zip(frame["topic_a"], frame["topic_b"], strict=True))
    st.dataframe(
        frame, key=key, hide_index=True, column_config=columns, column_order=list(columns), on_select=_choose(key),
        selection_mode="single-cell", alt="Edges of the map",
    )  # fmt: skip


def _choose(key: str) -> Callable[[], None]:
    def chosen() -> None:
        row = parts.clicked_row(key)
        if row is not None and all(st.session_state[f"{key}_keys"][row]):
            behind.choose(st.session_state[f"{key}_keys"][row])

    return chosen


def _two_readings(_: Asked, __: pd.DataFrame) -> None:
    frame = downstream.readings(state.source())
    if frame.empty:
        parts.nothing("There is no linked contact to count yet.", "See the Data page for what can be linked.")
        return
    shown = pd.DataFrame({"window": [f"{days} days" for days in frame["window_days"]]})
    columns: dict[str, Any] = {"window": st.column_config.TextColumn("Window")}
    for label, name, n in _READINGS:
        shown[name] = 100 * frame[name]
        shown[f"{name}_ci"] = [
            words.interval(low, high, "share")
            for low, high in zip(frame[f"{name}_low"], frame[f"{name}_high"], strict=True)
        ]
        shown[n] = frame[n]
        columns[name] = st.column_config.NumberColumn(label, format="%.1f%%", help=words.HELP[name])
        columns[f"{name}_ci"] = st.column_config.TextColumn("95% CI", alignment="right")
        columns[n] = st.column_config.NumberColumn("of n", format="localized", help=words.HELP[n])
    st.session_state["reading_windows"] = frame["window_days"].tolist()
    st.dataframe(
        shown, key="readings", hide_index=True, column_config=columns, on_select=_read_contacts,
        selection_mode="single-cell", alt="Both readings by window",
    )  # fmt: skip
    st.caption(
        "“How much of later contact is related to the first issue” is read in two ways; say which one a figure is. "
        "Over all contacts with a customer and a time, hand-overs left out. Click a number to read the contacts "
        "that it counts; a share leads to those that make it up."
    )


def _read_contacts() -> None:
    """To the contacts that the clicked figure counts, over the whole archive as it does."""
    cell = parts.clicked_cell("readings")
    if cell is not None:
        row, column = cell
        sidebar.clear()
        sidebar.narrow(
            "follows", follows.value(_COUNTED.get(column, "Follow-ups"), st.session_state["reading_windows"][row])
        )
        st.session_state["go_to"] = "contacts"


_MONEY = (("attributable", "Beyond base rate"), ("cost", "Cost"), ("attributable_cost", "of it, beyond base rate"))
_AVOIDED = (
    ("n_starts", "Starts n", "localized"), ("contacts", "Later contacts", "localized"),
    ("avoidable", "Avoidable", "%.0f"), ("per_100_starts", "Per 100 starts", "%.1f"), ("cost", "Cost", "%.0f"),
)  # fmt: skip
_COUNTED = {  # figure → what it counts
    "related": "Related follow-ups", "related_ci": "Related follow-ups", "followups": "Follow-ups",
    "downstream_share": "Downstream", "downstream_share_ci": "Downstream", "linked": "Linked",
}  # fmt: skip
_READINGS = (
    ("Related share of follow-ups", "related", "followups"),
    ("Downstream share of linked", "downstream_share", "linked"),
)

SHOWN: dict[str, Callable[[Asked, pd.DataFrame], None]] = {
    "Table": _figures,
    "Clusters": _clusters,
    "Avoidable contacts": _avoidable,
    "Two readings": _two_readings,
}
