"""The accuracy card: what the shipped models reach, what reviewers of this archive found, and figures on own labels."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from textinsight.errors import TextinsightError
from textinsight.explore import access, intake, jobs, parts
from textinsight.explore.figures import MOODS, TAGS, figures
from textinsight.explore.job import INPUTS
from textinsight.explore.state import Source
from textinsight.explore.uploads import refusal
from textinsight.explore.words import RESOLUTIONS, escape, name
from textinsight.link.precision import Precision, measured_precision
from textinsight.pipeline.correcting import TagPrecision, tag_precision
from textinsight.resources import data_path, model_path

KIND = "Measuring the tags on your labels"
_VERDICTS = "SELECT relation, verdict, probability FROM verdicts"
SUPPORTED = 100  # reviews below which a measured share is a hint
_RELATIONS = {"same_issue": "Same issue again", "downstream": "Brought on by an earlier contact"}


def accuracy(source: Source) -> None:
    """All four parts."""
    _links_here(source)
    _tags_here(source)
    _shipped()
    _own(source.archive.path)


def _links_here(source: Source) -> None:
    st.subheader("Links of this archive", anchor=False, help="Share of reviewed links that the reviewers confirmed.")
    found = [row for row in measured_precision(source.archive.query(_VERDICTS)) if row.n]
    if not found:
        parts.nothing(
            "Nobody has reviewed links of this archive yet.",
            "Confirm or reject some under Repeat issues or Downstream map: 100 give a share within ten points.",
        )
        return
    st.dataframe(
        pd.DataFrame([_precision(row) for row in found]), hide_index=True, alt="Measured precision of the links",
        column_config={
            "relation": "Link",
            "band": st.column_config.TextColumn("Probability given", help="What the model said of these links."),
            "n": st.column_config.NumberColumn("Reviewed", format="localized"),
            "value": st.column_config.NumberColumn("Confirmed", format="percent"),
            "interval": st.column_config.TextColumn("95% interval"),
            "said": st.column_config.NumberColumn("Model's own mean", format="percent"),
        },
    )  # fmt: skip
    if all(row.n < SUPPORTED for row in found):
        st.caption(f":material/info: Fewer than {SUPPORTED} reviews: read the interval, not the share.")


def _tags_here(source: Source) -> None:
    st.subheader(
        "Tags of this archive", anchor=False, help="Share of the tags looked at in the reader that were found right."
    )
    found = tag_precision(source.archive)
    if not found:
        parts.nothing(
            "Nobody has looked at tags of this archive yet.",
            "Open a conversation and say of its tags whether they are right: what is confirmed counts too.",
        )
        return
    st.dataframe(
        pd.DataFrame([_tag_row(row) for row in found]), hide_index=True, alt="Measured precision of the tags",
        column_config={
            "tag": st.column_config.TextColumn("Tag", width=210),
            "value": st.column_config.TextColumn("The model said", width=210),
            "n": st.column_config.NumberColumn("Looked at", format="localized"),
            "share": st.column_config.NumberColumn("Right", format="percent"),
            "interval": st.column_config.TextColumn("95% interval"),
        },
    )  # fmt: skip
    st.caption(
        ":material/info: Whoever corrects what they stumble on measures less than the truth: look at a random part."
    )


def _tag_row(row: TagPrecision) -> dict[str, Any]:
    names = {"sentiment": MOODS, "resolution": RESOLUTIONS}.get(row.tag, {"true": "yes", "false": "no"})
    return {
        "tag": TAGS.get(row.tag, name(row.tag, {})),
        "value": names.get(row.value, row.value),
        "n": row.n,
        "share": row.share,
        "interval": f"{row.low:.0%} – {row.high:.0%}",
    }


def _precision(row: Precision) -> dict[str, Any]:
    whole = row.low_p == 0.0 and row.high_p >= 1.0
    interval = "" if row.low is None or row.high is None else f"{row.low:.0%} – {row.high:.0%}"
    return {
        "relation": _RELATIONS[row.relation],
        "band": "all" if whole else f"{row.low_p:.0%} – {row.high_p:.0%}",
        "n": row.n,
        "value": row.value,
        "interval": interval,
        "said": row.mean_probability,
    }


def _shipped() -> None:
    st.subheader("The shipped models", anchor=False, help="Measured on conversations that trained nothing.")
    found = shipped()
    if found is None:
        st.caption("No figures come with the models in use: measure them on labels of your own, below.")
        return
    figures(found, key="shipped")
    st.caption(escape(found["data"]))


@st.cache_resource(show_spinner=False)
def shipped() -> Mapping[str, Any] | None:
    """The figures that came with the turn model; None if they are of another model than the one in use."""
    try:
        found: dict[str, Any] = json.loads(data_path("models", "turns-en", "accuracy.json").read_text("utf-8"))
        meta = json.loads((model_path("turns-en") / "meta.json").read_text("utf-8"))
    except (TextinsightError, OSError, ValueError):
        return None
    return found if found["weights_sha256"] == meta["sha256"]["weights.safetensors"] else None


def _own(archive: Path) -> None:
    st.subheader("On your own labels", anchor=False, help="The only figures that speak of your conversations.")
    job = jobs.last(archive, kind=KIND)
    card = _json(job.output()) if job is not None and job.state == "done" else {}
    if job is not None and card.get("lines"):
        figures(card, key="own")
        st.caption(f"Measured {job.started_at:%-d %b %Y}; the labels themselves were deleted.")
    if not access.is_editor():
        return
    file = st.file_uploader(
        "Labelled conversations (JSON Lines) or texts with a sentiment (CSV)",
        key=f"labels_{st.session_state.setdefault('upload_round', 0)}",
        help='A line: {"conversation_id": …, "turns": [{"role": …, "text": …}], "gold": {"resolution": "resolved", …}}',
    )
    if file is None:
        if not card:
            st.caption(
                "The figures above were measured elsewhere. A sample labelled by your own people says how good the "
                "tags are on your conversations."
            )
        return
    most = st.get_option("server.maxUploadSize") * 2**20
    problem = refusal(file.name, bytes(file.getbuffer()[:4096]), file.size, most=most)
    if problem:
        st.error(escape(problem), icon=":material/block:")
    elif st.button("Measure", type=parts.emphasis(), icon=":material/straighten:"):
        ending = Path(file.name).suffix.lower()
        labels = f"labels{ending if ending in ('.csv', '.tsv') else '.jsonl'}"
        words = ["evaluate", f"{INPUTS}/{labels}", "--json"]
        intake.begin(archive, KIND, words, files=[jobs.InputFile(labels, io.BytesIO(file.getbuffer()))])


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
