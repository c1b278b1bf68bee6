"""Records → conversations, in both forms of table: a row a conversation, or a row a message.

The form is decided by looking at the first rows. Rows of messages are grouped by conversation id (they may be
interleaved), or by customer and silence where there is none; only this holds a file in memory. Every row ends
in a conversation or as a reject.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any

from textinsight.conversation import Conversation, Role
from textinsight.errors import InputError
from textinsight.ingest import contact, sessions, times, turns
from textinsight.ingest.columns import bind
from textinsight.ingest.contact import Facts
from textinsight.ingest.files import decode
from textinsight.ingest.reader import Limits, Reject
from textinsight.ingest.roles import known
from textinsight.ingest.turns import RawTurn

_LOOK = 200  # rows looked at before the form is decided
_LOOK_FOR_DATES = 20_000  # and until a date shows whether the day comes first
_LOOK_BYTES = 32 * 2**20
_TIME_FIELDS = ("started_at", "ended_at", "time", "customer_since")
_NESTED = ("survey", "metadata")


@dataclass(slots=True)
class Row:
    """One record of a file: its line (1-based), values, and the raw text if there is one."""

    line: int
    values: Mapping[str, Any]
    raw: bytes | str = ""

    @property
    def excerpt(self) -> str:
        """The start of the record as it was written."""
        if isinstance(self.raw, bytes):
            return decode(self.raw[:400])
        return self.raw or ", ".join(str(value)[:200] for value in self.values.values())


@dataclass(slots=True)
class _Layout:
    """How to read the rows: their columns, and whether a row is a message."""

    bound: dict[str, str]
    messages: bool
    day_first: bool | None
    names: dict[str, None]
    facts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """A message's own time is no fact of its contact."""
        drop = ("time",) if self.messages else ()
        self.facts = {field: column for field, column in self.bound.items() if field not in drop}

    def see(self, values: Mapping[str, Any]) -> None:
        """Records of one file may have different keys: bind those not met before."""
        if not values.keys() <= self.names.keys():
            self.names.update(dict.fromkeys(values))
            self.bound = bind(self.names, self.bound)
            self.__post_init__()


@dataclass(slots=True)
class _Group:
    """The messages of one contact as they come in."""

    facts: Facts
    turns: list[RawTurn] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    customer_speaks: bool = False


def assemble(
    rows: Iterable[Row | Reject], *, path: Path, mapping: Mapping[str, str], limits: Limits
) -> Iterator[Conversation | Reject]:
    """Conversations and rejects of a file's records; InputError if no column holds text."""
    stream = iter(rows)
    head = _head(stream, mapping)
    found = [row for row in head if isinstance(row, Row)]
    if not found:
        yield from (item for item in head if isinstance(item, Reject))
        return
    layout = _layout(found, path, mapping)
    form = _messages if layout.messages else _contacts
    yield from form(chain(head, stream), layout, path, limits)


def auto_id(path: Path, content: str) -> str:
    """A stable id for a contact without one: the same file name and content give the same id."""
    digest = blake2b(f"{path.name}\0{content}".encode("utf-8", "replace"), digest_size=8)
    return f"auto-{digest.hexdigest()}"


def _head(stream: Iterator[Row | Reject], mapping: Mapping[str, str]) -> list[Row | Reject]:
    head: list[Row | Reject] = []
    size = 0
    for item in stream:
        head.append(item)
        size += len(item.excerpt if isinstance(item, Reject) else item.raw)
        full = len(head) >= _LOOK_FOR_DATES or size > _LOOK_BYTES
        if full or (len(head) % _LOOK == 0 and not _dates_unsure(head, mapping)):
            break
    return head


def _dates_unsure(head: Sequence[Row | Reject], mapping: Mapping[str, str]) -> bool:
    rows = [row for row in head if isinstance(row, Row)]
    values = _dates(rows, bind(_names(rows), mapping)) if rows else []
    return any(map(times.is_ambiguous, values)) and times.day_first(values) is None


def _dates(rows: Sequence[Row], bound: Mapping[str, str]) -> list[object]:
    """The values of all time columns, the turns' own among them."""
    columns = [bound[name] for name in _TIME_FIELDS if name in bound]
    values = [row.values.get(column) for row in rows for column in columns]
    return values + [value for row in rows for value in _turn_dates(row.values.get(bound.get("turns", "")))]


def _turn_dates(value: object) -> list[object]:
    turn = value[0] if isinstance(value, list) and value else None
    if not isinstance(turn, dict):
        return []
    return [item for item in turn.values() if isinstance(item, str) and len(item) < 40]


def _names(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in _flat(row.values)))


def _layout(rows: Sequence[Row], path: Path, mapping: Mapping[str, str]) -> _Layout:
    names = _names(rows)
    bound = bind(names, mapping)
    if "text" not in bound and "turns" not in bound:
        raise InputError(
            f"{path} has no column for the text or the turns; it has {', '.join(names[:30])}",
            hint="name it: --map text=COLUMN or --map turns=COLUMN",
        )
    _settle_id(bound, rows)
    messages = _are_messages(bound, rows)
    if messages:
        _settle_offsets(bound, rows)
    return _Layout(bound, messages, times.day_first(_dates(rows, bound)), dict.fromkeys(names))


def _settle_id(bound: dict[str, str], rows: Sequence[Row]) -> None:
    """A bare `id` is the contact's, unless the rows are messages: then only if it comes again."""
    if "id" not in bound or "conversation_id" in bound:
        return
    values = [str(row.values.get(bound["id"])) for row in rows]
    if "turns" in bound or "role" not in bound or len(set(values)) < len(values):
        bound["conversation_id"] = bound.pop("id")


def _settle_offsets(bound: dict[str, str], rows: Sequence[Row]) -> None:
    """A message's start_time of 12.5 or "00:01:02" is its place in the conversation, not a date."""
    values = [row.values.get(bound.get("started_at", "")) for row in rows]
    offsets = [times.parse_offset(value) for value in values if not times.is_missing(value)]
    if offsets and all(offset is not None and offset < turns.OFFSETS_BELOW for offset in offsets):
        bound.setdefault("offset_s", bound.pop("started_at"))
        bound.pop("ended_at", None)


def _are_messages(bound: Mapping[str, str], rows: Sequence[Row]) -> bool:
    if "text" not in bound or _share(rows, bound.get("turns")) > 0.5:
        return False
    repeated = _repeated(rows, bound.get("conversation_id"))
    if "role" not in bound:
        return repeated > 0.5 or ("turn_index" in bound and "conversation_id" in bound)
    return repeated > 0 or "conversation_id" not in bound or _name_roles(rows, bound["role"])


def _share(rows: Sequence[Row], column: str | None) -> float:
    return sum(not times.is_missing(row.values.get(column or "")) for row in rows) / len(rows)


def _repeated(rows: Sequence[Row], column: str | None) -> float:
    """Share of rows whose value another row has too."""
    counts = Counter(str(row.values.get(column)) for row in rows) if column else Counter()
    return sum(n for n in counts.values() if n > 1) / len(rows)


def _name_roles(rows: Sequence[Row], column: str) -> bool:
    labels = [turns.label_of(row.values.get(column)) for row in rows]
    return sum(label is not None and known(label) is not None for label in labels) > len(rows) / 2


def _flat(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """{"survey": {"csat": 4}} says the same as {"csat": 4}."""
    for name in _NESTED:
        nested = values.get(name)
        if isinstance(nested, dict):
            values = {**nested, **values}
    return values


def _contacts(
    rows: Iterable[Row | Reject], layout: _Layout, path: Path, limits: Limits
) -> Iterator[Conversation | Reject]:
    seen: Counter[str] = Counter()
    for row in rows:
        if isinstance(row, Reject):
            yield row
            continue
        try:
            yield _contact(row, layout, path, limits, seen)
        except ValueError as error:
            yield Reject(path.name, row.line, str(error), row.excerpt)


def _contact(row: Row, layout: _Layout, path: Path, limits: Limits, seen: Counter[str]) -> Conversation:
    values = _flat(row.values)
    layout.see(values)
    facts = contact.read(values, layout.facts, day_first=layout.day_first)
    said = _said(values, layout, limits)
    return contact.build(facts, said, fallback_id=lambda: _numbered(path, values, seen), line=row.line, limits=limits)


def _said(values: Mapping[str, Any], layout: _Layout, limits: Limits) -> list[RawTurn]:
    value = values.get(layout.bound.get("turns", ""))
    if not times.is_missing(value):
        return turns.from_value(value, limits=limits, day_first=layout.day_first)
    text = values.get(layout.bound.get("text", ""))
    if isinstance(text, list) and text and isinstance(text[0], (dict, list)):
        return turns.from_value(text, limits=limits, day_first=layout.day_first)
    if times.is_missing(text):
        raise ValueError("no text")
    return turns.from_text(turns.text_of(text))


def _numbered(path: Path, values: Mapping[str, Any], seen: Counter[str]) -> str:
    """Two customers may write the very same words: the second such row counts as "… 2"."""
    content = json.dumps(values, sort_keys=True, default=str)
    found = auto_id(path, content)
    seen[found] += 1
    return found if seen[found] == 1 else auto_id(path, f"{content} {seen[found]}")


def _messages(
    rows: Iterable[Row | Reject], layout: _Layout, path: Path, limits: Limits
) -> Iterator[Conversation | Reject]:
    groups: dict[str, _Group] = {}
    loose: dict[str, list[_Group]] = {}
    for row in rows:
        if isinstance(row, Reject):
            yield row
            continue
        try:
            _collect(row, layout, path, groups, loose)
        except ValueError as error:
            yield Reject(path.name, row.line, str(error), row.excerpt)
    for customer, messages in loose.items():
        groups.update(_sessions(path, customer, messages))
    unlabelled = Role.UNKNOWN if "role" in layout.bound else Role.CUSTOMER
    for name, group in groups.items():
        yield from _whole(name, group, path, limits, unlabelled)


def _collect(row: Row, layout: _Layout, path: Path, groups: dict[str, _Group], loose: dict[str, list[_Group]]) -> None:
    values = _flat(row.values)
    layout.see(values)
    facts = contact.read(values, layout.facts, day_first=layout.day_first)
    turn = turns.from_record(values, layout.bound, day_first=layout.day_first)
    if not turn.text:
        raise ValueError("no text")
    message = _Group(facts, [turn], [row.line])
    name = facts.conversation_id
    if name is None and not {"conversation_id", "customer_id"} & layout.bound.keys():
        name = path.stem
    if name is not None:
        _add(groups.setdefault(name, _Group(Facts())), message)
    elif facts.customer_id is None or turn.time is None:
        raise ValueError("a message without conversation_id needs customer_id and a time to be grouped by")
    else:
        loose.setdefault(facts.customer_id, []).append(message)


def _add(group: _Group, message: _Group) -> None:
    """The customer's own rows say best who the customer is: others may carry their author's id."""
    guess = known(message.turns[0].label or "")
    if guess is not None and guess.role is Role.CUSTOMER and not group.customer_speaks:
        group.customer_speaks = True
        group.facts.customer_id = message.facts.customer_id or group.facts.customer_id
    contact.merge(group.facts, message.facts)
    group.turns += message.turns
    group.lines += message.lines


def _sessions(path: Path, customer: str, messages: list[_Group]) -> Iterator[tuple[str, _Group]]:
    messages = sorted(messages, key=lambda message: message.turns[0].time or times.EPOCH)
    at = [message.turns[0].time or times.EPOCH for message in messages]
    for session in sessions.split(at):
        group = _Group(Facts())
        for i in session:
            _add(group, messages[i])
        yield auto_id(path, f"{customer}\0{at[session.start].isoformat()}"), group


def _whole(name: str, group: _Group, path: Path, limits: Limits, unlabelled: Role) -> Iterator[Conversation | Reject]:
    try:
        yield contact.build(
            group.facts,
            group.turns,
            fallback_id=lambda: name,
            line=min(group.lines),
            limits=limits,
            unlabelled=unlabelled,
        )
    except ValueError as error:
        for line, turn in zip(group.lines, group.turns, strict=True):
            yield Reject(path.name, line, f"its conversation was refused: {error}", turn.text)
