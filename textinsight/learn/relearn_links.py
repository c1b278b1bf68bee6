"""Link weights refitted from an archive's own reviews: what it would use without them is the prior, so few move little.

Each reviewed pair is one observation of a logistic regression over the comparison levels. Every weight is held to its
present value by a normal prior of standard deviation `spread`; levels that no review shows stay where they are.
"""

from __future__ import annotations

import csv
import secrets
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from textinsight import link
from textinsight.errors import UsageError
from textinsight.learn.fit_links import write_weights
from textinsight.learn.meta import write_meta
from textinsight.link.compare import SIGNALS
from textinsight.link.frame import Levels, make_frame
from textinsight.link.reviews import reviewed_pairs
from textinsight.link.scorer import Scorer
from textinsight.link.weights import probability
from textinsight.pipeline.linked import linked_contacts
from textinsight.pipeline.linking import link_config
from textinsight.pipeline.runs import last_settings
from textinsight.pipeline.weights import weights_folder
from textinsight.store import Archive, writer_lock

Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RelearnConfig:
    """spread: standard deviation, in log-odds, of the normal prior around every weight. fewest: reviewed pairs needed;

    fewest_each: of either verdict. folds: of people, in cross-validation.
    """

    spread: float = 0.5
    fewest: int = 20
    fewest_each: int = 5
    folds: int = 5
    seed: int = 7

    def __post_init__(self) -> None:
        if self.spread <= 0 or self.folds < 2 or self.fewest_each < 1:
            raise UsageError(f"RelearnConfig cannot be {self}", hint="RelearnConfig(spread=0.5, folds=5)")


@dataclass(frozen=True, slots=True)
class Reviews:
    """Reviewed pairs: levels (n, n_signals), linked (n,): whether they are one issue, person (n,)."""

    levels: Levels
    linked: npt.NDArray[np.bool_]
    person: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.linked)


@dataclass(frozen=True, slots=True)
class Moved:
    """A weight before and after; label "" for the prior. n: reviewed pairs at this level."""

    signal: str
    label: str
    before: float
    after: float
    n: int


@dataclass(frozen=True, slots=True)
class Learnt:
    """What learning did. log_loss_*: mean, over people whose reviews were held out; lower is better.

    adopted: the refitted weights predict held-out reviews better, or were forced; else the archive keeps what it had.
    """

    n_reviews: int
    n_confirmed: int
    log_loss_before: float
    log_loss_after: float
    weights: tuple[Moved, ...]
    adopted: bool


def learn_links(archive: Archive, *, config: RelearnConfig | None = None, force: bool = False) -> Learnt:
    """Refit the archive's link weights from its reviews and keep them in its folder, if they predict reviews better.

    UsageError, saying what is missing, if there are too few reviews.
    """
    config = config or RelearnConfig()
    base, reviews = _observed(archive)
    _check_enough(reviews, config, archive)
    before, after = cross_validate(base, reviews, config)
    model = refit(base, reviews, config)
    adopted = force or after < before
    learnt = Learnt(len(reviews), int(reviews.linked.sum()), before, after, _moved(base, model, reviews), adopted)
    if adopted:
        _keep(archive, model, learnt, config)
    return learnt


def refit(base: link.LinkModel, reviews: Reviews, config: RelearnConfig) -> link.LinkModel:
    """The most probable weights given the reviews, with `base` as prior; ordered signals stay in order."""
    from scipy.optimize import minimize

    design, start = _design(reviews.levels), _flat(base)
    target = reviews.linked.astype(np.float64)
    solved = minimize(_loss, start, args=(design, target, start, config.spread), jac=True, method="L-BFGS-B")
    return _model(base, np.asarray(solved.x), n=len(reviews))


def cross_validate(base: link.LinkModel, reviews: Reviews, config: RelearnConfig) -> tuple[float, float]:
    """Mean log-loss of the reviews under (`base`, weights refitted without the reviews of the same people)."""
    people, person = np.unique(reviews.person, return_inverse=True)
    fold = np.random.default_rng(config.seed).permutation(len(people))[person] % config.folds
    p = np.zeros(len(reviews))
    for f in range(config.folds):
        seen = fold != f
        part = Reviews(reviews.levels[seen], reviews.linked[seen], reviews.person[seen])
        p[~seen] = probability(refit(base, part, config).log_odds(reviews.levels[~seen]))
    return log_loss(probability(base.log_odds(reviews.levels)), reviews.linked), log_loss(p, reviews.linked)


def log_loss(p: Reals, linked: npt.NDArray[np.bool_]) -> float:
    """Mean of −log of the probability given to what was the case; lower is better."""
    p = np.clip(p, 1e-9, 1 - 1e-9)
    return float(-np.where(linked, np.log(p), np.log(1 - p)).mean())


def _observed(archive: Archive) -> tuple[link.LinkModel, Reviews]:
    """(the shipped weights as this archive adapts them, its reviewed pairs)."""
    settings = last_settings(archive)
    config = link_config(settings)
    contacts, vectors = linked_contacts(archive)
    frame = make_frame(contacts, vectors)
    scorer = Scorer.fitted_to(frame, link.load_model(), config)
    said = reviewed_pairs(frame, contacts, archive.query("SELECT * FROM reviews"))
    groups = ((said.same, True), (said.different, False), (said.caused, False))  # brought on: another issue
    pairs = [pairs for pairs, _ in groups]
    levels = np.concatenate([scorer.compare(p).levels for p in pairs])
    linked = np.concatenate([np.full(len(p), yes) for p, yes in groups])
    person = np.concatenate([frame.customer[p.later] for p in pairs])
    _, first = np.unique(np.concatenate([p.later * len(frame) + p.earlier for p in pairs]), return_index=True)
    return scorer.model, Reviews(levels[first], linked[first], person[first])


def _check_enough(reviews: Reviews, config: RelearnConfig, archive: Archive) -> None:
    n_yes = int(reviews.linked.sum())
    if len(reviews) < config.fewest or min(n_yes, len(reviews) - n_yes) < config.fewest_each:
        raise UsageError(
            f"{len(reviews)} reviewed pairs say whether they are one issue ({n_yes} yes, {len(reviews) - n_yes} no); "
            f"learning needs at least {config.fewest}, with {config.fewest_each} of either kind",
            hint=f"textinsight review sample --archive {archive.path} --out pairs.csv",
        )


def _design(levels: Levels) -> Reals:
    """(n, 1 + known levels): a 1 for the prior, and one column a level of every signal but its unknown one."""
    columns = [np.ones(len(levels), bool)]
    columns += [levels[:, s] == at for s, signal in enumerate(SIGNALS) for at in range(1, len(signal.labels))]
    return np.stack(columns, axis=1).astype(np.float64)


def _flat(model: link.LinkModel) -> Reals:
    return np.array([model.prior, *(w for weights in model.weights for w in weights[1:])])


def _loss(theta: Reals, design: Reals, target: Reals, start: Reals, spread: float) -> tuple[float, Reals]:
    z, away = design @ theta, theta - start
    loss = np.logaddexp(0, z).sum() - target @ z + away @ away / (2 * spread**2)
    return float(loss), design.T @ (probability(z) - target) + away / spread**2


def _model(base: link.LinkModel, flat: Reals, *, n: int) -> link.LinkModel:
    weights, at = [], 1
    for signal in SIGNALS:
        known = flat[at : at + len(signal.labels) - 1]
        at += len(known)
        known = np.maximum.accumulate(known) if signal.ordered else known
        weights.append((0.0, *known.round(3).tolist()))
    name = f"link-reviews@{n}"
    return replace(base, name=name, prior=round(float(flat[0]), 3), weights=tuple(weights), learnt=True)


def _moved(base: link.LinkModel, model: link.LinkModel, reviews: Reviews) -> tuple[Moved, ...]:
    rows = [Moved("prior", "", base.prior, model.prior, len(reviews))]
    for s, signal in enumerate(SIGNALS):
        counts = np.bincount(reviews.levels[:, s], minlength=len(signal.labels))
        for at in range(1, len(signal.labels)):
            rows.append(
                Moved(signal.name, signal.labels[at], base.weights[s][at], model.weights[s][at], int(counts[at]))
            )
    return tuple(rows)


def _keep(archive: Archive, model: link.LinkModel, learnt: Learnt, config: RelearnConfig) -> None:
    """The weights beside the reviews they rest on; the folder appears whole or not at all."""
    folder = weights_folder(archive)
    fresh = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    with writer_lock(archive.path):
        fresh.mkdir()
        write_weights(fresh, model)
        _write_reviews(archive, fresh / "reviews.csv")
        write_meta(
            fresh, model.name, data=["reviews.csv"], licence="this archive's own",
            files=("weights.json", "reviews.csv"), settings=asdict(config),
            n_reviews=learnt.n_reviews, n_confirmed=learnt.n_confirmed,
            log_loss={"before": learnt.log_loss_before, "after": learnt.log_loss_after},
        )  # fmt: skip
        if folder.exists():
            shutil.rmtree(folder)
        fresh.replace(folder)


def _write_reviews(archive: Archive, path: Path) -> None:
    rows = archive.query(
        "SELECT conversation_id, earlier_id, relation, verdict, reviewed_at FROM verdicts"
        " ORDER BY conversation_id, earlier_id, relation"
    )
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(rows.column_names)
        writer.writerows([str(value) for value in row.values()] for row in rows.to_pylist())
