"""The frames that models/issue-static is trained on, and what is said where data is missing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from textinsight.errors import UsageError
from textinsight.learn.issue_data import Stated, filled, issue_rows, joined_speech
from textinsight.learn.issue_frames import ASIDES, REASONS


@pytest.mark.parametrize("frame", [*REASONS, *ASIDES])
def test_every_slot_is_filled(frame: str) -> None:
    text = filled(random.Random(0), frame)
    assert "{" not in text and "\n" not in text and text == text.strip()


def test_no_sentence_is_both() -> None:
    assert not set(REASONS) & set(ASIDES)


def test_absent_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="banking77"):
        issue_rows(tmp_path)


def test_joined_speech_needs_the_dialogues(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(joined_speech([Stated("a", True, "x")], tmp_path))
