"""How sure the turn model may be of a turn: a slope and a shift for every logit, and what a cue adds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from textinsight.conversation import Conversation, Role
from textinsight.encode.turns import TurnReader
from textinsight.learn.labels import LabelledTalk, allowed
from textinsight.tag.labels import LABELS, MOOD
from textinsight.tag.marks import cue_weights
from textinsight.tag.scan import Hits, scan
from textinsight.tag.talk import speaker
from textinsight.tag.words import spoken

_SLOPE_PRIOR, _SHIFT_PRIOR, _GAIN_PRIOR = 20.0, 0.5, 0.1  # what holds a slope at 1, a shift and a cue's gain at 0
_KEPT_SHIFT = 0.5  # of the moods' fitted shift: support turns are cooler than what else is read
_CUES_COUNT = 2.0  # times what they were worth where the model is at home: in public posts it is less sure

Array = npt.NDArray[np.float64]


def calibration(reader: TurnReader, unseen: Sequence[LabelledTalk]) -> dict[str, list[float]]:
    """Slope and shift of every logit, and what a cue adds: the least log loss on turns the network has not seen."""
    turns = [turn for talk in unseen for turn in talk.labelled_turns()]
    cues = np.concatenate([cue_weights(_scan(talk.conversation)) for talk in unseen]).astype(float)
    logits = np.array([_log_odds(row) for talk in unseen for row in _careful(reader, talk.conversation)])
    gain = np.zeros(len(LABELS))
    slope, shift = np.ones(len(LABELS)), np.zeros(len(LABELS))
    customers = np.array([turn.role is Role.CUSTOMER for turn in turns])
    slope[: len(MOOD)], shift[: len(MOOD)] = _fit_mood(
        logits[customers, : len(MOOD)],
        np.array([[label in turn.labels for label in MOOD] for turn in turns if turn.role is Role.CUSTOMER], float),
    )
    for number, label in enumerate(LABELS[len(MOOD) :], len(MOOD)):
        rows = [i for i, turn in enumerate(turns) if label in allowed(turn.role)]
        wanted = np.array([label in turns[i].labels for i in rows], float)
        slope[number], shift[number], gain[number] = _fit_flag(logits[rows, number], cues[rows, number], wanted)
    fitted = {"slope": slope, "shift": shift, "cue": _CUES_COUNT * gain}
    return {name: values.round(4).tolist() for name, values in fitted.items()}


def _careful(reader: TurnReader, talk: Conversation) -> list[npt.NDArray[np.float32]]:
    found = reader.read_talk([turn.text for turn in talk.turns], [speaker(turn.role) for turn in talk.turns])
    return [found.turns[turn].chances for turn in range(len(talk.turns))]


def _scan(talk: Conversation) -> list[Hits]:
    return list(scan(talk, [spoken(turn.text) for turn in talk.turns]))


def _log_odds(chances: npt.NDArray[np.float32]) -> Array:
    """Moods as log shares, the others as log odds."""
    p = np.clip(chances.astype(float), 1e-7, 1 - 1e-7)
    return np.concatenate([np.log(p[: len(MOOD)]), np.log(p[len(MOOD) :] / (1 - p[len(MOOD) :]))])


def _fit_mood(logits: Array, wanted: Array) -> tuple[Array, Array]:
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    def loss(x: Array) -> float:
        scaled = log_softmax(logits * x[0] + np.append(x[1:], 0.0)[[0, 2, 1]], axis=1)
        return float(-(wanted * scaled).sum() + _SHIFT_PRIOR * (x[1:] ** 2).sum())

    best = minimize(loss, np.array([1.0, 0.0, 0.0])).x
    return np.full(len(MOOD), best[0]), _KEPT_SHIFT * np.array([best[1], 0.0, best[2]])


def _fit_flag(logits: Array, cues: Array, wanted: Array) -> tuple[float, float, float]:
    from scipy.optimize import minimize

    def loss(x: Array) -> float:
        odds = x[0] * logits + x[1] + x[2] * cues
        fit = np.logaddexp(0, odds) - wanted * odds
        return float(fit.sum() + _SLOPE_PRIOR * (x[0] - 1) ** 2 + _SHIFT_PRIOR * x[1] ** 2 + _GAIN_PRIOR * x[2] ** 2)

    slope, shift, gain = minimize(loss, np.array([1.0, 0.0, 1.0])).x
    return float(max(0.1, slope)), float(shift), float(max(0.0, gain))
