"""Why two contacts are linked: the link's evidence as a waterfall, and the same rows as a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from textinsight import link
from textinsight.explore import link_charts, state, words
from textinsight.explore.queries import downstream

_TABLE = {
    "signal": st.column_config.TextColumn("Signal", width=170),
    "value": st.column_config.TextColumn("What was found", width=320),
    "weight": st.column_config.NumberColumn("Log-odds", format="%+.2f", help=words.HELP["weight"]),
    "probability": st.column_config.NumberColumn("Then", format="%.0f%%", help=words.HELP["then"]),
}


def waterfall(evidence: Iterable[Mapping[str, Any]], *, stacked: bool = False) -> None:
    """The chart and its rows side by side; stacked: one above the other, where there is little room."""
    labels = downstream.labels(state.source())
    steps = link.waterfall(evidence)
    frame = pd.DataFrame(
        [
            {
                "signal": words.name(step.signal, words.SIGNALS), "value": _named(step.value, labels),
                "weight": step.weight, "start": step.start, "end": step.end, "probability": 100 * step.probability,
            }
            for step in steps
        ]
    )  # fmt: skip
    left, right = (
        (st.container(), st.container()) if stacked else st.columns(2, gap="medium", vertical_alignment="center")
    )
    with left:
        spec = link_charts.waterfall(frame)
        st.echarts_chart(spec, height=44 + 34 * len(frame), alt="How the signals add up to the link's probability")
    right.dataframe(
        frame, hide_index=True, column_config=_TABLE, column_order=list(_TABLE), alt="Signals that tie the two contacts"
    )


def _named(value: str, labels: Mapping[str, str]) -> str:
    """What a signal found, with topics by name."""
    return re.sub(r"[^\s:]+", lambda word: labels.get(word[0], word[0]), value)
