"""Who is looking, and whether they may change anything.

The app has no user list of its own: the name comes from OIDC (`[auth]` in secrets.toml) or from a header that a trusted
proxy sets (`server.trustedUserHeaders`). Without either the app listens on this machine alone, and whoever sits here
edits.
"""

from __future__ import annotations

import os

import streamlit as st

EDITORS = "TEXTINSIGHT_EDITORS"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NAMES = ("email", "preferred_username", "name", "sub")


def refusal() -> str | None:
    """Why the app shows nothing: it can be reached from other machines, and nobody has to say who they are.

    None if all is well.
    """
    address = st.get_option("server.address")
    if is_protected() or (address in _LOOPBACK):
        return None
    return f"The app listens on {address or 'all addresses'}, and anybody who reaches it could read the conversations."


def is_protected() -> bool:
    """Whether users are told apart: OIDC or a trusted header is configured."""
    return has_login() or bool(st.get_option("server.trustedUserHeaders"))


def has_login() -> bool:
    """Whether users log in here (OIDC)."""
    try:
        return "auth" in st.secrets
    except FileNotFoundError:  # no secrets.toml at all
        return False


def user_name() -> str | None:
    """The user's e-mail address or name as the identity provider gives it; None if nobody is told apart."""
    if not is_protected():
        return None
    told = st.user.to_dict()
    return next((str(told[name]) for name in _NAMES if told.get(name)), None)


def is_editor() -> bool:
    """Whether this user may review, curate, correct and upload: those listed in TEXTINSIGHT_EDITORS (commas between).

    Without authentication everybody on this machine is one.
    """
    if not is_protected():
        return True
    name = user_name()
    return name is not None and name.casefold() in _editors()


def must_log_in() -> bool:
    """Whether the page has to wait for a login."""
    return is_protected() and user_name() is None


def _editors() -> frozenset[str]:
    listed = os.environ.get(EDITORS, "").split(",")
    return frozenset(name.strip().casefold() for name in listed if name.strip())
