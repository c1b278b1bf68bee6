"""Fits the log-odds table of same-issue links: logistic regression over comparison levels, ordered and shrunk.

Input: a folder of planted journeys (see `learn.journeys`). Levels that they cannot show are set by hand: `SET_BY_HAND`.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from textinsight.learn.journeys import Journeys, load_journeys
from textinsight.link.blocking import Pairs, earlier_in_window, pair_chunks
from textinsight.link.compare import SIGNALS, Cuts, compare
from textinsight.link.config import LinkConfig
from textinsight.link.frame import Frame, Levels, make_frame
from textinsight.link.weights import LinkModel, probability

Reals = npt.NDArray[np.float64]

# The training journeys hold no hand-overs and no shared customer ids, so these come from what the words mean:
# a contact minutes after another is nearly always the same matter passed on; an id with more contacts than can be
# compared is a switchboard or a default id, where only a shared reference is strong enough. In the journeys one issue
# keeps one reference; elsewhere each contact may get its own, so two different ones say little.
_TAGGED = [i for i, signal in enumerate(SIGNALS) if signal.name in ("topic", "stated_repeat", "earlier_outcome")]
SET_BY_HAND = {
    ("gap", "hand-over"): 2.5,
    ("volume", "too many contacts to tell"): -6.0,
    ("reference", "different"): -0.5,
}


@dataclass(frozen=True, slots=True)
class FitLinksConfig:
    """penalty: of the squared log-odds. unknown_share: signals blanked at random, so that absent ones do no harm.

    mistaken_share: tags swapped with another pair's, as taggers and topics err more elsewhere than on these journeys.
    copies: how often each pair is seen with other blanks and mistakes. largest: no level may weigh more than this.
    """

    version: str = "1"
    encoder: str = "static-en"
    similarity_cuts: tuple[float, ...] = (0.3, 0.4, 0.5, 0.6, 0.75)
    penalty: float = 2.0
    unknown_share: float = 0.15
    mistaken_share: float = 0.1
    copies: int = 3
    largest: float = 4.0
    folds: int = 5
    seed: int = 7


@dataclass(frozen=True, slots=True)
class LinkScores:
    """Pairwise quality over cross-validation folds of customers.

    calibration_error: mean distance of probability and share of links over ten bins, weighted by their pairs.
    """

    pairs: int
    linked: int
    log_loss: float
    brier: float
    calibration_error: float


def fit(levels: Levels, linked: npt.NDArray[np.bool_], *, config: FitLinksConfig = FitLinksConfig()) -> LinkModel:
    """The log-odds table that explains `linked` (n_pairs,) by `levels` (n_pairs, n_signals) best."""
    from scipy.optimize import minimize

    seen, target = _roughened(levels, linked, config)
    design, ordered = _design(seen)
    free = [(None, None) if not o else (0, None) for o in ordered]
    start = np.zeros(design.shape[1] + 1)
    start[0] = np.log(linked.mean() / (1 - linked.mean()))
    shares = _cumulative(ordered)
    solved = minimize(
        _loss, start, args=(design, target, config.penalty * config.copies, shares), jac=True, method="L-BFGS-B",
        bounds=[(None, None), *free],
    )  # fmt: skip
    return _model(solved.x[0], shares @ solved.x[1:], config)


def cross_validate(
    levels: Levels, linked: npt.NDArray[np.bool_], customer: npt.NDArray[np.int64], config: FitLinksConfig
) -> LinkScores:
    """Scores of probabilities given by models that never saw the pair's customer."""
    fold = np.random.default_rng(config.seed).integers(0, config.folds, int(customer.max()) + 1)[customer]
    p = np.zeros(len(linked))
    for f in range(config.folds):
        p[fold == f] = probability(fit(levels[fold != f], linked[fold != f], config=config).log_odds(levels[fold == f]))
    p = np.clip(p, 1e-6, 1 - 1e-6)
    log_loss = -np.where(linked, np.log(p), np.log(1 - p)).mean()
    bins = np.minimum((p * 10).astype(int), 9)
    gaps = [abs(p[bins == b].mean() - linked[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    return LinkScores(
        len(p), int(linked.sum()), float(log_loss), float(((p - linked) ** 2).mean()), float(np.sum(gaps))
    )


def training_pairs(
    journeys: Journeys, *, config: FitLinksConfig = FitLinksConfig()
) -> tuple[Frame, Pairs, Levels, npt.NDArray[np.bool_]]:
    """(frame, pairs, levels, linked): all blocked pairs; linked if both lie in one true thread."""
    frame = make_frame(journeys.contacts, journeys.vectors)
    link = LinkConfig()
    chunks = list(pair_chunks(frame, window_us=link.window_us, max_earlier=link.max_earlier))
    pairs = Pairs(np.concatenate([c.later for c in chunks]), np.concatenate([c.earlier for c in chunks]))
    crowded = earlier_in_window(frame, link.window_us) > link.max_earlier
    cuts = Cuts(config.similarity_cuts, link.transfer_minutes)
    levels = compare(frame, pairs, cuts=cuts, crowded=crowded).levels
    thread = _true_threads(journeys)[frame.row]
    return frame, pairs, levels, thread[pairs.later] == thread[pairs.earlier]


def write(out: Path, model: LinkModel, scores: LinkScores, *, config: FitLinksConfig, trained_on: str) -> None:
    """weights.json and meta.json with scores, settings and sha256."""
    out.mkdir(parents=True, exist_ok=True)
    signals = {s.name: dict(zip(s.labels, w, strict=True)) for s, w in zip(SIGNALS, model.weights, strict=True)}
    table = {
        "engine": model.engine,
        "prior": model.prior,
        "similarity_cuts": model.similarity_cuts,
        "signals": signals,
        "set_by_hand": [f"{signal}: {label}" for signal, label in SET_BY_HAND],
    }
    (out / "weights.json").write_text(json.dumps(table, indent=2, ensure_ascii=False) + "\n", "utf-8")
    meta = {
        "name": "link",
        "version": config.version,
        "sha256": {"weights.json": hashlib.sha256((out / "weights.json").read_bytes()).hexdigest()},
        "licence": "Apache-2.0",
        "trained_on": trained_on,
        "scores": asdict(scores),
        "settings": asdict(config),
    }
    (out / "meta.json").write_text(json.dumps(meta, indent=2, sort_keys=True) + "\n", "utf-8")


def _true_threads(journeys: Journeys) -> npt.NDArray[np.int64]:
    """(n,) the row of the first contact of each contact's true thread."""
    row = {c: i for i, c in enumerate(journeys.contacts["conversation_id"].to_pylist())}
    earlier = np.arange(len(row))
    with (journeys.folder / "truth_links.csv").open(newline="", encoding="utf-8") as lines:
        for link in csv.DictReader(lines):
            if link["relation"] == "same_issue":
                earlier[row[link["conversation_id"]]] = row[link["earlier_id"]]
    while (earlier[earlier] != earlier).any():
        earlier = earlier[earlier]
    return earlier


def _roughened(
    levels: Levels, linked: npt.NDArray[np.bool_], config: FitLinksConfig
) -> tuple[Levels, npt.NDArray[np.float64]]:
    rng = np.random.default_rng(config.seed)
    seen = np.concatenate([levels] * config.copies)
    for signal in _TAGGED:
        swapped = rng.random(len(seen)) < config.mistaken_share
        seen[swapped, signal] = rng.permutation(seen[:, signal])[swapped]
    seen[rng.random(seen.shape) < config.unknown_share] = 0
    return seen, np.concatenate([linked] * config.copies).astype(np.float64)


def _design(levels: Levels) -> tuple[Reals, list[bool]]:
    """One column a known level, 1 where the pair is at it or (ordered signals) above; and which may only add."""
    columns, ordered = [], []
    for s, signal in enumerate(SIGNALS):
        for level in range(1, len(signal.labels)):
            at = levels[:, s] >= level if signal.ordered else levels[:, s] == level
            columns.append(at)
            ordered.append(signal.ordered and level > 1)
    return np.stack(columns, axis=1).astype(np.float64), ordered


def _cumulative(ordered: list[bool]) -> Reals:
    """(levels, steps): which steps a level's log-odds is the sum of."""
    shares = np.eye(len(ordered))
    for level in range(1, len(ordered)):
        if ordered[level]:
            shares[level] += shares[level - 1]
    return shares


def _loss(theta: Reals, design: Reals, target: Reals, penalty: float, shares: Reals) -> tuple[float, Reals]:
    """Logistic loss plus the penalty on every level's log-odds, with its gradient."""
    z = theta[0] + design @ theta[1:]
    weights = shares @ theta[1:]
    loss = np.logaddexp(0, z).sum() - target @ z + penalty * weights @ weights
    error = probability(z) - target
    return float(loss), np.concatenate([[error.sum()], design.T @ error + 2 * penalty * shares.T @ weights])


def _model(prior: float, flat: Reals, config: FitLinksConfig) -> LinkModel:
    weights, at = [], 0
    for signal in SIGNALS:
        known = flat[at : at + len(signal.labels) - 1]
        at += len(known)
        by_hand = [SET_BY_HAND.get((signal.name, label)) for label in signal.labels[1:]]
        bounded = np.clip(known, -config.largest, config.largest).round(3)
        weights.append((0.0, *(float(k) if h is None else h for k, h in zip(bounded, by_hand, strict=True))))
    return LinkModel(
        f"link@{config.version}", config.encoder, round(float(prior), 3), config.similarity_cuts, tuple(weights)
    )


def main(argv: Sequence[str] | None = None) -> None:
    """`python -m textinsight.learn.fit_links JOURNEYS_DIR --out models/link --trained-on TEXT`."""
    parser = argparse.ArgumentParser(prog="textinsight.learn.fit_links", description=__doc__)
    parser.add_argument("journeys", type=Path, help="folder with contacts.jsonl and truth_links.csv")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--trained-on", required=True, help="name and licence of the data, for meta.json")
    args = parser.parse_args(argv)
    config = FitLinksConfig()
    journeys = load_journeys(args.journeys, encoder=config.encoder)
    frame, pairs, levels, linked = training_pairs(journeys, config=config)
    scores = cross_validate(levels, linked, frame.customer[pairs.later], config)
    model = fit(levels, linked, config=config)
    write(args.out, model, scores, config=config, trained_on=args.trained_on)
    sys.stdout.write(f"{args.out}: {scores}\n")


if __name__ == "__main__":
    main()
