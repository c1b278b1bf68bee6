"""What linking measured on the whole archive, kept as bytes, so that later contacts are linked by the same measure."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.errors import StoreError
from textinsight.link.causes import Causes
from textinsight.link.prior import Related
from textinsight.link.steps import SurplusModel, pack_steps, unpack_steps
from textinsight.link.usual import UsualModel
from textinsight.link.weights import LinkModel

MEASURE = 2  # how it is measured; another number and archives are measured anew
GROWTH = 2.0  # all of it is measured anew once the linkable contacts have doubled

_CAUSES = ("share", "rate", "base_rate", "lift", "by_day")


@dataclass(frozen=True, slots=True)
class LinkState:
    """model: the log-odds table adapted to the archive. fitted_on: linkable contacts that all of it was measured on.

    related: what times told. usual: how alike any two contacts are. causes: what downstream links are told from.
    """

    model: LinkModel
    fitted_on: int
    related: Related | None
    usual: UsualModel
    causes: Causes

    def outgrown(self, linkable: int) -> bool:
        """Whether the archive has doubled since."""
        return linkable >= GROWTH * max(self.fitted_on, 1)

    def to_bytes(self) -> bytes:
        """As `from_bytes` reads it."""
        surplus = self.causes.surplus
        words = {
            "model": asdict(self.model),
            "fitted_on": self.fitted_on,
            "related": None if self.related is None else asdict(self.related),
            "companies": self.usual.companies,
            "topics": (self.causes.topic_a, self.causes.topic_b),
            "stated": self.causes.stated,
            "surplus": None if surplus is None else (surplus.people, surplus.prior, surplus.unrelated),
        }
        arrays: dict[str, npt.NDArray[Any]] = {name: getattr(self.causes, name) for name in _CAUSES}
        arrays |= {"first": self.usual.first, "second": self.usual.second}
        if surplus is not None:
            arrays |= {"points": surplus.points, "rise": surplus.rise, **pack_steps(surplus.references)}
        out = io.BytesIO()
        np.savez(out, words=np.frombuffer(json.dumps(words).encode(), np.uint8), allow_pickle=False, **arrays)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> LinkState:
        """The state that was written. StoreError if it cannot be read."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                words = json.loads(arrays["words"].tobytes())
                return cls(
                    _model(words["model"]),
                    words["fitted_on"],
                    None if words["related"] is None else Related(**words["related"]),
                    UsualModel(tuple(words["companies"]), arrays["first"], arrays["second"]),
                    _causes(words, {name: arrays[name] for name in arrays.files}),
                )
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise StoreError(
                f"what linking measured cannot be read: {error}", hint="textinsight link --full --archive DIR"
            ) from error


def _model(words: dict[str, Any]) -> LinkModel:
    weights = tuple(tuple(w) for w in words["weights"])
    return LinkModel(**(words | {"weights": weights, "similarity_cuts": tuple(words["similarity_cuts"])}))


def _causes(words: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Causes:
    surplus = None
    if words["surplus"] is not None:
        people, prior, unrelated = words["surplus"]
        surplus = SurplusModel(
            unpack_steps(arrays), tuple(people), prior, arrays["points"], arrays["rise"], float(unrelated)
        )
    topic_a, topic_b = (tuple(names) for names in words["topics"])
    figures = {name: arrays[name] for name in _CAUSES}
    return Causes(topic_a, topic_b, **figures, stated=float(words["stated"]), surplus=surplus)
