"""From a trained network to models/turns-en: export, calibration, and what holds for whole conversations.

python -m textinsight.learn.fit_talks --data FOLDER --network FILE.safetensors --tokenizer FILE [--out models/turns-en]
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.conversation import Conversation, Role, Turn
from textinsight.encode.network import TurnNetwork
from textinsight.encode.turns import MODEL, TurnReader
from textinsight.encode.twin import WEIGHTS
from textinsight.findings import EFFORT_DRIVERS
from textinsight.learn.export_turns import GRAPH, export
from textinsight.learn.labels import LabelledTalk, LabelledTurn, allowed
from textinsight.learn.meta import write_meta
from textinsight.learn.train_turns import start_network
from textinsight.learn.turn_data import held_out, labelled_turns, talks
from textinsight.tag.labels import LABELS, MOOD
from textinsight.tag.marks import cue_weights, lifted
from textinsight.tag.scan import Hits, scan
from textinsight.tag.talk import FLAGS, features, flag_inputs
from textinsight.tag.words import spoken

log = logging.getLogger(__name__)

VERSION = "1"
LICENCE = "Apache-2.0 (weights, and those they started from); training data: see CARD.md"

_DIMENSION = 384
_SLOPE_PRIOR, _SHIFT_PRIOR, _GAIN_PRIOR = 20.0, 0.5, 0.1  # what holds a slope at 1, a shift and a cue's gain at 0
_KEPT_SHIFT = 0.5  # of the moods' fitted shift: support turns are cooler than what else is read
_FROM_TRAINING = 0.3  # weight of a conversation the turn model has seen, beside 1 for one it has not

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FitConfig:
    """flag_penalty: inverse penalty of the flags' logistic models; ridge: penalty of the effort score."""

    flag_penalty: float = 1.0
    ridge: float = 20.0


@dataclass(frozen=True)
class Sample:
    """Conversations with their turns' chances, weights and roles."""

    talks: Sequence[LabelledTalk]
    chances: Sequence[Array]
    weights: Array

    def roles(self, number: int) -> list[Role]:
        """The speakers of one conversation's turns."""
        return [turn.role for turn in self.talks[number].conversation.turns]


def calibration(reader: TurnReader, turns: Sequence[LabelledTurn]) -> dict[str, list[float]]:
    """Slope and shift of every logit, and what a cue adds: the least log loss on turns the network has not seen."""
    cues = cue_weights(_cues(turns)).astype(float)
    gain = np.zeros(len(LABELS))
    logits = np.array([_log_odds(read.chances) for read in reader.read([turn.text for turn in turns])])
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
    return {name: values.round(4).tolist() for name, values in (("slope", slope), ("shift", shift), ("cue", gain))}


def _cues(turns: Sequence[LabelledTurn]) -> list[Hits]:
    """Every turn's cues, read as if it stood alone."""
    return [
        scan(Conversation("turn", (Turn(turn.role, turn.text or " "),)), [spoken(turn.text or " ")])[0]
        for turn in turns
    ]


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


def sample(reader: TurnReader, labelled: Sequence[LabelledTalk], gain: Sequence[float]) -> Sample:
    """The conversations read by the model, cues added."""
    chances = []
    for talk in labelled:
        turns = talk.conversation.turns
        reads = np.array([read.chances for read in reader.read([turn.text for turn in turns])])
        cues = cue_weights(scan(talk.conversation, [spoken(turn.text) for turn in turns]))
        chances.append(lifted(reads, cues * np.array(gain, np.float32)).astype(float))
    weights = np.array([1.0 if held_out(t.conversation.conversation_id) else _FROM_TRAINING for t in labelled])
    return Sample(labelled, chances, weights)


def fit(found: Sample, *, config: FitConfig) -> dict[str, Any]:
    """The content of talk.json."""
    inputs = np.array([features(chances, found.roles(i)) for i, chances in enumerate(found.chances)])
    effort = _ridge(inputs, np.array([talk.effort for talk in found.talks], float), found.weights, config.ridge)
    flags = {flag: _flag(found, flag, config).round(4).tolist() for flag in FLAGS}
    return {
        "effort": effort.round(4).tolist(),
        "flags": flags,
    }


def _ridge(inputs: Array, wanted: Array, weights: Array, penalty: float) -> Array:
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=penalty).fit(inputs, wanted, sample_weight=weights)
    return np.append(model.coef_, model.intercept_)


def _flag(found: Sample, flag: str, config: FitConfig) -> Array:
    from sklearn.linear_model import LogisticRegression

    inputs = np.array([flag_inputs(chances, found.roles(i), flag) for i, chances in enumerate(found.chances)])
    wanted = [any(labels & frozenset(FLAGS[flag]) for labels in talk.turns) for talk in found.talks]
    model = LogisticRegression(C=config.flag_penalty, max_iter=2000).fit(inputs, wanted, sample_weight=found.weights)
    return np.append(model.coef_[0], model.intercept_[0])


def build(
    network: TurnNetwork,
    tokenizer: Path,
    out: Path,
    *,
    turns: Sequence[LabelledTurn],
    labelled: Sequence[LabelledTalk],
    name: str = f"{MODEL}@{VERSION}",
    config: FitConfig = FitConfig(),
) -> None:
    """Export, calibrate on the `turns` that are held out, fit on `labelled`, describe; `out` is then a whole model."""
    out.mkdir(parents=True, exist_ok=True)
    export(network, out)
    if tokenizer.resolve() != (out / "tokenizer.json").resolve():
        shutil.copy(tokenizer, out / "tokenizer.json")
    neutral = {"slope": [1.0] * len(LABELS), "shift": [0.0] * len(LABELS)}
    _describe(out, neutral, name=name, files=())
    unseen = [turn for turn in turns if held_out(turn.group) and turn.role in (Role.CUSTOMER, Role.AGENT)]
    log.info("calibrating on %d turns", len(unseen))
    fitted = calibration(TurnReader(out), unseen)
    _describe(out, fitted, name=name, files=())
    log.info("fitting on %d conversations", len(labelled))
    talk = fit(sample(TurnReader(out), labelled, fitted["cue"]), config=config) | {"cue_gain": fitted["cue"]}
    (out / "talk.json").write_text(json.dumps(talk, indent=1) + "\n", "utf-8")
    _describe(out, fitted, name=name, files=(GRAPH, WEIGHTS, "tokenizer.json", "talk.json"))


def _describe(out: Path, fitted: dict[str, list[float]], *, name: str, files: Sequence[str]) -> None:
    write_meta(
        out,
        name,
        licence=LICENCE,
        files=files,
        labels=LABELS,
        moods=len(MOOD),
        dimension=_DIMENSION,
        calibration=fitted,
        drivers=EFFORT_DRIVERS,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the model folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the public data")
    parser.add_argument("--network", type=Path, required=True, help="what train_turns saved")
    parser.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json of the base model")
    parser.add_argument("--out", type=Path, default=Path("models") / MODEL)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    build(
        start_network(options.network),
        options.tokenizer,
        options.out,
        turns=labelled_turns(options.data),
        labelled=talks(options.data),
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
