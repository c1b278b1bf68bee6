"""What people type → an FTS5 expression that is always valid: every word is quoted, so none can be an operator."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_TERMS = 32
_TOKENS = re.compile(r'(-?)"([^"]*)"?|(\S+)')
_OPERATORS = ("AND", "OR", "NOT")


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase; prefix: its last word may go on."""

    text: str
    prefix: bool = False

    @property
    def fts(self) -> str:
        """The term for FTS5."""
        return '"' + self.text.replace('"', '""') + '"' + (" *" if self.prefix else "")


@dataclass(frozen=True, slots=True)
class Query:
    """Alternatives, each (terms that must occur, terms that must not). Without any it finds nothing."""

    clauses: tuple[tuple[tuple[Term, ...], tuple[Term, ...]], ...] = ()

    @property
    def fts(self) -> str:
        """The FTS5 expression, "" if there is nothing to look for."""
        return " OR ".join(f"({_clause(*clause)})" for clause in self.clauses)

    @property
    def wanted(self) -> str:
        """The FTS5 expression that any of the wanted terms satisfies: what to mark in a text."""
        terms = dict.fromkeys(term.fts for wanted, _ in self.clauses for term in wanted)
        return " OR ".join(terms)


def parse(text: str) -> Query:
    """The query in `text`: words are all wanted, "a phrase", one OR another, NOT or - before what must not occur, and
    refun* for every word that begins so. Never fails; the first 32 terms count.
    """
    clauses: list[tuple[list[Term], list[Term]]] = [([], [])]
    refuse = False
    for minus, phrase, word in _TOKENS.findall(_clean(text))[:MOST_TERMS]:
        if word in _OPERATORS:
            if word == "OR":
                clauses.append(([], []))
            refuse = word == "NOT"
            continue
        refuse = refuse or bool(minus) or word.startswith("-")
        body = phrase or word.lstrip("-")
        if any(char.isalnum() for char in body):
            clauses[-1][refuse].append(Term(body.rstrip("*"), prefix=body.endswith("*")))
        refuse = False
    return Query(tuple((tuple(wanted), tuple(refused)) for wanted, refused in clauses if wanted))


def _clean(text: str) -> str:
    """Without what SQLite cannot take: control characters and halves of characters."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return printable.encode("utf-8", "ignore").decode("utf-8")


def _clause(wanted: tuple[Term, ...], refused: tuple[Term, ...]) -> str:
    found = " AND ".join(term.fts for term in wanted)
    return f"({found}) NOT ({' OR '.join(term.fts for term in refused)})" if refused else found
