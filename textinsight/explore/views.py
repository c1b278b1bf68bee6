"""Saved views in the sidebar: open one, save what is shown now, delete one."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import streamlit as st

from textinsight.errors import TextinsightError
from textinsight.explore import access, saved, sidebar, state
from textinsight.explore.filters import DIMENSIONS
from textinsight.explore.words import escape


def saved_views(page: Any) -> None:
    """The popover with the saved views of this archive; only editors save and delete."""
    archive = state.source().archive.path
    found = {view.name: view for view in saved.views(archive)}
    if not found and not access.is_editor():
        return
    with st.sidebar.popover("Saved views", icon=":material/bookmark:", width="stretch"):
        for name, view in found.items():
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                st.button(
                    escape(name), key=f"view_{name}", type="tertiary", help=_told(view), on_click=_open, args=(view,)
                )
                if access.is_editor():
                    st.space("stretch")
                    st.button(
                        "", icon=":material/delete:", key=f"forget_{name}", type="tertiary", help="Delete this view",
                        on_click=_forget, args=(archive, name),
                    )  # fmt: skip
        if access.is_editor():
            _save(archive, page)


def _told(view: saved.View) -> str:
    chosen = "; ".join(", ".join(values) for values in parse_qs(view.query).values())
    told = [chosen or "All contacts", f"saved by {view.saved_by}" if view.saved_by else ""]
    return escape(" · ".join(part for part in told if part))


def _save(archive: Path, page: Any) -> None:
    with st.form("save_view", border=False, clear_on_submit=True):
        name = st.text_input(
            "Save what is shown now as", max_chars=60, placeholder="For example: Billing, last 90 days"
        )
        if st.form_submit_button("Save", icon=":material/bookmark_add:") and access.is_editor():
            try:
                saved.save(archive, saved.View(name, page.url_path, _query(), access.user_name()))
            except TextinsightError as error:
                st.error(escape(str(error)))
            else:
                st.rerun()


def _query() -> str:
    """The choice as a query string: dimensions by their codes, days as ISO dates."""
    chosen = {key: st.session_state.get(key) or [] for key in DIMENSIONS}
    days = [day.isoformat() for day in st.session_state.get("days") or ()]
    return urlencode(chosen | {"period": st.session_state.get("period", []), "days": days}, doseq=True)


def _open(view: saved.View) -> None:
    """Choose what the view chose, as far as the archive still knows it, and go to its page."""
    chosen, panel = parse_qs(view.query), state.source().panel
    for key in DIMENSIONS:
        wanted, known = chosen.get(key, []), panel.names(key)
        st.session_state[key] = [value for value in wanted if value in known]
    period = chosen.get("period", [""])[0]
    st.session_state["period"] = period if period in sidebar.PERIODS else sidebar.ALL_TIME
    if period == sidebar.CUSTOM and panel.days:
        st.session_state["days"] = tuple(_day(day, panel.days) for day in chosen.get("days", []))
    st.session_state["go_to"] = view.page or "overview"


def _day(text: str, days: tuple[date, date]) -> date:
    """A day inside what the archive holds."""
    try:
        return min(max(date.fromisoformat(text), days[0]), days[1] - timedelta(days=1))
    except ValueError:
        return days[0]


def _forget(archive: Path, name: str) -> None:
    if access.is_editor():
        saved.delete(archive, name)
