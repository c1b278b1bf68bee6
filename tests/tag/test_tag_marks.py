"""Who reads a turn, and that the answer is the same whatever stands beside it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textinsight.conversation import Role
from textinsight.errors import UsageError
from textinsight.tag.labels import LABELS, MOOD, WHOLE
from textinsight.tag.marks import ReadConfig, as_alone, lifted, mark
from textinsight.tag.scan import Hit
from textinsight.tag.student import best_run, student
from textinsight.tag.words import spoken

CAREFUL, QUICK = ReadConfig(doubt=0.0), ReadConfig(doubt=1.0)
TURNS = [
    (Role.CUSTOMER, "hi"),
    (Role.CUSTOMER, "great, another hour on hold. i have told you my account number twice already"),
    (Role.AGENT, "Let me transfer you to our billing team."),
    (Role.CUSTOMER, "perfect, that fixed it, thank you so much!"),
    (Role.SYSTEM, "chat ended"),
    (Role.CUSTOMER, "hi"),
]


def marks_of(turns: list[tuple[Role, str]], config: ReadConfig, alone: str = "no"):
    said, roles = [spoken(text) for _, text in turns], [role for role, _ in turns]
    return mark([said], [roles], [[()] * len(turns)], alone=[alone], config=config)[0].turns


@pytest.mark.parametrize("config", [CAREFUL, ReadConfig(), QUICK])
def test_chances_are_probabilities(config: ReadConfig) -> None:
    for found in marks_of(TURNS, config):
        assert found.chances.shape == (len(LABELS),)
        assert found.chances[: len(MOOD)].sum() == pytest.approx(1, abs=1e-5)
        assert found.chances.min() >= 0 and found.chances.max() <= 1


def test_doubt_decides_who_reads() -> None:
    assert all(found.model.startswith("turns-en@") for found in marks_of(TURNS, CAREFUL))
    assert all(found.model.startswith("turns-static@") for found in marks_of(TURNS, QUICK))
    sure = [(Role.CUSTOMER, "ok")]
    assert marks_of(sure, ReadConfig())[0].model.startswith("turns-static@")
    assert all(found.model.startswith("turns-en@") for found in marks_of(TURNS, ReadConfig()))


def test_the_whole_is_known_where_the_turn_model_was_asked() -> None:
    talks = [[spoken(text) for _, text in TURNS]], [[role for role, _ in TURNS]], [[()] * len(TURNS)]
    assert mark(*talks, config=QUICK)[0].whole is None
    whole = mark(*talks, config=CAREFUL)[0].whole
    assert whole is not None and whole.shape == (len(WHOLE),)


@pytest.mark.parametrize("config", [CAREFUL, ReadConfig(), QUICK])
def test_a_conversation_is_read_alike_alone_and_among_others(config: ReadConfig) -> None:
    talks = [TURNS, TURNS[:2], [], TURNS[3:]]
    said = [[spoken(text) for _, text in turns] for turns in talks]
    together = mark(
        said, [[role for role, _ in turns] for turns in talks], [[()] * len(turns) for turns in talks], config=config
    )
    for turns, found in zip(talks, together, strict=True):
        for alone, among in zip(marks_of(turns, config), found.turns, strict=True):
            assert np.array_equal(alone.chances, among.chances)
            assert alone.model == among.model


@pytest.mark.parametrize("config", [CAREFUL, QUICK])
def test_the_words_that_decided_are_pointed_at(config: ReadConfig) -> None:
    text = "hello there, my order number is 1234 and i live in leeds. this is absolutely disgusting service"
    start, end = marks_of([(Role.CUSTOMER, text)], config)[0].evidence("negative")
    assert "disgusting" in text[start:end]
    assert end - start < len(text)


@given(st.lists(st.tuples(st.sampled_from(Role), st.text(max_size=120)), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_any_text_has_chances_and_evidence_within_it(turns: list[tuple[Role, str]]) -> None:
    for (_, text), found in zip(turns, marks_of(turns, CAREFUL), strict=True):
        assert np.isfinite(found.chances).all()
        for label in LABELS:
            start, end = found.evidence(label)
            assert 0 <= start <= end <= len(text)


def test_a_very_long_turn_is_read_in_windows() -> None:
    text = "the router is on the shelf in the hall. " * 800 + "nobody has called me back for three weeks"
    found = marks_of([(Role.CUSTOMER, text)], CAREFUL)[0]
    assert np.isfinite(found.chances).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: ReadConfig(doubt=-0.1),
        lambda: ReadConfig(doubt=1.5),
        lambda: ReadConfig(taggers={"mood": "torch:x"}),
        lambda: ReadConfig(taggers={"sentiment": "x"}),
    ],
)
def test_what_cannot_be_is_refused(make) -> None:
    with pytest.raises(UsageError) as caught:
        make()
    assert caught.value.hint


def test_the_students_words_are_words_of_the_text() -> None:
    text = spoken("I am so disappointed with this service")
    start, end = student().evidence(text, "negative")
    assert "disappointed" in text.text[start:end]


def test_best_run() -> None:
    assert best_run([-1.0, 2.0, -0.5, 3.0, -4.0, 1.0]) == (1, 4)
    assert best_run([-2.0, -1.0]) == (1, 2)
    assert best_run([]) == (0, 0)


def test_a_cue_lifts_its_label_and_shows_its_words() -> None:
    text = "i would like to ring the ombudsman about the ombudsman"
    hit = Hit("escalation", 25, 34, 0.9)
    plain, lifted_ = (
        mark([[spoken(text)]], [[Role.CUSTOMER]], [[hits]], config=CAREFUL)[0].turns[0] for hits in ((), (hit,))
    )
    assert lifted_.chance("escalation") > plain.chance("escalation")
    assert lifted_.evidence("escalation") == (25, 34)
    others = [label for label in LABELS if label != "escalation"]
    assert [lifted_.chance(label) for label in others] == pytest.approx(
        [plain.chance(label) for label in others], abs=1e-5
    )


def test_lifting_by_hand() -> None:
    """.2 has odds 1/4; log 16 more makes them 4: .8. Moods stay."""
    chances = np.full((1, len(LABELS)), 0.2, np.float32)
    out = lifted(chances, np.full((1, len(LABELS)), np.log(16), np.float32))
    assert out[0, len(MOOD) :] == pytest.approx(0.8, abs=1e-5)
    assert out[0, : len(MOOD)] == pytest.approx(0.2)


def test_a_problem_told_in_public_is_a_complaint_and_joy_is_seldom_meant() -> None:
    even = np.full((1, len(LABELS)), 0.25, np.float32)
    even[:, : len(MOOD)] = 1 / 3
    moved = {alone: as_alone(even, alone)[0, : len(MOOD)] for alone in ("no", "private", "public", "addressed")}
    negative = {alone: float(row[0] / row[1]) for alone, row in moved.items()}  # against neutral
    assert negative["no"] == pytest.approx(negative["private"]) == pytest.approx(1)
    assert negative["private"] < min(negative["public"], negative["addressed"])
    assert moved["addressed"][2] < moved["public"][2] < moved["no"][2]
    assert all(row.sum() == pytest.approx(1) for row in moved.values())


def _read_as(text: str, alone: str, config: ReadConfig):
    return marks_of([(Role.CUSTOMER, text)], config, alone)[0]


def test_the_quick_reader_too_hears_a_complaint_in_a_post_to_somebody() -> None:
    text = "my bag is in another city"
    negative = {alone: _read_as(text, alone, QUICK).chance("negative") for alone in ("no", "public", "addressed")}
    assert negative["no"] < min(negative["public"], negative["addressed"])


def test_a_text_that_stands_alone_is_read_with_more_care() -> None:
    texts = ["is there a lift at the station", "my order number is 1234", "the parcel has arrived", "how do i pay"]
    asked = {
        alone: sum(_read_as(text, alone, ReadConfig(doubt=0.5)).model.startswith("turns-en@") for text in texts)
        for alone in ("no", "private")
    }
    assert asked["no"] < asked["private"]
    assert all(_read_as(text, "private", QUICK).model.startswith("turns-static@") for text in texts)
