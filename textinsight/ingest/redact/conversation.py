"""Masking over a whole conversation: who asked for what, and numbers read out over several turns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from textinsight.conversation import Conversation, Role, Turn
from textinsight.ingest.redact.cards import card_windows, is_card
from textinsight.ingest.redact.config import DEFAULT, Kind, RedactConfig, Span, replace_spans, spans_of
from textinsight.ingest.redact.contacts import may_hold_email
from textinsight.ingest.redact.cues import Cues, asked_for, only_links
from textinsight.ingest.redact.mask import fits, is_amount, mask_once
from textinsight.ingest.redact.numbers import HESITATION, Group, Run, find_runs
from textinsight.ingest.redact.pseudonyms import is_personal_id, pseudonym

_MEMORY = 6  # turns a question stays open: "hang on, I'll get it", "take your time"
_INTERLUDE = 80  # characters of another speaker that do not break a number: "okay, and the next four digits?"
_SAID = 2  # digits of what may be a count; more are a number that somebody read out
_SHORTEST = 6  # digits of the shortest number looked for over several turns
_WHOLE = {Kind.CARD: 16, Kind.SSN: 9, Kind.PHONE: 10, Kind.ACCOUNT: 12}  # digits after which nothing is missing
_BARE = re.compile(rf"(?:[\W_]|\b(?:and|then|{HESITATION})\b)*+", re.IGNORECASE)
_JOINABLE = dict.fromkeys((Kind.CARD, Kind.SSN, Kind.PHONE, Kind.ACCOUNT)).keys()  # in this order


def mask_conversation(
    conversation: Conversation, *, config: RedactConfig = DEFAULT, key: bytes
) -> tuple[Conversation, Counter[Kind]]:
    """The conversation with personal data masked, and how many placeholders of each kind its turns hold.

    Ids that are personal data themselves become keyed pseudonyms, so that contacts of one customer still link.
    """
    texts = _mask_turns(conversation.turns, config)
    turns = tuple(
        turn if text == turn.text else replace(turn, text=text)
        for turn, text in zip(conversation.turns, texts, strict=True)
    )
    company = conversation.company
    masked = replace(
        conversation,
        turns=turns,
        conversation_id=mask_contact_id(conversation.conversation_id, config=config, key=key),
        customer_id=_mask_id(conversation.customer_id, config, key),
        identity_keys=tuple(sorted(pseudonym(value, key=key) for value in conversation.identity_keys)),
        agent_id=_mask_id(conversation.agent_id, config, key),
        channel=_mask(conversation.channel, config),
        company=company and _mask(company, config),
    )
    return masked, Counter(span.kind for text in texts for span in spans_of(text))


def mask_contact_id(conversation_id: str, *, config: RedactConfig | None = None, key: bytes) -> str:
    """The conversation_id as `mask_conversation` leaves it."""
    return _mask_id(conversation_id, config or RedactConfig(), key, names=False) or ""


def _mask_id(value: str | None, config: RedactConfig, key: bytes, *, names: bool = True) -> str | None:
    if value and is_personal_id(value, config=config, names=names):
        return pseudonym(value, key=key)
    return value


def _mask(text: str, config: RedactConfig) -> str:
    return mask_once(text, find_runs(text), config=config)


def _mask_turns(turns: Sequence[Turn], config: RedactConfig) -> list[str]:
    roles = [turn.role for turn in turns]
    texts = [turn.text for turn in turns]
    runs = [find_runs(text, turn=at) for at, text in enumerate(texts)]
    questions = _Questions(roles)
    while True:
        before = list(texts)
        _mask_joined(questions, texts, runs, config)
        for at, text in enumerate(texts):
            if _may_hold(text, runs[at]):
                asked = questions.open_at(texts, runs, at)
                texts[at] = mask_once(text, runs[at], config=config, asked=asked)
        if texts == before:
            return texts
        _refresh(runs, before, texts)


def _may_hold(text: str, runs: Sequence[Run]) -> bool:
    """A quick look that spares most turns the search for questions before them."""
    return any(len(run.groups) > 2 or run.size > 2 for run in runs) or may_hold_email(text)


def _refresh(runs: list[list[Run]], before: Sequence[str], texts: Sequence[str]) -> None:
    for at, text in enumerate(texts):
        if text != before[at]:
            runs[at] = find_runs(text, turn=at)


@dataclass(slots=True)
class _Questions:
    """Who asks for which kinds; each turn is read once, as long as it stays as it is."""

    roles: Sequence[Role]
    read: dict[tuple[str, bool], frozenset[Kind] | None] = field(default_factory=dict)

    def asked_in(self, texts: Sequence[str], at: int) -> frozenset[Kind] | None:
        """The kinds that turn `at` asks for; None if it asks for no number."""
        key = (texts[at], self.roles[at] is Role.CUSTOMER)
        if key not in self.read:
            self.read[key] = asked_for(key[0], by_customer=key[1])
        return self.read[key]

    def open_at(self, texts: Sequence[str], runs: Sequence[Sequence[Run]], at: int) -> frozenset[Kind]:
        """The kinds that the latest question within memory asks for; who states a number instead has moved on."""
        for earlier in range(at - 1, max(-1, at - 1 - _MEMORY), -1):
            kinds = self.asked_in(texts, earlier)
            if kinds is not None:
                return kinds
            if self.roles[earlier] is not self.roles[at] and any(run.size > _SAID for run in runs[earlier]):
                break
        return frozenset()


@dataclass(slots=True)
class _Chain:
    """Pieces of one number that one speaker reads out over several turns."""

    asked: frozenset[Kind]
    groups: list[Group] = field(default_factory=list)

    def takes(self, turn: int) -> bool:
        """Whether a piece in this turn may go on with the number: it is neither long ago nor read to its end."""
        if turn - self.groups[-1].turn > _MEMORY:
            return False
        digits = "".join(group.digits for group in self.groups)
        whole = max((_WHOLE[kind] for kind in self.asked if kind in _WHOLE), default=_WHOLE[Kind.CARD])
        return len(digits) < whole and not is_card(digits)


def _mask_joined(questions: _Questions, texts: list[str], runs: list[list[Run]], config: RedactConfig) -> None:
    """Mask in place the numbers that only their pieces together make."""
    lengths = [sum(run.size for run in found) for found in runs if found]
    if len(lengths) < 2 or sum(lengths) < _SHORTEST:
        return
    for chain in list(_chains(questions, texts, runs)):
        if len({group.turn for group in chain.groups}) < 2:
            continue
        spans = [(turn, span) for turn, span in _joined_spans(chain) if span.kind in config.kinds]
        for turn in {turn for turn, _ in spans}:
            texts[turn] = replace_spans(texts[turn], [span for at, span in spans if at == turn])
            runs[turn] = find_runs(texts[turn], turn=turn)


def _joined_spans(chain: _Chain) -> Iterator[tuple[int, Span]]:
    run = Run.of(chain.groups)
    windows = card_windows(run, whole=False)
    kind = Kind.CARD if windows else next((k for k in _JOINABLE if k in chain.asked and fits(run, k)), None)
    if kind is None:
        return
    for first, last in windows or [(0, len(run.groups))]:
        groups = run.groups[first:last]
        for turn in {group.turn for group in groups}:
            own = [group for group in groups if group.turn == turn]
            yield turn, Span(own[0].start, own[-1].end, kind)


def _chains(questions: _Questions, texts: Sequence[str], runs: Sequence[Sequence[Run]]) -> Iterator[_Chain]:
    """Numbers that may go on in the speaker's next turn, with no more than a short word in between."""
    chains: dict[Role, _Chain] = {}
    for at, (role, text) in enumerate(zip(questions.roles, texts, strict=True)):
        head, tail = _piece(text, runs[at])
        goes_on = bool(head) and role in chains and chains[role].takes(at)
        if goes_on:
            chains[role].groups.extend(head)
        if goes_on and head is tail:
            continue
        if tail:
            yield from _close(chains, role)
            asked = _context(questions, texts, runs, tail[0])
            if asked is not None:
                chains[role] = _Chain(asked, list(tail))
        elif not _is_interlude(text, runs[at]):
            yield from _close(chains, *chains)
        elif chains:
            yield from _close(chains, *_ended_by(chains, questions.asked_in(texts, at)))
    yield from chains.values()


def _close(chains: dict[Role, _Chain], *roles: Role) -> list[_Chain]:
    return [chains.pop(role) for role in roles if role in chains]


def _piece(text: str, runs: Sequence[Run]) -> tuple[list[Group], list[Group]]:
    """The groups that may continue the turn before, and those that may go on; the same list if text has no more."""
    if not runs:
        return [], []
    if not any(run.shape != (1,) for run in runs) and not _BARE.fullmatch(_around(text, runs)):
        return [], []  # "the new one", "yes, that one"
    bounds = [0, *(edge for run in runs for edge in (run.start, run.end)), len(text)]
    clean = [only_links(text[bounds[i] : bounds[i + 1]]) for i in range(0, len(bounds), 2)]
    if all(clean):
        groups = [group for run in runs for group in run.groups]
        return groups, groups
    head, tail = runs[0], runs[-1]
    return (
        list(head.groups) if clean[0] and _is_part(text, head) else [],
        list(tail.groups) if clean[-1] and _is_part(text, tail) else [],
    )


def _around(text: str, runs: Sequence[Run]) -> str:
    """`text` without its numbers."""
    edges = [0, *(edge for run in runs for edge in (run.start, run.end)), len(text)]
    return " ".join(text[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2))


def _is_part(text: str, run: Run) -> bool:
    """Whether a number within a sentence may be a part of a longer one: "five years" is none."""
    return run.size >= _SAID and not is_amount(text, run)


def _context(
    questions: _Questions, texts: Sequence[str], runs: Sequence[Sequence[Run]], first: Group
) -> frozenset[Kind] | None:
    """The kinds that a number starting here may be; None if its own cue says that it is nobody's secret."""
    own = next(Cues(texts[first.turn]).before(first.start), None)
    if own and own.tied:
        return frozenset((own.kind,)) if own.kind else None
    return questions.open_at(texts, runs, first.turn)


def _is_interlude(text: str, runs: Sequence[Run]) -> bool:
    return len(text) <= _INTERLUDE and sum(run.size for run in runs) < 3


def _ended_by(chains: dict[Role, _Chain], kinds: frozenset[Kind] | None) -> list[Role]:
    """The chains that a question for another kind of number ends."""
    if kinds is None:
        return []
    return [role for role, chain in chains.items() if kinds.isdisjoint(chain.asked & _JOINABLE or {Kind.CARD})]
