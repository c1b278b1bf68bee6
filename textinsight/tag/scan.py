"""Finding cues in turns: keys first, then the pattern, then what would make it mean something else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from textinsight.conversation import Conversation, Role
from textinsight.findings import Tag

NEGATION, CONDITION, QUESTION, OPENING = "negation", "condition", "question", "opening"

_REACH = 48  # characters before a match in which a negation or condition binds it
_NEGATED = re.compile(
    r"\b(?:not|never|no|nor|without|n't|[a-z]+n't|dont|doesnt|didnt|cant|wont|isnt|wasnt|havent|hasnt|wouldnt|"
    r"no need to|instead of|rather than|cannot)[\s,]{1,3}(?:(?!i\b|we\b|if\b)[a-z']+[\s,]{1,3}){0,4}$"
)
_CONDITIONAL = re.compile(r"\b(?:if|unless|when|once|until|in case|hope|hopefully|hoping|whether)\b[^.!?\n]{0,40}$")
_CLAUSE_END = re.compile(r"[.!?;\n]|\bbut\b|\bhowever\b")
_WORD = re.compile(r"[a-z0-9][a-z0-9'-]*")
_BLANK = r"(?:[\s,]{1,3})"
_CURLY = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "\u00a0": " "})


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


def fold(text: str) -> str:
    """The text as patterns see it: lower case, straight quotes, every character at its place."""
    lowered = text.translate(_CURLY).lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text.translate(_CURLY))


class CueTable:
    """Cues compiled and indexed by the beginnings of the words they need."""

    def __init__(self, cues: Sequence[Cue], words: Mapping[str, str]) -> None:
        self.cues = tuple(cues)
        self.patterns = tuple(_compile(cue.pattern, words) for cue in cues)
        self._keys: dict[str, list[int]] = {}
        for number, cue in enumerate(cues):
            for key in cue.keys.split():
                self._keys.setdefault(key, []).append(number)

    @cached_property
    def _lookup(self) -> re.Pattern[str]:
        keys = "|".join(sorted(map(re.escape, self._keys), key=len, reverse=True))
        return re.compile(rf"\b({keys})")

    def find(self, text: str, *, opening: bool = True) -> Hits:
        """Hits in one turn by position; `opening`: nobody has yet asked the customer to go elsewhere."""
        folded = fold(text)
        numbers = {number for key in set(self._lookup.findall(folded)) for number in self._keys[key]}
        hits = [hit for number in sorted(numbers) for hit in self._matches(number, folded, opening)]
        return tuple(sorted(hits, key=lambda hit: (hit.start, hit.end, hit.label)))

    def _matches(self, number: int, folded: str, opening: bool) -> Iterable[Hit]:
        cue = self.cues[number]
        if OPENING in cue.guards and not opening:
            return
        for match in self.patterns[number].finditer(folded):
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
    if CONDITION in guards and _CONDITIONAL.search(before):
        return True
    return QUESTION in guards and "?" in folded[end : end + _REACH].partition(".")[0]


@lru_cache(maxsize=1)
def tables() -> tuple[CueTable, CueTable]:
    """The customer's and the agent's cues, compiled once."""
    from textinsight.tag.cues import AGENT, CUSTOMER, WORDS

    return CueTable(CUSTOMER, WORDS), CueTable(AGENT, WORDS)


def scan(conversation: Conversation) -> tuple[Hits, ...]:
    """One entry a turn. A customer's turn is read for customers' cues, an agent's or bot's for agents'."""
    customer, agent = tables()
    opening = True
    found: list[Hits] = []
    for turn in conversation.turns:
        if turn.role is Role.CUSTOMER:
            found.append(customer.find(turn.text, opening=opening))
        elif turn.role in (Role.AGENT, Role.BOT):
            found.append(agent.find(turn.text))
            opening = opening and not any(hit.label == "moves" for hit in found[-1])
        else:
            found.append(())
    return tuple(found)


def cue_labels(text: str) -> tuple[str, ...]:
    """The labels of the customers' cues in a text taken alone."""
    return names(tables()[0].find(text))


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


def evidence(conversation: Conversation, turn: int, hit: Hit, *, tag: str, value: str, model: str) -> Tag:
    """The tag that a hit gives, with the words it stands on."""
    quote = conversation.turns[turn].text[hit.start : hit.end]
    return Tag(turn, hit.start, hit.end, tag, value, round(hit.weight, 4), quote, model)
