"""Text that can be stored: valid UTF-8, one kind of line end, no control characters."""

from __future__ import annotations

import html
import re

_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n?|[\x85\u2028\u2029\x0b\x0c]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ENTITY = re.compile("&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,7});")


def clean(text: str) -> str:
    """The text without control characters and outer blanks; lone surrogates become U+FFFD."""
    if _UNWANTED.search(text):
        text = _LINE_ENDS.sub("\n", text)
        text = _join_surrogates(text)
        text = _CONTROL.sub("", text)
    return text.strip()


def unescaped(text: str) -> str:
    """The text that was meant where it comes as HTML has it: "R&amp;D isn&#39;t" → "R&D isn't". Clean if `text` is.

    Only where every & begins an entity, as in text that was escaped; once, so that "&amp;lt;" says "&lt;".
    """
    if "&" not in text:
        return text
    meant = {entity: html.unescape(entity) for entity in _ENTITY.findall(text)}
    known = sum(text.count(entity) for entity, character in meant.items() if character != entity)
    return clean(_ENTITY.sub(lambda found: meant[found[0]], text)) if known == text.count("&") else text


def _join_surrogates(text: str) -> str:
    """A surrogate pair that came in two halves is one character; a lone half is none."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
