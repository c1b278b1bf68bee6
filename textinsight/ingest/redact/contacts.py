"""E-mail addresses, typed or spoken, and the shapes of phone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from textinsight.ingest.redact.config import Kind, Span
from textinsight.ingest.redact.numbers import HESITATION, Run

_TYPED = re.compile(r"(?<![\w.+'%-])[\w.+'%-]++(?:@| @ )[\w-]++(?:\.[\w-]++)++")
_TLD = r"com|net|org|edu|gov|mil|info|biz|io|me|us|uk|ca|au|nz|ie|de|fr|es|it|nl|in|eu|co|ac|tv|app|dev|be|ch|se|no"
_DOT = rf"(?:\s+(?:dot|period|point)\s+(?:(?:{HESITATION})\s+)?|\s?\.\s?|\s?[\[(]\s?dot\s?[\])]\s?)"
_DOMAIN = re.compile(
    rf"(?:\bat(?: (?:the|{HESITATION}))? |[\[(]\s?at\s?[\])]\s?)"
    rf"(?P<host>[a-z0-9-]+(?: [a-z0-9-]+){{0,3}}?)(?:{_DOT}[a-z0-9-]+){{0,2}}?"
    rf"{_DOT}(?:{_TLD})\b(?:{_DOT}(?:{_TLD})\b)?",
    re.IGNORECASE,
)
_AT = re.compile(r" at |[\[(] ?at ?[\])]|^at ")
_DOT_TLD = re.compile(rf"\.\s?(?:{_TLD})\b|dot[ \])]|point |period ")
_PROVIDER = re.compile(
    r"g ?mail|google ?mail|yahoo|y ?mail|hot ?mail|outlook|live|msn|aol|i ?cloud|proton(?: ?mail)?|comcast|verizon|"
    r"bt ?internet|sky|virgin ?media|gmx|zoho|fast ?mail|att|cox|charter|mac|me|hey|"
    r"mail|web|t ?online|orange|talk ?talk",
    re.IGNORECASE,
)
_MAIL_CUE = re.compile(r"\be-?mail|\baddress\b", re.IGNORECASE)
_FILLER = frozenset("uh um uhm er erm ah mm hmm".split())  # noqa: SIM905
_TOKEN = re.compile(r"[^\s,;:!?]+")
_GLUE = frozenset("dot underscore dash hyphen plus period point minus . _ -".split())  # noqa: SIM905
_NUMERAL = frozenset(
    "zero oh one two three four five six seven eight nine ten double triple twenty thirty forty fifty sixty seventy "  # noqa: SIM905
    "eighty ninety eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen hundred".split()
)
_STOP = frozenset(
    "is it's its it be address email e-mail mail mails to my as that's thats that on me us at in or and for the a an "  # noqa: SIM905
    "yeah yes sure so okay ok was are of by from with via use using used reach contact write send sent under "
    "you your i we have got would should can name called please look looking shop shopping order ordered bought just "
    "this there here him her them find found online anytime well".split()
)
_LOGIN = re.compile(r"[a-z]{2,}\d+$")
PHONE_SHAPES = frozenset(((3, 3, 4), (1, 3, 3, 4)))
_SPOKEN_PARTS = 6


def emails(text: str, lowered: str, *, asked: bool = False) -> Iterator[Span]:
    """E-mail addresses; `asked`: the turn before asked for one."""
    if "@" in text:
        yield from (Span(m.start(), m.end(), Kind.EMAIL) for m in _TYPED.finditer(text) if m[0][-1].isalpha())
    if _may_spell(lowered):
        yield from _spoken(text, asked)


def _may_spell(lowered: str) -> bool:
    return _AT.search(lowered) is not None and _DOT_TLD.search(lowered) is not None


def may_hold_email(text: str) -> bool:
    """A quick look; false means that there is no address in `text`."""
    return "@" in text or (" at " in text.lower() and _may_spell(text.lower()))


def _spoken(text: str, asked: bool) -> Iterator[Span]:
    for match in _DOMAIN.finditer(text):
        head = text[max(0, match.start() - 90) : match.start()]
        cued = asked or _MAIL_CUE.search(head) is not None
        words, spelled = _local_part(head, cued)
        mail = spelled or cued or _PROVIDER.fullmatch(match["host"]) or match[0][0] in "[("
        if words and mail:
            yield Span(match.start() - len(head) + words[0].start(), match.end(), Kind.EMAIL)


def _local_part(head: str, cued: bool) -> tuple[list[re.Match[str]], bool]:
    """The words before "at" that spell the name in an address, and whether one of them gives it away as a name.

    "dot" and its like do, a letter by itself, and letters with digits: "mcosta70", "m costa seventy".
    """
    tokens = list(_TOKEN.finditer(head))
    at, plain, spelled, bound = len(tokens), 0, False, False
    while at and not head[tokens[at - 1].end() : tokens[at].start() if at < len(tokens) else None].strip():
        word = tokens[at - 1][0].lower().strip("\"'“”()")
        at -= 1
        if word in _FILLER:
            continue
        glue = word in _GLUE
        small = len(word) == 1 or word in _NUMERAL or word.isdigit()
        if not (glue or bound or small) and (word in _STOP or plain >= (3 if cued else 1) or word.endswith(".")):
            at += 1
            break
        plain += not (glue or bound or small)
        spelled |= glue or _is_spelled(word)
        bound = glue
    while at < len(tokens) and tokens[at][0].lower() in _GLUE | _FILLER:
        at += 1
    return tokens[at:], spelled


def _is_spelled(word: str) -> bool:
    return word.isalnum() and (
        (len(word) == 1 and word.isalpha() and word not in "ai") or _LOGIN.match(word) is not None
    )


def is_phone(run: Run, text: str, regions: tuple[str, ...]) -> bool:
    """Whether a number with no cue has the shape of a phone number."""
    digits, shape = run.digits, run.shape
    if run.patched:
        return False
    if run.spoken:
        return len(digits) in (10, 11) and len(shape) >= _SPOKEN_PARTS
    if "+" in text[max(0, run.start - 2) : run.start]:
        return 8 <= len(digits) <= 15
    if shape in PHONE_SHAPES and (len(shape) == 3 or digits[0] == "1"):
        return True
    whole = len(shape) == 1 or (digits[0] == "0" and len(shape) <= 4)
    return whole and len(digits) in (10, 11) and any(_valid(digits, region) for region in regions)


def _valid(digits: str, region: str) -> bool:
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, region))
    except phonenumbers.NumberParseException:
        return False
