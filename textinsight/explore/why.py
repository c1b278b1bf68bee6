"""Why two contacts are linked: the link's evidence as a waterfall, and the same rows as a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from textinsight import link
from textinsight.explore import link_charts, state, words
from textinsight.explore.queries import downstream

_COLUMN = st.column_config
_TABLE: dict[str, Callable[[int], Any]] = {
    "signal": lambda width: _COLUMN.TextColumn("Signal", width=width),
    "value": lambda width: _COLUMN.TextColumn("What was found", width=width),
    "weight": lambda width: _COLUMN.NumberColumn("Log-odds", width=width, format="%+.2f", help=words.HELP["weight"]),
    "probability": lambda width: _COLUMN.NumberColumn("Then", width=width, format="%.0f%%", help=words.HELP["then"]),
}


def waterfall(evidence: Iterable[Mapping[str, Any]], *, stacked: bool = False) -> None:
    """The chart and its rows side by side; stacked: one below the other, where there is little room."""
    labels = downstream.labels(state.source())
    frame = pd.DataFrame([_row(step, labels) for step in link.waterfall(evidence)])
    if stacked:
        _chart(frame)
        _rows(frame, widths=(118, 176, 66, 56))
        return
    left, right = st.columns(2, gap="medium", vertical_alignment="center")
    with left:
        _chart(frame)
    with right:
        _rows(frame, widths=(148, 180, 76, 66))


def _row(step: link.Step, labels: Mapping[str, str]) -> dict[str, Any]:
    """One signal; the last one is what they come to."""
    is_final = step.signal == "final"
    return {
        "signal": words.name(step.signal, words.SIGNALS),
        "value": _named(step.value, labels),
        "weight": step.end if is_final else step.weight,
        "start": step.start,
        "end": step.end,
        "probability": 100 * step.probability,
        "is_final": is_final,
    }


def _chart(frame: pd.DataFrame) -> None:
    spec = link_charts.waterfall(frame)
    st.echarts_chart(spec, height=44 + 30 * len(frame), alt="How the signals add up to the link's probability")


def _rows(frame: pd.DataFrame, *, widths: tuple[int, int, int, int]) -> None:
    columns = {name: make(width) for (name, make), width in zip(_TABLE.items(), widths, strict=True)}
    st.dataframe(
        frame, hide_index=True, column_config=columns, column_order=list(columns), row_height=30,
        alt="Signals that tie the two contacts",
    )  # fmt: skip


def _named(value: str, labels: Mapping[str, str]) -> str:
    """What a signal found, with topics by name."""
    return re.sub(r"[^\s:]+", lambda word: labels.get(word[0], word[0]), value)
