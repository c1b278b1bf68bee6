from __future__ import annotations

from pathlib import Path

import pytest

from textinsight.cli.serving import HEADERS_VARIABLE, check_host, is_protected
from textinsight.errors import UsageError


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.delenv(HEADERS_VARIABLE, raising=False)
    return tmp_path


def settings(folder: Path, name: str, text: str) -> None:
    (folder / ".streamlit").mkdir(parents=True, exist_ok=True)
    (folder / ".streamlit" / name).write_text(text)


def test_this_machine_alone_needs_no_login(home):
    assert [check_host(host, home) for host in ("127.0.0.1", "localhost", "::1")] == [None] * 3


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "127.0.0.1.evil.test", ""])
def test_others_do(home, host):
    with pytest.raises(UsageError, match="anybody"):
        check_host(host, home)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("secrets.toml", '[auth]\nclient_id = "x"'),
        ("config.toml", '[server]\ntrustedUserHeaders = "{\\"X-User\\": \\"email\\"}"'),
    ],
)
def test_a_login_or_a_proxy_opens_the_app(home, name, text):
    settings(home / "home", name, text)
    assert check_host("0.0.0.0", home) is None


def test_the_variable_counts_too_and_other_settings_do_not(home, monkeypatch):
    settings(home, "secrets.toml", '[database]\nkey = "x"')
    assert not is_protected(home)
    monkeypatch.setenv(HEADERS_VARIABLE, '{"X-User": "email"}')
    assert is_protected(home)


def test_settings_that_cannot_be_read_are_told(home):
    settings(home, "secrets.toml", "[auth")
    with pytest.raises(UsageError, match="cannot be read"):
        check_host("0.0.0.0", home)
