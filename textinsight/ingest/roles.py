"""Who is the customer: a table of role names, and for other labels a guess from how people speak.

A known name has confidence 1, a name that only contains a known one 0.9; a guess is at most 0.95. Cues are
general (offers of help, own problems, who opens), each worth so many log-odds of being the agent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from textinsight.conversation import Role

_NAMES: dict[Role, str] = {
    Role.CUSTOMER: """customer|client|user|caller|member|consumer|end user|enduser|visitor|guest|patient|passenger
        |buyer|shopper|subscriber|policyholder|policy holder|cardholder|account holder|tenant|resident|student|lead
        |requester|complainant|inbound|cust|cx|contact|kunde|kundin|cliente|traveler|traveller|human|anrufer""",
    Role.AGENT: """agent|rep|representative|operator|advisor|adviser|consultant|support|csr|associate|specialist
        |technician|dispatcher|manager|supervisor|employee|staff|helpdesk|help desk|service desk|admin|administrator
        |customer service|customer support|customer care|customer success|customer service agent|care|sales|teller
        |banker|receptionist|clerk|seller|merchant|provider|company|brand|business|outbound|support agent|internal
        |human agent|live agent|user support|client services|client service|client advisor|customer rep
        |customer representative|customer advisor|teammate|worker|officer|nurse|berater|mitarbeiter|agente
        |conseiller|host|wizard""",
    Role.BOT: """bot|chatbot|ivr|virtual agent|virtual assistant|automated agent|voicebot|voice bot|assistant|answer bot
        |ai|ai agent|ai assistant|automation|digital assistant|auto reply|autoresponder|machine|bot agent|phone menu""",
    Role.SYSTEM: "system|event|notification|info|status|trigger|system message|note|internal note|log",
}
_ROLES = {" ".join(name.split()): role for role, names in _NAMES.items() for name in names.split("|")}
_LONGEST = 3
_WORDS = re.compile(r"[^\W\d_]+")
_BRACKETS = re.compile(r"\([^()]{0,60}\)|\[[^\[\]]{0,60}\]")
_BOOLEANS = {"true": "inbound", "false": "outbound"}

# Log-odds of being the agent, per cue found in what one speaker says.
_CUES: tuple[tuple[float, tuple[str, ...]], ...] = (
    (2.5, (r"\b(?:how|what) (?:can|may|could) (?:i|we) (?:help|assist|do for) you",)),
    (2.5, (r"\bthank(?:s| you) (?:so much )?for (?:calling|contacting|reaching out|choosing|holding)",
           r"\bthank(?:s| you) for (?:waiting|your patience)")),
    (2.0, (r"\b(?:anything|something) else (?:that )?(?:i|we) (?:can|could|may) (?:help|assist|do)",)),
    (1.5, (r"\b(?:i|we)(?:'d| would|'ll| will)? (?:be )?(?:happy|glad|love|like) to (?:help|assist) you",)),
    (1.5, (r"\b(?:can|could|may|would) (?:i|you) (?:please )?(?:have|get|provide|verify|confirm|share|dm)\b",)),
    (1.5, (r"\blet me (?:just )?(?:check|look|pull|see what|take a look|find|verify|transfer)",)),
    (1.5, (r"\b(?:i'm|i am|we're|we are)(?: so| very| really)? sorry to hear",
           r"\b(?:i|we) (?:do )?(?:apologi[sz]e|understand (?:your|how))")),
    (1.5, (r"\b(?:dm|direct message|private message) us\b",
           r"\bour (?:team|system|records|website|policy|policies)\b")),
    (1.5, (r"\bwelcome to\b", r"\bhere to help\b", r"\b(?:one|a) (?:moment|second|minute) (?:please|while)\b",
           r"\bbear with me\b", r"\byour (?:reference|ticket|case|confirmation)(?: number)? is\b")),
    (1.0, (r"\b(?:have a (?:great|nice|good|wonderful) (?:day|evening|weekend|one))",)),
    (1.0, (r"\byour (?:account|order|booking|ticket|request|case|policy|card) (?:number|is|has|was|will)\b",)),
    (1.0, (r"\bthis is \w+ (?:from|with|in|at)\b", r"\bmy name is \w+ (?:from|and i'll|and i will)\b")),
    (-2.0, (r"\bi(?:'m| am|'ve| have)?(?: still| been)? (?:having|got|have|had) (?:a|an|some|this)"
            r" (?:problem|issue|question|trouble)",)),
    (-1.5, (r"\bmy (?:\w+ )?(?:order|bill|account|card|phone|flight|internet|package|payment|password)\b",
            r"\bmy (?:\w+ )?(?:booking|refund|policy|bag|claim|subscription|bank|money)\b")),
    (-1.5, (r"\b(?:i|we) (?:want|need|would like|'d like|was|were|got|bought|ordered|called|tried)\b",
            r"\b(?:i|we) (?:paid|received|can't|cannot|couldn't|didn't|never)\b")),
    (-1.5, (r"\bi'd like to\b", r"\bi'm (?:calling|trying|looking|writing|waiting|not able|unable|locked)\b")),
    (-1.5, (r"\b(?:doesn't|does not|isn't|is not|not|stopped|won't) (?:work|working|load|loading|connect)\b",)),
    (-1.0, (r"\byou (?:guys|people|charged|told me|said|never|keep)\b",
            r"\byour (?:company|service|website|app) (?:is|has|was|keeps)\b")),
    (-1.0, (r"\bthank(?:s| you)(?: so much| very much)? for (?:your|the|all your) (?:help|assistance)\b",)),
)  # fmt: skip
_COMPILED = tuple((weight, re.compile("|".join(cues), re.I)) for weight, cues in _CUES)
_READ = 2_000  # characters of a turn that are looked at, and turns of a conversation
_TURNS = 60
_CEILING = 0.95


@dataclass(frozen=True, slots=True)
class Guess:
    """A role and how sure we are, 0.5..1; 0 for UNKNOWN."""

    role: Role
    confidence: float


_NOBODY = Guess(Role.UNKNOWN, 0.0)


@lru_cache(maxsize=8192)
def known(label: str) -> Guess | None:
    """The role a label names, such as "Agent 2", "END_USER" or "Maria (support)"; None if it names none."""
    inside = _words(label)
    words = _words(_BRACKETS.sub(" ", label)) or inside
    exact = _ROLES.get(_BOOLEANS.get(" ".join(words), " ".join(words)))
    if exact is not None:
        return Guess(exact, 1.0)
    part = _part(inside) if len(inside) <= 5 else None
    return Guess(part, 0.9) if part else None


def assign(
    labels: Sequence[str | None],
    texts: Sequence[str],
    *,
    customer: str | None = None,
    agent: str | None = None,
    company: str | None = None,
    unlabelled: Role = Role.UNKNOWN,
) -> list[Guess]:
    """One guess a turn. `customer`, `agent`, `company`: names that settle a label that equals them.

    unlabelled: the role of a turn without a label in which no cue speaks.
    """
    exact = [known(label) for label in labels if label is not None]
    settled = [guess for guess in exact if guess is not None]
    if len(settled) == len(labels):  # the usual file names its roles
        return settled
    named = _settled(labels, customer, agent, company)
    guessed = _guess_speakers(labels, texts, named)
    return [_turn(label, text, guessed, unlabelled) for label, text in zip(labels, texts, strict=True)]


def _settled(
    labels: Sequence[str | None], customer: str | None, agent: str | None, company: str | None
) -> dict[str, Guess]:
    found: dict[str, Guess] = {}
    ours = {_key(customer): Guess(Role.CUSTOMER, 1.0), _key(agent): Guess(Role.AGENT, 1.0)}
    ours |= {_key(company): Guess(Role.AGENT, 0.95)}
    for label in set(labels) - {None}:
        guess = known(label or "") or ours.get(_key(label))
        if guess is not None and label:
            found[label] = guess
    return found


def _guess_speakers(labels: Sequence[str | None], texts: Sequence[str], named: dict[str, Guess]) -> dict[str, Guess]:
    """Of the labels that name no role the most customer-like is the customer, unless one is known already."""
    unknown = list(dict.fromkeys(label for label in labels if label is not None and label not in named))
    if not unknown:
        return named
    scores = {label: _score(label, labels, texts) for label in unknown}
    has_customer = any(guess.role is Role.CUSTOMER for guess in named.values())
    customer = None if has_customer else min(unknown, key=lambda label: scores[label])
    rivals = [score for label, score in scores.items() if label != customer]
    others = any(guess.role is Role.AGENT for guess in named.values())
    guesses = dict(named)
    for label in unknown:
        guesses[label] = (
            Guess(Role.CUSTOMER, _customer_confidence(scores[label], rivals, others))
            if label == customer
            else Guess(Role.AGENT, _sure(scores[label] - (scores[customer] if customer else -1.0)))
        )
    return guesses


def _customer_confidence(score: float, rivals: list[float], agent_known: bool) -> float:
    if rivals:
        return _sure(min(rivals) - score)
    return _sure((1.5 if agent_known else 0.5) - score)


def _score(label: str, labels: Sequence[str | None], texts: Sequence[str]) -> float:
    """Log-odds of being the agent; who opens a contact in own words is a little more likely the customer."""
    said = [text for other, text in zip(labels[:_TURNS], texts[:_TURNS], strict=True) if other == label]
    opens = -0.3 if labels and labels[0] == label else 0.0
    return opens + sum(_cues(text) for text in said)


def _cues(text: str) -> float:
    return sum(weight for weight, cue in _COMPILED if cue.search(text[:_READ]))


def _turn(label: str | None, text: str, guessed: dict[str, Guess], unlabelled: Role) -> Guess:
    if label is not None:
        return guessed[label]
    score = _cues(text)
    if abs(score) < (1.0 if unlabelled is Role.UNKNOWN else 2.5):
        return _NOBODY if unlabelled is Role.UNKNOWN else Guess(unlabelled, 0.5)
    return Guess(Role.AGENT if score > 0 else Role.CUSTOMER, _sure(abs(score) / 2))


def _sure(log_odds: float) -> float:
    return round(min(_CEILING, max(0.5, 1 / (1 + math.exp(-log_odds)))), 3)


def _words(label: str) -> list[str]:
    return [word.casefold() for word in _WORDS.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label[:80]))]


def _part(words: list[str]) -> Role | None:
    """The role named by the longest, then the last run of words: "delta customer service" is an agent."""
    for size in range(min(_LONGEST, len(words)), 0, -1):
        for start in range(len(words) - size, -1, -1):
            role = _ROLES.get(" ".join(words[start : start + size]))
            if role is not None:
                return role
    return None


@lru_cache(maxsize=8192)
def _key(name: str | None) -> str:
    """Handles and names compare by their letters and digits: "@Virgin America" is virginamerica."""
    return re.sub(r"[\W_]+", "", name or "").casefold() or "\0"
