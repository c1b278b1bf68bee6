"""What a table's first rows show: which columns are ours, whether a row is a message, which number is the day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textinsight.errors import InputError
from textinsight.ingest import contact, times, turns
from textinsight.ingest.columns import bind, cell
from textinsight.ingest.files import decode
from textinsight.ingest.reader import Reject
from textinsight.ingest.roles import known

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
    def size(self) -> int:
        """About how many bytes it holds."""
        return len(self.raw) or sum(len(value) for value in self.values.values() if isinstance(value, str))

    @property
    def excerpt(self) -> str:
        """The start of the record as it was written."""
        if isinstance(self.raw, bytes):
            return decode(self.raw[:400])
        return self.raw or ", ".join(str(value)[:200] for value in self.values.values())


@dataclass(slots=True)
class Layout:
    """How to read the rows: their columns, and whether a row is a message."""

    bound: dict[str, str]
    messages: bool
    day_first: bool | None
    names: dict[str, None]
    start_is_mapped: bool = False
    facts: contact.Plan = ()

    def __post_init__(self) -> None:
        """A message's own time is no fact of its contact; nor is `Time` beside a column mapped to the start."""
        drop = ("time",) if self.messages or self.start_is_mapped else ()
        self.facts = contact.plan({ours: theirs for ours, theirs in self.bound.items() if ours not in drop})

    def see(self, values: Mapping[str, Any]) -> None:
        """Records of one file may have different keys: bind those not met before."""
        if not values.keys() <= self.names.keys():
            self.names.update(dict.fromkeys(values))
            self.bound = bind(self.names, self.bound)
            self.__post_init__()


def flat(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """{"survey": {"csat": 4}} says the same as {"csat": 4}."""
    for name in _NESTED:
        nested = values.get(name)
        if isinstance(nested, dict):
            values = {**nested, **values}
    return values


def look(stream: Iterator[Row | Reject], mapping: Mapping[str, str]) -> list[Row | Reject]:
    """The first items of the stream, with as many rows among them as it takes to know the layout."""
    head: list[Row | Reject] = []
    rows: list[Row] = []
    size = 0
    for item in stream:
        head.append(item)
        if isinstance(item, Reject):
            continue
        rows.append(item)
        size += item.size
        full = len(rows) >= _LOOK_FOR_DATES or size > _LOOK_BYTES
        if full or (len(rows) % _LOOK == 0 and not _dates_unsure(rows, mapping)):
            break
    return head


def _dates_unsure(rows: Sequence[Row], mapping: Mapping[str, str]) -> bool:
    values = _dates(rows, bind(_names(rows), mapping))
    return any(map(times.is_ambiguous, values)) and times.day_first(values) is None


def _dates(rows: Sequence[Row], bound: Mapping[str, str]) -> list[object]:
    """The values of all time columns, the turns' own among them."""
    columns = [bound[name] for name in _TIME_FIELDS if name in bound]
    values = [row.values.get(column) for row in rows for column in columns]
    return values + [value for row in rows for value in _turn_dates(cell(row.values, bound, "turns"))]


def _turn_dates(value: object) -> list[object]:
    turn = value[0] if isinstance(value, list) and value else None
    if not isinstance(turn, dict):
        return []
    return [item for item in turn.values() if isinstance(item, str) and len(item) < 40]


def _names(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in flat(row.values)))


def layout_of(rows: Sequence[Row], path: Path, mapping: Mapping[str, str]) -> Layout:
    """The layout that the rows show; InputError if no column holds text."""
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
    return Layout(
        bound,
        messages,
        times.day_first(_dates(rows, bound)),
        dict.fromkeys(names),
        start_is_mapped="started_at" in mapping,
    )


def _settle_id(bound: dict[str, str], rows: Sequence[Row]) -> None:
    """A bare `id` is the contact's, unless the rows are messages: then only if it comes again."""
    if "id" not in bound or "conversation_id" in bound:
        return
    values = [str(row.values.get(bound["id"])) for row in rows]
    if "turns" in bound or "role" not in bound or len(set(values)) < len(values):
        bound["conversation_id"] = bound.pop("id")


def _settle_offsets(bound: dict[str, str], rows: Sequence[Row]) -> None:
    """A message's start_time of 12.5 or "00:01:02" is its place in the conversation, not a date."""
    values = [cell(row.values, bound, "started_at") for row in rows]
    offsets = [times.parse_offset(value) for value in values if not times.is_missing(value)]
    if offsets and all(offset is not None and offset < turns.OFFSETS_BELOW for offset in offsets):
        bound.setdefault("offset_s", bound.pop("started_at"))
        bound.pop("ended_at", None)


def _are_messages(bound: Mapping[str, str], rows: Sequence[Row]) -> bool:
    if "text" not in bound or _share(rows, bound, "turns") > 0.5:
        return False
    named = "conversation_id" in bound
    speaker = bound.get("role") or bound.get("speaker_id")
    if speaker is None:
        numbered = {"turn_index", "message_id"} & bound.keys()
        return bool(numbered) and (named or "reply_to" in bound)
    return not named or _repeats(rows, bound["conversation_id"]) or _name_roles(rows, speaker)


def _share(rows: Sequence[Row], bound: Mapping[str, str], name: str) -> float:
    """In how many rows a field is not empty."""
    return sum(not times.is_missing(cell(row.values, bound, name)) for row in rows) / len(rows)


def _repeats(rows: Sequence[Row], column: str) -> bool:
    """Does a value come again in another row?"""
    values = [str(row.values.get(column)) for row in rows]
    return len(set(values)) < len(values)


def _name_roles(rows: Sequence[Row], column: str) -> bool:
    labels = [turns.label_of(row.values.get(column)) for row in rows]
    return sum(label is not None and known(label) is not None for label in labels) > len(rows) / 2
