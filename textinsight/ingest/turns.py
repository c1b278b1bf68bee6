"""The turns of one conversation: from dicts, pairs, strings or a written dialogue to ordered `Turn`s."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from textinsight.conversation import Role, Turn
from textinsight.ingest import roles, speech, times
from textinsight.ingest.columns import bind_turn, normal
from textinsight.ingest.reader import Limits
from textinsight.ingest.text import clean, unescaped

OFFSETS_BELOW = 1e6  # a turn's bare "timestamp" below this is seconds since the start, above a Unix time
_SECONDS = frozenset({"offset_s", "offset_seconds", "start_s", "start_sec", "start_seconds", "seconds"})
_LONGEST_S = 1e9


@dataclass(slots=True)
class RawTurn:
    """A turn as read: its speaker's label, and when it was said if that is known."""

    label: str | None
    text: str
    time: datetime | None = None
    offset_s: float | None = None
    speaker_id: str | None = None
    index: float | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """What settles who speaks."""

    customer_id: str | None = None
    agent_id: str | None = None
    company: str | None = None


def from_value(value: object, *, limits: Limits, day_first: bool | None) -> list[RawTurn]:
    """The turns in a `turns` cell: a list, a JSON list in a string, or a dialogue; ValueError if none of them."""
    if isinstance(value, str):
        value = _from_string(value)
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return _from_strings(value)
    if not isinstance(value, list):
        raise ValueError(f"turns is a {type(value).__name__}, expected a list of {{role, text}}")
    if len(value) > limits.max_turns:
        raise ValueError(f"{len(value):,} turns, expected at most {limits.max_turns:,}")
    return [_from_item(item, i, day_first) for i, item in enumerate(value)]


def from_text(text: str) -> list[RawTurn]:
    """One customer turn, or the turns of a text that is a written dialogue."""
    cleaned = clean(text)
    if "\n" in cleaned and speech.is_dialogue(cleaned):
        return from_lines(cleaned.split("\n"))
    return [RawTurn("customer", cleaned)] if cleaned else []


def from_lines(lines: Sequence[str]) -> list[RawTurn]:
    """The turns of a written dialogue."""
    return [_from_utterance(utterance) for utterance in speech.utterances(lines)]


def label_of(value: object) -> str | None:
    """A speaker's label: a name, a number, a yes/no of `inbound`, or {"type"| "role" | "name": …}."""
    if isinstance(value, str):
        return clean(value)[:100] or None
    if value is None or (isinstance(value, float) and times.is_missing(value)):
        return None
    if isinstance(value, Mapping):
        keys = ("role", "type", "name", "id")
        return next((label_of(value[key]) for key in keys if value.get(key) is not None), None)
    return str(value)[:100]


def text_of(value: object) -> str:
    """Plain text, or that of {"text": …} or a list of such parts; ValueError for anything else."""
    if isinstance(value, str):
        return clean(value)
    if value is None or times.is_missing(value):
        return ""
    if isinstance(value, Mapping):
        return text_of(value.get("text", value.get("body", value.get("content"))))
    if isinstance(value, list):
        return "\n".join(filter(None, map(text_of, value)))
    if isinstance(value, bytes):
        return clean(value.decode("utf-8", "replace"))
    return str(value)


def finish(
    raw: list[RawTurn], names: Names, *, started_at: datetime | None, limits: Limits, unlabelled: Role
) -> tuple[tuple[Turn, ...], datetime | None]:
    """Ordered turns with roles, and when the contact started.

    Here, where no text is taken apart any more, HTML entities become the characters that they stand for: none can
    begin a turn. Turns without words are no turns. ValueError if none is left, one is too long or there are too many.
    """
    for turn in raw:
        turn.text = unescaped(turn.text)
    said = _ordered([turn for turn in raw if turn.text])
    _check(said, limits)
    if started_at is None:
        started_at = next((turn.time for turn in said if turn.time is not None), None)
    guesses = roles.assign(
        [turn.label for turn in said],
        [turn.text for turn in said],
        customer=names.customer_id,
        agent=names.agent_id,
        company=names.company,
        unlabelled=Role.CUSTOMER if len(said) == 1 else unlabelled,
    )
    base = _base(said, started_at)
    return tuple(
        Turn(guess.role, turn.text, _offset(turn, base), guess.confidence)
        for turn, guess in zip(said, guesses, strict=True)
    ), started_at


def _from_string(value: str) -> object:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        if speech.is_dialogue(value):
            return clean(value).split("\n")
        raise ValueError("turns is neither a JSON list nor a dialogue of 'Agent: …' lines") from None


def _from_strings(value: list[str]) -> list[RawTurn]:
    lines = [clean(item).replace("\n", " ") for item in value]
    if speech.is_dialogue("\n".join(lines)):
        return from_lines(lines)
    return [RawTurn(*speech.split_label(line)) for line in lines]


def _from_utterance(utterance: speech.Utterance) -> RawTurn:
    when = speech.when(utterance.when)
    if isinstance(when, str):
        return RawTurn(utterance.label, utterance.text, time=times.parse(when))
    return RawTurn(utterance.label, utterance.text, offset_s=when)


def _from_item(item: object, i: int, day_first: bool | None) -> RawTurn:
    if isinstance(item, dict):
        try:
            return from_record(item, bind_turn(tuple(item)), day_first=day_first)
        except ValueError as error:
            raise ValueError(f"turn {i}: {error}") from error
    if isinstance(item, list) and len(item) == 2 and all(isinstance(part, str) for part in item):
        return RawTurn(label_of(item[0]), clean(item[1]))
    raise ValueError(f"turn {i} is a {type(item).__name__}, expected an object with role and text")


def from_record(record: Mapping[str, Any], bound: Mapping[str, str], *, day_first: bool | None) -> RawTurn:
    """A turn from a dict or row whose columns are `bound`; ValueError naming the field that is wrong."""
    get = record.get
    if "text" not in bound:
        raise ValueError(f"no text; it has {', '.join(map(str, list(record)[:8]))}")
    turn = RawTurn(_label(get(bound["role"]), bound["role"]) if "role" in bound else None, text_of(get(bound["text"])))
    if len(bound) > 1:
        _place(turn, record, bound, day_first)
    return turn


def _label(value: object, column: str) -> str | None:
    """A `type` may be the speaker's or the message's: "customer" counts, "text" does not."""
    label = label_of(value)
    return None if label is not None and column.lower() == "type" and roles.known(label) is None else label


def _place(turn: RawTurn, record: Mapping[str, Any], bound: Mapping[str, str], day_first: bool | None) -> None:
    """When and where in the conversation it was said."""
    if "speaker_id" in bound:
        turn.speaker_id = label_of(record.get(bound["speaker_id"]))
        turn.label = turn.label or turn.speaker_id
    if "turn_index" in bound:
        turn.index = times.parse_offset(record.get(bound["turn_index"]))
    if "time" in bound:
        turn.time, turn.offset_s = _time_or_offset(record.get(bound["time"]), bound["time"], day_first)
    if "offset_s" in bound and turn.time is None and turn.offset_s is None:
        name = bound["offset_s"]
        exact = normal(name) in _SECONDS
        turn.time, turn.offset_s = (
            (None, _number(record.get(name), name)) if exact else _time_or_offset(record.get(name), name, day_first)
        )
    if "offset_ms" in bound and turn.offset_s is None:
        found = _number(record.get(bound["offset_ms"]), bound["offset_ms"])
        turn.offset_s = None if found is None else found / 1000
    if turn.offset_s is not None and not 0 <= turn.offset_s < _LONGEST_S:
        raise ValueError(f"its offset is {turn.offset_s:g} s, expected 0 to {_LONGEST_S:,.0f}")


def _time_or_offset(value: object, name: str, day_first: bool | None) -> tuple[datetime | None, float | None]:
    """A number below 1e6 or a clock is an offset, everything else a time."""
    seconds = times.parse_offset(value) if not isinstance(value, datetime) else None
    if seconds is not None and (seconds < OFFSETS_BELOW or seconds == float("inf")):
        return None, seconds
    try:
        return times.parse(value, day_first=day_first), None
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _number(value: object, name: str) -> float | None:
    found = times.parse_offset(value)
    if found is None and not times.is_missing(value):
        raise ValueError(f"{name} is {str(value)[:20]!r}, expected a number or 00:01:02")
    return found


def _ordered(turns: list[RawTurn]) -> list[RawTurn]:
    """In order of their index, then of their times, wherever all of them have one."""
    for key in ("index", "offset_s", "time"):
        if _all_have(turns, key):
            turns = sorted(turns, key=lambda turn: getattr(turn, key))
    return turns


def _all_have(turns: Iterable[RawTurn], name: str) -> bool:
    return all(getattr(turn, name) is not None for turn in turns)


def _check(turns: Sequence[RawTurn], limits: Limits) -> None:
    if not turns:
        raise ValueError("no text in any turn")
    if len(turns) > limits.max_turns:
        raise ValueError(f"{len(turns):,} turns, expected at most {limits.max_turns:,}")
    for i, turn in enumerate(turns):
        if len(turn.text) > limits.max_turn_chars:
            raise ValueError(f"turn {i} has {len(turn.text):,} characters, expected at most {limits.max_turn_chars:,}")


def _base(turns: Sequence[RawTurn], started_at: datetime | None) -> datetime | None:
    """Offsets count from the start, or from the first turn where that was said before it."""
    said = [turn.time for turn in turns if turn.time is not None]
    if not said or started_at is None:
        return started_at
    return min(started_at, *said)


def _offset(turn: RawTurn, base: datetime | None) -> float | None:
    if turn.offset_s is not None or turn.time is None or base is None:
        return turn.offset_s
    return (turn.time - base).total_seconds()
