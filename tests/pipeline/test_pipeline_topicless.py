"""Contacts that state no issue are counted apart from those whose issue is unclear, which are bounded."""

from __future__ import annotations

import json

import pytest

from textinsight.pipeline import Settings, build_archive
from textinsight.pipeline.curate import topics_report
from textinsight.pipeline.topicless import Topicless, topicless
from textinsight.store import Archive


def silent(number: int) -> str:
    """A contact in which the customer says nothing."""
    turns = [{"role": "agent", "text": "Hello, what can I do for you today?"}]
    return json.dumps({"conversation_id": f"s{number}", "customer_id": f"cust{number}", "turns": turns}) + "\n"


def test_silent_contacts_are_no_part_of_the_unclear_share(write_contacts, tmp_path):
    source = write_contacts(range(48), extra="".join(map(silent, range(12))))
    report = build_archive([source], tmp_path / "made", settings=Settings(processes=1))
    assert report.topicless is not None
    assert report.topicless.unclear_share <= 0.05
    assert report.topicless.without_issue == pytest.approx(12 / 60)
    assert topics_report(tmp_path / "made").topicless == report.topicless


def test_without_contacts_both_are_none(tmp_path):
    assert topicless(Archive(tmp_path / "empty", create=True)) == Topicless(0, 0)
