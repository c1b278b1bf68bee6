"""A company's own list of contact reasons, read from TOML or CSV: id, name, parent, description, examples."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textinsight.errors import InputError
from textinsight.topics.model import as_name

COLUMNS = ("id", "name", "parent", "description", "examples")
_BETWEEN = "|"  # examples in one CSV cell
_DELIMITERS = ",;\t"
_MOST = 2000  # reasons
_LONGEST = {"id": 60, "name": 120, "parent": 60, "description": 2000}
_HINT = '[[reason]] id = "card_lost" name = "Lost card" examples = ["I lost my card"]'


@dataclass(frozen=True, slots=True)
class Reason:
    """A contact reason as its company sees it. parent: id of the theme it belongs to, None at the top."""

    id: str
    name: str
    parent: str | None = None
    description: str = ""
    examples: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """Name and description as one text."""
        return f"{self.name}. {self.description}" if self.description else self.name


def read_taxonomy(path: str | Path) -> tuple[Reason, ...]:
    """The reasons in a TOML file ([[reason]] tables) or CSV file (a header; comma, semicolon or tab between cells,
    "|" between examples).

    InputError, with the place, for a file that cannot be read, an unknown or missing field, an id that repeats, a
    parent that is not there, or parents that go round in a circle.
    """
    path = Path(path)
    rows = _READERS.get(path.suffix.lower())
    if rows is None:
        raise InputError(f"a taxonomy is a .toml or .csv file, got {path.name!r}", hint=_HINT)
    try:
        reasons = tuple(_reason(place, row) for place, row in rows(path))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, csv.Error) as error:
        raise InputError(f"taxonomy {path.name} cannot be read: {error}", hint=_HINT) from error
    check_taxonomy(reasons, name=path.name)
    return reasons


def check_taxonomy(reasons: Iterable[Reason], *, name: str = "the taxonomy") -> None:
    """InputError unless ids and names differ, can be such (see `as_name`), and parents are there without a circle."""
    reasons = tuple(reasons)
    if not 0 < len(reasons) <= _MOST:
        raise InputError(f"{name} has {len(reasons)} reasons, expected 1 to {_MOST}", hint=_HINT)
    for what, values in (("id", [r.id for r in reasons]), ("name", [r.name.casefold() for r in reasons])):
        again = next((value for i, value in enumerate(values) if value in values[:i]), None)
        if again is not None:
            raise InputError(f"{name}: {what} {again!r} stands twice", hint=f"give each reason a {what} of its own")
    for reason in reasons:
        for what, value in (("id", reason.id), ("name", reason.name)):
            try:
                as_name(value)
            except ValueError as error:
                raise InputError(f"{name}: {what} of {reason.id!r}: {error}", hint=f"choose another {what}") from error
    above = {reason.id: reason.parent for reason in reasons}
    for reason in reasons:
        _check_parents(name, reason, above)


def _check_parents(name: str, reason: Reason, above: dict[str, str | None]) -> None:
    seen, parent = {reason.id}, reason.parent
    while parent is not None:
        if parent not in above:
            raise InputError(f"{name}: parent {parent!r} of {reason.id!r} is no reason", hint=f'add id = "{parent}"')
        if parent in seen:
            raise InputError(f"{name}: the parents of {reason.id!r} go round in a circle", hint="take one parent out")
        seen.add(parent)
        parent = above[parent]


def _toml_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    tables = tomllib.loads(path.read_text("utf-8-sig"))
    unknown = sorted(set(tables) - {"reason"})
    found = tables.get("reason", [])
    if unknown or not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        got = f"got {', '.join(unknown)}" if unknown else "got something else under reason"
        raise InputError(f"{path.name}: expected [[reason]] tables alone, {got}", hint=_HINT)
    for number, row in enumerate(found, 1):
        yield f"{path.name}, reason {number}", row


def _csv_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = file.readline()
        file.seek(0)
        reader = csv.DictReader(file, restkey="", delimiter=max(_DELIMITERS, key=header.count))
        for row in reader:
            place = f"{path.name}, line {reader.line_num}"
            if "" in row:
                raise InputError(f"{place}: more cells than columns", hint="put cells with separators in quotes")
            cells = {str(key).strip().lower(): (value or "").strip() for key, value in row.items()}
            if any(cells.values()):
                listed = [part.strip() for part in cells.get("examples", "").split(_BETWEEN)]
                yield place, {**cells, "examples": [part for part in listed if part]}


_READERS = {".toml": _toml_rows, ".csv": _csv_rows}


def _reason(place: str, row: dict[str, Any]) -> Reason:
    unknown = sorted(set(row) - set(COLUMNS))
    if unknown:
        raise InputError(f"{place}: unknown field {unknown[0]!r}", hint=f"fields: {', '.join(COLUMNS)}")
    fields = {name: _text(place, name, row.get(name)) for name in _LONGEST}
    for name in ("id", "name"):
        if not fields[name]:
            raise InputError(f"{place}: {name} is missing", hint=_HINT)
    examples = row.get("examples") or []
    if not isinstance(examples, list) or not all(isinstance(example, str) for example in examples):
        raise InputError(f"{place}: examples must be a list of texts", hint='examples = ["I lost my card"]')
    said = tuple(dict.fromkeys(" ".join(example.split()) for example in examples if example.strip()))
    return Reason(fields["id"], fields["name"], fields["parent"] or None, fields["description"], said)


def _text(place: str, name: str, value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise InputError(f"{place}: {name} must be a text, got {value!r}", hint=f'{name} = "…"')
    text = " ".join((value or "").split())
    if len(text) > _LONGEST[name]:
        raise InputError(f"{place}: {name} has {len(text)} characters, at most {_LONGEST[name]}", hint="shorten it")
    return text
