"""Fits the log-odds table of same-issue links: logistic regression over comparison levels, ordered and shrunk.

Input: worlds whose links are known (see `learn.journeys`), of different kinds, as weights fitted to one kind do not
carry over; each weighs the same. Levels that they cannot show are set by hand: `SET_BY_HAND`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from textinsight.encode import DEFAULT
from textinsight.errors import UsageError
from textinsight.learn.journeys import Journeys, generated_journeys, load_journeys
from textinsight.learn.meta import write_meta
from textinsight.link.adapt import adapt
from textinsight.link.blocking import Pairs, earlier_in_window, pair_chunks
from textinsight.link.compare import SIGNALS, Cuts, compare
from textinsight.link.config import LinkConfig
from textinsight.link.frame import Levels, make_frame
from textinsight.link.prior import Related, related_share
from textinsight.link.sharpness import control_pairs
from textinsight.link.usual import usual_similarity
from textinsight.link.weights import LinkModel, probability

Reals = npt.NDArray[np.float64]

# The training worlds hold no shared customer ids and no customer of two companies, so these come from what the words
# mean: an id with more contacts than can be compared is a switchboard or a default id, where only a shared reference is
# strong enough; another company knows nothing of the issue. Where every contact gets its own reference number, two
# different ones say little.
_TAGGED = [
    i
    for i, signal in enumerate(SIGNALS)
    if signal.name in ("topic", "stated_repeat", "effort_told", "earlier_outcome", "earlier_ending")
]
SET_BY_HAND = {
    ("company", "other"): -8.0,
    ("company", "same"): 0.0,
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
    encoder: str = DEFAULT
    similarity_cuts: tuple[float, ...] = (0.0, 0.75, 1.5, 2.25, 3.25)
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


@dataclass(frozen=True, slots=True)
class World:
    """One world's pairs: levels (n_pairs, n_signals), linked (n_pairs,), customer (n_pairs,), and what times tell.

    control: (n_control, n_signals) levels of pairs too far apart to be related.
    """

    name: str
    levels: Levels
    linked: npt.NDArray[np.bool_]
    customer: npt.NDArray[np.int64]
    related: Related
    control: Levels

    def take(self, keep: npt.NDArray[np.bool_]) -> World:
        """The pairs at a mask; what times and control pairs tell stays that of the whole."""
        return replace(self, levels=self.levels[keep], linked=self.linked[keep], customer=self.customer[keep])


def fit_worlds(worlds: Sequence[World], *, config: FitLinksConfig = FitLinksConfig()) -> LinkModel:
    """The log-odds table of several worlds: pairs of the smaller ones are repeated until all have the same number."""
    most = max(len(w.linked) for w in worlds)
    rows = [np.arange(most) % len(w.linked) for w in worlds]
    levels = np.concatenate([w.levels[r] for w, r in zip(worlds, rows, strict=True)])
    linked = np.concatenate([w.linked[r] for w, r in zip(worlds, rows, strict=True)])
    share = float(np.mean([min(w.linked.mean() / w.related.share, 1.0) for w in worlds]))
    return replace(fit(levels, linked, config=config), repeat_share=round(share, 3))


def cross_validate(worlds: Sequence[World], config: FitLinksConfig) -> dict[str, LinkScores]:
    """World → scores of probabilities given by models that saw other customers of it and all other worlds."""
    return {w.name: _scores(w, _folds(w, [o for o in worlds if o is not w], config)) for w in worlds}


def cross_worlds(worlds: Sequence[World], config: FitLinksConfig) -> dict[str, LinkScores]:
    """World → scores of a model that saw only worlds of the other kind; see `kind`."""
    out = {}
    for world in worlds:
        others = [o for o in worlds if kind(o.name) != kind(world.name)]
        if others:
            out[world.name] = _scores(world, _probability(fit_worlds(others, config=config), world))
    return out


def kind(name: str) -> str:
    """What kind of world a name stands for: "synth" for synth-101, "journeys" for journeys_dev."""
    return name.replace("_", "-").split("-")[0]


def _folds(world: World, others: list[World], config: FitLinksConfig) -> Reals:
    fold = np.random.default_rng(config.seed).integers(0, config.folds, int(world.customer.max()) + 1)[world.customer]
    p = np.zeros(len(world.linked))
    for f in range(config.folds):
        model = fit_worlds([world.take(fold != f), *others], config=config)
        p[fold == f] = _probability(model, world)[fold == f]
    return p


def _probability(model: LinkModel, world: World) -> Reals:
    """(n_pairs,) probabilities of the model adapted to the world, as in `link.build`."""
    return probability(adapt(model, world.levels, world.related, world.control).log_odds(world.levels))


def _scores(world: World, p: Reals) -> LinkScores:
    p, linked = np.clip(p, 1e-6, 1 - 1e-6), world.linked
    log_loss = -np.where(linked, np.log(p), np.log(1 - p)).mean()
    bins = np.minimum((p * 10).astype(int), 9)
    gaps = [abs(p[bins == b].mean() - linked[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    brier = float(((p - linked) ** 2).mean())
    return LinkScores(len(p), int(linked.sum()), float(log_loss), brier, float(np.sum(gaps)))


def make_world(journeys: Journeys, *, config: FitLinksConfig = FitLinksConfig()) -> World:
    """All blocked pairs of a world; linked if both lie in one true thread. UsageError if times tell nothing of it."""
    frame = make_frame(journeys.contacts, journeys.vectors)
    link = LinkConfig()
    related = related_share(frame, link)
    if related is None:
        raise UsageError(f"{journeys.name} is too small or too short to fit on", hint="give some months of contacts")
    chunks = list(pair_chunks(frame, window_us=link.window_us, max_earlier=link.max_earlier))
    pairs = Pairs(np.concatenate([c.later for c in chunks]), np.concatenate([c.earlier for c in chunks]))
    crowded = earlier_in_window(frame, link.window_us) > link.max_earlier
    cuts = Cuts(config.similarity_cuts, link.transfer_minutes)
    usual = usual_similarity(frame)
    levels, control = (
        compare(frame, p, cuts=cuts, crowded=crowded, usual=usual).levels for p in (pairs, control_pairs(frame, link))
    )
    thread = _true_threads(journeys)[frame.row]
    linked = thread[pairs.later] == thread[pairs.earlier]
    return World(journeys.name, levels, linked, frame.customer[pairs.later], related, control)


def write(
    out: Path,
    model: LinkModel,
    scores: dict[str, dict[str, LinkScores]],
    *,
    config: FitLinksConfig,
    data: Sequence[str],
) -> None:
    """weights.json and meta.json with scores, settings and sha256."""
    out.mkdir(parents=True, exist_ok=True)
    write_weights(out, model, set_by_hand=[f"{signal}: {label}" for signal, label in SET_BY_HAND])
    write_meta(
        out,
        f"link@{config.version}",
        licence="Apache-2.0",
        files=("weights.json",),
        data=data,
        scores={how: {world: asdict(s) for world, s in found.items()} for how, found in scores.items()},
        settings=asdict(config),
    )


def write_weights(out: Path, model: LinkModel, **notes: object) -> None:
    """weights.json, as `link.read_model` takes it; notes are for readers."""
    signals = {s.name: dict(zip(s.labels, w, strict=True)) for s, w in zip(SIGNALS, model.weights, strict=True)}
    table = {
        "engine": model.engine,
        "prior": model.prior,
        "repeat_share": model.repeat_share,
        "similarity_cuts": model.similarity_cuts,
        "signals": signals,
        "learnt": model.learnt,
        **notes,
    }
    (out / "weights.json").write_text(json.dumps(table, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _true_threads(journeys: Journeys) -> npt.NDArray[np.int64]:
    """(n,) the row of the first contact of each contact's true thread."""
    row = {c: i for i, c in enumerate(journeys.contacts["conversation_id"].to_pylist())}
    earlier = np.arange(len(row))
    for later, first in journeys.same_issue:
        earlier[row[later]] = row[first]
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
        f"link@{config.version}", config.encoder, round(float(prior), 3), 1.0, config.similarity_cuts, tuple(weights)
    )


def main(argv: Sequence[str] | None = None) -> None:
    """`python -m textinsight.learn.fit_links FOLDER … --seeds 101 102 --out models/link --trained-on TEXT …`."""
    parser = argparse.ArgumentParser(prog="textinsight.learn.fit_links", description=__doc__)
    parser.add_argument("journeys", type=Path, nargs="*", help="folders with contacts and their truth")
    parser.add_argument("--seeds", type=int, nargs="*", default=[], help="generated worlds to fit on as well")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--trained-on", nargs="+", required=True, help="names and licences of the data, for meta.json")
    args = parser.parse_args(argv)
    config = FitLinksConfig()
    loaded = [load_journeys(folder, encoder=config.encoder) for folder in args.journeys]
    loaded += [generated_journeys(seed, encoder=config.encoder) for seed in args.seeds]
    worlds = [make_world(journeys, config=config) for journeys in loaded]
    scores = {"other_customers": cross_validate(worlds, config), "other_kind_of_world": cross_worlds(worlds, config)}
    write(args.out, fit_worlds(worlds, config=config), scores, config=config, data=args.trained_on)
    for how, found in scores.items():
        sys.stdout.writelines(f"{how}: {world}: {s}\n" for world, s in found.items())


if __name__ == "__main__":
    main()
