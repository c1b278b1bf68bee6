"""Finding cues in turns: keys first, then the pattern, then what would make it mean something else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from textinsight.conversation import CLERKS, Conversation, Role
from textinsight.tag.words import Spoken, spoken

NEGATION, CONDITION, QUESTION, OPENING = "negation", "condition", "question", "opening"

_REACH = 48  # characters before a match in which a negation or condition binds it
_NEGATED = re.compile(
    r"\b(?:not|never|no|nor|without|n't|[a-z]+n't|dont|doesnt|didnt|cant|wont|isnt|wasnt|havent|hasnt|wouldnt|"
    r"no need to|instead of|rather than|cannot)[\s,]{1,3}(?:(?!i\b|we\b|if\b)[a-z']+[\s,]{1,3}){0,4}$"
)
_NEGATED_INSIDE = re.compile(r"(?:[a-z']+[\s,]{1,3}){0,2}(?:not|never|[a-z]+n't|havent|hasnt|didnt|dont|isnt|wasnt)\b")
_CONDITIONAL = re.compile(r"\b(?:if|unless|when|once|until|in case|hope|hopefully|hoping|whether)\b[^.!?\n]{0,40}$")
_CLAUSE_END = re.compile(r"[.!?;\n]|\bbut\b|\bhowever\b")
_LONGEST_KEY = 24
_MATCHES = 8  # of one cue in one turn
_KNOWN = 100_000  # tokens remembered
_BLANK = r"(?:[\s,]{1,3})"


@dataclass(frozen=True)
class Cue:
    """A way of saying `label`; `guards` name the contexts in which it does not count."""

    label: str
    keys: str
    pattern: str
    weight: float
    example: str
    guards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A cue found at characters [start, end) of a turn."""

    label: str
    start: int
    end: int
    weight: float


Hits = tuple[Hit, ...]


class CueTable:
    """Cues compiled and indexed by the words, or beginnings of words, that they need."""

    def __init__(self, cues: Sequence[Cue], words: Mapping[str, str]) -> None:
        self.cues = tuple(cues)
        self.patterns = tuple(_compile(cue.pattern, words) for cue in cues)
        self._keys: dict[str, list[int]] = {}
        self._known: dict[str, frozenset[int]] = {}
        for number, cue in enumerate(cues):
            for key in cue.keys.split():
                self._keys.setdefault(key, []).append(number)

    def find(self, read: Spoken, *, opening: bool = True) -> Hits:
        """Hits in one turn by position; `opening`: nobody has yet asked the customer to go elsewhere."""
        numbers: set[int] = set()
        for token in set(read.tokens):
            known = self._known.get(token)
            numbers |= self._learn(token) if known is None else known
        if not numbers:
            return ()
        hits = [hit for number in sorted(numbers) for hit in self._matches(number, read.folded, opening)]
        return tuple(sorted(hits, key=lambda hit: (hit.start, hit.end, hit.label)))

    def _learn(self, token: str) -> frozenset[int]:
        """The cues a token may belong to: keys of up to three letters must be the token, longer ones begin it."""
        if len(self._known) > _KNOWN:
            self._known.clear()
        heads = {token[:end] for end in (*range(4, min(len(token), _LONGEST_KEY) + 1), len(token))}
        found = frozenset(number for head in heads for number in self._keys.get(head, ()))
        self._known[token] = found
        return found

    def _matches(self, number: int, folded: str, opening: bool) -> Iterable[Hit]:
        cue = self.cues[number]
        if OPENING in cue.guards and not opening:
            return
        for match in islice(self.patterns[number].finditer(folded), _MATCHES):
            if not _guarded(folded, match.start(), match.end(), cue.guards):
                yield Hit(cue.label, match.start(), match.end(), cue.weight)


def _compile(pattern: str, words: Mapping[str, str]) -> re.Pattern[str]:
    for name, alternatives in words.items():
        pattern = pattern.replace(f"<{name}>", f"(?:{alternatives})")
    return re.compile(pattern.replace(" ", _BLANK))


def _guarded(folded: str, start: int, end: int, guards: tuple[str, ...]) -> bool:
    if not guards:
        return False
    before = _CLAUSE_END.split(folded[max(0, start - _REACH) : start])[-1]
    starts_with_subject = folded.startswith(("i ", "i'", "we ", "we'"), start)
    if NEGATION in guards and not starts_with_subject and _NEGATED.search(before):
        return True
    if NEGATION in guards and _NEGATED_INSIDE.match(folded, start, end):
        return True
    if CONDITION in guards and _CONDITIONAL.search(before):
        return True
    return QUESTION in guards and "?" in folded[end : end + _REACH].partition(".")[0]


@lru_cache(maxsize=1)
def tables() -> tuple[CueTable, CueTable]:
    """The customer's and the agent's cues, compiled once."""
    from textinsight.tag.cues import AGENT, CUSTOMER, WORDS

    return CueTable(CUSTOMER, WORDS), CueTable(AGENT, WORDS)


def scan(conversation: Conversation, read: Sequence[Spoken]) -> tuple[Hits, ...]:
    """One entry a turn. A customer's turn is read for customers' cues, an agent's or bot's for agents'."""
    customer, agent = tables()
    opening = True
    found: list[Hits] = []
    for turn, text in zip(conversation.turns, read, strict=True):
        if turn.role is Role.CUSTOMER:
            found.append(customer.find(text, opening=opening))
        elif turn.role in CLERKS:
            found.append(agent.find(text))
            opening = opening and not any(hit.label == "moves" for hit in found[-1])
        else:
            found.append(())
    return tuple(found)


def cue_labels(text: str) -> tuple[str, ...]:
    """The labels of the customers' cues in a text taken alone."""
    return names(tables()[0].find(spoken(text)))


def names(hits: Hits) -> tuple[str, ...]:
    """The labels found, each once, sorted."""
    return tuple(sorted({hit.label for hit in hits}))


def labelled(found: Sequence[Hits], label: str) -> list[tuple[int, Hit]]:
    """(turn, hit) of one label in order."""
    return [(turn, hit) for turn, hits in enumerate(found) for hit in hits if hit.label == label]


def belief(hits: Iterable[Hit]) -> float:
    """Noisy or: the probability that at least one of the hits means what it says."""
    doubt = 1.0
    for hit in hits:
        doubt *= 1 - hit.weight
    return 1 - doubt
