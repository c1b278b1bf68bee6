"""From the turns' chances to what holds for the whole conversation: effort, its drivers and risks.

Linear models over few features with names, so that every weight can be read; fitted in `learn.fit_talks`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from textinsight.conversation import Role
from textinsight.encode.turns import MODEL
from textinsight.resources import model_path
from textinsight.tag.labels import AGENT, CUSTOMER, LABELS

Array = npt.NDArray[np.float64]

_FADE = 0.6  # of a turn's say in how it ended, for each later turn of the same speaker
_FLOOR = 1e-4

_MOODED = ("negative", "positive", *CUSTOMER[1:])

# What holds for the conversation ← the turn labels that speak for it.
FLAGS: Mapping[str, tuple[str, ...]] = {
    "repeat_contact": ("stated_repeat",),
    "repeat_information": ("repeat_information",),
    "channel_switch": ("channel_switch", "moves"),
    "transfer": ("transfer", "hands_over"),
    "long_wait": ("long_wait",),
    "self_service_failed": ("self_service_failed",),
    "unclear_answer": ("unclear_answer",),
    "stated_repeat": ("stated_repeat",),
    "escalation": ("escalation",),
    "churn_risk": ("churn_risk",),
    "sales_offer": ("sales_offer",),
}
FEATURES: tuple[str, ...] = (
    *(f"most {label}" for label in (*_MOODED, *AGENT)),
    *(f"late {label}" for label in (*_MOODED, *AGENT)),
    "last customer negative",
    "last customer positive",
    "negative share",
    "customer turns",
    "no agent",
    "customer has the last word",
)


def features(chances: Array, roles: Sequence[Role]) -> Array:
    """(len(FEATURES),): of each label the greatest chance, and the greatest with earlier turns fading; mood; length."""
    customer = [i for i, role in enumerate(roles) if role is Role.CUSTOMER]
    agent = [i for i, role in enumerate(roles) if role in (Role.AGENT, Role.BOT)]
    most, late = [], []
    for label in (*_MOODED, *AGENT):
        own = agent if label in AGENT else customer
        column = chances[own, LABELS.index(label)] if own else np.zeros(1)
        most.append(column.max())
        late.append((column * _FADE ** np.arange(len(column) - 1, -1, -1)).max())
    mood = chances[customer][:, (0, 2)] if customer else np.zeros((1, 2))
    return np.array(
        [
            *most,
            *late,
            mood[-1, 0],
            mood[-1, 1],
            mood[:, 0].mean(),
            math.log1p(len(customer)),
            float(not agent),
            float(bool(roles) and roles[-1] is Role.CUSTOMER),
        ]
    )


def flag_inputs(chances: Array, roles: Sequence[Role], flag: str) -> Array:
    """(2,): log odds of the turn that speaks most for the flag, and how many turns' worth of chance there is."""
    held = [0.0]
    for label in FLAGS[flag]:
        own = (Role.AGENT, Role.BOT) if label in AGENT else (Role.CUSTOMER,)
        held += [float(row[LABELS.index(label)]) for row, role in zip(chances, roles, strict=True) if role in own]
    top = min(max(*held, _FLOOR), 1 - _FLOOR)
    return np.array([math.log(top / (1 - top)), min(3.0, sum(held))])


@dataclass(frozen=True)
class TalkModel:
    """effort: weights over FEATURES and bias last. flags: two weights and a bias.

    cue_gain: (labels,) log odds that a cue of weight 1 adds to what the model says of a turn.
    """

    effort: Array
    flags: Mapping[str, Array]
    cue_gain: Array

    def effort_score(self, found: Array) -> float:
        """1 very low .. 5 very high effort."""
        return float(min(5.0, max(1.0, self.effort[:-1] @ found + self.effort[-1])))

    def chance(self, flag: str, inputs: Array) -> float:
        """The probability that the flag holds."""
        weights = self.flags[flag]
        return float(1 / (1 + math.exp(-(weights[:-1] @ inputs + weights[-1]))))


@lru_cache(maxsize=1)
def talk_model() -> TalkModel:
    """The shipped model; ModelError if missing or altered."""
    stored = json.loads((model_path(MODEL) / "talk.json").read_text("utf-8"))
    return TalkModel(
        effort=np.array(stored["effort"]),
        flags={name: np.array(weights) for name, weights in stored["flags"].items()},
        cue_gain=np.array(stored["cue_gain"], np.float32),
    )
