"""Whom the app may be served to: other machines only if it is known who asks."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from textinsight.errors import UsageError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
HEADERS_VARIABLE = "STREAMLIT_SERVER_TRUSTED_USER_HEADERS"


def check_host(host: str, folder: Path) -> None:
    """UsageError if the app would be open to other machines without a login.

    folder: where Streamlit is started; it reads .streamlit in there and in the user's home.
    """
    if host in LOOPBACK or is_protected(folder):
        return
    raise UsageError(
        f"--host {host} would show the conversations to anybody who reaches this machine",
        hint="configure a login first: [auth] in ~/.streamlit/secrets.toml, or a proxy that names its users "
        "(server.trustedUserHeaders); see docs/app.md",
    )


def is_protected(folder: Path) -> bool:
    """Whether OIDC or a trusted header is configured."""
    folders = [place / ".streamlit" for place in (folder, Path.home())]
    return (
        bool(os.environ.get(HEADERS_VARIABLE))
        or any("auth" in _toml(place / "secrets.toml") for place in folders)
        or any(_toml(place / "config.toml").get("server", {}).get("trustedUserHeaders") for place in folders)
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}", hint="mend or remove it") from error
