"""Labels of one's own, read and checked in one place for `textinsight evaluate` and `textinsight train`.

A file is JSON Lines of conversations, {conversation_id?, channel?, turns: [{role, text}], gold: {turn_sentiment: {turn:
-1|0|1}, turn_labels: {turn: [label]}, resolution, stated_repeat, escalation, churn_risk, effort: [driver],
effort_score}} where every key of gold may be left out; or of single texts, {text, sentiment}; or a CSV or TSV with the
columns text and sentiment.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textinsight.conversation import Conversation, Role, Turn
from textinsight.errors import InputError
from textinsight.findings import EFFORT_DRIVERS
from textinsight.ingest import Limits, Reject, csv, jsonl
from textinsight.ingest.layout import Row
from textinsight.ingest.roles import known
from textinsight.ingest.text import clean
from textinsight.learn.labels import allowed
from textinsight.tag.labels import OUTCOMES

HINT = "see docs/tags.md for the format"
_MOODS = {"negative": -1, "neutral": 0, "positive": 1, "-1": -1, "0": 0, "1": 1}
_SHOWN = 20  # characters of a value in a message; a longer one may be somebody's words
_LISTED = 5  # problems in a message
_KINDS = {"dict": "an object", "list": "a list", "str": "a long text"}

Turns = Sequence[Turn]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A conversation with what a reader says of it."""

    conversation: Conversation
    gold: dict[str, Any]


def read_labelled(path: Path) -> list[Labelled]:
    """The labelled conversations or texts of a file. InputError if it has none, or names the lines that cannot be used:
    figures over a part of the labels would pass for figures over all.
    """
    if not path.is_file():
        raise InputError(f"{path} is not a file that is there", hint="check the path")
    rows: list[Labelled] = []
    problems: dict[str, list[int]] = {}
    for item in _items(path):
        try:
            rows.append(_labelled(item))
        except ValueError as error:
            problems.setdefault(str(error), []).append(item.line or 1)
    if problems:
        raise InputError(_told(path, problems, len(rows)), hint=HINT)
    if not rows:
        raise InputError(f"{path} is empty", hint=HINT)
    return rows


def _items(path: Path) -> Iterator[Row | Reject]:
    read = csv.rows if path.suffix.lower() in (".csv", ".tsv") else jsonl.rows
    return read(path, Limits())


def _told(path: Path, problems: Mapping[str, Sequence[int]], n_good: int) -> str:
    told = [
        f"line {lines[0]}{f' and {len(lines) - 1} more' if len(lines) > 1 else ''}: {problem}"
        for problem, lines in problems.items()
    ]
    if len(told) == 1:
        return f"{path}, {told[0]}"
    n_bad = sum(map(len, problems.values()))
    rest = [f"and {len(told) - _LISTED} more kinds of problem"] if len(told) > _LISTED else []
    return "\n  ".join([f"{path}: {n_bad} of {n_bad + n_good} rows cannot be used", *told[:_LISTED], *rest])


def _labelled(item: Row | Reject) -> Labelled:
    """ValueError says what cannot be used."""
    if isinstance(item, Reject):
        raise ValueError(item.reason)
    row = item.values
    turns: tuple[Turn, ...]
    if "gold" in row:
        turns = _turns(row.get("turns"))
        gold = _gold(row["gold"], turns)
    elif "sentiment" in row:
        turns = (Turn(Role.CUSTOMER, _text("text", row.get("text"))),)
        gold = {"turn_sentiment": {"0": _named_mood(row["sentiment"])}}
    else:
        found = ", ".join(map(_show, row)) or "nothing"
        raise ValueError(f"expected turns and gold, or text and sentiment, found {found}")
    name = _name("conversation_id", row.get("conversation_id")) or str(item.line)
    return Labelled(Conversation(name, turns, channel=_channel(row.get("channel"))), gold)


def _turns(value: Any) -> tuple[Turn, ...]:
    if not isinstance(value, list) or not value:
        raise _wrong("turns", value, "a list of at least one {role, text}")
    return tuple(_turn(f"turns[{place}]", turn) for place, turn in enumerate(value))


def _turn(key: str, value: Any) -> Turn:
    if not isinstance(value, dict):
        raise ValueError(f"{key} is not an object {{role, text}}")
    return Turn(_role(f"{key}.role", value.get("role")), _text(f"{key}.text", value.get("text")))


def _role(key: str, value: Any) -> Role:
    if value == Role.UNKNOWN:
        return Role.UNKNOWN
    found = known(value) if isinstance(value, str) else None
    if found is None:
        raise _wrong(key, value, f"{_or(tuple(Role))}, or a usual name of one such as client")
    return found.role


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(key, value, "text")
    return clean(value)


def _name(key: str, value: Any) -> str:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return "" if value is None else str(value)
    return _text(key, value)


def _channel(value: Any) -> str:
    return "unknown" if value is None else _text("channel", value) or "unknown"


def _named_mood(value: Any) -> int:
    found = _MOODS.get(str(value).strip().lower())
    if found is None:
        raise _wrong("sentiment", value, "negative, neutral or positive, or -1, 0 or 1")
    return found


def _gold(value: Any, turns: Turns) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong("gold", value, "an object")
    return {key: _CHECKS[key](f"gold.{key}", found, turns) if key in _CHECKS else found for key, found in value.items()}


def _moods(key: str, value: Any, turns: Turns) -> dict[str, int]:
    for place, _, mood in _by_turn(key, value, turns):
        if isinstance(mood, bool) or mood not in (-1, 0, 1):
            raise _wrong(place, mood, "-1, 0 or 1")
    return {turn: int(mood) for turn, mood in value.items()}


def _turn_labels(key: str, value: Any, turns: Turns) -> dict[str, list[str]]:
    for place, turn, labels in _by_turn(key, value, turns):
        names = allowed(turn.role) if turn.role in (Role.CUSTOMER, Role.AGENT) else ()
        if not isinstance(labels, list):
            raise _wrong(place, labels, "a list of labels")
        for label in labels:
            if label not in names:
                expected = f"expected {_or(names)}" if names else "only customers' and agents' turns have labels"
                raise ValueError(f"{place}: no label {_show(label)} for {turn.role} turns, {expected}")
    return dict(value)


def _by_turn(key: str, value: Any, turns: Turns) -> Iterator[tuple[str, Turn, Any]]:
    """(key of the entry, its turn, its value) of an object by turn."""
    if not isinstance(value, dict):
        raise _wrong(key, value, "an object by turn, the first being 0")
    places = {str(place): turn for place, turn in enumerate(turns)}
    for place, found in value.items():
        if place not in places:
            raise ValueError(f"{key} names turn {_show(place)}, expected 0 to {len(turns) - 1}")
        yield f"{key}[{place}]", places[place], found


def _outcome(key: str, value: Any, _: Turns) -> str:
    if value not in OUTCOMES:
        raise _wrong(key, value, _or(OUTCOMES))
    return str(value)


def _flag(key: str, value: Any, _: Turns) -> bool:
    if not isinstance(value, bool):
        raise _wrong(key, value, "true or false")
    return value


def _drivers(key: str, value: Any, _: Turns) -> list[str]:
    expected = f"a list of any of {', '.join(EFFORT_DRIVERS)}"
    if not isinstance(value, list):
        raise _wrong(key, value, expected)
    for driver in value:
        if driver not in EFFORT_DRIVERS:
            raise ValueError(f"{key} holds {_show(driver)}, expected {expected}")
    return value


def _score(key: str, value: Any, _: Turns) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 5:
        raise _wrong(key, value, "a number from 1 to 5")
    return value


_CHECKS: Mapping[str, Callable[[str, Any, Turns], Any]] = {
    "turn_sentiment": _moods,
    "turn_labels": _turn_labels,
    "resolution": _outcome,
    "stated_repeat": _flag,
    "escalation": _flag,
    "churn_risk": _flag,
    "effort": _drivers,
    "effort_score": _score,
}
KEYS = tuple(_CHECKS)


def _wrong(key: str, value: Any, expected: str) -> ValueError:
    return ValueError(f"{key} is {_show(value)}, expected {expected}")


def _show(value: Any) -> str:
    """As JSON spells it; only its kind if it is long."""
    shown = json.dumps(value)
    return shown if len(shown) <= _SHOWN else _KINDS.get(type(value).__name__, "a long number")


def _or(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
