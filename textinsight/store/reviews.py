"""Reviews of links: what an analyst says of a pair. Kept for good; they win over the model wherever links are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pyarrow as pa

from textinsight.errors import UsageError
from textinsight.findings import Relation
from textinsight.store.schema import KEPT

Verdict = Literal["confirmed", "rejected"]
Query = Callable[[str, Sequence[Any]], pa.Table]

_CHOICES = {"verdict": ("confirmed", "rejected"), "relation": ("same_issue", "downstream")}
_LONGEST = {"reviewer": 100, "note": 500}
_PERSONAL = re.compile(r"\S@\S|(?:\d[\s().-]?){9}")
_HINT = 'archive.review("later id", "earlier id", "rejected")'


@dataclass(frozen=True, slots=True)
class Review:
    """One verdict on one pair. UsageError if a value cannot be.

    conversation_id: the later contact. relation: the one that was judged. reviewed_at: aware UTC, None for now.
    probability: what the model said of the pair then, None if it is no link; filled in when the review is stored.
    """

    conversation_id: str
    earlier_id: str
    verdict: Verdict
    relation: Relation = "same_issue"
    reviewer: str | None = None
    note: str | None = None
    reviewed_at: datetime | None = None
    probability: float | None = None

    def __post_init__(self) -> None:
        if not self.conversation_id or not self.earlier_id or self.conversation_id == self.earlier_id:
            raise UsageError(
                f"a review is of two contacts, got {self.conversation_id!r} and {self.earlier_id!r}", hint=_HINT
            )
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise UsageError(f"{name} must be {' or '.join(choices)}, got {getattr(self, name)!r}", hint=_HINT)
        for name, longest in _LONGEST.items():
            _check_words(name, getattr(self, name) or "", longest)
        if self.reviewed_at is not None and self.reviewed_at.utcoffset() != timedelta(0):
            raise UsageError(f"reviewed_at must be an aware UTC time, got {self.reviewed_at!r}", hint=_HINT)


def _check_words(name: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise UsageError(f"{name} has {len(text)} characters, expected at most {longest}", hint=_HINT)
    if _PERSONAL.search(text):
        raise UsageError(
            f"{name} holds what looks like an e-mail address or a long number", hint="leave personal data out of it"
        )


def problems(query: Query, reviews: Sequence[Review]) -> list[str | None]:
    """For each review why it cannot be stored, None if it can.

    Both contacts must be in the archive, of one person as far as that is known, and the earlier one not the later.
    """
    known = _contacts(query, reviews)
    return [_problem(review, known) for review in reviews]


def with_probability(query: Query, reviews: Sequence[Review]) -> list[Review]:
    """The reviews with the time and with what the model says now, where neither is given."""
    ids = [r.conversation_id for r in reviews]
    rows = query(
        "SELECT conversation_id, earlier_id, relation, probability FROM stored_links WHERE list_contains(?, "
        "conversation_id)",
        [ids],
    ).to_pylist()
    model = {(r["conversation_id"], r["earlier_id"], r["relation"]): r["probability"] for r in rows}
    now = datetime.now(UTC)
    return [
        replace(
            r,
            reviewed_at=r.reviewed_at or now,
            probability=model.get((r.conversation_id, r.earlier_id, r.relation), r.probability),
        )
        for r in reviews
    ]


def as_table(reviews: Sequence[Review]) -> pa.Table:
    """The reviews as rows of table `reviews`."""
    schema = KEPT["reviews"]
    columns = {name: [getattr(r, name) for r in reviews] for name in schema.names}
    return pa.table(columns, schema=schema)


def _contacts(query: Query, reviews: Sequence[Review]) -> dict[str, dict[str, Any]]:
    ids = sorted({i for r in reviews for i in (r.conversation_id, r.earlier_id)})
    rows = query(
        "SELECT c.conversation_id, c.started_at, coalesce(p.person_id, c.customer_id) AS person FROM"
        " stored_conversations c LEFT JOIN people p USING (conversation_id) WHERE list_contains(?, c.conversation_id)",
        [ids],
    )
    return {row["conversation_id"]: row for row in rows.to_pylist()}


def _problem(review: Review, known: dict[str, dict[str, Any]]) -> str | None:
    for name in (review.conversation_id, review.earlier_id):
        if name not in known:
            return f"contact {name!r} is not in the archive"
    later, earlier = known[review.conversation_id], known[review.earlier_id]
    if later["started_at"] is None or earlier["started_at"] is None:
        return "a contact without a start time is never linked"
    if earlier["started_at"] > later["started_at"]:
        return f"{review.earlier_id!r} began after {review.conversation_id!r}: give the later contact first"
    if later["person"] is None or later["person"] != earlier["person"]:
        return "the two contacts are not known to be of one customer"
    return None
