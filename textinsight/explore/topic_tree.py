"""Themes with their topics as rows of a table, and what a topic is made of. No Streamlit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from textinsight.explore.words import UNCLEAR, UNNAMED_THEME
from textinsight.measure.summary import share_of, wilson

if TYPE_CHECKING:
    import pandas as pd

    from textinsight.explore.panel import Days

NO_TOPIC = "unclear"  # stands for the contacts without a topic, where a topic is named by its id
_INDENT = "\u2003"
_LEAST = 20  # contacts of a period below which a share of it says nothing

SOURCES = {"discovered": "Found", "taxonomy": "Your list", "curated": "Edited"}


@dataclass(frozen=True, slots=True)
class Node:
    """A topic or theme; children: the topics of a theme. label: "Unclear" for contacts without a topic."""

    topic_id: str
    label: str
    description: str
    terms: tuple[str, ...]
    source: str
    parent_id: str | None
    children: tuple[str, ...]
    is_theme: bool


def nodes(listed: pd.DataFrame) -> dict[str, Node]:
    """topic_id → topic or theme, the unclear among them; listed: see `queries.topics.listed`."""
    rows = [{str(k): v for k, v in row.items()} for row in listed.to_dict("records")]
    inside: dict[str, list[str]] = {}
    for row in rows:
        if isinstance(row["parent_id"], str):
            inside.setdefault(row["parent_id"], []).append(row["topic_id"])
    found = {row["topic_id"]: _node(row, tuple(inside.get(row["topic_id"], ()))) for row in rows}
    told = "Contacts whose words fit no topic well enough, or that state no issue."
    return found | {NO_TOPIC: Node(NO_TOPIC, UNCLEAR, told, (), "", None, (), False)}


def unclear_told(coverage: pd.DataFrame) -> str:
    """How many contacts have no topic because it is unclear, and how many because they state no issue.

    coverage: of the whole archive, see `queries.data.coverage`.
    """
    known = dict(zip(coverage["fact"], coverage["known"], strict=True))
    total = int(coverage["total"][coverage["fact"] == "topic"].iloc[0])
    stated = int(known["issue"])
    unclear, silent = max(stated - int(known["topic"]), 0), total - stated
    return (
        f"Without a topic, in the whole archive: {unclear:,} contacts that fit none well enough "
        f"({unclear / max(stated, 1):.1%} of those that state an issue) and {silent:,} that state no issue "
        f"({silent / max(total, 1):.1%} of all)."
    )


def labels_of(known: dict[str, Node], topic_id: str) -> tuple[str, ...]:
    """The names of the topics that a topic or theme stands for: what the filter is set to."""
    node = known[topic_id]
    return tuple(known[child].label for child in node.children) if node.is_theme else (node.label,)


def tree(
    known: dict[str, Node], counts: pd.DataFrame, periods: pd.DataFrame, *, is_tree: bool, search: str = ""
) -> pd.DataFrame:
    """One row a topic, under that of its theme if `is_tree`; else topics alone. search: part of a name.

    Columns: topic_id, is_theme, name, theme, contacts, share (of all), low and high (its 95% interval), trend (of it;
    empty with fewer than two periods), the measures, source.
    """
    import pandas as pd

    counted = {row["topic_id"]: row for row in _records(counts)}
    lines = _trends(periods)
    total = sum(int(row["contacts"]) for row in counted.values() if not row["is_theme"])
    rows = []
    for topic_id in _ordered(known, counted, is_tree=is_tree):
        node, row = known[topic_id], counted.get(topic_id, {})
        if search.lower() in node.label.lower():
            indent = _INDENT if is_tree and node.parent_id else ""
            parent = known.get(node.parent_id or "")
            rows.append(
                {
                    "topic_id": topic_id, "is_theme": node.is_theme, "name": indent + node.label,
                    "theme": parent.label if parent else "",
                    "contacts": int(row.get("contacts", 0)), "share": row.get("contacts", 0) / total if total else 0.0,
                    "trend": lines.get(topic_id, []), "source": "" if node.is_theme else SOURCES.get(node.source, ""),
                    **{name: row.get(name, np.nan) for name in ("repeat_share", "fcr_observed", "effort", "sentiment")},
                }
            )  # fmt: skip
    frame = pd.DataFrame(rows)
    if frame.empty:
        return frame
    _, low, high = share_of(np.full(len(frame), total), frame["contacts"].to_numpy())
    return frame.assign(low=low, high=high)


def share_trend(part: Days, whole: Days) -> pd.DataFrame:
    """The part's share of the contacts by week or month: period, contacts (the part's), value, low, high, n (all)."""
    every = whole.trend("contacts")
    contacts = along(part, whole).trend("contacts")["contacts"].to_numpy()
    value, low, high = share_of(every["contacts"].to_numpy(), contacts)
    return every.assign(contacts=contacts, value=value, low=low, high=high, n=every["contacts"])


def along(part: Days, whole: Days) -> Days:
    """The part with a row for every day that the whole has, so that both are told in the same periods."""
    from dataclasses import replace

    frame = whole.frame[["day"]].merge(part.frame, on="day", how="left")
    return replace(part, frame=frame.fillna({c: 0 for c in frame.columns if c != "day"}))


def compared(segments: pd.DataFrame) -> pd.DataFrame:
    """Segments with share_here, share_everywhere, ratio, and differs: "more", "less" or "" where it may be chance."""
    totals = segments.groupby("dimension")[["here", "everywhere"]].transform("sum")
    here, everywhere = (segments[c] / totals[c].clip(lower=1) for c in ("here", "everywhere"))
    low, high = wilson(here.to_numpy(float), totals["here"].to_numpy(float))
    differs = np.where(low > everywhere, "more", np.where(high < everywhere, "less", ""))
    ratio = here / everywhere.where(everywhere > 0)
    return segments.assign(share_here=here, share_everywhere=everywhere, ratio=ratio, differs=differs)


def _node(row: dict[str, Any], children: tuple[str, ...]) -> Node:
    return Node(
        row["topic_id"], row["label"] or UNNAMED_THEME, row["description"] or "",
        tuple(row["terms"]) if row["terms"] is not None else (), row["source"] or "",
        row["parent_id"] if isinstance(row["parent_id"], str) else None, children, bool(row["is_theme"]),
    )  # fmt: skip


def _ordered(known: dict[str, Node], counted: dict[str, dict[str, Any]], *, is_tree: bool) -> list[str]:
    """Topic ids as the table lists them: the largest first, topics under their theme, the unclear last."""

    def size(topic_id: str) -> tuple[int, str]:
        return -int(counted.get(topic_id, {}).get("contacts", 0)), topic_id

    unclear = [NO_TOPIC] if NO_TOPIC in counted else []
    ids = sorted((i for i in known if i != NO_TOPIC), key=size)
    themes = [i for i in ids if known[i].is_theme]
    if not is_tree or not themes:
        return [i for i in ids if not known[i].is_theme] + unclear
    alone = [i for i in ids if not known[i].is_theme and known[i].parent_id not in known]
    under = [i for theme in themes for i in (theme, *sorted(known[theme].children, key=size))]
    return under + alone + unclear


def _trends(periods: pd.DataFrame) -> dict[str, list[float]]:
    """topic_id → its share in percent of each period's contacts; periods with few contacts are left out."""
    if periods.empty:
        return {}
    total = periods[~periods["is_theme"]].groupby("day")["contacts"].sum()
    shown = total[total >= _LEAST].index
    if len(shown) < 2:
        return {}
    table = periods.pivot_table(index="topic_id", columns="day", values="contacts", aggfunc="sum", fill_value=0)
    shares = (100 * table[shown] / total[shown]).round(2)
    return {str(topic_id): row.tolist() for topic_id, row in shares.iterrows()}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]
