"""Keyed pseudonyms for identifiers that are personal data themselves."""

from __future__ import annotations

import re
from hashlib import blake2b

from textinsight.errors import UsageError
from textinsight.ingest.redact.cards import is_card
from textinsight.ingest.redact.config import RedactConfig
from textinsight.ingest.redact.contacts import is_phone
from textinsight.ingest.redact.numbers import find_runs

_SCHEME = re.compile(r"^(?:mailto|tel|sips?|callto|whatsapp):", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
_PERSON = re.compile(r"[^\W\d_][^\W\d_'’-]*(?:[ .][^\W\d_][^\W\d_'’-]*\.?){1,3}")
_DIALLED = re.compile(r"\+?[\d\s().\-–/]+")
_MIN_KEY = 16


def pseudonym(value: str, *, key: bytes) -> str:
    """ "p_" and 20 hex digits of keyed BLAKE2b: the same person always, and not to be undone without the key.

    Case, spaces and the punctuation of phone and card numbers do not count. UsageError if the key is short.
    """
    if len(key) < _MIN_KEY:
        raise UsageError(
            f"a pseudonym key needs at least {_MIN_KEY} bytes, got {len(key)}",
            hint="make one: python -c 'import secrets; print(secrets.token_hex(32))'",
        )
    plain = _SCHEME.sub("", "".join(value.split())).casefold()
    if _DIALLED.fullmatch(plain):
        plain = "".join(char for char in plain if char.isdigit())
    return "p_" + blake2b(plain.encode("utf-8", "surrogatepass"), key=key[:64], digest_size=10).hexdigest()


def is_personal_id(value: str, *, config: RedactConfig, names: bool = True) -> bool:
    """Whether an id is itself an e-mail address, a phone or card number, or (`names`) a person's name."""
    plain = value.strip()
    if _SCHEME.match(plain) or _ADDRESS.fullmatch(plain):
        return True
    if _DIALLED.fullmatch(plain):
        return _is_dialled(plain, config)
    return names and _PERSON.fullmatch(plain) is not None


def _is_dialled(plain: str, config: RedactConfig) -> bool:
    runs = find_runs(plain)
    return len(runs) == 1 and (is_card(runs[0].digits) or is_phone(runs[0], plain, config.regions))
