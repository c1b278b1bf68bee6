"""From the turns' chances, and what the turn model says of the whole, to what holds for the conversation.

Linear models over few inputs with names, so that every weight can be read; fitted in `learn.fit_talks`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.conversation import CLERKS, Role
from textinsight.encode.turns import MODEL
from textinsight.resources import model_path, reading
from textinsight.tag.labels import AGENT, CUSTOMER, LABELS, OUTCOMES, SHOWN, WHOLE

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
_SAID_OF = {"stated_repeat": "repeat_contact"}  # flag → what the turn model calls it

STANDS = "still fails at the end"
LEFT = "left open at the end"
_ANSWERS = ("done", "moves", "hands_over")  # of the agent's, what takes back that it still fails
_ENDINGS = (*_ANSWERS, "cannot", "promises")  # of the agent's, what leaves nothing open

FEATURES: tuple[str, ...] = (
    *(f"most {label}" for label in (*_MOODED, *AGENT)),
    *(f"late {label}" for label in (*_MOODED, *AGENT)),
    "last customer negative",
    "last customer positive",
    "negative share",
    "customer turns",
    "no agent",
    "customer has the last word",
    STANDS,
    LEFT,
)
_ENDS = (
    *(
        f"late {label}"
        for label in ("confirms", "still_fails", "unclear_answer", "channel_switch", "churn_risk", *AGENT[:5])
    ),
    "last customer negative",
    "last customer positive",
    "no agent",
    "customer has the last word",
    STANDS,
    LEFT,
)
_ENDING = [FEATURES.index(name) for name in _ENDS]
OUTCOME_INPUTS = (*(f"model {name}" for name in OUTCOMES), *(f"cues {name}" for name in OUTCOMES), *_ENDS)


def speaker(role: Role) -> int:
    """As the turn model counts: 0 customer, 1 anybody else."""
    return int(role is not Role.CUSTOMER)


def features(chances: Array, roles: Sequence[Role]) -> Array:
    """(len(FEATURES),): of each label the greatest chance, and the greatest with earlier turns fading; mood; length;
    whether it still fails or is left open.
    """
    customer = [i for i, role in enumerate(roles) if role is Role.CUSTOMER]
    agent = [i for i, role in enumerate(roles) if role in CLERKS]
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
            still_fails(chances, roles),
            left_open(chances, roles),
        ]
    )


def still_fails(chances: Array, roles: Sequence[Role]) -> float:
    """The greatest chance of a customer's turn that it still fails, unless a later turn settles it or sends it on."""
    greatest, standing = 0.0, 1.0
    for row, role in zip(chances[::-1], reversed(roles), strict=True):
        if role is Role.CUSTOMER:
            greatest = max(greatest, standing * float(row[LABELS.index("still_fails")]))
        answers = ("confirms",) if role is Role.CUSTOMER else _ANSWERS
        standing *= 1 - max(float(row[LABELS.index(label)]) for label in answers)
    return greatest


def left_open(chances: Array, roles: Sequence[Role]) -> float:
    """How far the agent has the last word while no turn of the agent's, late ones more, settles the matter, sends it
    on, refuses or promises, and none of the customer's confirms.
    """
    if not roles or roles[-1] not in CLERKS:
        return 0.0
    ended, confirmed, fade = 0.0, 0.0, 1.0
    for row, role in zip(chances[::-1], reversed(roles), strict=True):
        if role is Role.CUSTOMER:
            confirmed = max(confirmed, float(row[LABELS.index("confirms")]))
        elif role in CLERKS:
            ended = max(ended, fade * max(float(row[LABELS.index(label)]) for label in _ENDINGS))
            fade *= _FADE
    return (1 - ended) * (1 - confirmed)


def flag_inputs(
    chances: Array, roles: Sequence[Role], flag: str, whole: Array | None = None, *, echo: float = 0.0
) -> Array:
    """(4,): log odds of the turn that speaks most for the flag, how many turns' worth of chance there is, what the turn
    model says of the conversation (0 where it was not asked), and how much agents say again (`tag.echo`).
    """
    held = [0.0]
    for label in FLAGS[flag]:
        own = CLERKS if label in AGENT else (Role.CUSTOMER,)
        held += [float(row[LABELS.index(label)]) for row, role in zip(chances, roles, strict=True) if role in own]
    top = min(max(*held, _FLOOR), 1 - _FLOOR)
    said = _SAID_OF.get(flag, flag)
    own_say = 0.0 if whole is None or said not in SHOWN else float(whole[WHOLE.index(said)])
    return np.array([math.log(top / (1 - top)), min(3.0, sum(held)), own_say, echo])


def effort_inputs(found: Array, whole: Array | None) -> Array:
    """(len(FEATURES) + 1,): the features, and the turn model's own say (0 where it was not asked)."""
    return np.append(found, 0.0 if whole is None else whole[WHOLE.index("effort")])


def outcome_inputs(points: Array, found: Array, whole: Array | None) -> Array:
    """(len(OUTCOME_INPUTS),): the turn model's log shares of the outcomes (0 where it was not asked), what the cues
    count for each, and how the conversation ended.
    """
    own = np.zeros(len(OUTCOMES))
    if whole is not None:
        own = whole[: len(OUTCOMES)] - np.logaddexp.reduce(whole[: len(OUTCOMES)])
    return np.concatenate([own, points, found[_ENDING]])


@dataclass(frozen=True)
class Weights:
    """effort: over the effort inputs, bias last. flags: over the flag inputs, bias last. outcome: (outcomes, inputs
    and bias).
    """

    effort: Array
    flags: Mapping[str, Array]
    outcome: Array

    def effort_score(self, inputs: Array) -> float:
        """1 very low .. 5 very high effort."""
        return float(min(5.0, max(1.0, self.effort[:-1] @ inputs + self.effort[-1])))

    def chance(self, flag: str, inputs: Array) -> float:
        """The probability that the flag holds."""
        weights = self.flags[flag]
        return float(1 / (1 + math.exp(-(weights[:-1] @ inputs + weights[-1]))))

    def outcomes(self, inputs: Array) -> Array:
        """The probability of each of OUTCOMES; sums to 1."""
        logits = self.outcome[:, :-1] @ inputs + self.outcome[:, -1]
        shares = np.exp(logits - logits.max())
        return np.asarray(shares / shares.sum())


@dataclass(frozen=True)
class TalkModel:
    """read: where the turn model was asked, quick: where only the quick reader was.

    cue_gain: (labels,) log odds that a cue of weight 1 adds to what the model says of a turn.
    """

    read: Weights
    quick: Weights
    cue_gain: Array

    def of(self, whole: Array | None) -> Weights:
        """The weights for a conversation of which the turn model says `whole`."""
        return self.quick if whole is None else self.read


@lru_cache(maxsize=1)
def talk_model() -> TalkModel:
    """The shipped model; ModelError if missing or altered."""
    folder = model_path(MODEL)
    with reading(folder, hint="pip install --force-reinstall textinsight"):
        return parsed(json.loads((folder / "talk.json").read_text("utf-8")))


def parsed(stored: Mapping[str, Any]) -> TalkModel:
    """The content of talk.json as arrays."""
    parts = {
        name: Weights(
            effort=np.array(stored[name]["effort"]),
            flags={flag: np.array(weights) for flag, weights in stored[name]["flags"].items()},
            outcome=np.array(stored[name]["outcome"]),
        )
        for name in ("read", "quick")
    }
    return TalkModel(**parts, cue_gain=np.array(stored["cue_gain"], np.float32))
