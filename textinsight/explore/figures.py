"""The card of an evaluation (`learn.card.Card` as JSON), drawn whole: one tab a part, so that a page stays calm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from textinsight.explore import charts
from textinsight.explore.words import DRIVERS, MASK, RESOLUTIONS, escape, name

Rows = Sequence[Mapping[str, Any]]

TAGS = {
    "turn_sentiment": "Sentiment of a customer turn",
    "resolution": "Resolution",
    "stated_repeat": "Says it is a repeat",
    "escalation": "Escalation",
    "churn_risk": "Churn risk",
    "effort_drivers": "Effort drivers",
    "effort_score": "Effort score",
}
MOODS = {"-1": "negative", "0": "neutral", "1": "positive"}
_ANSWERS = {"turn_sentiment": MOODS, "resolution": RESOLUTIONS}
_YES_NO = {"True": "yes", "False": "no"}
_MEASURED = (
    "F1: harmonic mean of precision and recall of the answer yes; macro: averaged over all answers; micro: over all "
    "drivers together. Accuracy: share of answers that agree with the readers. Spearman: rank correlation with their "
    "score. 1 is perfect."
)
_PER_ROW = 3  # small plots, and tables of two answers
_DEEPEST = 0.55  # opacity of a cell that holds its whole row


def figures(card: Mapping[str, Any], *, key: str) -> None:
    """All parts that the card has; only the open one is drawn."""
    held: dict[str, tuple[Rows, Callable[[Rows], None]]] = {
        "Figures": (_rows(card, "lines"), _lines),
        "Right and wrong": (_rows(card, "confusions"), _confusions),
        "Confidence": (_rows(card, "calibrations"), _calibrations),
        "By channel and length": (_rows(card, "slices"), _slices),
        "Effort drivers": (_rows(card, "drivers"), _drivers),
    }
    names = [title for title, (rows, _) in held.items() if rows]
    for tab, title in zip(st.tabs(names, key=f"card_{key}", on_change="rerun"), names, strict=True):
        if tab.open:
            rows, draw = held[title]
            with tab:
                draw(rows)


def _rows(card: Mapping[str, Any], part: str) -> Rows:
    """A part of the card; none of one that an older version printed otherwise."""
    return [row for row in card.get(part, ()) if isinstance(row, dict)]


def _lines(rows: Rows) -> None:
    shown = [
        {"tag": _tag(row), "measure": row["measure"], **_measured(row), "quick": row["quick"], "n": row["n"]}
        for row in rows
    ]
    columns = {
        "tag": st.column_config.TextColumn("Tag", width=210),
        "measure": st.column_config.TextColumn("Measure", help=_MEASURED),
        **_value_columns(),
        "quick": st.column_config.NumberColumn(
            "Quick reader alone", format="%.2f", help="What the fast model reaches that reads the easy turns."
        ),
        "n": st.column_config.NumberColumn("Judgements", format="localized"),
    }
    _table(shown, columns, alt="Accuracy of the tags")
    if any(row["value"] is None for row in rows):
        st.caption(f":material/info: {MASK} Readers said yes nowhere: there was nothing to find.")


def _slices(rows: Rows) -> None:
    channels = {row["part"] for row in rows if row["kind"] == "channel"}
    shown = [
        {
            "tag": _tag(row),
            "part": row["part"],
            "measure": row["measure"],
            **_measured(row),
            "n": row["n"],
        }
        for row in rows
        if row["kind"] != "channel" or len(channels) > 1
    ]
    columns = {
        "tag": st.column_config.TextColumn("Tag", width=210),
        "part": st.column_config.TextColumn("Channel or length", width=130),
        "measure": st.column_config.TextColumn("Measure", help=_MEASURED),
        **_value_columns(),
        "n": st.column_config.NumberColumn("Judgements", format="localized"),
    }
    _table(shown, columns, alt="Accuracy by channel and length")
    lacking = "" if len(channels) > 1 else " The labels are of one channel."
    st.caption(f"Yes or no only where readers said yes ten times and more.{lacking}")


def _confusions(rows: Rows) -> None:
    st.caption(
        "A row is what readers said, a column what the tagger said. Blue: both agree; orange: they do not; the deeper, "
        "the larger the share of the row."
    )
    small = [row for row in rows if len(row["labels"]) <= len(_YES_NO)]
    large = [row for row in rows if len(row["labels"]) > len(_YES_NO)]
    for group, width in ((large, 2), (small, _PER_ROW)):
        for start in range(0, len(group), width):
            for cell, row in zip(st.columns(width), group[start : start + width], strict=False):
                with cell:
                    _confusion(row)


def _confusion(row: Mapping[str, Any]) -> None:
    names = _ANSWERS.get(row["tag"], _YES_NO)
    labels = [name(label, names).capitalize() for label in row["labels"]]
    frame = pd.DataFrame(row["counts"], columns=labels)
    frame.insert(0, "said", labels)
    st.caption(f"**{escape(_tag(row))}**")
    st.dataframe(
        frame.style.apply(_shaded, axis=None), hide_index=True, height="content", alt=f"Right and wrong: {_tag(row)}",
        column_config={
            "said": st.column_config.TextColumn("Readers ↓ tagger →"),
            **{label: st.column_config.NumberColumn(label, format="localized") for label in labels},
        },
    )  # fmt: skip


def _shaded(frame: pd.DataFrame) -> pd.DataFrame:
    """Blue where readers and tagger agree, orange elsewhere, as deep as the cell's share of its row."""
    counts = frame.drop(columns="said")
    shares = counts.div(counts.sum(axis=1).clip(lower=1), axis=0).to_numpy()
    style = pd.DataFrame("", index=frame.index, columns=frame.columns)
    for place, label in enumerate(counts.columns):
        tones = ["47, 127, 184" if row == place else "217, 114, 46" for row in range(len(frame))]
        style[label] = [
            f"background-color: rgba({tone}, {_DEEPEST * share:.2f})" if share else ""
            for tone, share in zip(tones, shares[:, place], strict=True)
        ]
    return style


def _calibrations(rows: Rows) -> None:
    st.caption(
        "Across: how sure the tagger is of its answers; up: how many of them are right. Points on the line are as they "
        "should be. A larger point stands for more answers; grey for fewer than ten, where chance moves it far."
    )
    for start in range(0, len(rows), _PER_ROW):
        for cell, row in zip(st.columns(_PER_ROW), rows[start : start + _PER_ROW], strict=False):
            with cell:
                st.caption(f"**{escape(_tag(row))}**")
                st.echarts_chart(
                    charts.calibration(row["bins"]), height=200, alt=f"Confidence and share right: {_tag(row)}"
                )
                st.caption(
                    f"Off by {100 * row['error']:.1f} points on average; {100 * row['chance']:.1f} by chance alone."
                )


def _drivers(rows: Rows) -> None:
    shown = [
        {
            "driver": DRIVERS.get(row["driver"], (row["driver"], ""))[0],
            **{f"{part}_{field}": value for part in ("precision", "recall") for field, value in _share(row[part])},
        }
        for row in rows
    ]
    columns: dict[str, Any] = {"driver": st.column_config.TextColumn("Driver", width=130)}
    for part, title, n, those in (
        ("precision", "Right", "Tagged", "onversations that the tagger gave it to."),
        ("recall", "Found", "There", "onversations in which readers saw it."),
    ):
        columns |= {
            f"{part}_value": st.column_config.ProgressColumn(
                title, format="%.0f%%", min_value=0, max_value=100, color="blue",
                help=f"{part.capitalize()}: of the c{those}",
            ),
            f"{part}_interval": st.column_config.TextColumn("95% interval"),
            f"{part}_n": st.column_config.NumberColumn(n, format="localized", help=f"C{those}"),
        }  # fmt: skip
    _table(shown, columns, alt="Accuracy of the effort drivers")


def _share(share: Mapping[str, Any]) -> list[tuple[str, Any]]:
    interval = "" if share["low"] is None else f"{share['low']:.0%} – {share['high']:.0%}"
    value = None if share["value"] is None else 100 * share["value"]
    return [("value", value), ("interval", interval), ("n", share["n"])]


def _tag(row: Mapping[str, Any]) -> str:
    return name(row["tag"], TAGS)


def _measured(row: Mapping[str, Any]) -> dict[str, Any]:
    interval = "" if row["low"] is None else f"{row['low']:.2f} – {row['high']:.2f}"
    return {"value": row["value"], "interval": interval, "majority": row["majority"]}


def _value_columns() -> dict[str, Any]:
    return {
        "value": st.column_config.ProgressColumn("Value", format="%.2f", min_value=0, max_value=1, color="blue"),
        "interval": st.column_config.TextColumn("95% interval"),
        "majority": st.column_config.NumberColumn(
            "Without a model", format="%.2f", help="What always giving the commonest answer would reach."
        ),
    }


def _table(rows: list[dict[str, Any]], columns: Mapping[str, Any], *, alt: str) -> None:
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, height="content", alt=alt, column_config=dict(columns), placeholder=MASK
    )
