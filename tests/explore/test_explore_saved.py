from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from textinsight.errors import StoreError, UsageError
from textinsight.explore import saved
from textinsight.explore.saved import View


def test_views_are_saved_replaced_and_deleted(tmp_path):
    assert saved.views(tmp_path) == ()
    saved.save(tmp_path, View("Billing", "overview", "channel=chat", "ann@acme.test"))
    saved.save(tmp_path, View("Alarm", "contacts", ""))
    saved.save(tmp_path, View("Billing", "contacts", "channel=voice"))
    assert saved.views(tmp_path) == (View("Alarm", "contacts", ""), View("Billing", "contacts", "channel=voice"))
    saved.delete(tmp_path, "Alarm")
    saved.delete(tmp_path, "nobody's")
    assert [view.name for view in saved.views(tmp_path)] == ["Billing"]


def test_many_may_save_at_once(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: saved.save(tmp_path, View(f"view {n:02d}", "overview", "")), range(24)))
    assert len(saved.views(tmp_path)) == 24


@pytest.mark.parametrize("wrong", [{"name": "  "}, {"name": "x" * 61}, {"query": "x" * 4001}])
def test_what_cannot_be_a_view_is_refused(wrong):
    with pytest.raises(UsageError):
        View(**({"name": "a", "page": "overview", "query": ""} | wrong))


def test_a_damaged_file_is_told(tmp_path):
    (tmp_path / saved.FILE).write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match="saved views"):
        saved.views(tmp_path)
