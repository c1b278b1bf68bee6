"""What follows for the conversation from what its turns carry."""

from __future__ import annotations

import math

import numpy as np
import pytest

from textinsight.conversation import Role
from textinsight.tag.labels import AGENT, CUSTOMER, LABELS, OUTCOMES, WHOLE
from textinsight.tag.talk import (
    FEATURES,
    FLAGS,
    LEFT,
    OUTCOME_INPUTS,
    STANDS,
    Weights,
    effort_inputs,
    features,
    flag_inputs,
    outcome_inputs,
    talk_model,
)

C, A = Role.CUSTOMER, Role.AGENT


def chances(*turns: dict[str, float]) -> np.ndarray:
    out = np.zeros((len(turns), len(LABELS)))
    for row, turn in enumerate(turns):
        for label, value in turn.items():
            out[row, LABELS.index(label)] = value
    return out


def named(found: np.ndarray) -> dict[str, float]:
    return dict(zip(FEATURES, found.tolist(), strict=True))


def test_features_by_hand() -> None:
    talk = chances({"negative": 0.8, "still_fails": 0.5}, {"promises": 0.9}, {"negative": 0.2, "confirms": 0.6})
    found = named(features(talk, [C, A, C]))
    assert found["most negative"] == 0.8
    assert found["late still_fails"] == pytest.approx(0.3)  # one customer turn later: 0.5 · 0.6
    assert found["late confirms"] == 0.6
    assert found["most promises"] == found["late promises"] == 0.9
    assert found["negative share"] == pytest.approx(0.5)
    assert found["customer turns"] == pytest.approx(math.log1p(2))
    assert (found["no agent"], found["customer has the last word"]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("after", "left"),
    [
        ((), 0.9),
        (({"done": 0.75},), 0.225),
        (({}, {"confirms": 1.0}), 0.0),
        (({"moves": 0.5}, {}), 0.45),
        (({"confirms": 1.0}, {"done": 1.0}), 0.9),  # said by the wrong side
        (({"done": 1.0}, {"still_fails": 0.6}), 0.6),
    ],
)
def test_what_still_fails_stands_until_it_is_answered(after: tuple[dict[str, float], ...], left: float) -> None:
    talk = chances({"done": 1.0}, {"still_fails": 0.9}, *after)
    assert named(features(talk, [A, C, A, C][: len(talk)]))[STANDS] == pytest.approx(left)


@pytest.mark.parametrize(
    ("turns", "roles", "left"),
    [
        (({}, {}), (C, A), 1.0),
        (({}, {"done": 0.75}), (C, A), 0.25),
        (({}, {"promises": 1.0}, {}, {}), (C, A, C, A), 0.4),  # an agent's turn later: 1 - 1.0 · 0.6
        (({"confirms": 0.9}, {}), (C, A), 0.1),
        (({"done": 1.0}, {"confirms": 1.0}), (C, A), 1.0),  # said by the wrong side
        (({}, {}, {}), (C, A, C), 0.0),
        (({},), (C,), 0.0),
    ],
)
def test_what_an_agent_leaves_open(turns: tuple[dict[str, float], ...], roles: tuple[Role, ...], left: float) -> None:
    assert named(features(chances(*turns), roles))[LEFT] == pytest.approx(left)


def test_a_label_counts_for_its_speaker_only() -> None:
    found = named(features(chances({"promises": 1.0}, {"escalation": 1.0}), [C, A]))
    assert found["most promises"] == found["most escalation"] == 0.0


def test_flag_inputs_by_hand() -> None:
    talk = chances({"channel_switch": 0.2}, {"moves": 0.75})
    top, total, said, again = flag_inputs(talk, [C, A], "channel_switch", echo=0.5)
    assert top == pytest.approx(math.log(3))
    assert total == pytest.approx(0.95)
    assert (said, again) == (0.0, 0.5)


def test_what_the_turn_model_says_of_the_whole_comes_last() -> None:
    whole = np.arange(len(WHOLE), dtype=float)
    assert flag_inputs(chances({}), [C], "transfer", whole)[2] == WHOLE.index("transfer")
    assert flag_inputs(chances({}), [C], "stated_repeat", whole)[2] == WHOLE.index("repeat_contact")
    assert flag_inputs(chances({}), [C], "sales_offer", whole)[2] == 0.0
    assert effort_inputs(np.zeros(2), whole).tolist() == [0, 0, WHOLE.index("effort")]


def test_outcome_inputs_by_hand() -> None:
    whole = np.zeros(len(WHOLE))
    points, found = np.array([0.0, 1.0, 2.0, 0.0]), features(chances({"moves": 0.9}), [A])
    given = dict(zip(OUTCOME_INPUTS, outcome_inputs(points, found, whole), strict=True))
    assert given["model moved"] == pytest.approx(math.log(0.25))
    assert (given["cues moved"], given["late moves"], given["customer has the last word"]) == (2.0, 0.9, 0.0)
    assert outcome_inputs(points, found, None)[:4].tolist() == [0, 0, 0, 0]


def test_no_turn_of_a_speaker_is_no_evidence() -> None:
    assert np.isfinite(features(chances({}), [A])).all()
    assert flag_inputs(chances({"escalation": 1.0}), [A], "escalation")[1] == 0.0


def test_the_shipped_model_knows_every_feature_and_flag() -> None:
    for weights in (talk_model().read, talk_model().quick):
        assert weights.effort.shape == (len(FEATURES) + 2,)
        assert set(weights.flags) == set(FLAGS)
        assert weights.outcome.shape == (len(OUTCOMES), len(OUTCOME_INPUTS) + 1)
    assert {label for labels in FLAGS.values() for label in labels} <= {*CUSTOMER, *AGENT}


def test_more_evidence_never_lowers_a_flag() -> None:
    for weights in (talk_model().read, talk_model().quick):
        for flag in FLAGS:
            odds = [(math.log(p / (1 - p)), p) for p in (0.01, 0.2, 0.5, 0.8, 0.99)]
            steps = [weights.chance(flag, np.array([*row, row[0], 0.0])) for row in odds]
            assert steps == sorted(steps), flag


def test_outcomes_are_probabilities() -> None:
    for weights in (talk_model().read, talk_model().quick):
        shares = weights.outcomes(np.ones(len(OUTCOME_INPUTS)))
        assert shares.sum() == pytest.approx(1)
        assert shares.min() > 0


def test_effort_stays_on_its_scale() -> None:
    steep = Weights(np.array([10.0, 10.0, 0.0]), {}, np.zeros((0, 0)))
    assert steep.effort_score(np.array([9.0, 9.0])) == 5.0
    assert steep.effort_score(np.array([-9.0, -9.0])) == 1.0
