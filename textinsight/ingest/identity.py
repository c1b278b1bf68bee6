"""What tells a customer beside the customer id: phone number, e-mail address, account, each in one spelling.

The values leave ingestion as keyed pseudonyms only (`redact.mask_conversation`).
"""

from __future__ import annotations

import re

from textinsight.ingest.text import clean
from textinsight.ingest.times import MISSING

_SCHEME = re.compile(r"^(?:mailto|tel|sips?|callto|whatsapp):", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,190}\.[^\s@<>,;.]{2,24}")
_NOBODY = re.compile(r"(?i)^(?:no-?_?reply|do-?not-?reply|none|null|unknown|anonymous|n/?a|test|example)@")
_DIALLED = re.compile(r"\+?[\d\s().\-–/]+")
_SAME_DIGITS = re.compile(r"(\d)\1*")
_NATIONAL = 10  # digits that are left of a number however it is dialled, with or without country code
_SHORTEST_PHONE = 7
_SHORTEST_ACCOUNT = 4
_LONGEST = 250


def phone(value: object) -> str | None:
    """The last ten digits of a phone number; None for extensions, withheld numbers and placeholders."""
    text = _SCHEME.sub("", _text(value))
    if not _DIALLED.fullmatch(text):
        return None
    digits = "".join(c for c in text if c in "0123456789").lstrip("0")
    if len(digits) < _SHORTEST_PHONE or _SAME_DIGITS.fullmatch(digits):
        return None
    return digits[-_NATIONAL:]


def email(value: object) -> str | None:
    """The address in lower case; None if it is none or is nobody's (noreply@…)."""
    found = _EMAIL.search(_SCHEME.sub("", _text(value)))
    if found is None or _NOBODY.match(found[0]):
        return None
    return found[0].casefold()


def account(value: object) -> str | None:
    """Letters and digits of an account number, in lower case; None for placeholders and fewer than four."""
    plain = "".join(c for c in _text(value).casefold() if c.isalnum())
    if len(plain) < _SHORTEST_ACCOUNT or plain in MISSING or _SAME_DIGITS.fullmatch(plain):
        return None
    return plain


def keys(
    customer_id: str | None, phone_key: str | None, email_key: str | None, account_key: str | None
) -> tuple[str, ...]:
    """The keys of a contact, each with its kind; an e-mail address or +… number for a customer id is one as well."""
    emails = (email_key, email(customer_id) if customer_id and "@" in customer_id else None)
    dialled = customer_id is not None and customer_id.startswith(("+", "tel:"))
    phones = (phone_key, phone(customer_id) if dialled else None)
    named = [("phone", p) for p in phones] + [("email", e) for e in emails] + [("account", account_key)]
    return tuple(sorted({f"{kind}:{value}" for kind, value in named if value is not None}))


def _text(value: object) -> str:
    """The value as text; "" for what can be no key."""
    if isinstance(value, float) and value == value // 1:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    text = clean(str(value)).strip()
    return "" if len(text) > _LONGEST or text.lower() in MISSING else text
