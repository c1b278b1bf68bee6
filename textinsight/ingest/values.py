"""Single values: identifiers, numbers with their range, channels. ValueError says what was got and expected."""

from __future__ import annotations

from decimal import Decimal

from textinsight.ingest.text import clean
from textinsight.ingest.times import MISSING, is_missing

_ID_LENGTH = 200
_CHANNELS = {
    "voice": "voice phone call calls telephone voip inbound_call outbound_call talk ivr phone_call",
    "chat": "chat webchat web_chat live_chat livechat messaging in_app messenger chatbot",
    "email": "email e_mail mail",
    "sms": "sms text text_message mms",
    "social": "social twitter facebook instagram social_media x tweet",
    "web": "web internet web_form webform form portal website",
}
_CHANNEL = {word: channel for channel, words in _CHANNELS.items() for word in words.split()}


def identifier(value: object, name: str) -> str | None:
    """An id as text: 7 and 7.0 are "7"; None if absent."""
    if isinstance(value, str):
        text = clean(value) if not value.isalnum() else value
        if len(text) > _ID_LENGTH:
            raise ValueError(f"{name} has {len(text)} characters, expected at most {_ID_LENGTH}")
        return None if text.lower() in MISSING else text
    if is_missing(value):
        return None
    if isinstance(value, dict) and "id" in value:
        return identifier(value["id"], name)
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)) or abs(value) == float("inf"):
        raise ValueError(f"{name} is {_show(value)}, expected text or a number")
    return str(int(value)) if value == value // 1 else str(value)


def label(value: object, name: str) -> str | None:
    """A short free text such as a company or a language; None if absent."""
    return identifier(value.get("name") if isinstance(value, dict) else value, name)


def channel(value: object) -> str:
    """voice, chat, email, sms, social or web for the usual words, else the word itself in lower case."""
    word = identifier(value, "channel")
    if word is None:
        return "unknown"
    key = "_".join(word.lower().replace("-", " ").replace("_", " ").split())
    return _CHANNEL.get(key, word.lower())


def number(value: object, name: str, low: float, high: float) -> float | None:
    """A number in [low, high]; None if absent."""
    if is_missing(value):
        return None
    try:
        found = float(value) if isinstance(value, (int, float, str, Decimal)) else None
    except (ValueError, OverflowError):
        found = None
    if found is None or isinstance(value, bool) or not low <= found <= high:
        raise ValueError(f"{name} is {_show(value)}, expected a number from {low:,.10g} to {high:,.10g}")
    return found


def _show(value: object) -> str:
    """Its kind and, if short, the value: an excerpt of the row is in the reject anyway."""
    shown = repr(value)
    return shown if len(shown) <= 20 else f"a {type(value).__name__}"
