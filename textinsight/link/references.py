"""Reference numbers (case, ticket, order …) that a contact names."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

MAX_REFERENCES = 4  # a contact that names more keeps the first; nobody reads out a fifth case number

# letters then digits ("CS-116854", "INC0012345"), or digits announced as a reference ("ticket number 48213")
_LETTERED = r"\b(?:[A-Za-z]{1,6}[-#/]?|[A-Z]{1,6} )\d{4,12}\b"
_ANNOUNCED = (
    r"(?i:\b(?:ref(?:erence)?|case|ticket|order|claim|booking|confirmation|incident)\b\W{1,3}"
    r"(?:(?:number|no|id|is|code)\W{1,3}){0,3}((?:[a-z]{1,6}[-#/ ])?#?\d{4,14})\b)"
)
_REFERENCE = re.compile(f"{_ANNOUNCED}|({_LETTERED})")
_NO_REFERENCE = re.compile(r"(?i)^(?:in|of|to|at|by|on|for|from|until|since|usd|eur|gbp|rs|about|over|with)[-#/ ]?\d")


def references_in(text: str) -> tuple[str, ...]:
    """The reference numbers in a text, letters and digits only, upper case, in order, each once."""
    found = (m.group(1) or m.group(2) for m in _REFERENCE.finditer(text))
    plain = (re.sub(r"[^0-9A-Za-z]", "", f).upper() for f in found if not _NO_REFERENCE.match(f))
    return tuple(dict.fromkeys(plain))[:MAX_REFERENCES]


def references_of(turns: pa.Table, conversation_ids: pa.ChunkedArray) -> pa.ListArray:
    """(n,) lists for column `references`: what any turn of each contact names, the agent's words too.

    turns: conversation_id and text in turn order, of which only those with four digits in a row matter.
    """
    numbered = turns.filter(pc.match_substring_regex(turns["text"], r"\d{4}"))
    named: dict[str, dict[str, None]] = {}
    for contact, text in zip(numbered["conversation_id"].to_pylist(), numbered["text"].to_pylist(), strict=True):
        named.setdefault(contact, {}).update(dict.fromkeys(references_in(text)))
    return pa.array([list(named.get(contact, ())) for contact in conversation_ids.to_pylist()], pa.list_(pa.string()))


def reference_codes(contacts: pa.Table) -> npt.NDArray[np.int32]:
    """(n, MAX_REFERENCES) codes, -1 where none, from column `references` (list of text) and `issue_text`."""
    n = contacts.num_rows
    codes = np.full((n, MAX_REFERENCES), -1, np.int32)
    known: dict[str, int] = {}
    for row, names in _named(contacts).items():
        values = [known.setdefault(name, len(known)) for name in names[:MAX_REFERENCES]]
        codes[row, : len(values)] = values
    return codes


def _named(contacts: pa.Table) -> dict[int, tuple[str, ...]]:
    """Row → its references, for the rows that have any."""
    named: dict[int, tuple[str, ...]] = {}
    if "issue_text" in contacts.column_names:
        text = contacts["issue_text"]
        rows = np.flatnonzero(pc.match_substring_regex(text, r"\d{4}").fill_null(False).to_numpy())
        for row, value in zip(rows.tolist(), text.take(pa.array(rows)).to_pylist(), strict=True):
            named[row] = references_in(value)
    if "references" in contacts.column_names:
        for row, given in enumerate(contacts["references"].to_pylist()):
            plain = tuple(re.sub(r"[^0-9A-Za-z]", "", g).upper() for g in given or () if g)
            named[row] = tuple(dict.fromkeys((*plain, *named.get(row, ()))))
    return {row: names for row, names in named.items() if names}
