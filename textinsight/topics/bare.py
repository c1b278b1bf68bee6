"""A text as topics see it: without what differs from contact to contact of one reason."""

from __future__ import annotations

import re

_NUMBER = (
    r"(?:zero|oh|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:[ -]one)?|hundred|thousand|"
    r"twentieth|thirtieth|[a-z]{3,8}teenth|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|"
    r"(?:twenty|thirty)[ -]?(?:first|second)|\w*\d[\w.,:/-]*)"
)
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_MONTH = (
    r"(?:january|february|april|june|july|august|september|october|november|december|"
    r"(?:on|in|since|from|of) (?:march|may))"
)
_UNIT = r"(?:minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|yrs?|dollars?|cents?|euros?|pounds?|bucks|am|pm|%)"
_BARE = re.compile(
    r"https?://\S+|[@#]\w+|<\w+>|\[\w+\]|&\w+;|"
    r"\b(?:my (?:full |first |last )?name(?:'s| is)|this is) [a-z]+ [a-z]+ (?:speaking|here)\b|"
    r"\bmy (?:full |first |last )?name(?:'s| is) [a-z]+(?: [a-z]+)?|"
    rf"(?:\b|(?=[$€£]))(?:(?:and|a|of|for|about|over|almost|more than) )?(?:(?:one|a) )?[$€£]?{_NUMBER}"
    rf"(?:[\s,-]+(?:and )?(?:{_NUMBER}|one|point))*"
    rf"(?:[\s-]*{_UNIT})?(?: ago)?(?!\w)|"
    rf"\b{_DAY}\b|\b{_MONTH}(?: {_NUMBER})?\b|\b(?:yesterday|today|tonight|tomorrow)\b|"
    r"\b(?:a (?:few|couple of)|an?|half an?) (?:minute|hour|day|week|month|year)s?(?: ago)?\b|"
    r"^\W*(?:hi|hello|hey|yo|dear|good (?:morning|afternoon|evening|day)|thanks?|please)\b(?: there| all)?|"
    r"\b(?:um+|uh+|uhm|er+|erm|hmm+|please|thanks|thank you|hello|subject:)(?!\w)"
)
_CODE = re.compile(r"\b[A-Z]{1,4}[ -]?\d[\w-]*")  # a letter code with its number: AB 123
_BLANKS = re.compile(r"\s+")


def bare(text: str) -> str:
    """The text in lower case without amounts, dates, codes, names given, handles, masks, greetings and fillers.

    The text itself in lower case if nothing would be left. Linear in the text's length.
    """
    lowered = _CODE.sub(" ", text).lower().replace("’", "'")
    left = _BLANKS.sub(" ", _BARE.sub(" ", lowered)).strip()
    return left if any(char.isalpha() for char in left) else text.lower()
