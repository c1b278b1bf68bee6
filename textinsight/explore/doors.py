"""What stands before the pages: the login, the refusal to serve strangers, and who is logged in."""

from __future__ import annotations

import streamlit as st

from textinsight.explore import access, parts


def refused(reason: str) -> None:
    """Say why nothing is shown, and what to do."""
    st.title("Not shown to strangers", anchor=False)
    st.text(reason)
    st.text("Serve this machine alone:")
    st.code("textinsight app --archive ./archive", language="bash")
    st.text("Or let people log in: [auth] in .streamlit/secrets.toml, or a proxy that names them (docs/app.md).")


def log_in() -> None:
    """Ask for a login; behind a proxy there is none to offer."""
    st.title("textinsight", anchor=False)
    if access.has_login():
        st.text("Log in to see the conversations.")
        st.button("Log in", icon=":material/login:", type=parts.emphasis(), on_click=st.login)
    else:
        st.text("The proxy in front of this app did not say who you are. Ask whoever runs it.")


def who() -> None:
    """In the sidebar: who is logged in, and what they may do."""
    name = access.user_name()
    if name is None:
        return
    with st.sidebar.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{name} · {'editor' if access.is_editor() else 'viewer'}")
        if access.has_login():
            st.button("Log out", type="tertiary", icon=":material/logout:", on_click=st.logout)
