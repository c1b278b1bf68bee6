"""Confirming and rejecting links: the buttons, what is stored, and bringing the figures up to date after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from textinsight import link
from textinsight.errors import TextinsightError
from textinsight.explore import access, jobs, state, words
from textinsight.explore.queries import judged
from textinsight.findings import Relation
from textinsight.pipeline import relink
from textinsight.store.reviews import Verdict

IN_PLACE = 20_000  # contacts up to which linking again takes a few seconds and is waited for
_QUESTION = {
    "same_issue": "Is the later contact about the same issue?",
    "downstream": "Did the earlier contact bring the later one on?",
}
_KEPT = "Kept for good under your name; it wins over the model at once."


@dataclass(frozen=True, slots=True)
class Pair:
    """A later contact and an earlier one, the relation in question, and the verdict so far (None: nobody said)."""

    conversation_id: str
    earlier_id: str
    relation: Relation
    verdict: Verdict | None


def verdict_of(value: Any) -> Verdict | None:
    """A verdict as read from a frame."""
    return value if value in ("confirmed", "rejected") else None


def buttons(pair: Pair) -> None:
    """The question, the verdict so far, and for editors the two answers."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text(_QUESTION[pair.relation], width="content")
        if pair.verdict:
            st.badge(pair.verdict.capitalize(), color="blue" if pair.verdict == "confirmed" else "orange")
        if access.is_editor():
            for verdict, label, icon in _ANSWERS:
                st.button(
                    label, key=f"{verdict}_{pair.relation}_{pair.conversation_id}_{pair.earlier_id}", icon=icon,
                    help=_KEPT, disabled=pair.verdict == verdict, on_click=_store, args=(pair, verdict),
                )  # fmt: skip
        else:
            st.caption("Editors can confirm or reject it.")


def pending_bar() -> None:
    """Says that figures do not hold the newest verdicts yet, and brings them up to date when asked."""
    source = state.source()
    n = judged.pending(source)
    if not n or jobs.current(source.archive.path) is not None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        verdicts = "1 new verdict counts" if n == 1 else f"{n:,} new verdicts count"
        st.text(f"{verdicts} in the links already; threads, arrows and measures follow when contacts are linked again.")
        st.space("stretch")
        is_asked = access.is_editor() and st.button("Bring figures up to date", icon=":material/sync:", key="relink")
    if is_asked:
        _relink()


def precision_line(relation: Relation) -> None:
    """How often reviewers agreed with links of this kind, with its interval."""
    lines = link.measured_precision(judged.verdicts(state.source()))
    whole = next(line for line in lines if line.relation == relation)
    if whole.value is None or whole.low is None or whole.high is None:
        st.caption("No link of this kind has been reviewed yet: its precision on your data is not known.")
        return
    share, told = words.figure(whole.value, "share"), words.interval(whole.low, whole.high, "share")
    st.caption(
        words.escape(
            f"Reviewers confirmed {whole.n_confirmed:,} of {whole.n:,} links of this kind: precision {share}, 95% "
            f"interval {told}. It holds for all links only if the reviewed ones were drawn at random."
        )
    )


def _store(pair: Pair, verdict: Verdict) -> None:
    if not access.is_editor():
        return
    name = (access.user_name() or "").partition("@")[0] or None
    try:
        state.source().archive.review(
            pair.conversation_id, pair.earlier_id, verdict, relation=pair.relation, reviewer=name
        )
    except TextinsightError as error:
        st.toast(words.escape(str(error)), icon=":material/error:")
    else:
        st.toast(f"{verdict.capitalize()}. Counted from now on.", icon=":material/check:")


def _relink() -> None:
    """Link the people with new verdicts again: waited for if that is short, else as a job."""
    archive = state.source().archive
    try:
        if judged.contacts(state.source()) <= IN_PLACE:
            with st.spinner("Linking again …"):
                relink(archive)
        else:
            jobs.start(archive.path, "Linking after reviews", ["link", "--archive", str(archive.path)])
    except TextinsightError as error:
        st.toast(words.escape(str(error)), icon=":material/error:")
    else:
        st.rerun()


_ANSWERS: tuple[tuple[Verdict, str, str], ...] = (
    ("confirmed", "Confirm", ":material/check:"),
    ("rejected", "Reject", ":material/close:"),
)
