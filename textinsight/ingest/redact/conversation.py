"""Masking over a whole conversation: who asked for what, and numbers read out over several turns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from textinsight.conversation import Conversation, Role, Turn
from textinsight.ingest.redact.cards import card_windows
from textinsight.ingest.redact.config import DEFAULT, Kind, RedactConfig, Span, replace_spans, spans_of
from textinsight.ingest.redact.contacts import may_hold_email
from textinsight.ingest.redact.cues import asked_for, cues_before, only_links
from textinsight.ingest.redact.mask import fits, mask_once
from textinsight.ingest.redact.numbers import Group, Run, find_runs
from textinsight.ingest.redact.pseudonyms import is_personal_id, pseudonym

_MEMORY = 6  # turns a question stays open: "hang on, I'll get it", "take your time"
_INTERLUDE = 80  # characters of another speaker that do not break a number: "okay, and the next four digits?"
_SHORTEST = 6  # digits of the shortest number looked for over several turns
_JOINABLE = (Kind.CARD, Kind.SSN, Kind.PHONE, Kind.ACCOUNT)


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
    while True:
        before = list(texts)
        _mask_joined(roles, texts, runs, config)
        for at, text in enumerate(texts):
            if _may_hold(text, runs[at]):
                asked = _asked(roles, texts, at)
                texts[at] = mask_once(text, runs[at], config=config, asked=asked)
        if texts == before:
            return texts
        _refresh(runs, before, texts)


def _may_hold(text: str, runs: Sequence[Run]) -> bool:
    """A quick look that spares most turns the search for questions before them."""
    return any(len(run.groups) > 2 or sum(run.shape) > 2 for run in runs) or may_hold_email(text)


def _refresh(runs: list[list[Run]], before: Sequence[str], texts: Sequence[str]) -> None:
    for at, text in enumerate(texts):
        if text != before[at]:
            runs[at] = find_runs(text, turn=at)


def _asked(roles: Sequence[Role], texts: Sequence[str], at: int) -> frozenset[Kind]:
    """The kinds that the latest question within memory asks for."""
    for earlier in range(at - 1, max(-1, at - 1 - _MEMORY), -1):
        kinds = asked_for(texts[earlier], by_customer=roles[earlier] is Role.CUSTOMER)
        if kinds is not None:
            return kinds
    return frozenset()


@dataclass(slots=True)
class _Chain:
    """Pieces of one number that one speaker reads out over several turns."""

    asked: frozenset[Kind]
    groups: list[Group] = field(default_factory=list)


def _mask_joined(roles: Sequence[Role], texts: list[str], runs: list[list[Run]], config: RedactConfig) -> None:
    """Mask in place the numbers that only their pieces together make."""
    lengths = [sum(sum(run.shape) for run in found) for found in runs if found]
    if len(lengths) < 2 or sum(lengths) < _SHORTEST:
        return
    for chain in list(_chains(roles, texts, runs)):
        if len({group.turn for group in chain.groups}) < 2:
            continue
        spans = [(turn, span) for turn, span in _joined_spans(chain) if span.kind in config.kinds]
        for turn in {turn for turn, _ in spans}:
            texts[turn] = replace_spans(texts[turn], [span for at, span in spans if at == turn])
            runs[turn] = find_runs(texts[turn], turn=turn)


def _joined_spans(chain: _Chain) -> Iterator[tuple[int, Span]]:
    run = Run(chain.groups)
    windows = card_windows(run, whole=False)
    kind = Kind.CARD if windows else next((k for k in _JOINABLE if k in chain.asked and fits(run, k)), None)
    if kind is None:
        return
    for first, last in windows or [(0, len(run.groups))]:
        groups = run.groups[first:last]
        for turn in {group.turn for group in groups}:
            own = [group for group in groups if group.turn == turn]
            yield turn, Span(own[0].start, own[-1].end, kind)


def _chains(roles: Sequence[Role], texts: Sequence[str], runs: Sequence[Sequence[Run]]) -> Iterator[_Chain]:
    """Numbers that may go on in the speaker's next turn, with no more than a short word in between."""
    chains: dict[Role, _Chain] = {}
    for at, (role, text) in enumerate(zip(roles, texts, strict=True)):
        head, tail = _piece(text, runs[at])
        if head and role in chains:
            chains[role].groups.extend(head)
        if head and head is tail and role in chains:
            continue
        if tail:
            yield from _close(chains, role)
            chains[role] = _Chain(_context(roles, texts, tail[0]), list(tail))
        elif not _is_interlude(text, runs[at]):
            yield from _close(chains, *chains)
        else:
            yield from _close(chains, *_ended_by(chains, role, text))
    yield from chains.values()


def _close(chains: dict[Role, _Chain], *roles: Role) -> list[_Chain]:
    return [chains.pop(role) for role in roles if role in chains]


def _piece(text: str, runs: Sequence[Run]) -> tuple[list[Group], list[Group]]:
    """The groups that may continue the turn before, and those that may go on; the same list if text has no more."""
    if not runs:
        return [], []
    bounds = [0, *(edge for run in runs for edge in (run.start, run.end)), len(text)]
    clean = [only_links(text[bounds[i] : bounds[i + 1]]) for i in range(0, len(bounds), 2)]
    if all(clean):
        groups = [group for run in runs for group in run.groups]
        return groups, groups
    return list(runs[0].groups) if clean[0] else [], list(runs[-1].groups) if clean[-1] else []


def _context(roles: Sequence[Role], texts: Sequence[str], first: Group) -> frozenset[Kind]:
    own = [cue for cue in cues_before(texts[first.turn], first.start)[:1] if cue.tied]
    if own:
        return frozenset(cue.kind for cue in own if cue.kind)
    return _asked(roles, texts, first.turn)


def _is_interlude(text: str, runs: Sequence[Run]) -> bool:
    return len(text) <= _INTERLUDE and sum(sum(run.shape) for run in runs) < 3


def _ended_by(chains: dict[Role, _Chain], role: Role, text: str) -> list[Role]:
    """The chains that a question for another kind of number ends."""
    kinds = asked_for(text, by_customer=role is Role.CUSTOMER) if chains else None
    if not kinds:
        return []
    return [other for other, chain in chains.items() if not kinds & (chain.asked or frozenset((Kind.CARD,)))]
