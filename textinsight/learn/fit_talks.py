"""From a trained network to models/turns-en: export, calibration, and what holds for whole conversations.

python -m textinsight.learn.fit_talks --data FOLDER --network FILE.safetensors… --tokenizer FILE [--out models/turns-en]
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.conversation import Conversation, Role
from textinsight.encode.network import TurnNetwork
from textinsight.encode.turns import MODEL, TurnReader
from textinsight.encode.twin import WEIGHTS
from textinsight.findings import EFFORT_DRIVERS
from textinsight.learn.borders import (
    addressed_shift,
    alone_shift,
    border_talks,
    border_texts,
    flag_border,
    holds,
    mood_shift,
    outcome_border,
)
from textinsight.learn.evaluate import Labelled
from textinsight.learn.export_turns import GRAPH, export
from textinsight.learn.fit_turns import calibration
from textinsight.learn.labels import LabelledTalk
from textinsight.learn.meta import write_meta
from textinsight.learn.train_turns import mean_network
from textinsight.learn.turn_data import held_out, talks
from textinsight.tag.echo import echo
from textinsight.tag.labels import LABELS, MOOD, OUTCOMES, WHOLE
from textinsight.tag.marks import QUICK_SHARE, blended, cue_weights, lifted, quick_chances
from textinsight.tag.reading import is_addressed
from textinsight.tag.resolution import cue_points
from textinsight.tag.scan import scan
from textinsight.tag.talk import (
    FLAGS,
    LEFT,
    OUTCOME_INPUTS,
    STANDS,
    Weights,
    effort_inputs,
    features,
    flag_inputs,
    outcome_inputs,
    speaker,
)
from textinsight.tag.words import spoken

log = logging.getLogger(__name__)

VERSION = "8"
LICENCE = "Apache-2.0 (weights, and those they started from); training data: see CARD.md"
DATA = (
    "labels of STAR (MIT), CFPB complaints (public domain), MultiDoGO (CDLA-Permissive-1.0) and NatCS "
    "(CDLA-Permissive-2.0), made by reading (corpora/labels)",
    "dialogues, posts, remarks and turns written for it (corpora/support-dialogues, support-turns, Apache-2.0)",
    "comments of GoEmotions (CC BY 4.0), their moods read anew; rated tweets and review sentences (Hutto, MIT)",
    "intents of BANKING77 (CC BY 4.0), CLINC150 (CC BY 3.0), MultiDoGO, NatCS and STAR",
    "for borders, not for weights: TweetSumm, a seventh of SemEval's and of the airline posts",
)

_DIMENSION = 384
_SHIFT_PRIOR = 0.5  # what holds a shift at 0
_EXPECTED = np.array([0.8, 0.2, 0.1, 0.0])  # weights of the flag inputs
_FIRM = np.array([1.0, 1.0, 1.0, 0.1])  # how firmly
_BY_DEFINITION = {STANDS: {"resolved": -2.0, "unresolved": 2.0}, LEFT: {"unclear": 1.5}}  # weights of how it ended

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FitConfig:
    """own, cues: what the turn model's say and the cues count for the outcome, chosen with the borders' set in view.

    flag_penalty, ending, ridge: what holds the weights of flags (of an echo a tenth of it), of how it ended and of the
    effort score.
    """

    own: float = 0.5
    cues: float = 1.2
    flag_penalty: float = 20.0
    ending: float = 5.0
    ridge: float = 20.0


@dataclass(frozen=True)
class Sample:
    """Conversations as the model reads them: chances of their turns, logits of the whole, what the cues count for,
    how much agents say again.
    """

    talks: Sequence[Conversation]
    chances: Sequence[Array]
    whole: Sequence[Array]
    points: Sequence[Array]
    echoes: Sequence[float]

    def flag_inputs(self, flag: str, *, asked: bool) -> Array:
        """(n, inputs) of a flag, with or without what the turn model says of the whole."""
        rows = zip(self.echoes, self._rows(), strict=True)
        return np.array(
            [flag_inputs(c, roles, flag, w if asked else None, echo=again) for again, (c, roles, w) in rows]
        )

    def effort_inputs(self, *, asked: bool) -> Array:
        """(n, inputs) of the effort score."""
        return np.array([effort_inputs(features(c, roles), w if asked else None) for c, roles, w in self._rows()])

    def outcome_inputs(self, *, asked: bool) -> Array:
        """(n, inputs) of the outcome."""
        rows = zip(self.points, self._rows(), strict=True)
        return np.array(
            [outcome_inputs(points, features(c, roles), w if asked else None) for points, (c, roles, w) in rows]
        )

    def _rows(self) -> Iterator[tuple[Array, list[Role], Array]]:
        for talk, chances, whole in zip(self.talks, self.chances, self.whole, strict=True):
            yield chances, [turn.role for turn in talk.turns], whole


def _read(reader: TurnReader, talk: Conversation) -> tuple[npt.NDArray[np.float32], Array]:
    """(turns, labels) chances as both readers give them, and the logits of the whole."""
    found = reader.read_talk([turn.text for turn in talk.turns], [speaker(turn.role) for turn in talk.turns])
    careful = np.array([found.turns[turn].chances for turn in range(len(talk.turns))])
    (quick,) = quick_chances([[spoken(turn.text) for turn in talk.turns]])
    return blended(careful, quick), found.whole.astype(float)


def sample(reader: TurnReader, talks_: Sequence[Conversation], gain: Sequence[float]) -> Sample:
    """The conversations read by the model, cues added."""
    chances, wholes, points, echoes = [], [], [], []
    for talk in talks_:
        reads, whole = _read(reader, talk)
        said = [spoken(turn.text) for turn in talk.turns]
        found = list(scan(talk, said))
        chances.append(lifted(reads, cue_weights(found) * np.array(gain, np.float32)).astype(float))
        wholes.append(whole)
        points.append(cue_points(found))
        echoes.append(echo(said, [turn.role for turn in talk.turns]))
    return Sample(talks_, chances, wholes, points, echoes)


def _unseen(talk: LabelledTalk) -> bool:
    return held_out(talk.conversation.conversation_id)


def fit(labelled: Sequence[LabelledTalk], found: Sample, *, asked: bool, config: FitConfig) -> Weights:
    """Weights on conversations that the turn model has not seen: of the others what it says is too sure.

    asked: whether they may weigh what the turn model says of the whole.
    """
    flags = {
        flag: _flag(found.flag_inputs(flag, asked=asked), [talk.shows(flag) for talk in labelled], config)
        for flag in FLAGS
    }
    effort = _ridge(found.effort_inputs(asked=asked), np.array([t.effort for t in labelled], float), config.ridge)
    outcome = _outcome(found.outcome_inputs(asked=asked), [t.resolution for t in labelled], config)
    return Weights(effort, flags, outcome)


def bordered(weights: Weights, rows: Sequence[Labelled], found: Sample, *, asked: bool) -> Weights:
    """The same weights, what each tag's make of a conversation scaled and shifted to fit `rows`; `found`: how the model
    reads them.
    """
    flags = dict(weights.flags)
    for flag in flags.keys() - {"sales_offer"}:
        odds = found.flag_inputs(flag, asked=asked) @ flags[flag][:-1] + flags[flag][-1]
        slope, shift = flag_border(odds, [holds(row, flag) for row in rows])
        flags[flag] = slope * flags[flag] + np.eye(len(flags[flag]))[-1] * shift
    logits = found.outcome_inputs(asked=asked) @ weights.outcome[:, :-1].T + weights.outcome[:, -1]
    slope, shifts = outcome_border(logits, [row.gold["resolution"] for row in rows])
    outcome = slope * weights.outcome
    outcome[:, -1] += shifts
    return Weights(weights.effort, flags, outcome)


def _ridge(inputs: Array, wanted: Array, penalty: float) -> Array:
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=penalty).fit(inputs, wanted)
    return np.append(model.coef_, model.intercept_)


def _flag(inputs: Array, wanted: Sequence[bool], config: FitConfig) -> Array:
    """Weights held near `_EXPECTED`: the turn that shows a flag most says most of it."""
    from scipy.optimize import minimize

    gold = np.array(wanted, float)

    def loss(x: Array) -> float:
        odds = inputs @ x[:-1] + x[-1]
        held = config.flag_penalty * (_FIRM * (x[:-1] - _EXPECTED) ** 2).sum() + _SHIFT_PRIOR * x[-1] ** 2
        return float((np.logaddexp(0, odds) - gold * odds).sum() + held)

    return np.asarray(minimize(loss, np.append(_EXPECTED, 0.0)).x)


def _outcome(inputs: Array, wanted: Sequence[str], config: FitConfig) -> Array:
    """(outcomes, inputs and bias): the model's say and the cues' count as in `config`; how it ended may add to them,
    and that it still fails speaks against an end, that it is left open for none.
    """
    from scipy.optimize import minimize

    n = len(OUTCOMES)
    gold = np.array([OUTCOMES.index(name) for name in wanted])
    fixed = inputs[:, : 2 * n] @ np.vstack([config.own * np.eye(n), config.cues * np.eye(n)])
    expected = np.array(
        [_BY_DEFINITION.get(name, {}).get(outcome, 0.0) for outcome in OUTCOMES for name in OUTCOME_INPUTS[2 * n :]]
    )

    def loss(x: Array) -> float:
        logits = fixed + inputs[:, 2 * n :] @ x[n:].reshape(n, -1).T + x[:n]
        chances = logits[np.arange(len(gold)), gold] - np.logaddexp.reduce(logits, axis=1)
        held = _SHIFT_PRIOR * (x[:n] ** 2).sum() + config.ending * ((x[n:] - expected) ** 2).sum()
        return float(held - chances.sum())

    best = minimize(loss, np.zeros(n + n * (inputs.shape[1] - 2 * n))).x
    return np.hstack([config.own * np.eye(n), config.cues * np.eye(n), best[n:].reshape(n, -1), best[:n, None]])


def build(
    network: TurnNetwork,
    tokenizer: Path,
    out: Path,
    *,
    labelled: Sequence[LabelledTalk],
    borders: Sequence[Labelled],
    posts: tuple[list[str], list[int]],
    config: FitConfig = FitConfig(),
) -> None:
    """Export, calibrate and fit on those of `labelled` that are held out, set borders; `out` is then a whole model."""
    _export(network, tokenizer, out)
    calibration_ = {
        "slope": [1.0] * len(LABELS),
        "shift": [0.0] * len(LABELS),
        "alone": [0.0] * len(MOOD),
        "addressed": [0.0] * len(MOOD),
    }
    _describe(out, calibration_, files=())
    unseen = [talk for talk in labelled if _unseen(talk)]
    log.info("calibrating on %d conversations", len(unseen))
    calibration_ |= calibration(TurnReader(out), unseen)
    _describe(out, calibration_, files=())
    moved = np.array(calibration_["shift"])
    moved[: len(MOOD)] += _mood_shift(TurnReader(out), borders)
    calibration_["shift"] = moved.round(4).tolist()
    _describe(out, calibration_, files=())
    alone, addressed = _alone_shifts(TurnReader(out), *posts)
    calibration_ |= {"alone": alone.round(4).tolist(), "addressed": addressed.round(4).tolist()}
    _describe(out, calibration_, files=())
    talk = _talk_weights(TurnReader(out), unseen, borders, calibration_["cue"], config)
    (out / "talk.json").write_text(json.dumps(talk, indent=1) + "\n", "utf-8")
    _describe(out, calibration_)


def rebuild(network: TurnNetwork, shipped: Path, out: Path, *, name: str, data: Sequence[str]) -> None:
    """Export a network that was trained on from the model in `shipped`, whose calibration, borders and talk.json stay:
    what they were fitted on does not ship, and the thresholds of the tags hold for them.
    """
    _export(network, shipped / "tokenizer.json", out)
    (out / "talk.json").write_bytes((shipped / "talk.json").read_bytes())
    kept = json.loads((shipped / "meta.json").read_text("utf-8"))["calibration"]
    _describe(out, kept, name=name, data=data)


def _export(network: TurnNetwork, tokenizer: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    export(network, out)
    if tokenizer.resolve() != (out / "tokenizer.json").resolve():
        shutil.copy(tokenizer, out / "tokenizer.json")


def _mood_shift(reader: TurnReader, borders: Sequence[Labelled]) -> Array:
    moods = [(_read(reader, row.conversation)[0][:, : len(MOOD)], row.gold["turn_sentiment"]) for row in borders]
    logits = [np.log(np.maximum(chances[int(turn)], 1e-7)) for chances, gold in moods for turn in gold]
    return mood_shift(np.array(logits, float), [m for _, gold in moods for m in gold.values()]) / (1 - QUICK_SHARE)


def _alone_shifts(reader: TurnReader, texts: Sequence[str], moods: Sequence[int]) -> tuple[Array, Array]:
    """Of posts to nobody, and of those to somebody."""
    careful = np.array([read.chances for read in reader.read(texts)])
    (quick,) = quick_chances([[spoken(text) for text in texts]])
    logits = np.log(np.maximum(blended(careful, quick)[:, : len(MOOD)], 1e-7)).astype(float)
    to_somebody, wanted = np.array([is_addressed(text) for text in texts]), np.array(moods)
    alone = alone_shift(logits[~to_somebody], wanted[~to_somebody].tolist())
    return alone, addressed_shift(logits[to_somebody], wanted[to_somebody].tolist())


def _talk_weights(
    reader: TurnReader,
    unseen: Sequence[LabelledTalk],
    borders: Sequence[Labelled],
    gain: Sequence[float],
    config: FitConfig,
) -> dict[str, Any]:
    """The content of talk.json."""
    log.info("fitting on %d conversations, borders on %d", len(unseen), len(borders))
    found = sample(reader, [talk.conversation for talk in unseen], gain)
    real = sample(reader, [row.conversation for row in borders], gain)
    out: dict[str, Any] = {"cue_gain": gain}
    for name, asked in (("read", True), ("quick", False)):
        weights = fit(unseen, found, asked=asked, config=config)
        weights = bordered(weights, borders, real, asked=asked)
        out[name] = {
            "effort": weights.effort.round(4).tolist(),
            "flags": {flag: row.round(4).tolist() for flag, row in weights.flags.items()},
            "outcome": weights.outcome.round(4).tolist(),
        }
    return out


def _describe(
    out: Path,
    fitted: dict[str, list[float]],
    *,
    name: str = f"{MODEL}@{VERSION}",
    data: Sequence[str] = DATA,
    files: Sequence[str] = (GRAPH, WEIGHTS, "tokenizer.json", "talk.json"),
) -> None:
    write_meta(
        out,
        name,
        data=data,
        licence=LICENCE,
        files=files,
        labels=LABELS,
        whole=WHOLE,
        moods=len(MOOD),
        dimension=_DIMENSION,
        calibration=fitted,
        drivers=EFFORT_DRIVERS,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the model folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the public data")
    parser.add_argument(
        "--network", type=Path, nargs="+", required=True, help="what train_turns saved; of several the mean"
    )
    parser.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json of the base model")
    parser.add_argument("--out", type=Path, default=Path("models") / MODEL)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    build(
        mean_network(options.network),
        options.tokenizer,
        options.out,
        labelled=talks(options.data),
        borders=border_talks(options.data),
        posts=border_texts(options.data),
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
