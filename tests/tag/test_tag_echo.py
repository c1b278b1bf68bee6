"""How much agents say again."""

from __future__ import annotations

import pytest

from textinsight.conversation import Role
from textinsight.tag.echo import echo
from textinsight.tag.words import spoken

A, C = Role.AGENT, Role.CUSTOMER


def of(*turns: tuple[Role, str]) -> float:
    return echo([spoken(text) for _, text in turns], [role for role, _ in turns])


def test_the_same_question_after_an_answer() -> None:
    question = "Which version of the app is installed on the phone?"
    assert of((A, question), (C, "4.2"), (A, question)) == 1.0


def test_share_by_hand() -> None:
    """Router, restart, cable, minutes | router, restart, lamp, colour, green: two of the shorter turn's four words."""
    found = of((A, "Restart router, cable, minutes"), (C, "did"), (A, "Router restart lamp colour green"))
    assert found == pytest.approx(0.5)


def test_two_posts_in_a_row_are_one_reply() -> None:
    assert of((A, "Please restart the router"), (A, "Please restart the router"), (C, "ok")) == 0.0


def test_customers_who_repeat_themselves_are_not_agents() -> None:
    assert of((C, "broken router lamp cable"), (A, "Which one?"), (C, "broken router lamp cable")) == 0.0


def test_politeness_alone_is_no_echo() -> None:
    assert of((A, "Here you are"), (C, "no"), (A, "Here you are")) == 0.0
    assert of() == 0.0
