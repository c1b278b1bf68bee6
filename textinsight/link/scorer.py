"""Comparing and weighing the pairs of a frame, and the threads that come of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from textinsight.link.adapt import adapt
from textinsight.link.blocking import CHUNK_CONTACTS, Pairs, earlier_in_window, pair_chunks
from textinsight.link.compare import Comparison, compare
from textinsight.link.config import LinkConfig
from textinsight.link.frame import Frame, Ints
from textinsight.link.prior import Related, related_share, sample_pairs
from textinsight.link.reviews import Reviewed, apart, together
from textinsight.link.sharpness import control_pairs
from textinsight.link.state import LinkState
from textinsight.link.threads import ThreadBuilder
from textinsight.link.usual import Usual, UsualModel, fit_usual
from textinsight.link.weights import LinkModel, probability


@dataclass(frozen=True, slots=True)
class Scorer:
    """Compares and weighs pairs of one frame. related: what the contacts' times tell, None if too little.

    n_earlier: (n,) earlier contacts in the window of each contact. usual: what a pair's cosine is read against.
    """

    frame: Frame
    model: LinkModel
    config: LinkConfig
    n_earlier: Ints
    usual_model: UsualModel
    usual: Usual
    related: Related | None

    @classmethod
    def fitted_to(cls, frame: Frame, model: LinkModel, config: LinkConfig) -> Scorer:
        """The scorer adapted to this archive, as far as its contacts tell."""
        n_earlier, usual = earlier_in_window(frame, config.window_us), fit_usual(frame)
        related = related_share(frame, config)
        scorer = cls(frame, model, config, n_earlier, usual, usual.of(frame), related)
        if related is None or model.learnt:
            return scorer
        levels, control = (
            scorer.compare(p).levels for p in (sample_pairs(frame, config), control_pairs(frame, config))
        )
        return replace(scorer, model=adapt(model, levels, related, control))

    @classmethod
    def kept(cls, frame: Frame, state: LinkState, config: LinkConfig) -> Scorer:
        """The scorer that an earlier build used."""
        n_earlier = earlier_in_window(frame, config.window_us)
        return cls(frame, state.model, config, n_earlier, state.usual, state.usual.of(frame), state.related)

    def compare(self, pairs: Pairs) -> Comparison:
        """The comparison levels of every pair."""
        crowded = self.n_earlier > self.config.max_earlier
        cuts = self.model.cuts(self.config.transfer_minutes)
        return compare(self.frame, pairs, cuts=cuts, crowded=crowded, usual=self.usual)

    def probability(self, comparison: Comparison) -> npt.NDArray[np.float64]:
        """(n_pairs,) chance that both contacts are one issue."""
        return probability(self.model.log_odds(comparison.levels))


def find_threads(scorer: Scorer, reviewed: Reviewed) -> tuple[ThreadBuilder, int]:
    """(threads, pairs compared): every chunk of pairs compared, weighed and handed to the thread builder."""
    config, n, n_pairs = scorer.config, len(scorer.frame), 0
    builder = ThreadBuilder(n, config, together=together(reviewed.same), apart=apart(reviewed.apart))
    chunks = pair_chunks(scorer.frame, window_us=config.window_us, max_earlier=config.max_earlier)
    for number, pairs in enumerate(chunks, 1):
        builder.add(pairs, scorer.probability(scorer.compare(pairs)), before=number * CHUNK_CONTACTS)
        n_pairs += len(pairs)
    return builder, n_pairs
