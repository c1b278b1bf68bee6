"""Sentence templates: `[one|two|]` draws an alternative (nesting allowed), `{name}` asks for a fact."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from textinsight.errors import UsageError


class Slot(str):
    """The name of a fact that is filled in when the template is rendered."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives, each equally likely."""

    options: tuple[Template, ...]


Template = tuple[str | Choice, ...]
Draw = Callable[[], float]
Fact = Callable[[str], str]
_MARK = re.compile(r"[\[\]|{]")


@cache
def parse(text: str) -> Template:
    """The template compiled from its text; UsageError if brackets do not match."""
    options, end = _options(text, 0)
    if end != len(text) or len(options) != 1:
        raise UsageError(f"stray | or ] in template {text!r}", hint="write alternatives as [a|b], facts as {name}")
    return options[0]


def render(template: Template, draw: Draw, fact: Fact) -> str:
    """One sentence drawn from the template."""
    if len(template) == 1 and type(template[0]) is str:
        return template[0]
    return "".join([_part(part, draw, fact) for part in template])


def _part(part: str | Choice, draw: Draw, fact: Fact) -> str:
    if type(part) is str:
        return part
    if isinstance(part, Choice):
        options = part.options
        return render(options[int(draw() * len(options))], draw, fact)
    return fact(part)


def _options(text: str, at: int) -> tuple[list[Template], int]:
    """The alternatives from `at` up to the closing bracket or the end, and where they end."""
    options: list[Template] = []
    parts: list[str | Choice] = []
    while at < len(text) and text[at] != "]":
        if text[at] == "|":
            options.append(tuple(parts))
            parts, at = [], at + 1
            continue
        part, at = _next(text, at)
        parts.append(part)
    return [*options, tuple(parts)], at


def _next(text: str, at: int) -> tuple[str | Choice, int]:
    if text[at] == "[":
        options, end = _options(text, at + 1)
        return Choice(tuple(options)), _closed(text, end, "]") + 1
    if text[at] == "{":
        end = _closed(text, text.find("}", at), "}")
        return Slot(text[at + 1 : end]), end + 1
    mark = _MARK.search(text, at)
    stop = mark.start() if mark else len(text)
    return text[at:stop], stop


def _closed(text: str, at: int, bracket: str) -> int:
    if not 0 <= at < len(text):
        raise UsageError(f"template {text!r} lacks a {bracket}", hint="close every [ and { of the template")
    return at
