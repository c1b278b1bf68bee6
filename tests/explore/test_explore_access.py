from __future__ import annotations

import pytest

pytest.importorskip("streamlit")
import streamlit as st

from textinsight.explore import access

pytestmark = pytest.mark.app


class User:
    def __init__(self, **told: object) -> None:
        self.told = told

    def to_dict(self) -> dict[str, object]:
        return self.told


@pytest.fixture
def somebody(monkeypatch):
    """Behind a proxy that names its users, as the user with these claims."""

    def log_in(**told: object) -> None:
        monkeypatch.setattr(st, "get_option", lambda name: {"X-User": "email"} if "Headers" in name else None)
        monkeypatch.setattr(st, "user", User(**told))

    monkeypatch.setenv("TEXTINSIGHT_EDITORS", "ann@acme.test, Bo@acme.test")
    return log_in


def test_without_authentication_everybody_here_edits(monkeypatch):
    monkeypatch.delenv("TEXTINSIGHT_EDITORS", raising=False)
    assert access.is_editor()
    assert access.user_name() is None
    assert not access.must_log_in()


def test_with_it_only_the_listed_edit(somebody):
    somebody(email="ANN@acme.test")
    assert access.is_editor()
    assert access.user_name() == "ANN@acme.test"
    somebody(email="eve@acme.test", name="bo@acme.test")
    assert not access.is_editor()


def test_who_is_not_named_has_to_log_in(somebody):
    somebody(is_logged_in=False)
    assert access.must_log_in()
    assert not access.is_editor()


def test_an_empty_list_has_no_editor(somebody, monkeypatch):
    monkeypatch.setenv("TEXTINSIGHT_EDITORS", " , ")
    somebody(email="")
    assert not access.is_editor()
